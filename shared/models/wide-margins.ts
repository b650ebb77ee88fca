// Margins of models with many coefficients by WebAssembly's vectors: where coefficients do not fit near the processor, each is looked at once, not
// once for every four labels.
// Invariant: G1 equal to LinearScorer's own sums bit for bit: the same products in the same order.
import type { BucketSet } from '../features/bucket-set.ts';
import { mostEntries } from '../features/row-reader.ts';
import type { Csr } from '../features/sparse.ts';
import { openKernels, type RowProduct } from './lr-kernels.ts';

/** Fewer labels or coefficients gain nothing. */
const MIN_OUTPUTS = 8;
const MIN_COEFFICIENTS = 2 ** 18;
/** Entries and rows that are summed up at a time; a matrix with a longer row is left to the caller. */
const ROOM_ENTRIES = 2 ** 16;
const ROOM_ROWS = 1024;

export class WideMargins {
  readonly #outputs: number;
  /** [features, stride], in the kernel's memory */
  readonly coefficients: Float64Array;
  /** The least even number that is not below the number of outputs. */
  readonly stride: number;
  readonly #ends: Uint32Array;
  readonly #places: Int32Array;
  readonly #values: Float64Array;
  readonly #sums: Float64Array;
  readonly #run: (rows: number) => void;

  /** @param coefficients  [features, outputs]; copied. @returns undefined where it is not worth it or there is no memory */
  static open(coefficients: Float64Array, outputs: number): WideMargins | undefined {
    if (outputs < MIN_OUTPUTS || coefficients.length < MIN_COEFFICIENTS) return undefined;
    const padded = outputs + (outputs & 1);
    let end = 0;
    const room = (bytes: number): number => {
      const at = end;
      end = Math.ceil((end + bytes) / 64) * 64;
      return at;
    };
    const features = coefficients.length / outputs;
    const at = {
      ends: room((ROOM_ROWS + 1) * 4),
      places: room(ROOM_ENTRIES * 4),
      values: room(ROOM_ENTRIES * 8),
      sums: room(ROOM_ROWS * padded * 8),
      coefficients: room(features * padded * 8),
    };
    const wasm = openKernels(end);
    return wasm === undefined ? undefined : new WideMargins(wasm, at, coefficients, outputs, padded);
  }

  private constructor(
    { exports, buffer }: NonNullable<ReturnType<typeof openKernels>>,
    at: { ends: number; places: number; values: number; sums: number; coefficients: number },
    coefficients: Float64Array,
    outputs: number,
    padded: number,
  ) {
    const features = coefficients.length / outputs;
    this.#outputs = outputs;
    this.stride = padded;
    this.#ends = new Uint32Array(buffer, at.ends, ROOM_ROWS + 1);
    this.#places = new Int32Array(buffer, at.places, ROOM_ENTRIES);
    this.#values = new Float64Array(buffer, at.values, ROOM_ENTRIES);
    this.#sums = new Float64Array(buffer, at.sums, ROOM_ROWS * padded);
    this.coefficients = new Float64Array(buffer, at.coefficients, features * padded);
    if (padded === outputs) this.coefficients.set(coefficients);
    else
      for (let j = 0; j < features; j++)
        this.coefficients.set(coefficients.subarray(j * outputs, (j + 1) * outputs), j * padded);
    const multiply = exports.multiply as RowProduct; // defined in lr-kernels.wat
    this.#run = (rows) => multiply(rows, padded, at.ends, at.places, at.values, at.sums, at.coefficients);
  }

  /** Margins without intercepts [rows, outputs]; undefined where a row has more entries than there is room for. */
  of(x: Csr, known: BucketSet): Float64Array | undefined {
    if (mostEntries(x) > ROOM_ENTRIES) return undefined;
    const out = new Float64Array(x.rows * this.#outputs);
    for (let from = 0; from < x.rows; ) {
      const to = this.#take(x, known, from);
      this.#sums.fill(0, 0, (to - from) * this.stride);
      this.#run(to - from);
      for (let row = from; row < to; row++)
        for (let k = 0; k < this.#outputs; k++)
          out[row * this.#outputs + k] = this.#sums[(row - from) * this.stride + k]!;
      from = to;
    }
    return out;
  }

  /** As many rows as there is room for; the first that was not taken. */
  #take(x: Csr, known: BucketSet, from: number): number {
    const [ends, places, values] = [this.#ends, this.#places, this.#values];
    let count = 0;
    let row = from;
    for (; row < x.rows && row - from < ROOM_ROWS; row++) {
      const [start, end] = [x.indptr[row]!, x.indptr[row + 1]!];
      if (count + end - start > ROOM_ENTRIES) break;
      for (let e = start; e < end; e++) {
        const place = known.place(x.indices[e]!);
        if (place < 0) continue;
        places[count] = place;
        values[count++] = x.values[e]!;
      }
      ends[row - from + 1] = count;
    }
    return row;
  }
}
