// The rows that count for a question, and which entries of the index say what they say.
// Invariant: C1 an entry belongs to a row by its key alone (mark-keys.ts); an entry whose row is not among them is not found.
import type { RowPlaces } from '../lake/row-places.ts';
import type { OpenSegment } from './match.ts';
import { type FileRows, HAS_OWN_TEXT, IS_SEARCHED } from './row-keys.ts';

const NONE = -1;

export class CountedRows {
  readonly size: number;
  readonly paths: readonly string[];
  readonly #files: readonly FileRows[];
  readonly #fileNo: Int32Array;
  readonly #rowNo: Int32Array;
  /** Of each segment the row of each entry, or NONE. */
  readonly #rowOf: readonly Int32Array[];
  /** Rows with the key of another: the next of it, by 2 * row (+ 1 for reasons). */
  readonly #next = new Map<number, number>();
  /** Bits of each row: its text and its reasons are in the index. */
  readonly #found: Uint8Array;
  #byPlace: readonly Int32Array[] | undefined;

  /** @param files  rows of each of `places.paths` */
  constructor(places: RowPlaces, files: readonly FileRows[], segments: readonly OpenSegment[]) {
    this.paths = places.paths;
    this.#files = files;
    this.#fileNo = places.fileNo;
    this.#rowNo = places.rowNo;
    this.size = places.fileNo.length;
    this.#found = new Uint8Array(this.size);
    const table = this.#table();
    this.#rowOf = segments.map((segment) => this.#rowsOf(segment, table));
  }

