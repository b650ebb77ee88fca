// Reasons of a model of the lexical profile: whole words and pairs, never a part of a word alone.
// Invariants: E1 what the parts of a word add to a margin is added to the words they lie in, by how often they lie there. E2 a word that shares its
// bucket with another of the text shares its weight and is marked. E3 stop words, pairs of nothing else, and
// pairs whose words are parted by punctuation wherever they stand ("To: tax") are no reason: who reads it would look for it in vain. E4 a reason is
// made for every document: no string or object is made of a term that is none.
import type { LexicalTrace } from '../features/lexical-trace.ts';
import { isStopWord } from '../features/stop-words.ts';
import type { EvidenceTerm } from './evidence.ts';
import type { Contributions } from './scorer.ts';

/** Finds the terms that moved a text. One instance holds the scratch memory. */
export class LexicalReasons {
  /** By column: how often its terms occur. */
  #counts = new Int32Array(0);
  /** By column: how often it occurs as a part, in the text and in one word, and which word that was. */
  #inText = new Int32Array(0);
  #inWord = new Int32Array(0);
  #word = new Int32Array(0);
  /** By term: its parts, each with the next. */
  #firstPart = new Int32Array(0);
  #lastPart = new Int32Array(0);
  #nextPart = new Int32Array(0);
  /** Of one term, for the label and for the runner-up. */
  readonly #sums = new Float64Array(2);

  /**
   * The `top` words and pairs that moved a text most towards the label and against the runner-up; strongest first.
   * @param trace  of the text, by the places of the row's columns
   * @param columns  of the row
   * @param weights  what each of them adds
   */
  of(trace: LexicalTrace, columns: number, weights: Contributions, top: number): EvidenceTerm[] {
    const found = new Strongest(top);
    this.#count(trace, columns);
    for (let term = 0; term < trace.terms; term++) {
      if (trace.isApart(term)) continue;
      this.#weigh(trace, term, weights);
      const weight = this.#sums[0]!;
      const runnerUp = this.#sums[1]!;
      if (weight <= runnerUp || !found.admits(weight - runnerUp)) continue;
      if (!trace.wordsOf(term).every(isStopWord)) found.add({ term, weight, runnerUp });
    }
    return found.terms.map(({ term, weight, runnerUp }) => ({
      term: trace.wordsOf(term).join(' '),
      weight: round(weight),
      runner_up_weight: round(runnerUp),
      ...(sharesBucket(trace, term) ? { collision: true as const } : {}),
    }));
  }

  #count(trace: LexicalTrace, columns: number): void {
    const { terms, places, counts, parts, partPlaces, partTerms } = trace;
    if (this.#counts.length < columns) {
      this.#counts = new Int32Array(2 * columns);
      this.#inText = new Int32Array(2 * columns);
      this.#inWord = new Int32Array(2 * columns);
      this.#word = new Int32Array(2 * columns);
    }
    if (this.#firstPart.length < terms) {
      this.#firstPart = new Int32Array(2 * terms);
      this.#lastPart = new Int32Array(2 * terms);
    }
    if (this.#nextPart.length < parts) this.#nextPart = new Int32Array(2 * parts);
    this.#counts.fill(0, 0, columns);
    this.#inText.fill(0, 0, columns);
    this.#word.fill(-1, 0, columns);
    this.#firstPart.fill(-1, 0, terms);
    for (let term = 0; term < terms; term++) if (places[term]! >= 0) this.#counts[places[term]!]! += counts[term]!;
    for (let part = 0; part < parts; part++) {
      this.#inText[partPlaces[part]!]!++;
      const term = partTerms[part]!;
      if (this.#firstPart[term] === -1) this.#firstPart[term] = part;
      else this.#nextPart[this.#lastPart[term]!] = part;
      this.#lastPart[term] = part;
      this.#nextPart[part] = -1;
    }
  }

  /** What a term adds to both margins, into #sums: its share of its column, and then of each of its parts (E1, E2). */
  #weigh({ places, counts, partPlaces }: LexicalTrace, term: number, { own, runnerUp }: Contributions): void {
    let weight = 0;
    let against = 0;
    const place = places[term]!;
    if (place >= 0) {
      const share = counts[term]! / this.#counts[place]!;
      weight = own[place]! * share;
      against = runnerUp[place]! * share;
    }
    const [next, inWord, word] = [this.#nextPart, this.#inWord, this.#word];
    // a part that the word has twice is one with a count
    let last = -1;
    for (let part = this.#firstPart[term]!; part !== -1; part = next[part]!) {
      const at = partPlaces[part]!;
      if (word[at] === term) {
        inWord[at]!++;
        next[last] = next[part]!; // never the first
        continue;
      }
      word[at] = term;
      inWord[at] = 1;
      last = part;
    }
    for (let part = this.#firstPart[term]!; part !== -1; part = next[part]!) {
      const at = partPlaces[part]!;
      const share = inWord[at]! / this.#inText[at]!;
      weight += own[at]! * share;
      against += runnerUp[at]! * share;
    }
    this.#sums[0] = weight;
    this.#sums[1] = against;
  }
}

interface Moved {
  term: number;
  weight: number;
  runnerUp: number;
}

/** The terms with the largest differences, the first of equals before the others. */
class Strongest {
  readonly terms: Moved[] = [];
  readonly #top: number;
  /** Difference that one more must exceed. */
  #bar = Number.NEGATIVE_INFINITY;

  constructor(top: number) {
    this.#top = top;
  }

  admits(difference: number): boolean {
    return difference > this.#bar;
  }

  add(moved: Moved): void {
    let at = this.terms.length;
    while (at > 0 && moved.weight - moved.runnerUp > this.terms[at - 1]!.weight - this.terms[at - 1]!.runnerUp) at--;
    this.terms.splice(at, 0, moved);
    if (this.terms.length > this.#top) this.terms.pop();
    const last = this.terms[this.#top - 1];
    if (last !== undefined) this.#bar = last.weight - last.runnerUp;
  }
}

function sharesBucket({ buckets, terms }: LexicalTrace, term: number): boolean {
  for (let other = 0; other < terms; other++) if (other !== term && buckets[other] === buckets[term]) return true;
  return false;
}

const round = (weight: number): number => Math.round(weight * 1e6) / 1e6;
