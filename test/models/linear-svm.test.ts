import { describe, expect, test } from 'vitest';
import type { Csr } from '../../shared/features/sparse.ts';
import { LinearScorer } from '../../shared/models/linear-model.ts';
import { fitLinearSvm, type SvmOptions } from '../../shared/models/linear-svm.ts';
import type { LrFit } from '../../shared/models/logistic-regression.ts';
import { seededRandom } from '../../shared/ports.ts';
import fc from '../fakes/property.ts';
import { csrOf as withWidth } from './matrices.ts';

const options: SvmOptions = { regParam: 0.05, fitIntercept: true, maxIter: 2000, tol: 1e-7 };

const csrOf = (rows: readonly (readonly number[])[]): Csr => withWidth(rows, rows[0]?.length ?? 2);

/** Coefficients and intercept of a margin, as the solver had them. */
function marginOf({ model }: LrFit, k: number): { weights: number[]; intercept: number } {
  const outputs = model.intercepts.length;
  const scale = model.isBinomial ? 8 : 4;
  const weights = new Array<number>(model.width).fill(0);
  model.columns.forEach((column, slot) => {
    weights[column] = model.coefficients[slot * outputs + k]! / scale;
  });
  return { weights, intercept: model.intercepts[k]! / scale };
}

/** Value and gradient of what is made small: half the squared length, and C times the squared hinge of each row. */
function primal(x: readonly number[][], sign: readonly number[], strength: readonly number[], w: readonly number[]) {
  let value = w.reduce((sum, each) => sum + each * each, 0) / 2;
  const gradient = [...w];
  x.forEach((row, i) => {
    const hinge = Math.max(0, 1 - sign[i]! * [...row, 1].reduce((sum, each, j) => sum + each * w[j]!, 0));
    value += strength[i]! * hinge * hinge;
    [...row, 1].forEach((each, j) => {
      gradient[j]! -= 2 * strength[i]! * hinge * sign[i]! * each;
    });
  });
  return { value, gradient };
}

function randomRows(count: number, width: number, classes: number, seed: number) {
  const random = seededRandom(seed);
  const x = Array.from({ length: count }, () =>
    Array.from({ length: width }, () => (random.next() < 0.4 ? Math.fround(random.next() * 2 - 1) : 0)),
  );
  const labels = Int32Array.from(x, (row, i) => (row[0]! > 0.1 ? 0 : i % classes));
  const weights = Float64Array.from(x, () => 0.2 + random.next());
  return { x, labels, weights };
}

describe('linear svm', () => {
  test('at its end the gradient of the objective is nothing for every label, with weights of rows too', () => {
    const { x, labels, weights } = randomRows(60, 12, 3, 4);
    const fit = fitLinearSvm({ x: csrOf(x), labels, numClasses: 3, weights }, options);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const strength = Array.from(weights, (weight) => weight / (options.regParam * total));
    let dual = 0;
    for (let k = 0; k < 3; k++) {
      const sign = Array.from(labels, (label) => (label === k ? 1 : -1));
      const side = marginOf(fit, k);
      const { value, gradient } = primal(x, sign, strength, [...side.weights, side.intercept]);
      expect(Math.max(...gradient.map(Math.abs))).toBeLessThan(1e-5);
      dual += value;
    }
    // the dual objective that is told is the negative of the primal one, and falls
    expect(-fit.objectiveHistory.at(-1)!).toBeCloseTo(dual * options.regParam, 6);
    expect(fit.objectiveHistory[0]).toBe(0);
    fit.objectiveHistory.slice(1).forEach((value, i) => {
      expect(value).toBeLessThanOrEqual(fit.objectiveHistory[i]! + 1e-12);
    });
    expect(fit.stopReason).toBe('gradient converged');
  });

  test('two labels share one margin, and its probabilities are those of the two margins', () => {
    const { x, labels } = randomRows(40, 8, 2, 9);
    const one = fitLinearSvm({ x: csrOf(x), labels, numClasses: 2 }, options);
    expect(one.model).toMatchObject({ isBinomial: true, intercepts: { length: 1 } });
    const two = fitLinearSvm({ x: csrOf(x), labels, numClasses: 3 }, options); // the third never occurs
    const [a, b] = [one, two].map(({ model }) => new LinearScorer(model).probabilities(csrOf(x)));
    x.forEach((_, row) => {
      expect(a![2 * row + 1]! / a![2 * row]!).toBeCloseTo(b![3 * row + 1]! / b![3 * row]!, 4);
    });
  });

  test('rows of weight 0 and columns without values change nothing', () => {
    const { x, labels } = randomRows(30, 6, 3, 2);
    const without = fitLinearSvm({ x: csrOf(x), labels, numClasses: 3 }, options);
    const more = [...x.map((row) => [...row, 0]), [9, 9, 9, 9, 9, 9, 9]];
    const fit = fitLinearSvm(
      {
        ...{ x: csrOf(more), labels: [...labels, 1], numClasses: 3 },
        weights: Float64Array.from([...x.map(() => 1), 0]),
      },
      options,
    );
    expect(fit.model.columns).toEqual(without.model.columns);
    expect(fit.model.coefficients).toEqual(without.model.coefficients);
  });

  test('one label alone is always the answer', () => {
    const x = csrOf([
      [1, 0],
      [0, 1],
    ]);
    const { model } = fitLinearSvm({ x, labels: [1, 1], numClasses: 3 }, options);
    const p = new LinearScorer(model).probabilities(x);
    expect([p[1]! > 0.9, p[4]! > 0.9]).toEqual([true, true]);
  });

  test.each<[string, Partial<{ x: Csr; labels: number[]; weights: Float64Array }>, string]>([
    ['a value that is not finite', { x: csrOf([[Number.NaN, 1]]) }, 'train.bad-value'],
    ['a class out of range', { labels: [3] }, 'train.unknown-label'],
    ['a negative weight', { weights: Float64Array.of(-1) }, 'train.bad-value'],
    ['no rows', { x: csrOf([]), labels: [] }, 'train.no-rows'],
  ])('%s is refused', (_, wrong, code) => {
    const input = { x: csrOf([[0.5, 1]]), labels: [0], numClasses: 3, ...wrong };
    expect(() => fitLinearSvm(input, options)).toThrow(expect.objectContaining({ code }));
  });

  test('where no row weighs anything the model says nothing, and its objective is a number', () => {
    const input = { x: csrOf([[0.5], [1]]), labels: [0, 1], numClasses: 2, weights: new Float64Array(2) };
    const { model, objectiveHistory } = fitLinearSvm(input, options);
    expect([...model.coefficients, ...model.intercepts].every((each) => each === 0)).toBe(true);
    expect(objectiveHistory.every((value) => value === 0)).toBe(true);
  });

  test('property: the same input gives the same model, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 2, max: 5 }),
        fc.nat(1000),
        (count, classes, seed) => {
          const { x, labels } = randomRows(count, 5, classes, seed);
          const once = () => fitLinearSvm({ x: csrOf(x), labels, numClasses: classes }, { ...options, tol: 0.1 });
          const { model, objectiveHistory } = once();
          expect(once()).toEqual({ ...once(), model, objectiveHistory });
          expect(model.coefficients.every(Number.isFinite)).toBe(true);
        },
      ),
      { numRuns: 40 },
    );
  });
});
