// Rows z of a problem kept by columns in single precision: half the memory, and the product z zᵀ m goes over them once. What a column gives,
// Σ z m, lies in registers and is shared out to the column's rows at once; nothing as long as the columns is written, and m and the result are
// small enough to stay near the processor.
// Invariants: C1 a value is the double rounded once; where WebAssembly or the memory for it is not to be had, the same is done in JavaScript with sums in
// double. C2 rows of weight 0 have no values here: nothing is learnt from them.
import type { RowReader } from '../features/row-reader.ts';
import { openKernels } from './lr-kernels.ts';
import type { Span } from './lr-objective.ts';

/** How often columns occur in rows of a weight above 0. */
export interface Occurring {
  /** Columns that occur, ascending. */
  columns: Int32Array;
  /** Values before those of each column [columns + 1]. */
  starts: Uint32Array;
  /** Place of each column of the rows among those that occur; -1: none. [width] */
  place: Int32Array;
}

/** @throws whatever `check` throws at a value */
export function findOccurring(
  x: RowReader,
  weights: Float64Array | undefined,
  check: (value: number) => void,
): Occurring {
  const place = new Int32Array(x.width);
  const [indices, values] = [new Int32Array(x.most), new Float64Array(x.most)];
  for (let row = 0; row < x.rows; row++) {
    const count = x.read(row, indices, values);
    const isSeen = weights === undefined || weights[row]! > 0;
    for (let e = 0; e < count; e++) {
      check(values[e]!);
      if (isSeen && values[e] !== 0) place[indices[e]!]!++;
    }
  }
  let width = 0;
  for (const rows of place) if (rows > 0) width++;
  const columns = new Int32Array(width);
  const starts = new Uint32Array(width + 1);
  let at = 0;
  for (let j = 0; j < x.width; j++) {
    const rows = place[j]!;
    place[j] = rows > 0 ? at : -1;
    if (rows === 0) continue;
    columns[at++] = j;
    starts[at] = starts[at - 1]! + rows;
  }
  return { columns, starts, place };
}

type Gram = (
  columns: number,
  k: number,
  starts: number,
  rows: number,
  values: number,
  m: number,
  out: number,
  height: number,
) => void;

/** Outputs that the kernel takes at a time. */
const BLOCKS = [16, 8, 4];

export class SingleColumns implements Span {
  readonly #outputs: number;
  readonly #columns: number;
  readonly #starts: Uint32Array;
  readonly #rowOf: Int32Array;
  readonly #values: Float32Array;
  readonly #gram: ((alpha: Float64Array, u: Float64Array) => void) | undefined;

