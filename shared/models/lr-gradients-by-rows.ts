// Gradients of the loss as multipliers of the rows, for problems of more columns than rows: h = Zᵀ α with α [rows, outputs], Z being the scaled, centred
// rows. Of each h its α and its margins u = Z h are held; ⟨h_i, h_j⟩ = α_i · u_j, and the margins of a point are sums of u's. The product Z Zᵀ α is
// made once for each gradient that is kept.

import { dotProduct } from './lbfgs.ts';
import { COLUMN_PRODUCTS_WASM } from './lr-column-products-wasm.ts';
import {
  type GradientMemory,
  type Kernel,
  openGradientKernels,
  Places,
  padOutputs,
  productOf,
  Vectors,
} from './lr-gradient-kernels.ts';
import { CAPACITY, type GradientSpace } from './lr-gradients.ts';
import type { ProblemFrame } from './lr-problem.ts';
import { RowLosses } from './lr-row-losses.ts';
import type { ScaledRows } from './lr-scaled-rows.ts';

/** Columns whose coefficients are made at a time. */
const COLUMNS = 1024;

/** undefined: WebAssembly or so much memory is not to be had. */
export function gradientsByRows(p: ProblemFrame, z: ScaledRows): GradientSpace | undefined {
  const length = p.rows * padOutputs(p.outputs);
  const { rowsOf, entries } = z;
  const places = new Places();
  const at = {
    starts: places.take(4 * (rowsOf.length + 1)),
    indices: places.take(4 * entries),
    values: places.take(8 * entries),
    losses: places.take(RowLosses.bytesFor(p, p.rows)),
    point: places.take(8 * length),
    diagonal: places.take(8 * p.rows),
    along: places.take(8 * p.rows),
    apart: places.take(8 * p.rows),
    shift: places.take(8 * padOutputs(p.outputs)),
    coefficients: places.take(8 * COLUMNS * padOutputs(p.outputs)),
    multipliers: places.take(Vectors.bytesFor(CAPACITY, length)),
    margins: places.take(Vectors.bytesFor(CAPACITY, length)),
  };
  const memory = openGradientKernels(places.end, COLUMN_PRODUCTS_WASM);
  if (memory === undefined) return undefined;
  const order = manyFirst(rowsOf);
  const shared = rowsOf.reduce((sum, rows) => sum + (rows > 1 ? 1 : 0), 0);
  fillColumns(p, z, order, memory, at);
  return new ByRows(p, memory, at, { order, shared }, new RowLosses(p, p.rows, memory, at.losses));
}

interface At {
  starts: number;
  indices: number;
  values: number;
  point: number;
  /** Squares of a row's values in columns that no other row has [rows]. */
  diagonal: number;
  /** z μ [rows] */
  along: number;
  /** μ · μ − z μ [rows] */
  apart: number;
  /** [k] */
  shift: number;
  coefficients: number;
  multipliers: number;
  margins: number;
}

interface Columns {
  /** Column of each place: those of one row come last. */
  order: Uint32Array;
  /** Columns of more than one row. */
  shared: number;
}

function manyFirst(rowsOf: Uint32Array): Uint32Array {
  const order = new Uint32Array(rowsOf.length);
  let at = 0;
  for (let column = 0; column < order.length; column++) if (rowsOf[column]! > 1) order[at++] = column;
  for (let column = 0; column < order.length; column++) if (rowsOf[column]! <= 1) order[at++] = column;
  return order;
}

function fillColumns(
  p: ProblemFrame,
  { x, place, std, rowsOf }: ScaledRows,
  order: Uint32Array,
  { buffer }: GradientMemory,
  at: At,
): void {
  const starts = new Uint32Array(buffer, at.starts, order.length + 1);
  const next = new Uint32Array(order.length);
  for (let i = 0; i < order.length; i++) {
    next[order[i]!] = starts[i]!;
    starts[i + 1] = starts[i]! + rowsOf[order[i]!]!;
  }
  const indices = new Int32Array(buffer, at.indices);
  const values = new Float64Array(buffer, at.values);
  const diagonal = new Float64Array(buffer, at.diagonal, p.rows);
  const along = new Float64Array(buffer, at.along, p.rows);
  for (let row = 0; row < p.rows; row++) {
    for (let e = x.indptr[row]!, end = x.indptr[row + 1]!; e < end; e++) {
      const column = place[x.indices[e]!]!;
      if (column < 0 || x.values[e] === 0) continue;
      const value = x.values[e]! / std[column]!;
      const to = next[column]!++;
      indices[to] = row;
      values[to] = value;
      along[row]! += value * p.centre[column]!;
      if (rowsOf[column] === 1) diagonal[row]! += value * value;
    }
  }
  const apart = new Float64Array(buffer, at.apart, p.rows);
  const centre2 = dotProduct(p.centre, p.centre);
  for (let row = 0; row < p.rows; row++) apart[row] = centre2 - along[row]!;
}

