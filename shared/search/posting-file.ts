// `postings.bin` of a segment: its words in the order of their UTF-16 units, each with the list of its entries and of its places, so that a word is two small
// reads and a beginning is one stretch.
// Format: lists | blocks of 64 words | index of the blocks | trailer. A word of a block is (bytes shared with the word before, length and bytes of the rest,
// entries, bytes of each of its two lists); the index holds each block's first word, its place and the place of its first list.
// Invariants: P1 the file never changes. P2 of a file a process holds the index alone: about 40 bytes for 64 words. P3 what is read of a damaged file is
// refused with its path, or is some other word's list: never read outside the file.
import { type FileHandle, open } from 'node:fs/promises';
import { ByteReader, ByteWriter } from './byte-writer.ts';
import { damagedIndex } from './entry-file.ts';

const BLOCK_WORDS = 64;
const MAGIC = 0x534c5032; // "SLP2"
const TRAILER_BYTES = 24;
/** 64 units of UTF-16 (words.ts). */
const MAX_WORD_BYTES = 256;
const FLUSH_BYTES = 1 << 20;
/** A length, a letter, and two places. */
const MIN_BLOCK_INDEX_BYTES = 4;
/** Blocks that are looked through at once for a beginning: about 60 KB. */
const BLOCKS_AT_ONCE = 64;
/** Bytes of lists that are in hand at once. */
const LISTS_AT_ONCE = 4 << 20;

/** A word and where its lists are: the places follow the entries. */
export interface WordPlace {
  term: string;
  entries: number;
  at: number;
  entryBytes: number;
  placeBytes: number;
}

/** A word with its two lists. */
export interface WordLists {
  word: WordPlace;
  entries: Uint8Array;
  places: Uint8Array;
}

export class PostingWriter {
  readonly #file: FileHandle;
  readonly #lists = new ByteWriter();
  readonly #blocks = new ByteWriter();
  readonly #index = new ByteWriter();
  #at = 0;
  #words = 0;
  #before: Buffer = Buffer.alloc(0);

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  static async create(path: string): Promise<PostingWriter> {
    return new PostingWriter(await open(path, 'w'));
  }

