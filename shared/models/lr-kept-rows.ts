// What both kinds of kept gradients know of rows and columns.
import type { Csr } from '../features/sparse.ts';
import { Places } from '../wasm-modules.ts';
import { type GradientMemory, padOutputs } from './lr-gradient-kernels.ts';
import type { ProblemFrame } from './lr-problem.ts';

/** Rows of the features as they will be scaled, without a copy of them. */
export interface KeptRows {
  x: Csr;
  /** Kept column of each column of x; −1: none. [width] */
  place: Int32Array;
  /** Rows that have a value other than 0, for each kept column. */
  rowsOf: Uint32Array;
  /** Values other than 0 in kept columns. */
  entries: number;
}

export function keptRows(x: Csr, place: Int32Array, rowsOf: Uint32Array): KeptRows {
  let entries = 0;
  for (let at = 0; at < rowsOf.length; at++) entries += rowsOf[at]!;
  return { x, place, rowsOf, entries };
}

function layOut(p: ProblemFrame) {
  const places = new Places();
  const at = {
    centre: places.take(8 * p.columns.length),
    std: places.take(8 * p.columns.length),
    sums: places.take(8 * padOutputs(p.outputs)),
    centring: places.take(8 * padOutputs(p.outputs)),
    some: places.take(8 * FinishedColumns.COLUMNS * p.outputs),
  };
  return { at, end: places.end };
}

/** Scaling and centring of the columns in a memory, and coefficients that are freed of both. */
export class FinishedColumns {
  /** Columns that are worked on at a time. */
  static readonly COLUMNS = 1024;
  /** Addresses of μ and of the deviations, [columns] each. */
  readonly centre: number;
  readonly std: number;
  readonly #p: ProblemFrame;
  readonly #memory: GradientMemory;
  readonly #at: ReturnType<typeof layOut>['at'];
  readonly #start: number;

  static bytesFor(p: ProblemFrame): number {
    return layOut(p).end;
  }

  /** @param start  a multiple of 64, with `bytesFor` behind it */
  constructor(p: ProblemFrame, memory: GradientMemory, start: number) {
    this.#p = p;
    this.#memory = memory;
    this.#at = layOut(p).at;
    this.#start = start;
    this.centre = start + this.#at.centre;
    this.std = start + this.#at.std;
    new Float64Array(memory.buffer, this.centre, p.columns.length).set(p.centre);
    new Float64Array(memory.buffer, this.std, p.columns.length).set(p.std);
  }

  /**
   * Coefficients of the columns as they are, and Σ μ B by output.
   * @param sums  by output: μ times these is taken from the coefficients
   * @param scaled  address of coefficients [to − from, k] of scaled columns
   */
  collect(sums: Float64Array, scaled: (from: number, to: number) => number) {
    const { columns, outputs } = this.#p;
    const { buffer, kernels } = this.#memory;
    const at = this.#at;
    const k = padOutputs(outputs);
    const coefficients = new Float64Array(columns.length * outputs);
    const some = new Float64Array(buffer, this.#start + at.some, FinishedColumns.COLUMNS * outputs);
    const centring = new Float64Array(buffer, this.#start + at.centring, outputs).fill(0);
    new Float64Array(buffer, this.#start + at.sums, k).set(sums);
    for (let from = 0; from < columns.length; from += FinishedColumns.COLUMNS) {
      const to = Math.min(columns.length, from + FinishedColumns.COLUMNS);
      kernels.finishColumns(
        ...[to - from, k, outputs, scaled(from, to), this.centre + 8 * from, this.std + 8 * from],
        ...[this.#start + at.sums, this.#start + at.centring, this.#start + at.some],
      );
      coefficients.set(some.subarray(0, (to - from) * outputs), from * outputs);
    }
    return { coefficients, centring: centring.slice() };
  }
}