  constructor(x: RowReader, outputs: number, { columns, starts, place }: Occurring, weights?: Float64Array) {
    this.#outputs = outputs;
    this.#columns = columns.length;
    const entries = starts[columns.length]!;
    const padded = Math.ceil(outputs / 4) * 4;
    let end = 0;
    const room = (bytes: number): number => {
      const at = end;
      end = Math.ceil((end + bytes) / 64) * 64;
      return at;
    };
    const at = {
      starts: room(starts.length * 4),
      rowOf: room(entries * 4),
      values: room(entries * 4),
      m: room(x.rows * padded * 4),
      out: room(x.rows * padded * 4),
    };
    const wasm = openKernels(end);
    const buffer = wasm?.buffer ?? new ArrayBuffer(at.m);
    this.#starts = new Uint32Array(buffer, at.starts, starts.length);
    this.#rowOf = new Int32Array(buffer, at.rowOf, entries);
    this.#values = new Float32Array(buffer, at.values, entries);
    this.#fill(x, place, starts, weights);
    if (wasm === undefined) return;
    const m = new Float32Array(buffer, at.m, x.rows * padded);
    const out = new Float32Array(buffer, at.out, x.rows * padded);
    const kernel = wasm.exports.gram32 as Gram; // defined in lr-kernels.wat
    this.#gram = (alpha, u) => {
      toBlocks(alpha, outputs, m, padded, x.rows);
      out.fill(0);
      kernel(columns.length, padded, at.starts, at.rowOf, at.values, at.m, at.out, x.rows);
      fromBlocks(out, padded, u, outputs, x.rows);
    };
  }

  #fill(x: RowReader, place: Int32Array, starts: Uint32Array, weights: Float64Array | undefined): void {
    const [rowOf, own] = [this.#rowOf, this.#values];
    const [indices, values] = [new Int32Array(x.most), new Float64Array(x.most)];
    const next = this.#starts;
    next.set(starts); // counts up to the start of the column after it
    for (let row = 0; row < x.rows; row++) {
      if (weights !== undefined && !(weights[row]! > 0)) continue;
      const count = x.read(row, indices, values);
      for (let e = 0; e < count; e++) {
        if (values[e] === 0) continue;
        const at = next[place[indices[e]!]!]!++;
        rowOf[at] = row;
        own[at] = values[e]!;
      }
    }
    next.set(starts);
  }

  gram(alpha: Float64Array, u: Float64Array): void {
    if (this.#gram === undefined) this.#gramInScript(alpha, u);
    else this.#gram(alpha, u);
  }

  #gramInScript(alpha: Float64Array, u: Float64Array): void {
    const k = this.#outputs;
    const sums = new Float64Array(k);
    u.fill(0);
    for (let j = 0; j < this.#columns; j++) {
      sums.fill(0);
      this.#addColumn(j, alpha, sums, 0);
      for (let e = this.#starts[j]!, end = this.#starts[j + 1]!; e < end; e++) {
        const to = this.#rowOf[e]! * k;
        for (let c = 0; c < k; c++) u[to + c]! += this.#values[e]! * sums[c]!;
      }
    }
  }

  combine(alpha: Float64Array): Float64Array {
    const coefficients = new Float64Array(this.#columns * this.#outputs);
    for (let j = 0; j < this.#columns; j++) this.#addColumn(j, alpha, coefficients, j * this.#outputs);
    return coefficients;
  }

  /** out[at + c] += Σ z α of a column; four sums at a time stay in registers. */
  #addColumn(j: number, alpha: Float64Array, out: Float64Array, at: number): void {
    const k = this.#outputs;
    const [rowOf, values] = [this.#rowOf, this.#values];
    const [start, end] = [this.#starts[j]!, this.#starts[j + 1]!];
    let c = 0;
    for (; c + 4 <= k; c += 4) {
      let [a0, a1, a2, a3] = [0, 0, 0, 0];
      for (let e = start; e < end; e++) {
        const v = values[e]!;
        const from = rowOf[e]! * k + c;
        a0 += v * alpha[from]!;
        a1 += v * alpha[from + 1]!;
        a2 += v * alpha[from + 2]!;
        a3 += v * alpha[from + 3]!;
      }
      out[at + c]! += a0;
      out[at + c + 1]! += a1;
      out[at + c + 2]! += a2;
      out[at + c + 3]! += a3;
    }
    for (; c < k; c++) {
      let a = 0;
      for (let e = start; e < end; e++) a += values[e]! * alpha[rowOf[e]! * k + c]!;
      out[at + c]! += a;
    }
  }
}

/** Rows of k doubles → the kernel's blocks of outputs, [rows, 16] … [rows, 8], [rows, 4]; places that no output has stay as they are, 0. */
function toBlocks(m: Float64Array, k: number, blocks: Float32Array, padded: number, rows: number): void {
  for (let c = 0; c < padded; ) {
    const size = BLOCKS.find((outputs) => c + outputs <= padded)!; // padded is a multiple of the last
    const used = Math.min(size, k - c);
    for (let row = 0, to = rows * c, from = c; row < rows; row++, to += size, from += k)
      for (let i = 0; i < used; i++) blocks[to + i] = m[from + i]!;
    c += size;
  }
}

function fromBlocks(blocks: Float32Array, padded: number, m: Float64Array, k: number, rows: number): void {
  for (let c = 0; c < padded; ) {
    const size = BLOCKS.find((outputs) => c + outputs <= padded)!; // as above
    const used = Math.min(size, k - c);
    for (let row = 0, from = rows * c, to = c; row < rows; row++, from += size, to += k)
      for (let i = 0; i < used; i++) m[to + i] = blocks[from + i]!;
    c += size;
  }
}
