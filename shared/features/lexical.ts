// The lexical profile: text → counts of words, of pairs of neighbouring words and of parts of words, in one pass over UTF-8 bytes.
// Words are runs of letters, marks and digits of any script, in lower case; a text is in Unicode's compatibility form (NFKC) first, ASCII is it.
// Invariants: L1 no string, object or array per term. L2 trace() names exactly the terms that count() counts. L3 each kind of term has its own
// range of buckets: the many rare pairs never disturb a word. L4 parts are counted once per distinct piece of a text (word-parts.ts), of its first
// ones only, so that a long text costs no more for them than a short one. L5 a version counts the same for ever: models are stored with theirs.
// L6 counting for some buckets gives the counts of all, those buckets kept.

import type { BucketSet } from './bucket-set.ts';
import { kindOf, letterTable, SEPARATOR } from './letters.ts';
import { RowBuilder, type RowSink } from './row-builder.ts';
import type { Csr } from './sparse.ts';
import { finish, MAX_PART_BYTES, PartBuffer, partsOfPiece, partsOfWord } from './word-parts.ts';

/** Settings of the lexical profile, stored with each model. */
export interface LexicalSettings {
  /** Changes whenever equal settings would give other counts or weights. 1: parts of words; 2: of what stands between white spaces, weighed less. */
  version: 1 | 2;
  /** Neighbouring words as terms. */
  pairs: boolean;
  /** Parts of words of min … max characters, the blank before and after included, of the first distinct ones of a text; null: none. */
  parts: { min: number; max: number; distinctWords: number } | null;
}

