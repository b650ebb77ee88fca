// The two products that training spends its time in, with WebAssembly's 128-bit vectors: two to three times faster than JavaScript.
// Invariants: K1 results equal multiply and multiplyTransposed of lr-problem.ts bit for bit: the same sums in the same order. K2 where
// WebAssembly or the memory for it is not to be had, those two do the work. (The product in single precision is in lr-columns.ts.)

import { openModules, type WasmMemory } from '../wasm-modules.ts';
import { KERNELS_WASM } from './lr-kernels-wasm.ts';
import { multiply, multiplyTransposed, type SparseRows } from './lr-problem.ts';

/** Products of fixed rows z [rows, columns] with matrices of `outputs` columns, row-major. */
export interface Kernels {
  /** out += z B */
  multiply(B: Float64Array, out: Float64Array): void;
  /** B += zᵀ m */
  multiplyTransposed(m: Float64Array, B: Float64Array): void;
  /** out = (z zᵀ + diagonal) m */
  gram(m: Float64Array, diagonal: Float64Array, out: Float64Array): void;
}

/** `multiply` and `multiplyTransposed` of lr-kernels.wat; addresses in bytes. */
export type RowProduct = (
  rows: number,
  k: number,
  indptr: number,
  indices: number,
  values: number,
  m: number,
  b: number,
) => void;

/** @param width  number of columns of z */
export function createKernels(z: SparseRows, width: number): Kernels {
  return openWasm(z, width) ?? scriptKernels(z, width);
}

/** The same in plain JavaScript. */
export function scriptKernels(z: SparseRows, width: number): Kernels {
  return {
    multiply: (B, out) => multiply(z, B, out),
    multiplyTransposed: (m, B) => multiplyTransposed(z, m, B),
    gram(m, diagonal, out) {
      const B = new Float64Array(width * z.outputs);
      multiplyTransposed(z, m, B);
      scaleRows(m, diagonal, out, z.outputs);
      multiply(z, B, out);
    },
  };
}

function openWasm(z: SparseRows, width: number): Kernels | undefined {
  const k = z.outputs;
  if (k < 2) return undefined;
  const padded = k + (k & 1);
  const layout = planLayout(z, width, padded);
  const wasm = instantiate(z, layout);
  if (wasm === undefined) return undefined;
  new Float64Array(wasm.buffer, layout.values, z.values.length).set(z.values);
  const M = new Float64Array(wasm.buffer, layout.m, z.rows * padded);
  const B = new Float64Array(wasm.buffer, layout.b, width * padded);
  const run = (name: 'multiply' | 'multiplyTransposed') => wasm.run(name, z.rows, padded);
  return {
    multiply(b, out) {
      copy(b, k, B, padded);
      copy(out, k, M, padded);
      run('multiply');
      copy(M, padded, out, k);
    },
    multiplyTransposed(m, b) {
      copy(m, k, M, padded);
      copy(b, k, B, padded);
      run('multiplyTransposed');
      copy(B, padded, b, k);
    },
    gram(m, diagonal, out) {
      copy(m, k, M, padded);
      B.fill(0);
      run('multiplyTransposed');
      scaleRows(m, diagonal, out, k);
      copy(out, k, M, padded);
      run('multiply');
      copy(M, padded, out, k);
    },
  };
}

/** The kernels over a memory that holds the places of the values of z; undefined where there is none (K2). */
function instantiate(z: SparseRows, layout: Layout) {
  const opened = openKernels(layout.end);
  if (opened === undefined) return undefined;
  const { exports, buffer } = opened;
  new Uint32Array(buffer, layout.indptr, z.indptr.length).set(z.indptr);
  new Int32Array(buffer, layout.indices, z.indices.length).set(z.indices);
  const run = (name: string, rows: number, padded: number) =>
    (exports[name] as RowProduct)(rows, padded, layout.indptr, layout.indices, layout.values, layout.m, layout.b); // defined in lr-kernels.wat
  return { buffer, run };
}

/** The kernels over a memory of so many bytes, all 0; undefined where there is none (K2). */
export const openKernels = (bytes: number): WasmMemory | undefined => openModules(bytes, [KERNELS_WASM]);

type Layout = ReturnType<typeof planLayout>;

/** Where the arrays lie, each at a multiple of 16 bytes. */
function planLayout(z: SparseRows, width: number, padded: number) {
  let at = 0;
  const place = (size: number): number => {
    const start = at;
    at = Math.ceil((at + size) / 16) * 16;
    return start;
  };
  return {
    indptr: place(z.indptr.length * 4),
    indices: place(z.indices.length * 4),
    values: place(z.values.length * 8),
    m: place(z.rows * padded * 8),
    b: place(width * padded * 8),
    end: at,
  };
}

/** Copy rows of `from` numbers to rows of `to` numbers; what a longer row has more stays 0. */
function copy(source: Float64Array, from: number, target: Float64Array, to: number): void {
  if (from === to) {
    target.set(source);
    return;
  }
  const least = Math.min(from, to);
  for (let row = 0, rows = source.length / from; row < rows; row++)
    for (let c = 0; c < least; c++) target[row * to + c] = source[row * from + c]!;
}

function scaleRows(m: Float64Array, diagonal: Float64Array, out: Float64Array, k: number): void {
  for (let row = 0; row < diagonal.length; row++)
    for (let at = row * k; at < (row + 1) * k; at++) out[at] = diagonal[row]! * m[at]!;
}
