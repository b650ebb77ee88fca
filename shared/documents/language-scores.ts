// The n-gram scores of eld 2 (Nito T.M., Apache-2.0) over its own database, in flat arrays (ngram-table.ts). Its database is an object per n-gram, and
// walking those objects was two fifths of what reading a small text cost.
// Invariant: L1 `languageOf` is what `eld.detect` calls the language where it calls itself reliable, and null elsewhere (a test compares them).

import type { NgramTable } from './ngram-table.ts';

/** eld's modules as they lie beside its entry `eld/extrasmall`, and its database. */
export interface EldParts {
  /** Scores of n-grams by language number, less BASE_SCORE each. */
  ngrams: NgramTable;
  /** A character for each byte of UTF-8. */
  dictionary: readonly string[];
  /** What stands between words. */
  separators: RegExp;
  /** Of right answers, by language: 0..1. */
  avgScore: Readonly<Record<string, number>>;
}

const MAX_CHARS = 1000;
const BASE_SCORE = 53;
const SCALE = 25;
const RELIABLE = 0.75;
const MIN_NGRAMS = 3;
const NGRAM = 4;
const STRIDE = 3;
const MAX_WORD = 70;
/** Bytes: no further word begins after the first, the text ends at the second. */
const LAST_WORD_AFTER = 350;
const CUT_AFTER = 380;

const NONE = new Uint8Array();

export class LanguageScores {
  /** Language and score in turn, of the n-grams met so far: texts of one lake share most of theirs, and starting costs nothing. */
  readonly #known = new Map<string, Uint8Array>();
  readonly #languages: readonly string[];
  readonly #parts: EldParts;

  constructor(parts: EldParts) {
    this.#parts = parts;
    this.#languages = parts.ngrams.languages;
  }

  /** ISO 639-1 code; null when the scores are not clear (L1). */
  languageOf(text: string): string | null {
    const ngrams = ngramsOf(this.#words(text));
    const totals = new Float64Array(this.#languages.length);
    for (const ngram of ngrams) {
      const scores = this.#known.get(ngram) ?? this.#scoresOf(ngram);
      for (let at = 0; at < scores.length; at += 2) totals[scores[at]!]! += scores[at + 1]! + BASE_SCORE; // languages of the database
    }
    let best = -1;
    let most = 0;
    for (const [language, total] of totals.entries()) if (total > most) [best, most] = [language, total];
    const language = this.#languages[best];
    if (language === undefined || ngrams.size < MIN_NGRAMS) return null;
    const mean = most / ngrams.size;
    return (this.#parts.avgScore[language] ?? 0) * RELIABLE > mean / (mean + SCALE) ? null : language;
  }

  #scoresOf(ngram: string): Uint8Array {
    const scores = this.#parts.ngrams.scoresOf(ngram);
    if (scores === undefined) return NONE; // not kept: there is no end of them
    this.#known.set(ngram, scores);
    return scores;
  }

  /** The words of the text's beginning, a character for each byte. */
  #words(text: string): string[] {
    const { separators, dictionary } = this.#parts;
    const plain = text.slice(0, MAX_CHARS).replace(separators, ' ').trim().toLowerCase();
    const words: string[] = [];
    let word = '';
    let bytes = 0;
    for (let i = 0; i < plain.length && bytes <= CUT_AFTER; i++) {
      const code = plain.charCodeAt(i);
      if (code === 0x20) {
        if (word !== '') words.push(word);
        word = '';
        if (bytes > LAST_WORD_AFTER) break;
        bytes += 1;
      } else if (code < 0x80) {
        word += plain[i];
        bytes += 1;
      } else if (code < 0x800) {
        word += dictionary[0xc0 | (code >> 6)]! + dictionary[0x80 | (code & 0x3f)]!;
        bytes += 2;
      } else {
        // Letters beyond the basic plane count as separators, so there are no surrogates.
        word +=
          dictionary[0xe0 | (code >> 12)]! +
          dictionary[0x80 | ((code >> 6) & 0x3f)]! +
          dictionary[0x80 | (code & 0x3f)]!;
        bytes += 3;
      }
    }
    if (word !== '') words.push(word);
    return words;
  }
}

/** Parts of four bytes at every third place of a word, and its last four; a space marks the word's ends. */
function ngramsOf(words: readonly string[]): Set<string> {
  const ngrams = new Set<string>();
  for (const word of words) {
    const length = Math.min(word.length, MAX_WORD);
    let at = 0;
    for (; at + NGRAM < length; at += STRIDE) {
      const part = word.slice(at, at + NGRAM);
      ngrams.add(at === 0 ? ` ${part}` : part);
    }
    const last = word.slice(Math.max(0, length - NGRAM));
    ngrams.add(at === 0 ? ` ${last} ` : `${last} `);
  }
  return ngrams;
}
