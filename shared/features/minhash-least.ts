// The least values of a family of hashes over many numbers, in WebAssembly four places at a time, or one by one where an engine has no vectors.
import { openModules } from '../wasm-modules.ts';
import { MINHASH_LEAST_WASM } from './minhash-least-wasm.ts';

/** Places of a signature; 4 bytes each. */
export const PLACES = 64;

/** Multipliers and offsets of the hash family, the same on every machine: an affine map of a number, mixed. */
const MULTIPLIERS = Array.from({ length: PLACES }, (_, i) => mix(Math.imul(i + 1, 0x9e3779b1)) | 1);
const FAMILY = Int32Array.from([...MULTIPLIERS, ...MULTIPLIERS.toReversed()]);

/** Finalizer of murmur3, signed: every input bit reaches every output bit. */
export function mix(value: number): number {
  let h = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Least value of each hash of the family over the numbers, [PLACES]. @param hashes  at least one; equal ones count once */
export type TakeLeast = (hashes: readonly number[]) => Uint32Array;

/** One by one. */
export const takeLeastPlainly: TakeLeast = (hashes) => {
  const least = new Uint32Array(PLACES);
  for (let place = 0; place < PLACES; place++) {
    const [multiplier, offset] = [FAMILY[place]!, FAMILY[PLACES + place]!]; // place < PLACES
    let lowest = 0x7fffffff; // signed numbers with their highest bit turned are in the order of unsigned ones
    for (let i = 0; i < hashes.length; i++)
      lowest = Math.min(lowest, mix(Math.imul(hashes[i]!, multiplier) ^ offset) ^ 0x80000000);
    least[place] = lowest ^ 0x80000000;
  }
  return least;
};

/** Where the parts lie in one page of memory: the family, the least values, and the numbers that are looked at together. */
const [FAMILY_AT, LEAST_AT, HASHES_AT, BYTES] = [0, 8 * PLACES, 12 * PLACES, 65_536];

/** In WebAssembly; undefined where an engine has no vectors. */
export function openTakeLeast(): TakeLeast | undefined {
  const opened = openModules(BYTES, [MINHASH_LEAST_WASM]);
  if (opened === undefined) return undefined;
  const { buffer, exports } = opened;
  // defined in minhash-least.wat
  const takeLeast = exports.takeLeast as (
    hashes: number,
    count: number,
    family: number,
    places: number,
    least: number,
  ) => void;
  new Int32Array(buffer, FAMILY_AT, FAMILY.length).set(FAMILY);
  const least = new Uint32Array(buffer, LEAST_AT, PLACES);
  const together = new Int32Array(buffer, HASHES_AT);
  return (hashes) => {
    least.fill(0xffffffff);
    for (let from = 0; from < hashes.length; from += together.length) {
      const count = Math.min(together.length, hashes.length - from);
      for (let i = 0; i < count; i++) together[i] = hashes[from + i]!;
      takeLeast(HASHES_AT, count, FAMILY_AT, PLACES, LEAST_AT);
    }
    return least.slice();
  };
}
