// Long vectors in a memory that WebAssembly works on, and the kernels for them.

import { type ReusedMemory, reopenModules, type WasmMemory } from '../wasm-modules.ts';
import { PREPARATION_WASM } from './lr-preparation.ts';
import { VECTORS_WASM } from './lr-vectors-wasm.ts';

export type Kernel = (...of: number[]) => void;

/** Functions of lr-vectors.wat and lr-preparation.wat. */
export interface VectorKernels {
  fillRows: (...of: number[]) => number;
  fillColumns: Kernel;
  finishColumns: Kernel;
  loseRows: Kernel;
  centre: Kernel;
  startGram: Kernel;
  sumRows: Kernel;
  dots: Kernel;
  combine: Kernel;
}

export interface GradientMemory extends Pick<ReusedMemory, 'buffer' | 'isFresh' | 'release'> {
  kernels: VectorKernels;
  products: Record<string, Kernel>;
}

/**
 * Kernels over so many bytes; undefined where there is no such memory, or no engine with vectors.
 * @param products  the module of products in base64
 * @param cleared  so many bytes from the beginning are 0; all, where the memory is fresh
 */
export function openGradientKernels(bytes: number, products: string, cleared = bytes): GradientMemory | undefined {
  const opened = reopenModules(bytes, [VECTORS_WASM, PREPARATION_WASM, products], cleared);
  if (opened === undefined) return undefined;
  const { buffer, isFresh, release } = opened;
  return { ...functionsOf(opened), buffer, isFresh, release };
}

function functionsOf({ exports }: WasmMemory): Pick<GradientMemory, 'kernels' | 'products'> {
  // defined in lr-vectors.wat and lr-preparation.wat, and all functions of the products take numbers
  return { kernels: exports as unknown as VectorKernels, products: exports as Record<string, Kernel> };
}

/** A product of both its functions: whole sixteens of the k outputs, and the rest. */
export function productOf(products: Record<string, Kernel>, name: string, k: number): Kernel {
  const [wide, rest] = [products[`${name}16`]!, products[`${name}4`]!]; // both are in the module
  if (k < 16) return rest;
  if (k % 16 === 0) return wide;
  return (...of) => {
    wide(...of);
    rest(...of);
  };
}

/** Outputs as the kernels count them: whole fours. */
export const padOutputs = (outputs: number): number => Math.ceil(outputs / 4) * 4;

/** Bytes of each vector that are worked on at a time where many become others: of all together they stay in the processor's nearest memory. */
const BLOCK_BYTES = 1024;

/** Vectors of the same length, one after the other in a memory. */
export class Vectors {
  /** Bytes from one to the next. */
  readonly stride: number;
  readonly #memory: GradientMemory;
  readonly #at: number;
  readonly #bytes: number;
  /** Coefficients and products of all vectors, to a whole four. */
  readonly #factors: Float64Array;
  readonly #scratch: number;

  /** Bytes that `capacity` vectors of so many doubles take, with what is needed to work on them. */
  static bytesFor(capacity: number, length: number): number {
    return capacity * strideOf(length) + 8 * (capacity + 4) + capacity * BLOCK_BYTES;
  }

  /** @param at  a multiple of 64, with `bytesFor` behind it */
  constructor(memory: GradientMemory, at: number, capacity: number, length: number) {
    this.#memory = memory;
    this.#at = at;
    this.#bytes = 8 * length;
    this.stride = strideOf(length);
    this.#scratch = at + capacity * this.stride;
    this.#factors = new Float64Array(memory.buffer, this.#scratch + capacity * BLOCK_BYTES, capacity + 4);
  }

  /** Address of a vector. */
  at(slot: number): number {
    return this.#at + slot * this.stride;
  }

  /** The vector at `to` = Σ by[j] vector j over the first `count`. */
  combine(by: Float64Array, count: number, to: number): void {
    if (count === 0) new Uint8Array(this.#memory.buffer, to, this.#bytes).fill(0);
    else this.#combine(by, count, to, 0, this.#bytes);
  }

  #combine(by: Float64Array, count: number, to: number, from: number, bytes: number): void {
    this.#factors.fill(0);
    this.#factors.set(by.subarray(0, count));
    const { byteOffset } = this.#factors;
    this.#memory.kernels.combine(to, this.#at + from, this.stride, count, bytes, byteOffset);
  }

  /** Products of the vector at an address with `count` > 0 from `first` on. */
  dots(vector: number, count: number, first = 0): Float64Array {
    this.#factors.fill(0);
    this.#memory.kernels.dots(vector, this.at(first), this.stride, count, this.#bytes, this.#factors.byteOffset);
    return this.#factors.slice(0, count);
  }

  /** Vectors in the given slots become combinations of the first `count`, all at once. */
  replace(slots: readonly number[], by: readonly Float64Array[], count: number): void {
    const bytes = new Uint8Array(this.#memory.buffer);
    const copied = by.map(singleOf);
    for (let from = 0; from < this.#bytes; from += BLOCK_BYTES) {
      const size = Math.min(BLOCK_BYTES, this.#bytes - from);
      by.forEach((factors, i) => {
        const to = this.#scratch + i * BLOCK_BYTES;
        const source = copied[i];
        if (source === undefined) this.#combine(factors, count, to, from, size);
        else bytes.copyWithin(to, this.at(source) + from, this.at(source) + from + size);
      });
      slots.forEach((slot, i) => {
        const scratch = this.#scratch + i * BLOCK_BYTES;
        bytes.copyWithin(this.at(slot) + from, scratch, scratch + size);
      });
    }
  }
}

/** The place of the only factor, where it is 1; undefined: there are others. */
export function singleOf(factors: Float64Array): number | undefined {
  const at = factors.findIndex((factor) => factor !== 0);
  return factors[at] === 1 && factors.findLastIndex((factor) => factor !== 0) === at ? at : undefined;
}

const strideOf = (length: number): number => Math.ceil((8 * length) / 64) * 64;