class ByRows implements GradientSpace {
  readonly #p: ProblemFrame;
  readonly #memory: GradientMemory;
  readonly #at: At;
  readonly #columns: Columns;
  readonly #losses: RowLosses;
  readonly #k: number;
  readonly #multipliers: Vectors;
  readonly #margins: Vectors;
  readonly #addGram: Kernel;
  readonly #gatherColumns: Kernel;

  constructor(p: ProblemFrame, memory: GradientMemory, at: At, columns: Columns, losses: RowLosses) {
    this.#p = p;
    this.#memory = memory;
    this.#at = at;
    this.#columns = columns;
    this.#losses = losses;
    this.#k = padOutputs(p.outputs);
    this.#multipliers = new Vectors(memory, at.multipliers, CAPACITY, p.rows * this.#k);
    this.#margins = new Vectors(memory, at.margins, CAPACITY, p.rows * this.#k);
    this.#addGram = productOf(memory.products, 'addGram', this.#k);
    this.#gatherColumns = productOf(memory.products, 'gatherColumns', this.#k);
  }

  evaluate(by: Float64Array, count: number, intercepts: Float64Array, slot: number) {
    const { rows, outputs, fitIntercept } = this.#p;
    const alpha = this.#multipliers.at(slot);
    this.#margins.combine(by, count, alpha);
    for (let c = 0; c < outputs; c++) this.#losses.offsets[c] = fitIntercept ? intercepts[c]! : 0;
    this.#losses.begin();
    const loss = this.#losses.add(0, rows, alpha);
    return { loss, sums: this.#losses.sums };
  }

  dots(slot: number, count: number): Float64Array {
    return this.#margins.dots(this.#multipliers.at(slot), count);
  }

  keep(slot: number): number {
    const { kernels, buffer } = this.#memory;
    const at = this.#at;
    const k = this.#k;
    const { rows } = this.#p;
    const [alpha, u] = [this.#multipliers.at(slot), this.#margins.at(slot)];
    // what centring and the columns of one row give to Z Zᵀ α; `sums` are still those of α
    new Float64Array(buffer, at.shift, k).fill(0);
    kernels.sumRows(rows, k, alpha, at.along, at.shift);
    kernels.startGram(rows, k, alpha, at.diagonal, at.apart, this.#losses.sumsAt, at.shift, u);
    this.#addGram(0, this.#columns.shared, k, at.starts, at.indices, at.values, alpha, u);
    return this.#margins.dots(alpha, slot + 1)[slot]!;
  }

  replace(slots: readonly number[], by: readonly Float64Array[], count: number): void {
    this.#multipliers.replace(slots, by, count);
    this.#margins.replace(slots, by, count);
  }

  solution(by: Float64Array, count: number): Float64Array {
    const { rows, outputs, columns, centre } = this.#p;
    const { buffer } = this.#memory;
    const at = this.#at;
    const k = this.#k;
    this.#multipliers.combine(by, count, at.point);
    const alpha = new Float64Array(buffer, at.point, rows * k);
    const sums = new Float64Array(k);
    for (let from = 0; from < alpha.length; from += k) for (let c = 0; c < k; c++) sums[c]! += alpha[from + c]!;
    const some = new Float64Array(buffer, at.coefficients, COLUMNS * k);
    const coefficients = new Float64Array(columns.length * outputs);
    for (let from = 0; from < columns.length; from += COLUMNS) {
      const to = Math.min(columns.length, from + COLUMNS);
      this.#gatherColumns(from, to, k, at.starts, at.indices, at.values, at.point, at.coefficients);
      for (let i = from; i < to; i++) {
        const column = this.#columns.order[i]!;
        const [target, source] = [column * outputs, (i - from) * k];
        for (let c = 0; c < outputs; c++) coefficients[target + c] = some[source + c]! - centre[column]! * sums[c]!;
      }
    }
    return coefficients;
  }
}
