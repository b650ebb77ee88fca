/// <reference path="./stopword.d.ts" />
// Words that carry no reason: articles, pronouns and the like. They are counted like any other word and never shown as evidence.
// Lists: the npm package stopword (MIT), twelve languages together, so that a text of two languages needs no decision.
import { dan, deu, eng, fin, fra, ita, nld, nob, pol, por, spa, swe } from 'stopword';

let words: ReadonlySet<string> | undefined;

/** @param word  in lower case */
export function isStopWord(word: string): boolean {
  words ??= new Set([dan, deu, eng, fin, fra, ita, nld, nob, pol, por, spa, swe].flat());
  return words.has(word);
}
