import { afterEach, describe, expect, test, vi } from 'vitest';
import { readRowsOf } from '../../shared/features/row-reader.ts';
import { fitLogisticRegression, type LrInput } from '../../shared/models/logistic-regression.ts';
import { findOccurring, SingleColumns } from '../../shared/models/lr-columns.ts';
import { scriptKernels } from '../../shared/models/lr-kernels.ts';
import { seededRandom } from '../../shared/ports.ts';
import fc from '../fakes/property.ts';
import { csrOf } from './matrices.ts';

function makeRows(rows: number, width: number, outputs: number, seed: number) {
  const random = seededRandom(seed);
  const draw = () => (random.next() - 0.5) * 10 ** Math.floor(random.next() * 6);
  const drawRow = () => Array.from({ length: width }, () => (random.next() < 0.3 ? draw() : 0));
  const x = csrOf(Array.from({ length: rows }, drawRow), width);
  return { x, m: Float64Array.from({ length: rows * outputs }, draw) };
}

const columnsOf = (x: ReturnType<typeof csrOf>, outputs: number, weights?: Float64Array) => {
  const reader = readRowsOf(x);
  const found = findOccurring(reader, weights, () => undefined);
  return { found, z: new SingleColumns(reader, outputs, found, weights) };
};

/** Each number of `have` differs from `need` by a few roundings of the sums of sizes at most. */
function expectSingle(have: Float64Array, need: Float64Array, size: Float64Array): void {
  have.forEach((value, at) => {
    if (Math.abs(value - need[at]!) > 1e-6 * size[at]!) throw new Error(`${value} is not ${need[at]}`);
  });
}

afterEach(() => vi.unstubAllGlobals());

describe('rows kept by columns', () => {
  for (const engine of ['WebAssembly', 'JavaScript'])
    test(`${engine}: every number of outputs is right to seven digits of the sums of sizes, and forgets the call before`, () => {
      if (engine === 'JavaScript') vi.stubGlobal('WebAssembly', undefined);
      fc.assert(
        fc.property(
          fc.integer({ min: 0, max: 20 }),
          fc.integer({ min: 1, max: 15 }),
          fc.integer({ min: 1, max: 41 }),
          fc.integer({ min: 0, max: 1000 }),
          (rows, width, outputs, seed) => {
            const { x, m } = makeRows(rows, width, outputs, seed);
            const { found, z } = columnsOf(x, outputs);
            const plain = { ...x, outputs };
            const kernels = scriptKernels(plain, width);
            const sizes = scriptKernels({ ...plain, values: x.values.map(Math.abs) }, width);
            const none = new Float64Array(rows);
            const [have, need, size] = [m.slice(), m.slice(), m.slice()];
            z.gram(m.map(Math.abs), have);
            z.gram(m, have);
            kernels.gram(m, none, need);
            sizes.gram(m.map(Math.abs), none, size);
            expectSingle(have, need, size);
            const [B, S] = [new Float64Array(width * outputs), new Float64Array(width * outputs)];
            kernels.multiplyTransposed(m, B);
            sizes.multiplyTransposed(m.map(Math.abs), S);
            const pick = (matrix: Float64Array) =>
              Float64Array.from(
                [...found.columns].flatMap((j) => [...matrix.subarray(j * outputs, (j + 1) * outputs)]),
              );
            expectSingle(z.combine(m), pick(B), pick(S));
          },
        ),
      );
    });

  test('a row of weight 0 has no values, and a column that only such rows have does not occur', () => {
    const x = csrOf(
      [
        [1, 0, 2],
        [0, 5, 3],
      ],
      3,
    );
    const { found, z } = columnsOf(x, 1, Float64Array.of(1, 0));
    expect([...found.columns]).toEqual([0, 2]);
    const u = new Float64Array(2);
    z.gram(Float64Array.of(1, 1), u);
    expect([...u]).toEqual([5, 0]);
    expect([...z.combine(Float64Array.of(1, 1))]).toEqual([1, 2]);
  });

  test('fits on columns are those on rows to single precision: with two and more labels, weights, one after the other', () => {
    const random = seededRandom(5);
    const { x } = makeRows(40, 120, 1, 5);
    const unit = { ...x, values: x.values.map((value) => Math.tanh(value) / 6) };
    const labels = Array.from({ length: 40 }, () => Math.floor(random.next() * 3));
    const weights = Float64Array.from({ length: 40 }, () => Math.floor(random.next() * 3) / 2);
    const options = { scaling: false, regParam: 0.01, maxIter: 30 };
    const cases: LrInput[] = [
      { x: unit, labels, numClasses: 3 },
      { x: unit, labels, numClasses: 3, weights },
      { x: unit, labels: labels.map((label) => Math.min(label, 1)), numClasses: 2 },
    ];
    for (const input of cases) {
      const rows = fitLogisticRegression({ ...input, representation: 'dual' }, options);
      const columns = fitLogisticRegression({ ...input, representation: 'columns' }, options);
      expect([...columns.model.columns]).toEqual([...rows.model.columns]);
      expect(columns.objectiveHistory.at(-1)).toBeCloseTo(rows.objectiveHistory.at(-1)!, 6);
      rows.model.coefficients.forEach((value, at) => {
        expect(columns.model.coefficients[at]).toBeCloseTo(value, 3);
      });
    }
  });

  test('a value that is no number is refused', () => {
    const x = csrOf([[Number.NaN], [1]], 1);
    expect(() =>
      fitLogisticRegression({ x, labels: [0, 1], numClasses: 2, representation: 'columns' }, { scaling: false }),
    ).toThrow(expect.objectContaining({ code: 'train.bad-value' }));
  });
});
