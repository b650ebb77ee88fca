// The kernels of training over kept gradients against plain JavaScript.
import { describe, expect, test } from 'vitest';
import { COLUMN_PRODUCTS_WASM } from '../../shared/models/lr-column-products-wasm.ts';
import { openGradientKernels, padOutputs, productOf, Vectors } from '../../shared/models/lr-gradient-kernels.ts';
import { lossAndMultipliers, multiply, multiplyTransposed, type ProblemFrame } from '../../shared/models/lr-problem.ts';
import { RowLosses } from '../../shared/models/lr-row-losses.ts';
import { ROW_PRODUCTS_WASM } from '../../shared/models/lr-row-products-wasm.ts';
import { seededRandom } from '../../shared/ports.ts';
import { Places } from '../../shared/wasm-modules.ts';
import fc from '../fakes/property.ts';
import { csrOf } from './matrices.ts';

function makeRows(rows: number, width: number, seed: number) {
  const random = seededRandom(seed);
  const X = Array.from({ length: rows }, () =>
    Array.from({ length: width }, () => (random.next() < 0.4 ? random.next() * 4 - 1 : 0)),
  );
  return { z: csrOf(X, width), turned: csrOf(turn(X, width), rows), draw: () => random.next() * 4 - 2 };
}

const turn = (X: number[][], width: number) => Array.from({ length: width }, (_, j) => X.map((row) => row[j]!));

function expectNear(have: ArrayLike<number>, need: ArrayLike<number>): void {
  expect(have.length).toBe(need.length);
  for (let i = 0; i < need.length; i++) expect(have[i]).toBeCloseTo(need[i]!, 11);
}

describe('products', () => {
  const sizes = [
    fc.integer({ min: 1, max: 25 }),
    fc.integer({ min: 1, max: 20 }),
    fc.integer({ min: 1, max: 11 }).map((fours) => 4 * fours),
    fc.integer({ min: 0, max: 1000 }),
  ] as const;

  test('row by row: both kinds are the plain products, also of some rows', () => {
    fc.assert(
      fc.property(...sizes, fc.constantFrom('Few', 'Many'), (rows, width, k, seed, kind) => {
        const { z, draw } = makeRows(rows, width, seed);
        const places = new Places();
        const entries = z.values.length;
        const at = {
          indptr: places.take(4 * (rows + 1)),
          indices: places.take(4 * entries),
          values: places.take(8 * entries),
          m: places.take(8 * rows * k),
          B: places.take(8 * width * k),
        };
        const { products, buffer } = openGradientKernels(places.end, ROW_PRODUCTS_WASM)!;
        new Uint32Array(buffer, at.indptr, rows + 1).set(z.indptr);
        new Int32Array(buffer, at.indices, entries).set(z.indices);
        new Float64Array(buffer, at.values, entries).set(z.values);
        const m = new Float64Array(buffer, at.m, rows * k).fill(7); // is overwritten
        const B = new Float64Array(buffer, at.B, width * k).map(draw);
        new Float64Array(buffer, at.B, width * k).set(B);
        const plain = { rows, outputs: k, indptr: z.indptr, indices: z.indices, values: z.values };
        const from = rows >> 1;
        const run = (name: string) =>
          products[`${name}${kind}`]!(from, rows, k, at.indptr, at.indices, at.values, at.m, at.B);
        const need = new Float64Array(rows * k);
        multiply(plain, B, need);
        run('multiplyRows');
        expectNear(m.slice(0, (rows - from) * k), need.slice(from * k));
        const given = Float64Array.from({ length: rows * k }, (_, i) => (i < from * k ? 0 : draw()));
        m.set(given.subarray(from * k));
        multiplyTransposed(plain, given, B);
        run('addTransposed');
        expectNear(new Float64Array(buffer, at.B, width * k), B);
      }),
    );
  });

  test('column by column: the gram product and the gathered columns are the plain products', () => {
    fc.assert(
      fc.property(...sizes, (rows, width, k, seed) => {
        const { z, turned, draw } = makeRows(rows, width, seed);
        const places = new Places();
        const entries = turned.values.length;
        const at = {
          starts: places.take(4 * (width + 1)),
          indices: places.take(4 * entries),
          values: places.take(8 * entries),
          m: places.take(8 * rows * k),
          u: places.take(8 * rows * k),
          B: places.take(8 * width * k),
        };
        const { products, buffer } = openGradientKernels(places.end, COLUMN_PRODUCTS_WASM)!;
        new Uint32Array(buffer, at.starts, width + 1).set(turned.indptr);
        new Int32Array(buffer, at.indices, entries).set(turned.indices);
        new Float64Array(buffer, at.values, entries).set(turned.values);
        const m = Float64Array.from({ length: rows * k }, draw);
        new Float64Array(buffer, at.m, rows * k).set(m);
        const u = Float64Array.from({ length: rows * k }, draw);
        new Float64Array(buffer, at.u, rows * k).set(u);
        const plain = { rows, outputs: k, indptr: z.indptr, indices: z.indices, values: z.values };
        const B = new Float64Array(width * k);
        multiplyTransposed(plain, m, B);
        multiply(plain, B, u);
        productOf(products, 'addGram', k)(0, width, k, at.starts, at.indices, at.values, at.m, at.u);
        expectNear(new Float64Array(buffer, at.u, rows * k), u);
        const from = width >> 1;
        productOf(products, 'gatherColumns', k)(from, width, k, at.starts, at.indices, at.values, at.m, at.B);
        expectNear(new Float64Array(buffer, at.B, (width - from) * k), B.slice(from * k));
      }),
    );
  });
});

