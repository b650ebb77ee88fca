// The places of a text that a question meant, with what stands around them.
// Invariant: H1 fragments are cut from the text, never changed, and marks lie inside them.
import type { TextFragment } from '../api/decisions.ts';
import type { Clause, TextQuery } from './text-query.ts';
import { type Word, wordsOf } from './words.ts';

const MAX_FRAGMENTS = 3;
const BEFORE_CHARS = 60;
const FRAGMENT_CHARS = 180;
/** Places that are looked at: of a text that is one word over and over the first ones do. */
const MAX_PLACES = 2000;

interface Place {
  from: number;
  to: number;
  clause: number;
}

/** The best fragments in the order of the text, those that hold most of what was asked for. */
export function fragmentsOf(text: string, { must }: TextQuery): TextFragment[] {
  const places = placesOf([...wordsOf(text)], must);
  if (places.length === 0) return [];
  const chosen: { from: number; to: number; worth: number }[] = [];
  const candidates = places.map((place) => {
    const from = Math.max(0, place.from - BEFORE_CHARS);
    const to = Math.min(text.length, Math.max(from + FRAGMENT_CHARS, place.to));
    const inside = places.filter((other) => other.from >= from && other.to <= to);
    return { from, to, clauses: new Set(inside.map(({ clause }) => clause)), worth: inside.length };
  });
  const seen = new Set<number>();
  while (chosen.length < MAX_FRAGMENTS) {
    const best = candidates
      .filter(({ from, to }) => chosen.every((other) => to <= other.from || from >= other.to))
      .map((each) => ({ ...each, fresh: [...each.clauses].filter((clause) => !seen.has(clause)).length }))
      .sort((a, b) => b.fresh - a.fresh || b.worth - a.worth || a.from - b.from)[0];
    if (best === undefined || (chosen.length > 0 && best.fresh === 0)) break;
    chosen.push(best);
    for (const clause of best.clauses) seen.add(clause);
  }
  return chosen
    .sort((a, b) => a.from - b.from)
    .map(({ from, to }) => {
      const [start, end] = atWords(text, from, to, places);
      return {
        text: text.slice(start, end),
        isBeginning: start === 0,
        marks: places
          .filter((place) => place.from >= start && place.to <= end)
          .map((place): [number, number] => [place.from - start, place.to - start]),
      };
    });
}

/** Where the clauses stand, without overlap, in the order of the text. */
function placesOf(words: readonly Word[], must: readonly Clause[]): Place[] {
  const found: Place[] = [];
  let free = 0;
  for (let at = 0; at < words.length && found.length < MAX_PLACES; at++) {
    if (at < free) continue;
    const clause = must.findIndex((each) => standsAt(words, at, each));
    const first = words[at];
    const last = words[at + (must[clause]?.terms.length ?? 1) - 1];
    if (clause === -1 || first === undefined || last === undefined) continue;
    found.push({ from: first.from, to: last.to, clause });
    free = at + (must[clause]?.terms.length ?? 1);
  }
  return found;
}

const standsAt = (words: readonly Word[], at: number, { terms, isBeginning }: Clause): boolean =>
  terms.every((term, i) => {
    const word = words[at + i]?.term;
    return isBeginning && i === terms.length - 1 ? word?.startsWith(term) === true : word === term;
  });

/** Cut between words, where that is near, and never through a mark or a pair of units. */
function atWords(text: string, from: number, to: number, places: readonly Place[]): [number, number] {
  const blank = from === 0 ? -1 : text.slice(from, from + BEFORE_CHARS).search(/\s/);
  let start = blank === -1 ? from : from + blank + 1;
  const first = places.find((place) => place.to > from);
  if (first !== undefined && start > first.from) start = first.from;
  const cut = to === text.length ? -1 : text.slice(to - BEFORE_CHARS, to).search(/\s\S*$/);
  let end = cut <= 0 ? to : to - BEFORE_CHARS + cut;
  for (const place of places) if (place.from < end && place.to > end) end = place.to;
  if (isLow(text, start)) start++;
  if (isLow(text, end)) end++;
  return [start, Math.max(start, end)];
}

const isLow = (text: string, at: number): boolean => /[\uDC00-\uDFFF]/.test(text[at] ?? '');
