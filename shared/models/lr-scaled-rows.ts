// Rows of the features as they will be scaled, without a copy of them.
import type { Csr } from '../features/sparse.ts';

/** Columns of which only some are kept. */
export interface KeptColumns {
  /** Kept columns, ascending. */
  columns: Int32Array;
  /** Place of each column among them; −1: none. [width] */
  place: Int32Array;
  /** Rows that have a value other than 0, for each kept column. */
  rowsOf: Uint32Array;
}

export interface ScaledRows extends Pick<KeptColumns, 'place' | 'rowsOf'> {
  x: Csr;
  /** Deviation of each kept column. */
  std: Float64Array;
  /** Values other than 0 in kept columns. */
  entries: number;
}

/**
 * Columns that occur.
 * @throws whatever `check` throws at a value
 */
export function occurringColumns(x: Csr, check: (value: number) => void): KeptColumns {
  const place = new Int32Array(x.width);
  for (let e = 0, end = x.indptr[x.rows]!; e < end; e++) {
    const value = x.values[e]!;
    if (value !== 0) place[x.indices[e]!]!++;
    check(value);
  }
  let count = 0;
  for (let j = 0; j < x.width; j++) if (place[j]! > 0) count++;
  const columns = new Int32Array(count);
  const rowsOf = new Uint32Array(count);
  let at = 0;
  for (let j = 0; j < x.width; j++) {
    const rows = place[j]!;
    place[j] = rows > 0 ? at : -1;
    if (rows === 0) continue;
    rowsOf[at] = rows;
    columns[at++] = j;
  }
  return { columns, place, rowsOf };
}

/** Only some of the kept columns, by their places, ascending; what was given is changed where they are not all. */
export function keepSome(kept: KeptColumns, some: Int32Array): KeptColumns {
  const { columns, place, rowsOf } = kept;
  if (some.length === columns.length) return kept;
  for (let at = 0; at < columns.length; at++) place[columns[at]!] = -1;
  const left = some.map((at) => columns[at]!);
  for (let at = 0; at < left.length; at++) place[left[at]!] = at;
  return { columns: left, place, rowsOf: Uint32Array.from(some, (at) => rowsOf[at]!) };
}

export function scaledRows(x: Csr, { place, rowsOf }: KeptColumns, std: Float64Array): ScaledRows {
  let entries = 0;
  for (let at = 0; at < rowsOf.length; at++) entries += rowsOf[at]!;
  return { x, place, rowsOf, std, entries };
}
