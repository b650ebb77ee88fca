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

const BASIS = 0x811c9dc5;
const PRIME = 0x01000193;

/** ASCII letters and digits in lower case; 0 for what is neither. */
const LOWER = Uint8Array.from({ length: 128 }, (_, code) => {
  const char = String.fromCharCode(code).toLowerCase();
  return /[a-z0-9]/.test(char) ? char.charCodeAt(0) : 0;
});

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
  const hashes = Int32Array.from(shingles);
  const signature = new Uint32Array(PLACES);
  for (let place = 0; place < PLACES; place++) {
    const [multiplier, offset] = [FAMILY[place]!, FAMILY[PLACES - 1 - place]!]; // place < PLACES
    let least = 0xffffffff;
    for (let i = 0; i < hashes.length; i++) least = Math.min(least, mix(Math.imul(hashes[i]!, multiplier) ^ offset));
    signature[place] = least;
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
    for (let i = 0; i < SHINGLE_WORDS; i++) hash = (Math.imul(hash, PRIME) ^ words[from + i]!) >>> 0; // bounded by the loop above
    hashes.add(mix(hash));
  }
  return hashes;
}

/** Hashes of the words, each by FNV-1a over its UTF-16 units. */
function wordHashes(text: string): number[] {
  const beginning = text.slice(0, MAX_CHARS);
  return (
    asciiWordHashes(beginning) ??
    (
      beginning
        .normalize('NFKC')
        .toLowerCase()
        .match(/[\p{L}\p{N}]+/gu) ?? []
    ).map(hashWord)
  );
}

function hashWord(word: string): number {
  let hash = BASIS;
  for (let i = 0; i < word.length; i++) hash = Math.imul(hash ^ word.charCodeAt(i), PRIME);
  return hash >>> 0;
}

/** The same without a string for each word; undefined where a character is not ASCII. */
function asciiWordHashes(text: string): number[] | undefined {
  const hashes: number[] = [];
  let hash = BASIS;
  let isInWord = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 128) return undefined;
    const unit = LOWER[code]!;
    if (unit !== 0) {
      hash = Math.imul(hash ^ unit, PRIME);
      isInWord = true;
    } else if (isInWord) {
      hashes.push(hash >>> 0);
      hash = BASIS;
      isInWord = false;
    }
  }
  if (isInWord) hashes.push(hash >>> 0);
  return hashes;
}

/** Finalizer of murmur3: every input bit reaches every output bit. */
function mix(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
