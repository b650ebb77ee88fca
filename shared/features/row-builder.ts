// A sparse matrix that grows by rows.
import type { Csr } from './sparse.ts';

/** What takes the counts of one text after another. */
export interface RowSink {
  /**
   * @param columns  ascending
   * @param counts  by column
   * @param binary  count each once
   * @param newWords  share of the text's words that are not among those to be counted
   */
  append(columns: Int32Array, counts: Uint32Array | Uint8Array, binary: boolean, newWords: number): void;
  build(): Csr;
}

/** Grows a matrix row by row. */
export class RowBuilder implements RowSink {
  readonly #width: number;
  #indptr = new Uint32Array(1025);
  #indices = new Int32Array(1 << 14);
  #values = new Float64Array(1 << 14);
  #rows = 0;
  #entries = 0;

  constructor(width: number) {
    this.#width = width;
  }

  append(columns: Int32Array, counts: Uint32Array | Uint8Array, binary: boolean): void {
    this.#reserve(columns.length);
    for (let i = 0; i < columns.length; i++) {
      const column = columns[i]!;
      this.#indices[this.#entries] = column;
      this.#values[this.#entries++] = binary ? 1 : counts[column]!;
    }
    this.#indptr[++this.#rows] = this.#entries;
  }

  build(): Csr {
    return {
      rows: this.#rows,
      width: this.#width,
      indptr: this.#indptr.slice(0, this.#rows + 1),
      indices: cut(this.#indices, this.#entries),
      values: cut(this.#values, this.#entries),
    };
  }

  #reserve(entries: number): void {
    if (this.#rows + 1 >= this.#indptr.length) {
      const indptr = new Uint32Array(this.#indptr.length * 2);
      indptr.set(this.#indptr);
      this.#indptr = indptr;
    }
    if (this.#entries + entries <= this.#indices.length) return;
    const size = Math.max(this.#indices.length * 2, this.#entries + entries);
    const indices = new Int32Array(size);
    indices.set(this.#indices);
    this.#indices = indices;
    const values = new Float64Array(size);
    values.set(this.#values);
    this.#values = values;
  }
}

/** The first numbers of an array, without what was kept free behind them if that is much. */
function cut<T extends Int32Array | Float64Array>(array: T, length: number): T {
  return (length > array.length / 2 ? array.subarray(0, length) : array.slice(0, length)) as T;
}
