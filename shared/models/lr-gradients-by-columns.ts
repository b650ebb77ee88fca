// Gradients of the loss as coefficients [columns, outputs], for problems of more rows than columns. An evaluation goes over the rows some at a time:
// their margins, their loss and what they give to the gradient, so that nothing as long as the rows is held. Columns lie in the order of how often they
// occur, which keeps what most rows need near the processor.
import {
  type GradientMemory,
  type Kernel,
  openGradientKernels,
  Places,
  padOutputs,
  Vectors,
} from './lr-gradient-kernels.ts';
import { CAPACITY, type GradientSpace } from './lr-gradients.ts';
import type { ProblemFrame } from './lr-problem.ts';
import { RowLosses } from './lr-row-losses.ts';
import { ROW_PRODUCTS_WASM } from './lr-row-products-wasm.ts';
import type { ScaledRows } from './lr-scaled-rows.ts';

/** Bytes of the margins that are held at a time: they stay in the processor's nearest memory. */
const MARGIN_BYTES = 24_576;

/** Outputs from which products go along the rows of their matrix rather than over all entries of a row for a few outputs at a time. */
const MANY_OUTPUTS = 16;

/** undefined: WebAssembly or so much memory is not to be had. */
export function gradientsByColumns(p: ProblemFrame, z: ScaledRows): GradientSpace | undefined {
  const k = padOutputs(p.outputs);
  const width = p.columns.length;
  const { rowsOf, entries } = z;
  const together = Math.max(8, Math.floor(MARGIN_BYTES / (8 * k)));
  const places = new Places();
  const at = {
    indptr: places.take(4 * (p.rows + 1)),
    indices: places.take(4 * entries),
    values: places.take(8 * entries),
    centre: places.take(8 * width),
    losses: places.take(RowLosses.bytesFor(p, together)),
    margins: places.take(8 * together * k),
    along: places.take(8 * k),
    point: places.take(8 * width * k),
    vectors: places.take(Vectors.bytesFor(CAPACITY, width * k)),
  };
  const memory = openGradientKernels(places.end, ROW_PRODUCTS_WASM);
  if (memory === undefined) return undefined;
  const order = Uint32Array.from(rowsOf.keys()).sort((a, b) => rowsOf[b]! - rowsOf[a]! || a - b);
  fillRows(z, order, memory, at);
  const centre = new Float64Array(memory.buffer, at.centre, width);
  order.forEach((column, place) => {
    centre[place] = p.centre[column]!;
  });
  return new ByColumns(p, memory, at, order, together, new RowLosses(p, together, memory, at.losses));
}

interface At {
  indptr: number;
  indices: number;
  values: number;
  centre: number;
  margins: number;
  along: number;
  point: number;
  vectors: number;
}

function fillRows(z: ScaledRows, order: Uint32Array, { buffer }: GradientMemory, at: At): void {
  const placeOf = new Int32Array(order.length);
  order.forEach((column, place) => {
    placeOf[column] = place;
  });
  const { x, place, std } = z;
  const indptr = new Uint32Array(buffer, at.indptr, x.rows + 1);
  const indices = new Int32Array(buffer, at.indices);
  const values = new Float64Array(buffer, at.values);
  let count = 0;
  for (let row = 0; row < x.rows; row++) {
    for (let e = x.indptr[row]!, end = x.indptr[row + 1]!; e < end; e++) {
      const column = place[x.indices[e]!]!;
      const value = x.values[e]!;
      if (column < 0 || value === 0) continue;
      indices[count] = placeOf[column]!;
      values[count++] = value / std[column]!;
    }
    indptr[row + 1] = count;
  }
}

class ByColumns implements GradientSpace {
  readonly #p: ProblemFrame;
  readonly #memory: GradientMemory;
  readonly #at: At;
  /** Column of each place. */
  readonly #order: Uint32Array;
  /** Rows whose margins are held at a time. */
  readonly #together: number;
  readonly #multiplyRows: Kernel;
  readonly #addTransposed: Kernel;
  readonly #losses: RowLosses;
  readonly #k: number;
  readonly #vectors: Vectors;
  /** μᵀ h of each vector [k]: the centring of a point's margins. */
  readonly #along: Float64Array[] = [];
  /** Vectors from here on were never written. */
  #clean = 0;

  constructor(
    p: ProblemFrame,
    memory: GradientMemory,
    at: At,
    order: Uint32Array,
    together: number,
    losses: RowLosses,
  ) {
    this.#p = p;
    this.#memory = memory;
    this.#at = at;
    this.#order = order;
    this.#together = together;
    this.#losses = losses;
    this.#k = padOutputs(p.outputs);
    const kind = this.#k < MANY_OUTPUTS ? 'Few' : 'Many';
    this.#multiplyRows = memory.products[`multiplyRows${kind}`]!; // in lr-row-products.wat
    this.#addTransposed = memory.products[`addTransposed${kind}`]!;
    this.#vectors = new Vectors(memory, at.vectors, CAPACITY, p.columns.length * this.#k);
  }

  evaluate(by: Float64Array, count: number, intercepts: Float64Array, slot: number) {
    const { rows, outputs, columns } = this.#p;
    const { kernels, buffer } = this.#memory;
    const at = this.#at;
    const k = this.#k;
    this.#vectors.combine(by, count, at.point);
    const offsets = this.#losses.offsets;
    for (let c = 0; c < outputs; c++) offsets[c] = this.#p.fitIntercept ? intercepts[c]! : 0;
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
    kernels.centre(columns.length, k, h, at.centre, this.#losses.sumsAt, at.along);
    this.#along[slot] = along.slice();
    return { loss, sums: this.#losses.sums };
  }

  dots(slot: number, count: number): Float64Array {
    return this.#vectors.dots(this.#vectors.at(slot), count);
  }

  keep(slot: number): number {
    return this.#vectors.dots(this.#vectors.at(slot), slot + 1)[slot]!;
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

  solution(by: Float64Array, count: number): Float64Array {
    const { outputs, columns } = this.#p;
    this.#vectors.combine(by, count, this.#at.point);
    const point = new Float64Array(this.#memory.buffer, this.#at.point, columns.length * this.#k);
    const coefficients = new Float64Array(columns.length * outputs);
    this.#order.forEach((column, place) => {
      const from = place * this.#k;
      coefficients.set(point.subarray(from, from + outputs), column * outputs);
    });
    return coefficients;
  }
}