test('losses and multipliers of rows are those of plain JavaScript, margins of thousands and beyond all numbers too', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 2, max: 21 }),
      fc.integer({ min: 0, max: 1000 }),
      fc.boolean(),
      fc.constantFrom(1, 30, 3000),
      (rows, outputs, seed, isWeighted, size) => {
        const random = seededRandom(seed);
        const p: ProblemFrame = {
          ...{ rows, outputs, columns: new Int32Array(0), isMultinomial: true, totalWeight: 1, fitIntercept: true },
          ...{ centre: new Float64Array(0), std: new Float64Array(0) },
          labels: Int32Array.from({ length: rows }, () => Math.floor(random.next() * outputs)),
          weights: isWeighted ? Float64Array.from({ length: rows }, () => Math.floor(random.next() * 3)) : undefined,
        };
        const k = padOutputs(outputs);
        const places = new Places();
        const at = { losses: places.take(RowLosses.bytesFor(p, rows)), m: places.take(8 * rows * k) };
        const memory = openGradientKernels(places.end, ROW_PRODUCTS_WASM)!;
        const losses = new RowLosses(p, rows, memory, at.losses);
        const margins = Float64Array.from({ length: rows * outputs }, () => (random.next() - 0.5) * size);
        const m = new Float64Array(memory.buffer, at.m, rows * k);
        const offset = (c: number) => c / 7;
        for (let row = 0; row < rows; row++)
          for (let c = 0; c < outputs; c++) m[row * k + c] = margins[row * outputs + c]! - offset(c);
        for (let c = 0; c < outputs; c++) losses.offsets[c] = offset(c);
        losses.begin();
        const half = rows >> 1;
        const loss = losses.add(0, half, at.m) + losses.add(half, rows, at.m + 8 * half * k);
        const need = lossAndMultipliers(p, margins);
        expect(loss / Math.max(1, Math.abs(need))).toBeCloseTo(need / Math.max(1, Math.abs(need)), 11);
        const sums = new Float64Array(k);
        for (let row = 0; row < rows; row++) {
          for (let c = 0; c < outputs; c++) {
            expect(m[row * k + c]).toBeCloseTo(margins[row * outputs + c]!, 11);
            sums[c]! += margins[row * outputs + c]!;
          }
          for (let c = outputs; c < k; c++) expect(m[row * k + c]).toBe(0);
        }
        expectNear(losses.sums, sums);
      },
    ),
  );
  const p: ProblemFrame = {
    ...{ rows: 1, outputs: 2, columns: new Int32Array(0), isMultinomial: true, totalWeight: 1, fitIntercept: true },
    ...{ centre: new Float64Array(0), std: new Float64Array(0), labels: Int32Array.of(0), weights: undefined },
  };
  const places = new Places();
  const at = { losses: places.take(RowLosses.bytesFor(p, 1)), m: places.take(8 * 4) };
  const memory = openGradientKernels(places.end, ROW_PRODUCTS_WASM)!;
  const losses = new RowLosses(p, 1, memory, at.losses);
  losses.offsets.fill(0, 0, 2);
  for (const margin of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    new Float64Array(memory.buffer, at.m, 2).set([margin, 1]);
    losses.begin();
    expect(Number.isFinite(losses.add(0, 1, at.m))).toBe(false);
  }
});

test('vectors longer than a block: sums, products and replacement of several at once', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 700 }).map((fours) => 4 * fours),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 0, max: 1000 }),
      (length, count, seed) => {
        const random = seededRandom(seed);
        const capacity = 10;
        const places = new Places();
        const at = { v: places.take(8 * length), vectors: places.take(Vectors.bytesFor(capacity, length)) };
        const memory = openGradientKernels(places.end, ROW_PRODUCTS_WASM)!;
        const vectors = new Vectors(memory, at.vectors, capacity, length);
        const plain = Array.from({ length: count }, () => Float64Array.from({ length }, () => random.next() - 0.5));
        const held = (slot: number) => new Float64Array(memory.buffer, vectors.at(slot), length);
        plain.forEach((values, slot) => {
          held(slot).set(values);
        });
        const by = Float64Array.from({ length: capacity }, () => random.next() - 0.5);
        const sum = (factors: Float64Array) =>
          Float64Array.from({ length }, (_, i) => plain.reduce((s, values, j) => s + factors[j]! * values[i]!, 0));
        const v = new Float64Array(memory.buffer, at.v, length).fill(3);
        vectors.combine(by, count, at.v);
        expectNear(v, sum(by));
        const dot = (a: Float64Array, b: Float64Array) => a.reduce((s, value, i) => s + value * b[i]!, 0);
        expectNear(
          vectors.dots(at.v, count),
          plain.map((values) => dot(values, v)),
        );
        const [one, other] = [by, Float64Array.from(by, (factor) => 1 - factor)];
        vectors.replace([count, 0], [one, other], count);
        expectNear(held(count), sum(one));
        expectNear(held(0), sum(other));
        vectors.combine(by, 0, at.v);
        expect(v.every((value) => value === 0)).toBe(true);
      },
    ),
  );
});

test('a memory beyond what addresses reach is not to be had', () => {
  expect(openGradientKernels(2 ** 31, ROW_PRODUCTS_WASM)).toBeUndefined();
});
