// MinHash: a short signature of a text's word sequences. The share of equal places of two signatures estimates the Jaccard similarity of
// their sets of shingles, with a standard error of at most 1 / (2 √PLACES).
// Broder, "On the resemblance and containment of documents", 1997.

/** Places of a signature; 4 bytes each. */
export const PLACES = 64;
const SHINGLE_WORDS = 5;
/** Longer texts are known by their beginning. */
const MAX_CHARS = 200_000;
/** Shorter texts have no reliable resemblance: one word would decide. */
export const MIN_SHINGLES = 20;
const MIN_WORDS = 4;

/** Multipliers and offsets of the hash family, the same on every machine: an affine map of the shingle's hash, mixed. */
const FAMILY = Array.from({ length: PLACES }, (_, i) => mix(Math.imul(i + 1, 0x9e3779b1)) | 1);

/** Signature of a text; undefined when it has fewer than MIN_SHINGLES different shingles. */
export function minhash(text: string): Uint32Array | undefined {
  const shingles = shingleHashes(text);
  return shingles.size < MIN_SHINGLES ? undefined : signatureOf(shingles);
}

/** Signature of the set of words of a text too short for `minhash`; undefined when it has fewer than MIN_WORDS different ones. */
export function minhashWords(text: string): Uint32Array | undefined {
  const words = new Set(wordHashes(text).map(mix));
  return words.size < MIN_WORDS ? undefined : signatureOf(words);
}

function signatureOf(shingles: ReadonlySet<number>): Uint32Array {
  const signature = new Uint32Array(PLACES).fill(0xffffffff);
  for (const shingle of shingles)
    for (let place = 0; place < PLACES; place++) {
      const hash = mix(Math.imul(shingle, FAMILY[place]!) ^ FAMILY[PLACES - 1 - place]!); // place < PLACES
      if (hash < signature[place]!) signature[place] = hash;
    }
  return signature;
}

/** Estimated Jaccard similarity of the texts, 0..1. */
export function resemblance(a: Uint32Array, b: Uint32Array): number {
  let equal = 0;
  for (let place = 0; place < PLACES; place++) if (a[place] === b[place]) equal++;
  return equal / PLACES;
}

/** Hashes of all runs of SHINGLE_WORDS words; letters and digits count, case and punctuation do not. */
function shingleHashes(text: string): Set<number> {
  const words = wordHashes(text);
  const hashes = new Set<number>();
  for (let from = 0; from + SHINGLE_WORDS <= words.length; from++) {
    let hash = 0;
    for (let i = 0; i < SHINGLE_WORDS; i++) hash = (Math.imul(hash, 0x01000193) ^ words[from + i]!) >>> 0; // bounded by the loop above
    hashes.add(mix(hash));
  }
  return hashes;
}

const wordHashes = (text: string): number[] =>
  (
    text
      .slice(0, MAX_CHARS)
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  ).map(hashWord);

/** FNV-1a over UTF-16 units. */
function hashWord(word: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < word.length; i++) hash = Math.imul(hash ^ word.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** Finalizer of murmur3: every input bit reaches every output bit. */
function mix(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
