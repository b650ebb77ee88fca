// Which words and pairs one text has, how often each, and which parts lie in which word: what reasons are made of (lexical-evidence.ts).
// Invariants: T1 no string, object or array per term; a term is spelled only when it is asked for. T2 one trace is used again and again: it tells of
// the text that was traced last, and only until its hasher takes the next one.

/** Where a bucket lies among those that matter; below 0 for one that does not. */
export interface Places {
  place(bucket: number): number;
}

const WORD = 0;
const PAIR = 1;
/** A pair whose words are parted wherever they stand: by the end of a sentence or of a paragraph, or as a name and its value are. */
const PAIR_APART = 2;

const APART = /[.!?;:…。！？；：|]|\n[^\S\n]*\n/u;
/** The same of ASCII bytes, one by one. */
const PARTS_WORDS = Uint8Array.from({ length: 128 }, (_, byte) => (APART.test(String.fromCharCode(byte)) ? 1 : 0));
const NEWLINE = 10;
const IS_BLANK = Uint8Array.from({ length: 128 }, (_, byte) => (/\s/u.test(String.fromCharCode(byte)) ? 1 : 0));

/** Words of a text: where they lie in its bytes, and their hashes. */
export interface ScannedWords {
  /** The text where each of its characters is a byte: words are cut out of it. */
  ascii: string | undefined;
  bytes: Uint8Array;
  from: Int32Array;
  to: Int32Array;
  hash: Int32Array;
  words: number;
}

