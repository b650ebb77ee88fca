// Parts of words: runs of a few characters that compounds, inflections and typing errors have in common with other words.
// Version 1 cuts single words between two blanks. Version 2 cuts what stands between two white spaces, punctuation too: "(reuters)" and "reuters"
// share most parts, and the brackets say something of their own.
// Invariants: P1 the parts of a piece depend on its characters only, not on where it stands or on what else the text holds. P2 no object per part.

/** Parts of min … max characters. */
export interface PartLengths {
  min: number;
  max: number;
}

/** Longer pieces (codes, base64) have no parts. */
export const MAX_PART_BYTES = 48;
const PRIME = 0x01000193;
const SEED = 0x2545f491;
const BLANK = 32;

/** Finalizer of murmur3: every input bit reaches every output bit. */
export function finish(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Room for the parts of one piece and where each begins. */
export class PartBuffer {
  readonly hashes: Int32Array;
  /** Place of the first byte of each part, that of the blank before the piece included. */
  readonly starts: Int32Array;

  constructor({ min, max }: PartLengths) {
    const most = (MAX_PART_BYTES + 2) * (max - min + 1);
    this.hashes = new Int32Array(most);
    this.starts = new Int32Array(most);
  }
}

/** Version 1: all runs of min … max characters of the word bytes[from, to) between two blanks; their number. */
export function partsOfWord(
  bytes: Uint8Array,
  from: number,
  to: number,
  { min, max }: PartLengths,
  { hashes, starts }: PartBuffer,
): number {
  if (to - from > MAX_PART_BYTES || isNumber(bytes, from, to)) return 0;
  let parts = 0;
  // place -1 is the blank before the word, place `to` the one after it
  for (let start = from - 1; start <= to; start++) {
    if (start >= from && start < to && isContinuation(bytes[start]!)) continue;
    let hash = SEED;
    let length = 0;
    for (let at = start; at <= to && length <= max; at++) {
      const byte = at < from || at === to ? BLANK : bytes[at]!;
      if (at >= from && at < to && isContinuation(byte)) {
        hash = Math.imul(hash ^ byte, PRIME);
        continue;
      }
      if (length >= min) {
        starts[parts] = start;
        hashes[parts++] = finish(hash);
      }
      hash = Math.imul(hash ^ byte, PRIME);
      length++;
    }
    if (length >= min && length <= max) {
      starts[parts] = start;
      hashes[parts++] = finish(hash);
    }
  }
  return parts;
}

/**
 * Version 2: the same runs of the piece bytes[from, to), of numbers too. The first four bytes make a number of the part, further ones are folded in, so that most
 * parts of 3 and 4 characters cost one finish().
 */
export function partsOfPiece(
  bytes: Uint8Array,
  from: number,
  to: number,
  { min, max }: PartLengths,
  { hashes, starts }: PartBuffer,
): number {
  if (to - from > MAX_PART_BYTES) return 0;
  let parts = 0;
  for (let start = from - 1; start <= to; start++) {
    if (start >= from && start < to && isContinuation(bytes[start]!)) continue;
    let number = 0;
    let size = 0;
    let length = 0;
    for (let at = start; at <= to; ) {
      // one character, a blank outside the piece
      let byte = at < from || at === to ? BLANK : bytes[at]!;
      do {
        number = size < 4 ? (number << 8) | byte : Math.imul(finish(number) ^ byte, PRIME);
        size++;
        at++;
        byte = at < to ? bytes[at]! : BLANK;
      } while (isContinuation(byte));
      length++;
      if (length < min) continue;
      starts[parts] = start;
      hashes[parts++] = finish(number);
      if (length === max) break;
    }
  }
  return parts;
}

const isContinuation = (byte: number): boolean => (byte & 0xc0) === 0x80;

/** A word of ASCII digits only: its parts say nothing. */
function isNumber(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (bytes[at]! > 57) return false;
  return true;
}
