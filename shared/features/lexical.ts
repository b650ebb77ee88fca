// The lexical profile: text → counts of words, of pairs of neighbouring words and of parts of words, in one pass over UTF-8 bytes.
// Words are runs of letters, marks and digits of any script, in lower case; a text is in Unicode's compatibility form (NFKC) first, ASCII is it.
// Invariants: L1 no string, object or array per term. L2 trace() names exactly the terms that count() counts. L3 each kind of term has its own
// range of buckets: the many rare pairs never disturb a word. L4 parts are counted once per distinct word of a text, of its first words only,
// so that a long text costs no more for them than a short one.
import { kindOf, letterTable, SEPARATOR } from './letters.ts';
import { RowBuilder } from './row-builder.ts';
import type { Csr } from './sparse.ts';

/** Settings of the lexical profile, stored with each model. */
export interface LexicalSettings {
  /** Changes whenever equal settings would give other counts. */
  version: 1;
  /** Neighbouring words as terms. */
  pairs: boolean;
  /** Parts of words of min … max characters, the blank before and after the word included; null: none. */
  parts: { min: number; max: number; distinctWords: number } | null;
}

export const defaultLexicalSettings: LexicalSettings = {
  version: 1,
  pairs: true,
  parts: { min: 2, max: 5, distinctWords: 48 },
};

/** A word or pair of a text. */
export interface TracedTerm {
  term: string;
  bucket: number;
  count: number;
  /** Buckets of the word's parts, with how often each occurs in it; of a pair: none. */
  parts: ReadonlyMap<number, number>;
  /** Words of a pair. */
  words: readonly string[];
}

const SEED = 0x811c9dc5 | 0;
const PRIME = 0x01000193;
const PART_SEED = 0x2545f491;
/** Where a word may be cut at the end of a line: no part of it. */
const SOFT_HYPHEN = '\u00ad';
/** Longer words (codes, base64) have no parts. */
const MAX_PART_BYTES = 48;
const MAX_COUNT = 255;

