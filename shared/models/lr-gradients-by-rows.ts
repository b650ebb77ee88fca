// Gradients of the loss as multipliers of the rows, for problems of more columns than rows: h = Zᵀ α with α [rows, outputs], Z being the scaled, centred
// rows. Of each h its margins u = Z h are held; ⟨h_i, h_j⟩ = α_i · u_j, and the margins of a point are sums of u's. The product Z Zᵀ α is made once for each
// gradient that is kept. The α's themselves are wanted at the end only: until vectors are replaced they are made once more from their points.

import { Places } from '../wasm-modules.ts';
import { dotProduct } from './lbfgs.ts';
import { COLUMN_PRODUCTS_WASM } from './lr-column-products-wasm.ts';
import {
  type GradientMemory,
  type Kernel,
  openGradientKernels,
  padOutputs,
  productOf,
  Vectors,
} from './lr-gradient-kernels.ts';
import { CAPACITY, type GradientSpace } from './lr-gradients.ts';
import { FinishedColumns, type KeptRows } from './lr-kept-rows.ts';
import { RowStage } from './lr-preparation.ts';
import type { ProblemFrame } from './lr-problem.ts';
import { RowLosses } from './lr-row-losses.ts';

/** The multipliers evaluated last, and a sum of multipliers. */
const LATEST = 2;

/** undefined: WebAssembly or so much memory is not to be had. */
export function gradientsByRows(p: ProblemFrame, z: KeptRows): GradientSpace | undefined {
  const k = padOutputs(p.outputs);
  const width = p.columns.length;
  const places = new Places();
  const stage = new RowStage(z.x, places);
  const at = {
    place: places.take(4 * z.x.width),
    next: places.take(4 * width),
    starts: places.take(4 * (width + 1)),
    indices: places.take(4 * z.entries),
    values: places.take(8 * z.entries),
    finished: places.take(FinishedColumns.bytesFor(p)),
    losses: places.take(RowLosses.bytesFor(p, p.rows)),
    along: places.take(8 * p.rows),
    apart: places.take(8 * p.rows),
    shift: places.take(8 * k),
    gathered: places.take(8 * FinishedColumns.COLUMNS * k),
    latest: places.take(Vectors.bytesFor(LATEST, p.rows * k)),
    multipliers: places.take(Vectors.bytesFor(CAPACITY, p.rows * k)),
    margins: places.take(Vectors.bytesFor(CAPACITY, p.rows * k)),
  };
  const memory = openGradientKernels(places.end, COLUMN_PRODUCTS_WASM, at.latest);
  if (memory === undefined) return undefined;
  const { buffer, kernels } = memory;
  const finished = new FinishedColumns(p, memory, at.finished);
  new Int32Array(buffer, at.place, z.x.width).set(z.place);
  const starts = new Uint32Array(buffer, at.starts, width + 1);
  for (let j = 0; j < width; j++) starts[j + 1] = starts[j]! + z.rowsOf[j]!;
  new Uint32Array(buffer, at.next, width).set(starts.subarray(0, width));
  for (const { rows, from, indptr, indices0, values0 } of stage.parts(buffer)) {
    const { std, centre } = finished;
    const along = at.along + 8 * from;
    kernels.fillColumns(
      ...[rows, indptr, indices0, values0, at.place, std, from, at.next, at.indices, at.values, centre, along],
    );
  }
  const along = new Float64Array(buffer, at.along, p.rows);
  const centre2 = dotProduct(p.centre, p.centre);
  new Float64Array(buffer, at.apart, p.rows).set(along.map((own) => centre2 - own));
  return new ByRows(p, memory, at, finished, new RowLosses(p, p.rows, memory, at.losses));
}

interface At {
  starts: number;
  indices: number;
  values: number;
  /** z μ [rows] */
  along: number;
  /** μ · μ − z μ [rows] */
  apart: number;
  /** [k] */
  shift: number;
  gathered: number;
  latest: number;
  multipliers: number;
  margins: number;
}

interface Point {
  /** Of the h's before. */
  by: Float64Array;
  intercepts: Float64Array;
}

class ByRows implements GradientSpace {
  readonly #p: ProblemFrame;
  readonly #memory: GradientMemory;
  readonly #at: At;
  readonly #finished: FinishedColumns;
  readonly #losses: RowLosses;
  readonly #k: number;
  readonly #latest: Vectors;
  readonly #margins: Vectors;
  /** α of each h, once vectors were replaced. */
  readonly #multipliers: Vectors;
  #areHeld = false;
  /** Point of each h, until then. */
  #points: Point[] = [];
  #evaluated: Point = { by: new Float64Array(0), intercepts: new Float64Array(0) };
  readonly #addGram: Kernel;
  readonly #gatherColumns: Kernel;

