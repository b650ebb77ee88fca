// The lexical profile: text → counts of words, of pairs of neighbouring words and of parts of words, in one pass over UTF-8 bytes.
// Words are runs of letters, marks and digits of any script, in lower case; a text is in Unicode's compatibility form (NFKC) first, ASCII is it.
// Invariants: L1 no string, object or array per term. L2 trace() names exactly the terms that count() counts. L3 each kind of term has its own
// range of buckets: the many rare pairs never disturb a word. L4 parts are counted once per distinct piece of a text (word-parts.ts), of its first
// ones only, so that a long text costs no more for them than a short one. L5 a version counts the same for ever: models are stored with theirs.
// L6 counting for some buckets gives the counts of all, those buckets kept, each at its place among them.

import type { BucketSet } from './bucket-set.ts';
import { kindOf, letterTable, SEPARATOR } from './letters.ts';
import { LexicalTrace, type Places } from './lexical-trace.ts';
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
  readonly #trace = new LexicalTrace();
  #bytes = new Uint8Array(1 << 16);
  // Words of the present text: where they lie in the bytes, and their hashes.
  #from = new Int32Array(1 << 12);
  #to = new Int32Array(1 << 12);
  #hash = new Int32Array(1 << 12);
  // Places with a count: a bit for each, a bit for each 32 of those. Reading them in order sorts, which would else cost as much as the hashing.
  readonly #marks: Int32Array;
  readonly #marked: Int32Array;
  #touched = new Int32Array(1 << 12);
  #distinct = 0;
  /** Bytes of the present text. */
  #length = 0;
  // The present piece, those met in this text by their hashes, and how many further ones may have parts.
  #pieceFrom = 0;
  #pieceTo = 0;
  readonly #pieces: Int32Array;
  #left = 0;
  #isAscii = false;
  #isPlain = false;
  #wanted: BucketSet | null = null;
  readonly #parts: PartBuffer | null;

  constructor(settings: LexicalSettings, numFeatures: number) {
    this.#settings = settings;
    this.numFeatures = numFeatures;
    this.#quarter = numFeatures / 4;
    this.#counts = new Uint8Array(numFeatures);
    this.#marks = new Int32Array((numFeatures + 31) >>> 5);
    this.#marked = new Int32Array((numFeatures + 1023) >>> 10);
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
   * @param wanted  buckets to count, which are known by their places then; default all
   */
  countInto(texts: Iterable<string>, rows: RowSink, wanted: BucketSet | null = null): Csr {
    this.#wanted = wanted;
    for (const text of texts) this.#countText(text, rows);
    this.#wanted = null;
    return rows.build();
  }

  /** Share of a text's words whose buckets are none of these; 0 of a text without words. */
  shareOfNew(text: string, seen: BucketSet): number {
    const words = this.#scan(text);
    let fresh = 0;
    for (let i = 0; i < words; i++) if (!seen.has(this.#hash[i]! & (this.#quarter - 1))) fresh++;
    return words === 0 ? 0 : fresh / words;
  }

  /** Append one text's counts as a row. */
  #countText(text: string, rows: RowSink): void {
    const words = this.#scan(text);
    const counts = this.#counts;
    const wordMask = this.#quarter - 1;
    const pairMask = 2 * this.#quarter - 1;
    const { pairs, version } = this.#settings;
    const wanted = this.#wanted;
    // in version 1 the first occurrence of a word decides on its parts, be it wanted or not
    const isLate = version === 1 && wanted !== null;
    if (isLate) this.#wanted = null;
    let fresh = 0;
    this.#beginPieces();
    for (let i = 0; i < words; i++) {
      const hash = this.#hash[i]!;
      const bucket = hash & wordMask;
      if (wanted !== null && !wanted.has(bucket)) fresh++;
      if (this.#left > 0 && this.#startsPiece(i, version === 1 && counts[bucket] === 0)) this.#addParts();
      this.#add(bucket);
      if (pairs && i > 0) this.#add(2 * this.#quarter + (pairHash(this.#hash[i - 1]!, hash) & pairMask));
    }
    this.#wanted = wanted;
    const touched = isLate ? this.#placesIn(wanted, this.#sorted()) : this.#sorted();
    rows.append(touched, counts, false, words === 0 ? 0 : fresh / words);
    for (let i = 0; i < touched.length; i++) counts[touched[i]!] = 0;
  }

  /**
   * The words and pairs of a text, with the parts of each word (L2); until the next text.
   * @param places  buckets that matter, which are known by their places then; default all
   */
  trace(text: string, places: Places | null = null): LexicalTrace {
    const words = this.#scan(text);
    const { pairs, version } = this.#settings;
    const trace = this.#trace;
    const ascii = this.#isAscii ? text : undefined;
    trace.begin({ ascii, bytes: this.#bytes, from: this.#from, to: this.#to, hash: this.#hash, words });
    const seen = version === 1 ? new Set<number>() : undefined; // there a word has parts where its bucket occurs first
    this.#beginPieces();
    for (let i = 0; i < words; i++) {
      const hash = this.#hash[i]!;
      const bucket = hash & (this.#quarter - 1);
      if (this.#left > 0 && this.#startsPiece(i, seen?.has(bucket) === false)) this.#traceParts(i, words, places);
      seen?.add(bucket);
      trace.addWord(i, bucket, places);
      if (!pairs || i === 0) continue;
      const pair = pairHash(this.#hash[i - 1]!, hash);
      trace.addPair(i, pair, 2 * this.#quarter + (pair & (2 * this.#quarter - 1)), places);
    }
    trace.end();
    return trace;
  }

  /** Each part belongs to one word of its piece: the first that is not over where the part begins, else the last. */
  #traceParts(first: number, words: number, places: Places | null): void {
    const parts = this.#cut();
    const { hashes, starts } = this.#parts!; // there are parts
    const [trace, from, to, end, quarter] = [this.#trace, this.#from, this.#to, this.#pieceTo, this.#quarter];
    let owner = first;
    for (let at = 0; at < parts; at++) {
      while (owner + 1 < words && from[owner + 1]! < end && to[owner]! <= starts[at]!) owner++;
      trace.addPart(owner, quarter + (hashes[at]! & (quarter - 1)), places);
    }
  }

  #addParts(): void {
    if (this.#isPlain) {
      this.#addPlainParts();
      return;
    }
    const parts = this.#cut();
    for (let at = 0; at < parts; at++) this.#add(this.#partBucket(at));
  }

  /** The parts of 3 and 4 characters where every character is a byte: most texts, and most of the time of counting. */
  #addPlainParts(): void {
    const to = this.#pieceTo;
    const bytes = this.#bytes;
    const quarter = this.#quarter;
    let at = this.#pieceFrom;
    let window = (BLANK << 8) | bytes[at]!;
    for (let length = 3; ++at <= to; length++) {
      window = (window << 8) | (at < to ? bytes[at]! : BLANK);
      this.#add(quarter + (finish(window & 0xffffff) & (quarter - 1)));
      if (length >= 4) this.#add(quarter + (finish(window) & (quarter - 1)));
    }
  }

  /** From buckets to places among the wanted ones; counts move with them. */
  #placesIn(wanted: BucketSet, buckets: Int32Array): Int32Array {
    const counts = this.#counts;
    let kept = 0;
    for (let i = 0; i < buckets.length; i++) {
      const bucket = buckets[i]!;
      const place = wanted.place(bucket); // at most the bucket, so that nothing is overwritten
      const count = counts[bucket]!;
      counts[bucket] = 0;
      if (place < 0) continue;
      counts[place] = count;
      buckets[kept++] = place;
    }
    return buckets.subarray(0, kept);
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
    this.#isAscii = this.#length === text.length;
    const { version, parts } = this.#settings;
    this.#isPlain = this.#isAscii && version === 2 && parts?.min === 3 && parts.max === 4;
    if (this.#isAscii) return this.#scanAscii(this.#length);
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

  #add(bucket: number): void {
    const place = this.#wanted === null ? bucket : this.#wanted.place(bucket);
    if (place < 0) return;
    const count = this.#counts[place]!;
    if (count === 0) {
      this.#distinct++;
      this.#marks[place >>> 5]! |= 1 << (place & 31);
      this.#marked[place >>> 10]! |= 1 << ((place >>> 5) & 31);
    }
    if (count < MAX_COUNT) this.#counts[place] = count + 1;
  }

  /** The places with a count, ascending; their marks are taken away. */
  #sorted(): Int32Array {
    if (this.#distinct > this.#touched.length) this.#touched = new Int32Array(2 * this.#distinct);
    const [marks, marked, touched] = [this.#marks, this.#marked, this.#touched];
    let found = 0;
    for (let top = 0; found < this.#distinct; top++) {
      let some = marked[top]!;
      if (some === 0) continue;
      marked[top] = 0;
      for (; some !== 0; some &= some - 1) {
        const at = (top << 5) | (31 - Math.clz32(some & -some));
        for (let bits = marks[at]!; bits !== 0; bits &= bits - 1)
          touched[found++] = (at << 5) | (31 - Math.clz32(bits & -bits));
        marks[at] = 0;
      }
    }
    this.#distinct = 0;
    return touched.subarray(0, found);
  }
}

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
