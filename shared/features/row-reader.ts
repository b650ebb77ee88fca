// Sparse rows that are read one at a time, wherever they come from.
import type { Csr } from './sparse.ts';

export interface RowReader {
  readonly rows: number;
  readonly width: number;
  /** Entries of the longest row, or more. */
  readonly most: number;
  /** Write the columns, ascending, and values of a row to the beginning of arrays that hold `most`. @returns how many */
  read(row: number, indices: Int32Array, values: Float64Array): number;
}

export function readRowsOf(x: Csr): RowReader {
  return {
    rows: x.rows,
    width: x.width,
    most: mostEntries(x),
    read(row, indices, values) {
      const [from, to] = [x.indptr[row]!, x.indptr[row + 1]!];
      indices.set(x.indices.subarray(from, to));
      values.set(x.values.subarray(from, to));
      return to - from;
    },
  };
}

/** Entries of the longest of the given rows; default of all. */
export function mostEntries(x: Csr, rows?: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0, end = rows?.length ?? x.rows; i < end; i++) {
    const row = rows?.[i] ?? i;
    most = Math.max(most, x.indptr[row + 1]! - x.indptr[row]!);
  }
  return most;
}

/** All rows as a matrix. */
export function collectRows(reader: RowReader): Csr {
  const { rows, width, most } = reader;
  const indptr = new Uint32Array(rows + 1);
  const [index, value] = [new Int32Array(most), new Float64Array(most)];
  for (let row = 0; row < rows; row++) indptr[row + 1] = indptr[row]! + reader.read(row, index, value);
  const indices = new Int32Array(indptr[rows]!);
  const values = new Float64Array(indptr[rows]!);
  for (let row = 0; row < rows; row++) {
    const count = reader.read(row, index, value);
    indices.set(index.subarray(0, count), indptr[row]!);
    values.set(value.subarray(0, count), indptr[row]!);
  }
  return { rows, width, indptr, indices, values };
}
