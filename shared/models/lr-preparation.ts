// What a training does once with its rows, by the kernels of lr-preparation.wat: columns that occur, their sums, and the scaled values in the memory that
// the fit works in. The kernels see some rows at a time, so that the rows are nowhere held twice.
import type { Csr } from '../features/sparse.ts';
import { openModules, Places } from '../wasm-modules.ts';
import type { ColumnSums } from './column-stats.ts';
import { PREPARATION_WASM } from './lr-preparation-wasm.ts';

export { PREPARATION_WASM } from './lr-preparation-wasm.ts';

type Kernel = (...of: number[]) => number;

const ENTRIES = 16_384;
const ROWS = 4096;

/** Some rows of a matrix in a memory, as the kernels take them. */
export interface RowsAt {
  from: number;
  rows: number;
  entries: number;
  indptr: number;
  /** Where the first of these entries lies, and where entry 0 of all would. */
  indices: number;
  values: number;
  indices0: number;
  values0: number;
}

/** Brings the rows of a matrix into a memory, some at a time. */
export class RowStage {
  readonly #x: Csr;
  readonly #at: { indptr: number; indices: number; values: number };
  readonly #entries: number;

  constructor(x: Csr, places: Places) {
    let most = ENTRIES;
    for (let row = 0; row < x.rows; row++) most = Math.max(most, x.indptr[row + 1]! - x.indptr[row]!);
    this.#x = x;
    this.#entries = most;
    this.#at = { indptr: places.take(4 * (ROWS + 1)), indices: places.take(4 * most), values: places.take(8 * most) };
  }

  /** Each part is gone with the next. */
  *parts(buffer: ArrayBuffer): Generator<RowsAt> {
    const { rows, indptr, indices, values } = this.#x;
    const at = this.#at;
    for (let from = 0, to = 0; from < rows; from = to) {
      const start = indptr[from]!;
      while (to < rows && to - from < ROWS && indptr[to + 1]! - start <= this.#entries) to++;
      const entries = indptr[to]! - start;
      new Uint32Array(buffer, at.indptr).set(indptr.subarray(from, to + 1));
      new Int32Array(buffer, at.indices).set(indices.subarray(start, start + entries));
      new Float64Array(buffer, at.values).set(values.subarray(start, start + entries));
      const [indices0, values0] = [at.indices - 4 * start, at.values - 8 * start];
      yield { from, rows: to - from, entries, ...at, indices0, values0 };
    }
  }
}

/** The columns that occur in a matrix. */
export interface OccurringColumns {
  /** Ascending. */
  columns: Int32Array;
  /** Place of each column of the matrix among them; −1: none. [width] */
  place: Int32Array;
  /** Rows that have a value other than 0, for each. */
  rowsOf: Uint32Array;
  sums: ColumnSums;
}

/**
 * Columns that occur, with their sums; undefined: WebAssembly or the memory is not to be had.
 * @throws whatever `check` throws at a value that is no finite number
 */
export function occurringColumns(
  x: Csr,
  weights: Float64Array | undefined,
  check: (value: number) => void,
): OccurringColumns | undefined {
  const places = new Places();
  const stage = new RowStage(x, places);
  const most = Math.min(x.width, x.values.length);
  const at = {
    place: places.take(4 * x.width),
    columns: places.take(4 * most),
    rowsOf: places.take(4 * most),
    weights: places.take(weights === undefined ? 0 : 8 * x.rows),
    present: places.take(8 * most),
    mean: places.take(8 * most),
    spread: places.take(8 * most),
  };
  const memory = openModules(places.end, [PREPARATION_WASM]);
  if (memory === undefined) return undefined;
  const { buffer } = memory;
  const kernels = memory.exports as Record<'countEntries' | 'placeColumns' | 'sumEntries', Kernel>; // defined in lr-preparation.wat
  for (const part of stage.parts(buffer))
    if (kernels.countEntries(part.entries, part.indices, part.values, at.place) !== 0)
      for (const value of x.values) check(value);
  const count = kernels.placeColumns(x.width, at.place, at.columns, at.rowsOf);
  if (weights !== undefined) new Float64Array(buffer, at.weights, x.rows).set(weights);
  for (const { from, rows, indptr, indices0, values0 } of stage.parts(buffer)) {
    const own = weights === undefined ? 0 : at.weights + 8 * from;
    kernels.sumEntries(rows, indptr, indices0, values0, own, at.place, at.present, at.mean, at.spread);
  }
  const doubles = (start: number) => new Float64Array(buffer, start, count);
  return {
    columns: new Int32Array(buffer, at.columns, count).slice(),
    place: new Int32Array(buffer, at.place, x.width),
    rowsOf: new Uint32Array(buffer, at.rowsOf, count),
    sums: {
      ...sumWeights(x.rows, weights),
      ...{ present: doubles(at.present), mean: doubles(at.mean), spread: doubles(at.spread) },
    },
  };
}

function sumWeights(rows: number, weights: Float64Array | undefined): Pick<ColumnSums, 'weight' | 'weightSquared'> {
  if (weights === undefined) return { weight: rows, weightSquared: rows };
  let [weight, weightSquared] = [0, 0];
  for (let row = 0; row < rows; row++) {
    weight += weights[row]!;
    weightSquared += weights[row]! * weights[row]!;
  }
  return { weight, weightSquared };
}

/** Only those of the columns that vary; what was given is changed where they are not all. */
export function keepVarying(
  { columns, place, rowsOf }: Pick<OccurringColumns, 'columns' | 'place' | 'rowsOf'>,
  std: Float64Array,
): { place: Int32Array; rowsOf: Uint32Array } {
  if (!std.some((deviation) => !(deviation > 0))) return { place, rowsOf };
  const kept = new Uint32Array(columns.length);
  let count = 0;
  for (let at = 0; at < columns.length; at++) {
    const varies = std[at]! > 0;
    place[columns[at]!] = varies ? count : -1;
    if (varies) kept[count++] = rowsOf[at]!;
  }
  return { place, rowsOf: kept.subarray(0, count) };
}