  constructor(p: ProblemFrame, memory: GradientMemory, at: At, finished: FinishedColumns, losses: RowLosses) {
    this.#p = p;
    this.#memory = memory;
    this.#at = at;
    this.#finished = finished;
    this.#losses = losses;
    this.#k = padOutputs(p.outputs);
    this.#latest = new Vectors(memory, at.latest, LATEST, p.rows * this.#k);
    this.#multipliers = new Vectors(memory, at.multipliers, CAPACITY, p.rows * this.#k);
    this.#margins = new Vectors(memory, at.margins, CAPACITY, p.rows * this.#k);
    this.#addGram = productOf(memory.products, 'addGram', this.#k);
    this.#gatherColumns = productOf(memory.products, 'gatherColumns', this.#k);
  }

  evaluate(by: Float64Array, count: number, intercepts: Float64Array) {
    this.#evaluated = { by: by.slice(0, count), intercepts: intercepts.slice() };
    return { loss: this.#lose(this.#evaluated, this.#latest.at(0)), sums: this.#losses.sums };
  }

  /** Loss at a point, whose multipliers go to an address. */
  #lose({ by, intercepts }: Point, alpha: number): number {
    const { rows, outputs, fitIntercept } = this.#p;
    this.#margins.combine(by, by.length, alpha);
    for (let c = 0; c < outputs; c++) this.#losses.offsets[c] = fitIntercept ? intercepts[c]! : 0;
    this.#losses.begin();
    return this.#losses.add(0, rows, alpha);
  }

  close(): void {
    this.#memory.release();
  }

  dots(_slot: number, count: number): Float64Array {
    return this.#margins.dots(this.#latest.at(0), count);
  }

  keep(slot: number): number {
    const { kernels, buffer } = this.#memory;
    const at = this.#at;
    const k = this.#k;
    const { rows, columns } = this.#p;
    const [alpha, u] = [this.#latest.at(0), this.#margins.at(slot)];
    if (this.#areHeld) this.#latest.combine(Float64Array.of(1), 1, this.#multipliers.at(slot));
    else this.#points[slot] = this.#evaluated;
    // what centring gives to Z Zᵀ α; `sums` are still those of α
    new Float64Array(buffer, at.shift, k).fill(0);
    kernels.sumRows(rows, k, alpha, at.along, at.shift);
    kernels.startGram(rows, k, at.apart, this.#losses.sumsAt, at.shift, u);
    this.#addGram(0, columns.length, k, at.starts, at.indices, at.values, alpha, u);
    return this.#margins.dots(alpha, 1, slot)[0]!;
  }

  replace(slots: readonly number[], by: readonly Float64Array[], count: number): void {
    if (!this.#areHeld) for (let j = 0; j < count; j++) this.#lose(this.#points[j]!, this.#multipliers.at(j));
    this.#areHeld = true;
    this.#points = [];
    this.#multipliers.replace(slots, by, count);
    this.#margins.replace(slots, by, count);
  }

  solution(by: Float64Array, count: number) {
    const at = this.#at;
    const k = this.#k;
    const sum = this.#latest.at(1);
    if (this.#areHeld) this.#multipliers.combine(by, count, sum);
    else this.#sumAgain(by, count, sum);
    const alpha = new Float64Array(this.#memory.buffer, sum, this.#p.rows * k);
    const sums = new Float64Array(k);
    for (let from = 0; from < alpha.length; from += k) for (let c = 0; c < k; c++) sums[c]! += alpha[from + c]!;
    return this.#finished.collect(sums, (from, to) => {
      this.#gatherColumns(from, to, k, at.starts, at.indices, at.values, sum, at.gathered);
      return at.gathered;
    });
  }

  /** Σ by[j] α_j, each α made from its point. */
  #sumAgain(by: Float64Array, count: number, sum: number): void {
    this.#latest.combine(new Float64Array(LATEST), 0, sum);
    for (let j = 0; j < count; j++) {
      if (by[j] === 0) continue;
      this.#lose(this.#points[j]!, this.#latest.at(0));
      this.#latest.combine(Float64Array.of(by[j]!, 1), LATEST, sum);
    }
  }
}