export class LexicalTrace {
  /** Distinct words and pairs, in the order of their first occurrence. */
  terms = 0;
  buckets = new Int32Array(256);
  /** Of the terms' buckets; below 0 for a word whose bucket does not matter. Pairs of such buckets are left out. */
  places = new Int32Array(256);
  counts = new Int32Array(256);
  /** Parts that matter, in the order of the text. */
  parts = 0;
  partPlaces = new Int32Array(1024);
  /** The word each lies in, by its place among the terms. */
  partTerms = new Int32Array(1024);
  #kinds = new Uint8Array(256);
  /** The first occurrence; of a pair that of its second word. */
  #first = new Int32Array(256);
  /** Term of each word of the text. */
  #termOf = new Int32Array(256);
  /** Terms by their hashes, plus 1; 0 is free. */
  #table = new Int32Array(1024);
  #mask = 0;
  #text: ScannedWords = {
    ascii: undefined,
    bytes: new Uint8Array(),
    from: new Int32Array(),
    to: new Int32Array(),
    hash: new Int32Array(),
    words: 0,
  };
  readonly #decoder = new TextDecoder();

  begin(text: ScannedWords): void {
    this.#text = text;
    this.terms = 0;
    this.parts = 0;
    const most = 2 * text.words; // each word may be a term, and so may each pair
    const size = 2 ** Math.ceil(Math.log2(2 * most + 1));
    if (this.#table.length < size) this.#table = new Int32Array(size);
    else this.#table.fill(0, 0, size);
    this.#mask = size - 1;
    if (this.buckets.length >= most) return;
    this.buckets = new Int32Array(2 * most);
    this.places = new Int32Array(2 * most);
    this.counts = new Int32Array(2 * most);
    this.#kinds = new Uint8Array(2 * most);
    this.#first = new Int32Array(2 * most);
    this.#termOf = new Int32Array(2 * most);
  }

  /** The next word of the text. */
  addWord(at: number, bucket: number, places: Places | null): void {
    const hash = this.#text.hash[at]!;
    let slot = hash & this.#mask;
    for (let found = this.#table[slot]!; found !== 0; found = this.#table[slot]!) {
      if (this.#isWord(found - 1, at)) {
        this.counts[found - 1]!++;
        this.#termOf[at] = found - 1;
        return;
      }
      slot = (slot + 1) & this.#mask;
    }
    this.#termOf[at] = this.#add(slot, at, bucket, places === null ? bucket : places.place(bucket), WORD);
  }

  /** The pair that ends with a word, of the bucket that follows from this hash. */
  addPair(at: number, hash: number, bucket: number, places: Places | null): void {
    const place = places === null ? bucket : places.place(bucket);
    if (place < 0) return;
    let slot = hash & this.#mask;
    for (let found = this.#table[slot]!; found !== 0; found = this.#table[slot]!) {
      if (this.#isPair(found - 1, at)) {
        this.counts[found - 1]!++;
        if (this.#kinds[found - 1] === PAIR_APART && !this.#isParted(at)) this.#kinds[found - 1] = PAIR;
        return;
      }
      slot = (slot + 1) & this.#mask;
    }
    this.#add(slot, at, bucket, place, this.#isParted(at) ? PAIR_APART : PAIR);
  }

  /** A part that lies in a word of the text, which may not have been added yet. */
  addPart(word: number, bucket: number, places: Places | null): void {
    const place = places === null ? bucket : places.place(bucket);
    if (place < 0) return;
    if (this.parts === this.partPlaces.length) {
      this.partPlaces = larger(this.partPlaces);
      this.partTerms = larger(this.partTerms);
    }
    this.partPlaces[this.parts] = place;
    this.partTerms[this.parts++] = word;
  }

  /** All words are added. */
  end(): void {
    for (let at = 0; at < this.parts; at++) this.partTerms[at] = this.#termOf[this.partTerms[at]!]!;
  }

  /** Is it a pair whose words never stand together? */
  isApart(term: number): boolean {
    return this.#kinds[term] === PAIR_APART;
  }

  /** The words of a term. */
  wordsOf(term: number): string[] {
    const at = this.#first[term]!;
    return this.#kinds[term] === WORD ? [this.#spell(at)] : [this.#spell(at - 1), this.#spell(at)];
  }

  #add(slot: number, at: number, bucket: number, place: number, kind: number): number {
    const term = this.terms++;
    this.#table[slot] = term + 1;
    this.buckets[term] = bucket;
    this.places[term] = place;
    this.counts[term] = 1;
    this.#first[term] = at;
    this.#kinds[term] = kind;
    return term;
  }

  #isWord(term: number, at: number): boolean {
    const { bytes, from, to, hash } = this.#text;
    const first = this.#first[term]!;
    if (this.#kinds[term] !== WORD || hash[first] !== hash[at]) return false;
    const length = to[at]! - from[at]!;
    if (to[first]! - from[first]! !== length) return false;
    for (let i = 0; i < length; i++) if (bytes[from[first]! + i] !== bytes[from[at]! + i]) return false;
    return true;
  }

  #isPair(term: number, at: number): boolean {
    const first = this.#first[term]!;
    const of = this.#termOf;
    return this.#kinds[term] !== WORD && of[first] === of[at] && of[first - 1] === of[at - 1];
  }

  /** Does anything but space part a word from the one before? */
  #isParted(at: number): boolean {
    const { bytes, from, to } = this.#text;
    const [begin, end] = [to[at - 1]!, from[at]!];
    let hasNewline = false;
    for (let i = begin; i < end; i++) {
      const byte = bytes[i]!;
      if (byte >= 128) return APART.test(this.#decoder.decode(bytes.subarray(begin, end)));
      if (PARTS_WORDS[byte] === 1) return true;
      if (byte === NEWLINE) {
        if (hasNewline) return true;
        hasNewline = true;
      } else if (IS_BLANK[byte] === 0) hasNewline = false;
    }
    return false;
  }

  #spell(at: number): string {
    const { ascii, bytes, from, to } = this.#text;
    if (ascii !== undefined) return ascii.slice(from[at]!, to[at]!).toLowerCase();
    return this.#decoder.decode(bytes.subarray(from[at]!, to[at]!));
  }
}

function larger(array: Int32Array): Int32Array<ArrayBuffer> {
  const twice = new Int32Array(array.length * 2);
  twice.set(array);
  return twice;
}
