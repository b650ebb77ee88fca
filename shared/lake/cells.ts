// Cells of one column → Parquet's PLAIN bytes with definition levels, and what is known of all of them. What each type does stands in plain-cells.ts
// and text-cells.ts.
// Values are kept for some rows and then written in one go: a loop over values of one type is several times as fast as a call for each cell.
import { TerminalError } from '../errors.ts';
import type { Column, Row } from './tables.ts';

export interface Bounds {
  min: string | number;
  max: string | number;
}

/** Values of a column as pages have them. */
export interface CellsPage {
  /** Definition levels of a data page V1. */
  levels: Uint8Array;
  values: Uint8Array;
  /** What `values` are places in, PLAIN. */
  dictionary?: { bytes: Uint8Array; count: number };
}

export type Cell = string | number | boolean;

/** Rows that a page may have. */
export const PAGE_ROWS = 2048; // DuckDB's vector size
const LOW_WORD = 2 ** 32;

/** The cells of a column since the last {@link clear}; what is counted is of all. */
export abstract class Cells {
  readonly column: Column;
  /** Cells with a value, of all pages. */
  present = 0;
  /** What all values weigh one by one, levels not counted. */
  weight = 0;
  protected bytes = Buffer.allocUnsafe(64);
  protected view = viewOf(this.bytes);
  protected end = 0;
  /** Values that are written of this page. */
  protected written = 0;
  readonly #levels = new Uint8Array(PAGE_ROWS / 8);
  readonly #waiting: Cell[] = [];
  #waits = 0;

  constructor(column: Column) {
    this.column = column;
  }

  /** The cell of a row of this page, below {@link PAGE_ROWS}; it is looked at with the next {@link write}. */
  set(row: number, value: Row[string] | undefined): void {
    if (value === null || value === undefined) return;
    this.#levels[row >> 3]! |= 1 << (row & 7);
    this.#waiting[this.#waits++] = value;
  }

  /** Write what waits. @throws {TerminalError} internal when a value does not fit the column */
  write(): void {
    if (this.#waits === 0) return;
    this.put(this.#waiting, this.#waits);
    this.written += this.#waits;
    this.present += this.#waits;
    this.#waits = 0;
  }

  /** What is written, valid until the next call. @param rows  how many the page has */
  page(rows: number): CellsPage {
    return { levels: this.#encodedLevels(rows), values: this.bytes.subarray(0, this.end) };
  }

  /** Forget the cells, not what is known of them. */
  clear(): void {
    this.end = 0;
    this.written = 0;
    this.#levels.fill(0);
  }

  abstract bounds(): Bounds | undefined;

  /** Write the first `count` values and add what they weigh. */
  protected abstract put(values: readonly Cell[], count: number): void;

  protected refuse(value: unknown): never {
    throw new TerminalError(
      'internal',
      `Column ${this.column.name} needs a ${this.column.type}; have ${typeof value}`,
      { ids: { column: this.column.name } },
    );
  }

  protected reserve(bytes: number): void {
    if (this.end + bytes <= this.bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(2 * this.bytes.length, this.end + bytes));
    this.bytes.copy(grown, 0, 0, this.end);
    this.bytes = grown;
    this.view = viewOf(grown);
  }

  /** Into room that is reserved. */
  protected putInt64(value: number): void {
    const high = Math.floor(value / LOW_WORD);
    this.view.setUint32(this.end, value - high * LOW_WORD, true);
    this.view.setInt32(this.end + 4, high, true);
    this.end += 8;
  }

  /** Into room that is reserved. */
  protected putInt32(value: number): void {
    this.view.setInt32(this.end, value, true);
    this.end += 4;
  }

  /** Their length in four bytes, then one run: of equal levels, or of bits. */
  #encodedLevels(rows: number): Uint8Array {
    const isEven = this.written === 0 || this.written === rows;
    const bits = isEven ? Uint8Array.of(this.written === 0 ? 0 : 1) : this.#levels.subarray(0, (rows + 7) >> 3);
    const head = varint(isEven ? rows * 2 : bits.length * 2 + 1);
    const encoded = Buffer.allocUnsafe(4 + head.length + bits.length);
    encoded.writeUInt32LE(head.length + bits.length);
    encoded.set(head, 4);
    encoded.set(bits, 4 + head.length);
    return encoded;
  }
}

/** A number in groups of seven bits, the lowest first. */
export function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(rest);
  return bytes;
}

const viewOf = (bytes: Buffer): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