  /** Rows of an entry: mostly one, or none. */
  rowsOf(segment: number, entry: number): number | readonly number[] {
    const found = this.#rowOf[segment]?.[entry] ?? NONE;
    if (found === NONE) return NONE;
    let next = this.#next.get(found);
    if (next === undefined) return found >> 1;
    const rows = [found >> 1];
    for (; next !== undefined; next = this.#next.get(next)) rows.push(next >> 1);
    return rows;
  }

  hasRow(segment: number, entry: number): boolean {
    return (this.#rowOf[segment]?.[entry] ?? NONE) !== NONE;
  }

  /** The data file of a row, in the lake. */
  pathOf(row: number): string {
    return this.paths[this.#fileNo[row] ?? 0] ?? '';
  }

  decidedAt(row: number): number {
    return this.#file(row)?.decidedAt[this.#rowNo[row] ?? 0] ?? 0;
  }

  documentKey(row: number): number {
    return this.#file(row)?.documentKeys[this.#rowNo[row] ?? 0] ?? 0;
  }

  /** How many documents are searched, and how many of them wait to be indexed. */
  counts(): { documents: number; waiting: number } {
    let [documents, waiting] = [0, 0];
    for (let row = 0; row < this.size; row++) {
      if (!this.#is(row, IS_SEARCHED)) continue;
      documents++;
      if (this.#lacks(row) !== 0) waiting++;
    }
    return { documents, waiting };
  }

  /** Keys of what is to be indexed still, at most so many, of the newest rows. */
  missingKeys(most: number): BigUint64Array {
    const rows = Array.from({ length: this.size }, (_, row) => row).filter(
      (row) => this.#is(row, IS_SEARCHED) && this.#lacks(row) !== 0,
    );
    rows.sort((a, b) => this.decidedAt(b) - this.decidedAt(a));
    const keys: bigint[] = [];
    for (const row of rows) {
      const lacks = this.#lacks(row);
      if (lacks & 1) keys.push(this.#key(2 * row));
      if (lacks & 2) keys.push(this.#key(2 * row + 1));
      if (keys.length >= most) break;
    }
    return BigUint64Array.from(keys);
  }

  /** Keys of documents that were erased. */
  erasedDocuments(): Set<number> {
    const keys = new Set<number>();
    for (let row = 0; row < this.size; row++) if (!this.#is(row, IS_SEARCHED)) keys.add(this.documentKey(row));
    return keys;
  }

  /** Of some rows of the table those that are among these: 1 at their numbers. */
  among({ paths, fileNo, rowNo }: RowPlaces): Uint8Array {
    this.#byPlace ??= this.#places();
    const files = new Map(this.paths.map((path, i) => [path, this.#byPlace?.[i]]));
    const numbers = paths.map((path) => files.get(path));
    const among = new Uint8Array(this.size);
    for (let i = 0; i < fileNo.length; i++) {
      const row = numbers[fileNo[i] ?? 0]?.[rowNo[i] ?? 0] ?? NONE;
      if (row !== NONE) among[row] = 1;
    }
    return among;
  }

  #places(): Int32Array[] {
    const byPlace = this.#files.map((file) => new Int32Array(file.flags.length).fill(NONE));
    for (let row = 0; row < this.size; row++) {
      const rows = byPlace[this.#fileNo[row] ?? 0];
      if (rows !== undefined) rows[this.#rowNo[row] ?? 0] = row;
    }
    return byPlace;
  }

  #file(row: number): FileRows | undefined {
    return this.#files[this.#fileNo[row] ?? 0];
  }

  #is(row: number, flag: number): boolean {
    return ((this.#file(row)?.flags[this.#rowNo[row] ?? 0] ?? 0) & flag) !== 0;
  }

  /** 1: its text, 2: its reasons. */
  #lacks(row: number): number {
    const wanted = this.#is(row, HAS_OWN_TEXT) ? 3 : 2;
    return wanted & ~(this.#found[row] ?? 0);
  }

  #key(key: number): bigint {
    const keys = this.#file(key >> 1)?.keys;
    const at = 4 * (this.#rowNo[key >> 1] ?? 0) + 2 * (key & 1);
    return BigInt(keys?.[at] ?? 0) | (BigInt(keys?.[at + 1] ?? 0) << 32n);
  }

  /** Keys of rows by open addressing: 2 * row (+ 1 for reasons). */
  #table(): Int32Array {
    const table = new Int32Array(2 ** Math.ceil(Math.log2(4 * this.size + 2))).fill(NONE);
    for (let row = 0; row < this.size; row++) {
      if (!this.#is(row, IS_SEARCHED)) continue;
      if (this.#is(row, HAS_OWN_TEXT)) this.#put(table, 2 * row);
      this.#put(table, 2 * row + 1);
    }
    return table;
  }

  #put(table: Int32Array, key: number): void {
    const keys = this.#file(key >> 1)?.keys;
    const at = 4 * (this.#rowNo[key >> 1] ?? 0) + 2 * (key & 1);
    const [low, high] = [keys?.[at] ?? 0, keys?.[at + 1] ?? 0];
    const slot = this.#slotOf(table, low, high);
    const other = table[slot] ?? NONE;
    if (other !== NONE) this.#next.set(key, other);
    table[slot] = key;
  }

  /** Where the key is, or may be put. */
  #slotOf(table: Int32Array, low: number, high: number): number {
    const mask = table.length - 1;
    let slot = (low ^ (high << 7)) & mask;
    for (;;) {
      const key = table[slot] ?? NONE;
      if (key === NONE) return slot;
      const keys = this.#file(key >> 1)?.keys;
      const at = 4 * (this.#rowNo[key >> 1] ?? 0) + 2 * (key & 1);
      if (keys?.[at] === low && keys[at + 1] === high) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #rowsOf({ columns: { count, keys } }: OpenSegment, table: Int32Array): Int32Array {
    const rows = new Int32Array(count);
    for (let entry = 0; entry < count; entry++) {
      const key = table[this.#slotOf(table, keys[2 * entry] ?? 0, keys[2 * entry + 1] ?? 0)] ?? NONE;
      rows[entry] = key;
      for (let each: number | undefined = key; each !== undefined && each !== NONE; each = this.#next.get(each))
        this.#found[each >> 1]! |= (each & 1) === 0 ? 1 : 2;
    }
    return rows;
  }
}
