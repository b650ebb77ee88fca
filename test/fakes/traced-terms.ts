// What a trace says, spelled: an object for each term, as tests compare it.
import type { LexicalHasher } from '../../shared/features/lexical.ts';

/** A word or pair of a text. */
export interface TracedTerm {
  term: string;
  bucket: number;
  count: number;
  /** Buckets of the word's parts, with how often each occurs in it; of a pair: none. */
  parts: Map<number, number>;
  /** Words of a pair. */
  words: readonly string[];
  isApart: boolean;
}

export function tracedTerms(hasher: LexicalHasher, text: string): TracedTerm[] {
  const trace = hasher.trace(text);
  const terms = Array.from({ length: trace.terms }, (_, term): TracedTerm => {
    const words = trace.wordsOf(term);
    const [bucket, count] = [trace.buckets[term]!, trace.counts[term]!];
    return { term: words.join(' '), bucket, count, parts: new Map(), words, isApart: trace.isApart(term) };
  });
  for (let at = 0; at < trace.parts; at++) {
    const { parts } = terms[trace.partTerms[at]!]!;
    parts.set(trace.partPlaces[at]!, (parts.get(trace.partPlaces[at]!) ?? 0) + 1);
  }
  return terms;
}