/** Settings of new models. */
export const defaultLexicalSettings: LexicalSettings = {
  version: 2,
  pairs: true,
  parts: { min: 3, max: 4, distinctWords: 48 },
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
const BLANK = 32;
/** Where a word may be cut at the end of a line: no part of it. */
const SOFT_HYPHEN = '\u00ad';
const MAX_COUNT = 255;

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
  /** Bytes of the present text. */
  #length = 0;
  // The present piece, those met in this text by their hashes, and how many further ones may have parts.
  #pieceFrom = 0;
  #pieceTo = 0;
  readonly #pieces: Int32Array;
  #left = 0;
  #isPlain = false;
  #wanted: BucketSet | null = null;
  readonly #parts: PartBuffer | null;

  constructor(settings: LexicalSettings, numFeatures: number) {
    this.#settings = settings;
    this.numFeatures = numFeatures;
    this.#quarter = numFeatures / 4;
    this.#counts = new Uint8Array(numFeatures);
    const { parts } = settings;
    this.#pieces = new Int32Array(2 ** Math.ceil(Math.log2(4 * ((parts?.distinctWords ?? 0) + 1))));
    this.#parts = parts === null ? null : new PartBuffer(parts);
  }

  /** Term frequencies [texts, numFeatures], at most 255 each. */
  count(texts: Iterable<string>): Csr {
    return this.countInto(texts, new RowBuilder(this.numFeatures));
  }

  /**
   * The same into rows that do more with counts than to keep them.
   * @param wanted  buckets to count; default all
   */
  countInto(texts: Iterable<string>, rows: RowSink, wanted: BucketSet | null = null): Csr {
    this.#wanted = wanted;
    for (const text of texts) this.#countText(text, rows);
    this.#wanted = null;
    return rows.build();
  }

  /** Append one text's counts as a row. */
  #countText(text: string, rows: RowSink): void {
    const words = this.#scan(text);
    const counts = this.#counts;
    const wordMask = this.#quarter - 1;
    const pairMask = 2 * this.#quarter - 1;
    const { pairs } = this.#settings;
    this.#beginPieces();
    this.#reserve(2 * words);
    for (let i = 0; i < words; i++) {
      const hash = this.#hash[i]!;
      const bucket = hash & wordMask;
      if (this.#left > 0 && this.#startsPiece(i, counts[bucket] === 0)) this.#addParts();
      this.#add(bucket);
      if (pairs && i > 0) this.#add(2 * this.#quarter + (pairHash(this.#hash[i - 1]!, hash) & pairMask));
    }
    if (this.#wanted !== null) this.#keepWanted(this.#wanted);
    const touched = this.#sorted();
    rows.append(touched, counts, false);
    for (let i = 0; i < touched.length; i++) counts[touched[i]!] = 0;
    this.#distinct = 0;
  }

  /** Words and pairs of a text, in the order of their first occurrence (L2). */
  trace(text: string): TracedTerm[] {
    const words = this.#scan(text);
    const { pairs } = this.#settings;
    const found = new Map<
      string,
      { term: string; bucket: number; count: number; parts: Map<number, number>; words: string[] }
    >();
    const note = (term: string, bucket: number, own: string[]): void => {
      const known = found.get(term);
      if (known !== undefined) known.count++;
      else found.set(term, { term, bucket, count: 1, parts: new Map(), words: own });
    };
    const wordAt = (i: number) => this.#decoder.decode(this.#bytes.subarray(this.#from[i]!, this.#to[i]!));
    const cut: { word: string; part: number }[] = [];
    const seen = new Set<number>();
    this.#beginPieces();
    for (let i = 0; i < words; i++) {
      const word = wordAt(i);
      const bucket = this.#hash[i]! & (this.#quarter - 1);
      if (this.#left > 0 && this.#startsPiece(i, !seen.has(bucket))) {
        // each part belongs to one word of its piece: the first that is not over where the part begins, else the last
        const parts = this.#cut();
        let owner = i;
        for (let at = 0; at < parts; at++) {
          while (
            owner + 1 < words &&
            this.#from[owner + 1]! < this.#pieceTo &&
            this.#to[owner]! <= this.#parts!.starts[at]!
          )
            owner++;
          cut.push({ word: wordAt(owner), part: this.#partBucket(at) });
        }
      }
      seen.add(bucket);
      note(word, bucket, [word]);
      if (pairs && i > 0) {
        const before = wordAt(i - 1);
        const mask = 2 * this.#quarter - 1;
        note(`${before} ${word}`, 2 * this.#quarter + (pairHash(this.#hash[i - 1]!, this.#hash[i]!) & mask), [
          before,
          word,
        ]);
      }
    }
    for (const { word, part } of cut) {
      const own = found.get(word)!.parts; // every word was noted
      own.set(part, (own.get(part) ?? 0) + 1);
    }
    return [...found.values()];
  }

  #addParts(): void {
    if (this.#isPlain) {
      this.#addPlainParts();
      return;
    }
    const parts = this.#cut();
    this.#reserve(parts);
    for (let at = 0; at < parts; at++) this.#add(this.#partBucket(at));
  }

  /** The parts of 3 and 4 characters where every character is a byte: most texts, and most of the time of counting. */
  #addPlainParts(): void {
    this.#reserve(2 * MAX_PART_BYTES + 2);
    const to = this.#pieceTo;
    const bytes = this.#bytes;
    const quarter = this.#quarter;
    const counts = this.#counts;
    const touched = this.#touched;
    const bits = this.#wanted?.bits;
    let distinct = this.#distinct;
    let at = this.#pieceFrom;
    let window = (BLANK << 8) | bytes[at]!;
    for (let length = 3; ++at <= to; length++) {
      window = (window << 8) | (at < to ? bytes[at]! : BLANK);
      for (let number = window & 0xffffff; ; number = window) {
        const bucket = quarter + (finish(number) & (quarter - 1));
        if (bits === undefined || ((bits[bucket >>> 5]! >>> (bucket & 31)) & 1) === 1) {
          const count = counts[bucket]!;
          if (count === 0) touched[distinct++] = bucket;
          if (count < MAX_COUNT) counts[bucket] = count + 1;
        }
        if (length < 4 || number === window) break;
      }
    }
    this.#distinct = distinct;
  }

  /** Forget touched words that are not wanted; other terms were never added. */
  #keepWanted(wanted: BucketSet): void {
    const touched = this.#touched;
    let kept = 0;
    for (let i = 0; i < this.#distinct; i++) {
      const bucket = touched[i]!;
      if (wanted.has(bucket)) touched[kept++] = bucket;
      else this.#counts[bucket] = 0;
    }
    this.#distinct = kept;
  }

  #partBucket(at: number): number {
    return this.#quarter + (this.#parts!.hashes[at]! & (this.#quarter - 1)); // called only where there are parts
  }

  #beginPieces(): void {
    this.#left = this.#settings.parts?.distinctWords ?? 0;
    this.#pieceTo = 0;
    this.#pieces.fill(0);
  }

  /** Does a piece begin with this word whose parts are still to be counted? It is the present piece then. */
  #startsPiece(word: number, isNewWord: boolean): boolean {
    const isWhole = this.#settings.version === 1;
    if (isWhole ? !isNewWord : this.#from[word]! < this.#pieceTo) return false;
    this.#findPiece(word);
    if (!isWhole && !this.#isNewPiece()) return false;
    this.#left--;
    return true;
  }

  /** The piece of a word's parts: the word, or in version 2 what stands around it up to white space, unless that is too long to have parts. */
  #findPiece(word: number): void {
    let from = this.#from[word]!;
    let to = this.#to[word]!;
    if (this.#settings.version === 2) {
      const bytes = this.#bytes;
      const first = Math.max(0, to - MAX_PART_BYTES - 1);
      const last = Math.min(this.#length, from + MAX_PART_BYTES + 1);
      while (from > first && bytes[from - 1]! > BLANK) from--;
      while (to < last && bytes[to]! > BLANK) to++;
      if (to - from > MAX_PART_BYTES) [from, to] = [this.#from[word]!, this.#to[word]!];
    }
    this.#pieceFrom = from;
    this.#pieceTo = to;
  }

  /** Was a piece of these bytes not met in this text? */
  #isNewPiece(): boolean {
    let key = SEED;
    for (let at = this.#pieceFrom; at < this.#pieceTo; at++) key = Math.imul(key ^ this.#bytes[at]!, PRIME);
    key = finish(key) | 1; // 0 is a free place
    const seen = this.#pieces;
    let place = (key >>> 1) & (seen.length - 1);
    while (seen[place] !== 0) {
      if (seen[place] === key) return false;
      place = (place + 1) & (seen.length - 1);
    }
    seen[place] = key;
    return true;
  }

  /** Parts of the present piece into #parts; their number. */
  #cut(): number {
    const { version, parts } = this.#settings;
    const cut = version === 1 ? partsOfWord : partsOfPiece;
    return cut(this.#bytes, this.#pieceFrom, this.#pieceTo, parts!, this.#parts!); // asked for only where there are parts
  }

  /** Find the words of a text; their number. */
  #scan(text: string): number {
    this.#length = this.#encode(text);
    const isAscii = this.#length === text.length;
    const { version, parts } = this.#settings;
    this.#isPlain = isAscii && version === 2 && parts?.min === 3 && parts.max === 4;
    if (isAscii) return this.#scanAscii(this.#length);
    this.#length = this.#encode(text.replaceAll(SOFT_HYPHEN, '').normalize('NFKC').toLowerCase());
    return this.#scanUnicode(this.#length);
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
    // words are counted in any case: in version 1 their first occurrence decides on their parts
    if (this.#wanted !== null && bucket >= this.#quarter && !this.#wanted.has(bucket)) return;
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
    const bits = count < MANY ? 7 : RADIX_BITS;
    const mask = 2 ** bits - 1;
    for (let shift = 0; 2 ** shift < this.numFeatures; shift += bits) {
      places.fill(0, 0, mask + 2);
      for (let i = 0; i < count; i++) places[((from[i]! >>> shift) & mask) + 1]!++;
      for (let digit = 1; digit <= mask; digit++) places[digit]! += places[digit - 1]!;
      for (let i = 0; i < count; i++) to[places[(from[i]! >>> shift) & mask]!++] = from[i]!;
      [from, to] = [to, from];
    }
    [this.#touched, this.#spare] = [from, to];
    return from.subarray(0, count);
  }
}

const RADIX_BITS = 11;
/** Buckets from which two passes over large tables cost less than three over small ones. */
const MANY = 1500;
const places = new Int32Array(2 ** RADIX_BITS + 1);

const pairHash = (first: number, second: number): number => finish(Math.imul(first, 0x9e3779b1) ^ second);

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
