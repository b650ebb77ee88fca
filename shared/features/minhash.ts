// MinHash: a short signature of a text's word sequences. The share of equal places of two signatures estimates the Jaccard similarity of
// their sets of shingles, with a standard error of at most 1 / (2 √PLACES).
// Broder, "On the resemblance and containment of documents", 1997.
import { mix, openTakeLeast, PLACES, type TakeLeast, takeLeastPlainly } from './minhash-least.ts';
import { wordHashes } from './word-hashes.ts';

export { PLACES } from './minhash-least.ts';

const SHINGLE_WORDS = 5;
/** Longer texts are known by their beginning. */
const MAX_CHARS = 200_000;
/** Shorter texts have no reliable resemblance: one word would decide. */
export const MIN_SHINGLES = 20;
const MIN_WORDS = 4;

const PRIME = 0x01000193;

let least: TakeLeast | undefined;

function signatureOf(hashes: readonly number[]): Uint32Array {
  least ??= openTakeLeast() ?? takeLeastPlainly;
  return least(hashes);
}

/** Signature of a text; undefined when it has fewer than MIN_SHINGLES different shingles. */
export function minhash(text: string): Uint32Array | undefined {
  return signatureOfShingles(wordHashes(text.slice(0, MAX_CHARS)));
}

/** Signatures of two kinds are not compared. */
export interface Signature {
  /** Of shingles, or of the words of a text that is too short for them. */
  kind: 'long' | 'short';
  places: Uint32Array;
}

/** Signature of any text; undefined when it has fewer than MIN_WORDS different words. */
export function minhashOrWords(text: string): Signature | undefined {
  const words = wordHashes(text.slice(0, MAX_CHARS));
  const long = signatureOfShingles(words);
  if (long !== undefined) return { kind: 'long', places: long };
  const hashes = words.map(mix);
  return hasDifferent(hashes, MIN_WORDS) ? { kind: 'short', places: signatureOf(hashes) } : undefined;
}

function signatureOfShingles(words: readonly number[]): Uint32Array | undefined {
  const shingles = shingleHashes(words);
  return hasDifferent(shingles, MIN_SHINGLES) ? signatureOf(shingles) : undefined;
}

/** Estimated Jaccard similarity of the texts, 0..1. */
export function resemblance(a: Uint32Array, b: Uint32Array): number {
  let equal = 0;
  for (let place = 0; place < PLACES; place++) if (a[place] === b[place]) equal++;
  return equal / PLACES;
}

/** Hashes of all runs of SHINGLE_WORDS words. */
function shingleHashes(words: readonly number[]): number[] {
  const hashes: number[] = [];
  for (let from = 0; from + SHINGLE_WORDS <= words.length; from++) {
    let hash = 0;
    for (let i = 0; i < SHINGLE_WORDS; i++) hash = Math.imul(hash, PRIME) ^ words[from + i]!; // bounded by the loop above
    hashes.push(mix(hash));
  }
  return hashes;
}

/** Whether there are at least so many different ones. */
function hasDifferent(hashes: readonly number[], count: number): boolean {
  if (hashes.length < count) return false;
  const seen = new Set<number>();
  for (const hash of hashes) if (seen.add(hash).size >= count) return true;
  return false;
}