/** Finalizer of murmur3: every input bit reaches every output bit. */
function finish(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Kinds of ASCII bytes, and the lower case of those that count. */
const ASCII = Uint8Array.from({ length: 128 }, (_, byte) => {
  if (byte >= 65 && byte <= 90) return byte | 32;
  return (byte >= 97 && byte <= 122) || (byte >= 48 && byte <= 57) ? byte : 0;
});

/** Which of the ranges a bucket lies in: words, parts and pairs have a quarter, a quarter and a half. */
export const blockOf = (bucket: number, numFeatures: number): 'word' | 'part' | 'pair' =>
  bucket < numFeatures / 4 ? 'word' : bucket < numFeatures / 2 ? 'part' : 'pair';

/** Counts terms per bucket. One instance holds the scratch memory and serves one thread. numFeatures is a power of two, at least 4. */
export class LexicalHasher {
  readonly numFeatures: number;
  readonly #settings: LexicalSettings;
  readonly #quarter: number;
  readonly #counts: Uint8Array;
  readonly #encoder = new TextEncoder();
  readonly #decoder = new TextDecoder();
  #bytes = new Uint8Array(1 << 16);
  // Words of the present text: where they lie in the bytes, and their hashes.
  #from = new Int32Array(1 << 12);
  #to = new Int32Array(1 << 12);
  #hash = new Int32Array(1 << 12);
  #touched = new Int32Array(1 << 12);
  #spare = new Int32Array(1 << 12);
  #distinct = 0;

  constructor(settings: LexicalSettings, numFeatures: number) {
    this.#settings = settings;
    this.numFeatures = numFeatures;
    this.#quarter = numFeatures / 4;
    this.#counts = new Uint8Array(numFeatures);
  }

  /** Term frequencies [texts, numFeatures], at most 255 each. */
  count(texts: Iterable<string>): Csr {
    const rows = new RowBuilder(this.numFeatures);
    for (const text of texts) this.countInto(text, rows);
    return rows.build();
  }

  /** Append one text's counts as a row. */
  countInto(text: string, rows: RowBuilder): void {
    const words = this.#scan(text);
    const counts = this.#counts;
    const wordMask = this.#quarter - 1;
    const pairMask = 2 * this.#quarter - 1;
    const { pairs, parts } = this.#settings;
    let left = parts === null ? 0 : parts.distinctWords;
    this.#reserve(2 * words);
    for (let i = 0; i < words; i++) {
      const hash = this.#hash[i]!;
      const bucket = hash & wordMask;
      if (left > 0 && counts[bucket] === 0) {
        left--;
        this.#addParts(i);
      }
      this.#add(bucket);
      if (pairs && i > 0) this.#add(2 * this.#quarter + (pairHash(this.#hash[i - 1]!, hash) & pairMask));
    }
    const touched = this.#sorted();
    rows.append(touched, counts, false);
    for (let i = 0; i < touched.length; i++) counts[touched[i]!] = 0;
    this.#distinct = 0;
  }

  /** Words and pairs of a text, in the order of their first occurrence (L2). */
  trace(text: string): TracedTerm[] {
    const words = this.#scan(text);
    const { pairs, parts } = this.#settings;
    const found = new Map<
      string,
      { term: string; bucket: number; count: number; parts: Map<number, number>; words: string[] }
    >();
    const note = (term: string, bucket: number, own: string[]) => {
      const known = found.get(term);
      if (known !== undefined) known.count++;
      else found.set(term, { term, bucket, count: 1, parts: new Map(), words: own });
      return known === undefined;
    };
    const seen = new Set<number>();
    let left = parts === null ? 0 : parts.distinctWords;
    let before = '';
    for (let i = 0; i < words; i++) {
      const word = this.#decoder.decode(this.#bytes.subarray(this.#from[i]!, this.#to[i]!));
      const bucket = this.#hash[i]! & (this.#quarter - 1);
      const isNew = note(word, bucket, [word]);
      if (left > 0 && !seen.has(bucket)) {
        left--;
        const own = found.get(word)!.parts; // noted above
        if (isNew) this.#eachPart(i, (part) => own.set(part, (own.get(part) ?? 0) + 1));
      }
      seen.add(bucket);
      if (pairs && i > 0) {
        const mask = 2 * this.#quarter - 1;
        note(`${before} ${word}`, 2 * this.#quarter + (pairHash(this.#hash[i - 1]!, this.#hash[i]!) & mask), [
          before,
          word,
        ]);
      }
      before = word;
    }
    return [...found.values()];
  }

  #addParts(word: number): void {
    this.#reserve(4096);
    this.#eachPart(word, (bucket) => this.#add(bucket));
  }

  /** Buckets of a word's parts: all runs of min … max characters of the word between two blanks. Words without a letter have none. */
  #eachPart(word: number, visit: (bucket: number) => void): void {
    const { min, max } = this.#settings.parts!; // asked for only where there are parts
    const from = this.#from[word]!;
    const to = this.#to[word]!;
    const bytes = this.#bytes;
    if (to - from > MAX_PART_BYTES || isNumber(bytes, from, to)) return;
    const mask = this.#quarter - 1;
    // place -1 is the blank before the word, place `to` the one after it
    for (let start = from - 1; start <= to; start++) {
      if (start >= from && start < to && isContinuation(bytes[start]!)) continue;
      let hash = PART_SEED;
      let length = 0;
      for (let at = start; at <= to && length <= max; at++) {
        const byte = at < from || at === to ? 32 : bytes[at]!;
        if (at >= from && at < to && isContinuation(byte)) {
          hash = Math.imul(hash ^ byte, PRIME);
          continue;
        }
        if (length >= min) visit(this.#quarter + (finish(hash) & mask));
        hash = Math.imul(hash ^ byte, PRIME);
        length++;
      }
      if (length >= min && length <= max) visit(this.#quarter + (finish(hash) & mask));
    }
  }

  /** Find the words of a text; their number. */
  #scan(text: string): number {
    const length = this.#encode(text);
    if (length === text.length) return this.#scanAscii(length);
    return this.#scanUnicode(this.#encode(text.replaceAll(SOFT_HYPHEN, '').normalize('NFKC').toLowerCase()));
  }

  #scanAscii(length: number): number {
    const bytes = this.#bytes;
    let words = 0;
    for (let at = 0; at < length; at++) {
      const from = at;
      let hash = SEED;
      for (; at < length; at++) {
        const byte = ASCII[bytes[at]!]!;
        if (byte === 0) break;
        bytes[at] = byte;
        hash = Math.imul(hash ^ byte, PRIME);
      }
      if (at > from) words = this.#keep(words, from, at, hash);
    }
    return words;
  }

  #scanUnicode(length: number): number {
    const bytes = this.#bytes;
    const kinds = letterTable();
    let words = 0;
    let from = -1;
    let hash = SEED;
    for (let at = 0; at < length; ) {
      const byte = bytes[at]!;
      const size = byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
      const point = size === 1 ? byte : codePoint(bytes, at, size);
      const kind = size === 4 ? kindOf(point) : kinds[point]!;
      if (kind !== 1 && from >= 0) {
        words = this.#keep(words, from, at, hash);
        from = -1;
      }
      if (kind !== SEPARATOR) {
        if (from < 0) {
          from = at;
          hash = SEED;
        }
        for (let i = at; i < at + size; i++) hash = Math.imul(hash ^ bytes[i]!, PRIME);
        if (kind !== 1) {
          words = this.#keep(words, from, at + size, hash);
          from = -1;
        }
      }
      at += size;
    }
    return from < 0 ? words : this.#keep(words, from, length, hash);
  }

  #keep(words: number, from: number, to: number, hash: number): number {
    if (words === this.#from.length) {
      this.#from = larger(this.#from);
      this.#to = larger(this.#to);
      this.#hash = larger(this.#hash);
    }
    this.#from[words] = from;
    this.#to[words] = to;
    this.#hash[words] = finish(hash ^ (to - from));
    return words + 1;
  }

  #encode(text: string): number {
    const most = text.length * 3; // a UTF-16 unit needs at most three bytes
    if (this.#bytes.length < most) this.#bytes = new Uint8Array(most * 2);
    return this.#encoder.encodeInto(text, this.#bytes).written;
  }

  /** Room for so many further buckets. */
  #reserve(more: number): void {
    while (this.#distinct + more > this.#touched.length) {
      this.#touched = larger(this.#touched);
      this.#spare = new Int32Array(this.#touched.length);
    }
  }

  #add(bucket: number): void {
    const count = this.#counts[bucket]!;
    if (count === 0) {
      if (this.#distinct === this.#touched.length) this.#reserve(1);
      this.#touched[this.#distinct++] = bucket;
    }
    if (count < MAX_COUNT) this.#counts[bucket] = count + 1;
  }

  /** The touched buckets, ascending: by radix, for a comparing sort would cost more than all the hashing. */
  #sorted(): Int32Array {
    const count = this.#distinct;
    if (count < 64) return this.#touched.subarray(0, count).sort();
    let [from, to] = [this.#touched, this.#spare];
    for (let shift = 0; 2 ** shift < this.numFeatures; shift += RADIX_BITS) {
      places.fill(0);
      for (let i = 0; i < count; i++) places[((from[i]! >>> shift) & RADIX_MASK) + 1]!++;
      for (let digit = 1; digit < places.length; digit++) places[digit]! += places[digit - 1]!;
      for (let i = 0; i < count; i++) to[places[(from[i]! >>> shift) & RADIX_MASK]!++] = from[i]!;
      [from, to] = [to, from];
    }
    [this.#touched, this.#spare] = [from, to];
    return from.subarray(0, count);
  }
}

const RADIX_BITS = 11;
const RADIX_MASK = 2 ** RADIX_BITS - 1;
const places = new Int32Array(2 ** RADIX_BITS + 1);

const pairHash = (first: number, second: number): number => finish(Math.imul(first, 0x9e3779b1) ^ second);

const isContinuation = (byte: number): boolean => (byte & 0xc0) === 0x80;

/** A word of ASCII digits only: its parts say nothing. */
function isNumber(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (bytes[at]! > 57) return false;
  return true;
}

function codePoint(bytes: Uint8Array, at: number, size: number): number {
  let point = bytes[at]! & (size === 2 ? 0x1f : size === 3 ? 0x0f : 0x07);
  for (let i = at + 1; i < at + size; i++) point = (point << 6) | (bytes[i]! & 0x3f);
  return point;
}

function larger(array: Int32Array): Int32Array<ArrayBuffer> {
  const twice = new Int32Array(array.length * 2);
  twice.set(array);
  return twice;
}