  /** Words come in the order of `<`. */
  async add(term: string, entries: number, entryList: Uint8Array, placeList: Uint8Array): Promise<void> {
    const bytes = Buffer.from(term);
    if (this.#words % BLOCK_WORDS === 0) {
      this.#index.varint(bytes.length);
      this.#index.append(bytes);
      this.#index.varint(this.#blocks.length);
      this.#index.varint(this.#at + this.#lists.length);
      this.#before = Buffer.alloc(0);
    }
    const shared = sharedBytes(this.#before, bytes);
    for (const part of [shared, bytes.length - shared]) this.#blocks.varint(part);
    this.#blocks.append(bytes.subarray(shared));
    for (const part of [entries, entryList.length, placeList.length]) this.#blocks.varint(part);
    this.#before = bytes;
    this.#words++;
    this.#lists.append(entryList);
    this.#lists.append(placeList);
    if (this.#lists.length >= FLUSH_BYTES) await this.#flush();
  }

  async end(): Promise<void> {
    await this.#flush();
    const trailer = Buffer.alloc(TRAILER_BYTES);
    trailer.writeDoubleLE(this.#at, 0);
    trailer.writeUInt32LE(this.#blocks.length, 8);
    trailer.writeUInt32LE(this.#index.length, 12);
    trailer.writeUInt32LE(this.#words, 16);
    trailer.writeUInt32LE(MAGIC, 20);
    for (const part of [this.#blocks.view(), this.#index.view(), trailer]) await this.#file.writeFile(part);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async #flush(): Promise<void> {
    await this.#file.writeFile(this.#lists.view()); // all of it: a disk that is nearly full takes a part of a `write`
    this.#at += this.#lists.length;
    this.#lists.clear();
  }
}

function sharedBytes(a: Uint8Array, b: Uint8Array): number {
  let same = 0;
  while (same < a.length && same < b.length && a[same] === b[same]) same++;
  return same;
}

export class PostingFile {
  readonly path: string;
  readonly words: number;
  /** First words of the blocks, and where blocks and their first lists begin; one more of each for the end. */
  readonly #firsts: readonly string[];
  readonly #blockAt: Float64Array;
  readonly #listAt: Float64Array;

  private constructor(
    path: string,
    words: number,
    firsts: readonly string[],
    blockAt: Float64Array,
    listAt: Float64Array,
  ) {
    this.path = path;
    this.words = words;
    this.#firsts = firsts;
    this.#blockAt = blockAt;
    this.#listAt = listAt;
  }

  /** @throws {TerminalError} lake.corrupt-table for a file that is none of ours, or not whole */
  static async open(path: string): Promise<PostingFile> {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      const trailer = await readAt(file, path, size - TRAILER_BYTES, TRAILER_BYTES);
      const blocksAt = trailer.readDoubleLE(0);
      const [blockBytes, indexBytes, words] = [8, 12, 16].map((at) => trailer.readUInt32LE(at));
      const isWhole = blocksAt + (blockBytes ?? 0) + (indexBytes ?? 0) + TRAILER_BYTES === size;
      if (trailer.readUInt32LE(20) !== MAGIC || !isWhole) throw damagedIndex(path);
      const index = await readAt(file, path, blocksAt + (blockBytes ?? 0), indexBytes ?? 0);
      const count = Math.ceil((words ?? 0) / BLOCK_WORDS);
      if (count * MIN_BLOCK_INDEX_BYTES > index.length) throw damagedIndex(path);
      const [blockAt, listAt] = [new Float64Array(count + 1), new Float64Array(count + 1)];
      const reader = new ByteReader(index);
      const firsts = Array.from({ length: count }, (_, i) => {
        const first = Buffer.from(reader.take(reader.varint())).toString();
        blockAt[i] = blocksAt + reader.varint();
        listAt[i] = reader.varint();
        return first;
      });
      blockAt[count] = blocksAt + (blockBytes ?? 0);
      listAt[count] = blocksAt;
      return new PostingFile(path, words ?? 0, firsts, blockAt, listAt);
    } finally {
      await file.close();
    }
  }

  async find(file: FileHandle, term: string): Promise<WordPlace | undefined> {
    const block = this.#blockOf(term);
    if (block < 0) return undefined;
    return (await this.#wordsOf(file, block, block + 1)).find((word) => word.term === term);
  }

  /** Words that begin so, in their order, some hundred at a time. */
  async *beginningWith(file: FileHandle, beginning: string): AsyncGenerator<WordPlace[]> {
    const first = Math.max(0, this.#blockOf(beginning));
    for (let block = first; block < this.#firsts.length; block += BLOCKS_AT_ONCE) {
      const words = await this.#wordsOf(file, block, Math.min(this.#firsts.length, block + BLOCKS_AT_ONCE));
      const fitting = words.filter(({ term }) => term.startsWith(beginning));
      if (fitting.length > 0) yield fitting;
      const last = words.at(-1)?.term ?? '';
      if (last > beginning && !last.startsWith(beginning)) return;
    }
  }

  /** Every word, in order. */
  async *all(file: FileHandle): AsyncGenerator<WordPlace[]> {
    for (let block = 0; block < this.#firsts.length; block += BLOCKS_AT_ONCE)
      yield await this.#wordsOf(file, block, Math.min(this.#firsts.length, block + BLOCKS_AT_ONCE));
  }

  /** Lists of words that follow one another, some megabytes at a time. */
  async *lists(file: FileHandle, words: readonly WordPlace[]): AsyncGenerator<WordLists[]> {
    for (let i = 0; i < words.length; ) {
      const from = words[i]?.at ?? 0;
      let next = i;
      let to = from;
      for (let word = words[next]; word !== undefined; word = words[++next]) {
        const end = word.at + word.entryBytes + word.placeBytes;
        if (next > i && end - from > LISTS_AT_ONCE) break;
        to = end;
      }
      const bytes = await readAt(file, this.path, from, to - from);
      yield words.slice(i, next).map((word) => {
        const middle = word.at - from + word.entryBytes;
        const entries = bytes.subarray(word.at - from, middle);
        return { word, entries, places: bytes.subarray(middle, middle + word.placeBytes) };
      });
      i = next;
    }
  }

  /** The entries of one word. */
  async entriesOf(file: FileHandle, { at, entryBytes }: WordPlace): Promise<Uint8Array> {
    return await readAt(file, this.path, at, entryBytes);
  }

  /** The last block whose first word is not behind the term; -1 before all. */
  #blockOf(term: string): number {
    let [low, high] = [0, this.#firsts.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#firsts[middle] ?? term) <= term) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  async #wordsOf(file: FileHandle, from: number, to: number): Promise<WordPlace[]> {
    const [start, end] = [this.#blockAt[from] ?? 0, this.#blockAt[to] ?? 0];
    if (!(start <= end && end <= (this.#blockAt.at(-1) ?? 0))) throw damagedIndex(this.path);
    const reader = new ByteReader(await readAt(file, this.path, start, end - start));
    const words: WordPlace[] = [];
    for (let block = from; block < to; block++) {
      let at = this.#listAt[block] ?? 0;
      reader.at = (this.#blockAt[block] ?? 0) - start;
      for (let i = 0; i < BLOCK_WORDS && block * BLOCK_WORDS + i < this.words; i++) {
        const [shared, rest] = [reader.varint(), reader.varint()];
        if (shared + rest > MAX_WORD_BYTES) throw damagedIndex(this.path);
        WORD.set(reader.take(rest), shared);
        const [entries, entryBytes, placeBytes] = [reader.varint(), reader.varint(), reader.varint()];
        if (at + entryBytes + placeBytes > (this.#listAt.at(-1) ?? 0) || entries > entryBytes)
          throw damagedIndex(this.path);
        words.push({ term: WORD.toString('utf8', 0, shared + rest), entries, at, entryBytes, placeBytes });
        at += entryBytes + placeBytes;
      }
    }
    return words;
  }
}

/** A word that is read; nothing waits between its parts. */
const WORD = Buffer.alloc(MAX_WORD_BYTES);

async function readAt(file: FileHandle, path: string, at: number, length: number): Promise<Buffer> {
  if (at < 0 || length < 0) throw damagedIndex(path);
  const bytes = Buffer.allocUnsafe(length);
  const { bytesRead } = await file.read(bytes, 0, length, at);
  if (bytesRead !== length) throw damagedIndex(path);
  return bytes;
}
