import { describe, expect, test } from 'vitest';
import { createKernels, scriptKernels } from '../../shared/models/lr-kernels.ts';
import type { SparseRows } from '../../shared/models/lr-problem.ts';
import { seededRandom } from '../../shared/ports.ts';
import fc from '../fakes/property.ts';
import { csrOf } from './matrices.ts';

function makeProblem(rows: number, width: number, outputs: number, seed: number) {
  const random = seededRandom(seed);
  const draw = () => (random.next() - 0.5) * 10 ** Math.floor(random.next() * 6);
  const x = csrOf(
    Array.from({ length: rows }, () => Array.from({ length: width }, () => (random.next() < 0.3 ? draw() : 0))),
    width,
  );
  const z: SparseRows = { rows, outputs, indptr: x.indptr, indices: x.indices, values: x.values };
  const matrix = (height: number) => Float64Array.from({ length: height * outputs }, draw);
  return { z, m: matrix(rows), B: matrix(width), diagonal: Float64Array.from({ length: rows }, draw) };
}

describe('training kernels', () => {
  test('every number of outputs, odd ones too: products equal plain JavaScript bit for bit', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 20 }),
        fc.integer({ min: 1, max: 15 }),
        fc.integer({ min: 1, max: 23 }),
        fc.integer({ min: 0, max: 1000 }),
        (rows, width, outputs, seed) => {
          const { z, m, B, diagonal } = makeProblem(rows, width, outputs, seed);
          const [fast, plain] = [createKernels(z, width), scriptKernels(z, width)];
          const [outA, outB] = [m.slice(), m.slice()];
          fast.multiply(B, outA);
          plain.multiply(B, outB);
          expect(outA).toEqual(outB);
          const [bA, bB] = [B.slice(), B.slice()];
          fast.multiplyTransposed(m, bA);
          plain.multiplyTransposed(m, bB);
          expect(bA).toEqual(bB);
          const [gramA, gramB] = [new Float64Array(m.length), new Float64Array(m.length)];
          fast.gram(m, diagonal, gramA);
          plain.gram(m, diagonal, gramB);
          expect(gramA).toEqual(gramB);
        },
      ),
    );
  });

  test('a second call does not see what the first left behind', () => {
    const { z, m, diagonal } = makeProblem(9, 7, 5, 3);
    const kernels = createKernels(z, 7);
    const [once, again] = [new Float64Array(m.length), new Float64Array(m.length)];
    kernels.gram(m, diagonal, once);
    kernels.multiplyTransposed(m, new Float64Array(7 * 5));
    kernels.gram(m, diagonal, again);
    expect(again).toEqual(once);
  });
});
