// Gradients of the loss as coefficients [columns, outputs], for problems of more rows than columns. An evaluation goes over the rows some at a time:
// their margins, their loss and what they give to the gradient, so that nothing as long as the rows is held.

import { Places } from '../wasm-modules.ts';
import { type GradientMemory, type Kernel, openGradientKernels, padOutputs, Vectors } from './lr-gradient-kernels.ts';
import { CAPACITY, type GradientSpace } from './lr-gradients.ts';
import { FinishedColumns, type KeptRows } from './lr-kept-rows.ts';
import { RowStage } from './lr-preparation.ts';
import type { ProblemFrame } from './lr-problem.ts';
import { RowLosses } from './lr-row-losses.ts';
import { ROW_PRODUCTS_WASM } from './lr-row-products-wasm.ts';

/** Bytes of the margins that are held at a time: they stay in the processor's nearest memory. */
const MARGIN_BYTES = 24_576;
/** Outputs from which products go along the rows of their matrix rather than over all entries of a row for a few outputs at a time. */
const MANY_OUTPUTS = 16;

/** undefined: WebAssembly or so much memory is not to be had. */
export function gradientsByColumns(p: ProblemFrame, z: KeptRows): GradientSpace | undefined {
  const k = padOutputs(p.outputs);
  const width = p.columns.length;
  const together = Math.max(8, Math.floor(MARGIN_BYTES / (8 * k)));
  const places = new Places();
  const stage = new RowStage(z.x, places);
  const at = {
    place: places.take(4 * z.x.width),
    indptr: places.take(4 * (p.rows + 1)),
    indices: places.take(4 * z.entries),
    values: places.take(8 * z.entries),
    finished: places.take(FinishedColumns.bytesFor(p)),
    losses: places.take(RowLosses.bytesFor(p, together)),
    margins: places.take(8 * together * k),
    along: places.take(8 * k),
    point: places.take(8 * width * k),
    vectors: places.take(Vectors.bytesFor(CAPACITY, width * k)),
  };
  const memory = openGradientKernels(places.end, ROW_PRODUCTS_WASM, at.point);
  if (memory === undefined) return undefined;
  const { buffer, kernels } = memory;
  const finished = new FinishedColumns(p, memory, at.finished);
  new Int32Array(buffer, at.place, z.x.width).set(z.place);
  let end = 0;
  for (const { rows, from, indptr, indices0, values0 } of stage.parts(buffer)) {
    const ends = at.indptr + 4 * (from + 1);
    const { std } = finished;
    end = kernels.fillRows(rows, indptr, indices0, values0, at.place, std, end, ends, at.indices, at.values);
  }
  return new ByColumns(p, memory, at, finished, together, new RowLosses(p, together, memory, at.losses));
}

interface At {
  indptr: number;
  indices: number;
  values: number;
  margins: number;
  along: number;
  point: number;
  vectors: number;
}

class ByColumns implements GradientSpace {
  readonly #p: ProblemFrame;
  readonly #memory: GradientMemory;
  readonly #at: At;
  readonly #finished: FinishedColumns;
  /** Rows whose margins are held at a time. */
  readonly #together: number;
  readonly #multiplyRows: Kernel;
  readonly #addTransposed: Kernel;
  readonly #losses: RowLosses;
  readonly #k: number;
  readonly #vectors: Vectors;
  /** μᵀ h of each vector [k]: the centring of a point's margins. */
  readonly #along: Float64Array[] = [];
  /** Vectors from here on are 0. */
  #clean: number;

  constructor(
    p: ProblemFrame,
    memory: GradientMemory,
    at: At,
    finished: FinishedColumns,
    together: number,
    losses: RowLosses,
  ) {
    this.#clean = memory.isFresh ? 0 : CAPACITY;
    this.#p = p;
    this.#memory = memory;
    this.#at = at;
    this.#finished = finished;
    this.#together = together;
    this.#losses = losses;
    this.#k = padOutputs(p.outputs);
    const kind = this.#k < MANY_OUTPUTS ? 'Few' : 'Many';
    this.#multiplyRows = memory.products[`multiplyRows${kind}`]!; // in lr-row-products.wat
    this.#addTransposed = memory.products[`addTransposed${kind}`]!;
    this.#vectors = new Vectors(memory, at.vectors, CAPACITY, p.columns.length * this.#k);
  }

  evaluate(by: Float64Array, count: number, intercepts: Float64Array, slot: number) {
    const { rows, outputs, columns, fitIntercept } = this.#p;
    const { kernels, buffer } = this.#memory;
    const at = this.#at;
    const k = this.#k;
    this.#vectors.combine(by, count, at.point);
    const { offsets } = this.#losses;
    for (let c = 0; c < outputs; c++) offsets[c] = fitIntercept ? intercepts[c]! : 0;
    for (let j = 0; j < count; j++) for (let c = 0; c < outputs; c++) offsets[c]! -= by[j]! * this.#along[j]![c]!;
    const h = this.#vectors.at(slot);
    if (slot < this.#clean) new Float64Array(buffer, h, columns.length * k).fill(0);
    this.#clean = Math.max(this.#clean, slot + 1);
    this.#losses.begin();
    let loss = 0;
    for (let from = 0; from < rows; from += this.#together) {
      const to = Math.min(rows, from + this.#together);
      this.#multiplyRows(from, to, k, at.indptr, at.indices, at.values, at.margins, at.point);
      loss += this.#losses.add(from, to, at.margins);
      this.#addTransposed(from, to, k, at.indptr, at.indices, at.values, at.margins, h);
    }
    const along = new Float64Array(buffer, at.along, k).fill(0);
    kernels.centre(columns.length, k, h, this.#finished.centre, this.#losses.sumsAt, at.along);
    this.#along[slot] = along.slice();
    return { loss, sums: this.#losses.sums };
  }

  close(): void {
    this.#memory.release();
  }

  dots(slot: number, count: number): Float64Array {
    return this.#vectors.dots(this.#vectors.at(slot), count);
  }

  keep(slot: number): number {
    return this.#vectors.dots(this.#vectors.at(slot), 1, slot)[0]!;
  }

  replace(slots: readonly number[], by: readonly Float64Array[], count: number): void {
    this.#vectors.replace(slots, by, count);
    const made = by.map((factors) => {
      const along = new Float64Array(this.#k);
      for (let j = 0; j < count; j++) for (let c = 0; c < this.#k; c++) along[c]! += factors[j]! * this.#along[j]![c]!;
      return along;
    });
    slots.forEach((slot, i) => {
      this.#along[slot] = made[i]!;
    });
  }

  solution(by: Float64Array, count: number) {
    const { point } = this.#at;
    this.#vectors.combine(by, count, point);
    return this.#finished.collect(new Float64Array(this.#k), (from) => point + 8 * from * this.#k);
  }
}
