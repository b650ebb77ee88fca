// murmur3_x86_32 with Spark's seed, over bytes. Two tails: the standard one (Spark 3 and later) and the one of Spark 2.x.
// Source: org.apache.spark.unsafe.hash.Murmur3_x86_32 (hashUnsafeBytes2 and hashUnsafeBytes).

import { TerminalError } from '../errors.ts';

/** Which Spark wrote the model: 3 and later hash by the standard tail, 2.x by its own. */
export type TermHash = 'spark3' | 'spark2';

export const SPARK_SEED = 42;

// Counters are one dense array per hasher; 2^26 buckets are 256 MB.
const MAX_FEATURES = 2 ** 26;

const C1 = 0xcc9e2d51 | 0;
const C2 = 0x1b873593;

/** Hash bytes[from, to) as Spark 3 and later do. A signed 32-bit integer. */
export function murmur3(bytes: Uint8Array, from: number, to: number, seed = SPARK_SEED): number {
  const length = to - from;
  let h = seed | 0;
  let i = from;
  for (const end = from + (length & ~3); i < end; i += 4) {
    let k = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    k = Math.imul(k, C1);
    k = (k << 15) | (k >>> 17);
    h ^= Math.imul(k, C2);
    h = (h << 13) | (h >>> 19);
    h = (Math.imul(h, 5) + 0xe6546b64) | 0;
  }
  if (i < to) {
    let k = bytes[i]!;
    if (i + 1 < to) k |= bytes[i + 1]! << 8;
    if (i + 2 < to) k |= bytes[i + 2]! << 16;
    k = Math.imul(k, C1);
    k = (k << 15) | (k >>> 17);
    h ^= Math.imul(k, C2);
  }
  return finish(h, length);
}

/** Hash bytes[from, to) as Spark 2.x did: each left-over byte, sign-extended, is mixed like a word. */
export function murmur3Legacy(bytes: Uint8Array, from: number, to: number, seed = SPARK_SEED): number {
  const length = to - from;
  let h = seed | 0;
  let i = from;
  for (const end = from + (length & ~3); i < end; i += 4)
    h = mix(h, bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24));
  for (; i < to; i++) h = mix(h, (bytes[i]! << 24) >> 24);
  return finish(h, length);
}

/** Hash one term (lone surrogates become `?`, as Java encodes them). */
export function hashTerm(term: string, hash: TermHash = 'spark3'): number {
  const bytes = Buffer.from(toWellFormed(term));
  return hash === 'spark3' ? murmur3(bytes, 0, bytes.length) : murmur3Legacy(bytes, 0, bytes.length);
}

/** Java's encoder writes `?` for half a surrogate pair; JavaScript's would write U+FFFD. */
export function toWellFormed(text: string): string {
  if (text.isWellFormed()) return text;
  return text.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '?');
}

/** @throws {TerminalError} request.invalid when numFeatures is no integer of 1 … 2^26 */
export function checkNumFeatures(numFeatures: number): void {
  if (!Number.isInteger(numFeatures) || numFeatures < 1 || numFeatures > MAX_FEATURES)
    throw new TerminalError(
      'request.invalid',
      `numFeatures: need an integer from 1 to ${MAX_FEATURES}, have ${numFeatures}`,
    );
}

/** The bucket of a hash: non-negative remainder, whatever the sign. */
export function bucketOf(hash: number, numFeatures: number): number {
  const remainder = hash % numFeatures;
  return remainder < 0 ? remainder + numFeatures : remainder | 0; // | 0: a negative multiple leaves -0
}

/** Hash state after a whole word. */
export function mix(h: number, word: number): number {
  let k = Math.imul(word, C1);
  k = (k << 15) | (k >>> 17);
  let mixed = h ^ Math.imul(k, C2);
  mixed = (mixed << 13) | (mixed >>> 19);
  return (Math.imul(mixed, 5) + 0xe6546b64) | 0;
}

/** Spark 3's hash from the state after all whole words, the 0 to 3 bytes left over (first one lowest) and the length in bytes. */
export function finishTail(h: number, rest: number, length: number): number {
  let k = Math.imul(rest, C1);
  k = (k << 15) | (k >>> 17);
  return finish(h ^ Math.imul(k, C2), length);
}

function finish(hash: number, length: number): number {
  let h = hash ^ length;
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}
