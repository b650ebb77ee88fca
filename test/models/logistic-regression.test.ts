// Golden runs come from an independent implementation of Spark's semantics (see the data folder's README); the first one is a PySpark doctest.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { TerminalError } from '../../shared/errors.ts';
import { LinearScorer } from '../../shared/models/linear-model.ts';
import { fitLogisticRegression, type LrFit, type LrOptions } from '../../shared/models/logistic-regression.ts';
import { seededRandom } from '../../shared/ports.ts';
import { csrOf } from './matrices.ts';

const GOLDEN = join(import.meta.dirname, '../../../shared/data/golden/logistic-regression.json');

interface GoldenCase {
  name: string;
  X: number[][];
  y: number[];
  params: {
    w?: number[];
    reg: number;
    maxIter: number;
    standardization?: boolean;
    fitIntercept?: boolean;
    family?: 'multinomial';
  };
  coefficientMatrix: number[][];
  interceptVector: number[];
  objectiveHistory: number[];
  iterations: number;
  functionEvaluations: number;
  rawPrediction: number[][];
  probability: number[][];
}

const optionsOf = ({ params }: GoldenCase): Partial<LrOptions> => ({
  regParam: params.reg,
  maxIter: params.maxIter,
  ...(params.standardization === undefined ? {} : { standardization: params.standardization }),
  ...(params.fitIntercept === undefined ? {} : { fitIntercept: params.fitIntercept }),
  ...(params.family === undefined ? {} : { family: params.family }),
});

/** Dense coefficients [outputs][width]. */
function dense({ model }: LrFit): number[][] {
  const outputs = model.intercepts.length;
  const rows = Array.from({ length: outputs }, () => new Array<number>(model.width).fill(0));
  model.columns.forEach((column, slot) => {
    for (let k = 0; k < outputs; k++) rows[k]![column] = model.coefficients[slot * outputs + k]!;
  });
  return rows;
}

const flat = (rows: readonly (readonly number[])[]): number[] => rows.flat();

function expectClose(have: ArrayLike<number>, need: ArrayLike<number>, relative: number): void {
  expect(have.length).toBe(need.length);
  const scale = Math.max(1e-3, ...Array.from(need, Math.abs));
  for (let i = 0; i < need.length; i++) expect(Math.abs(have[i]! - need[i]!) / scale).toBeLessThan(relative);
}

describe.skipIf(!existsSync(GOLDEN))('logistic regression: goldens (skipped where the data folder is absent)', () => {
  const { cases } = existsSync(GOLDEN)
    ? (JSON.parse(readFileSync(GOLDEN, 'utf8')) as { cases: GoldenCase[] })
    : { cases: [] };

  test.for(cases.map((c) => [c.name, c] as const))('%s: coefficients, objective history and scores', ([, golden]) => {
    const x = csrOf(golden.X, golden.X[0]!.length);
    const fit = fitLogisticRegression(
      {
        x,
        labels: golden.y,
        numClasses: Math.max(...golden.y) + 1,
        ...(golden.params.w === undefined ? {} : { weights: Float64Array.from(golden.params.w) }),
      },
      optionsOf(golden),
    );
    expectClose(flat(dense(fit)), flat(golden.coefficientMatrix), 1e-6);
    expectClose(fit.model.intercepts, golden.interceptVector, 1e-6);
    expectClose(fit.objectiveHistory, golden.objectiveHistory, 1e-9);
    expect(fit.iterations).toBe(golden.iterations);
    expect(fit.evaluations).toBe(golden.functionEvaluations);
    const scorer = new LinearScorer(fit.model);
    expectClose(scorer.rawPrediction(x), flat(golden.rawPrediction), 1e-6);
    expectClose(scorer.probabilities(x), flat(golden.probability), 1e-7);
  });

  test.for(cases.filter((c) => c.params.standardization !== false).map((c) => [c.name, c] as const))(
    '%s: the dual representation gives the same model',
    ([, golden]) => {
      const input = {
        x: csrOf(golden.X, golden.X[0]!.length),
        labels: golden.y,
        numClasses: Math.max(...golden.y) + 1,
        ...(golden.params.w === undefined ? {} : { weights: Float64Array.from(golden.params.w) }),
      };
      const fit = fitLogisticRegression({ ...input, representation: 'dual' }, optionsOf(golden));
      expectClose(flat(dense(fit)), flat(golden.coefficientMatrix), 1e-6);
      expectClose(fit.objectiveHistory, golden.objectiveHistory, 1e-9);
      expect(fit.evaluations).toBe(golden.functionEvaluations);
    },
  );
});

/** A sparse problem with more columns than rows. */
function wideProblem(rows: number, width: number, classes: number) {
  const random = seededRandom(7);
  const X = Array.from({ length: rows }, () =>
    Array.from({ length: width }, () => (random.next() < 0.1 ? Math.round(random.next() * 40) / 10 : 0)),
  );
  const labels = X.map((row, i) => (i < classes ? i : Math.floor((row[0]! + row[1]! + random.next()) * 2) % classes));
  return { x: csrOf(X, width), labels, numClasses: classes };
}

describe('logistic regression', () => {
  test('few rows and many columns: both representations agree to 1e-10', () => {
    const input = wideProblem(60, 200, 5);
    const options = { regParam: 0.01, maxIter: 20 };
    const primal = fitLogisticRegression({ ...input, representation: 'primal' }, options);
    const dual = fitLogisticRegression({ ...input, representation: 'dual' }, options);
    expect(dual.evaluations).toBe(primal.evaluations);
    expectClose(flat(dense(dual)), flat(dense(primal)), 1e-10);
    expectClose(dual.model.intercepts, primal.model.intercepts, 1e-10);
  });

  test('a weight of 2 equals the row twice, up to the deviation divisor', () => {
    const X = [
      [1, 0],
      [0, 2],
      [3, 1],
      [2, 2],
      [0, 1],
      [1, 3],
    ];
    const y = [0, 1, 0, 1, 1, 0];
    const options = { regParam: 0, maxIter: 50, tol: 1e-12 };
    const weighted = fitLogisticRegression(
      { x: csrOf(X, 2), labels: y, numClasses: 2, weights: Float64Array.of(2, 1, 1, 1, 1, 1) },
      options,
    );
    const repeated = fitLogisticRegression({ x: csrOf([...X, X[0]!], 2), labels: [...y, 0], numClasses: 2 }, options);
    expectClose(flat(dense(weighted)), flat(dense(repeated)), 1e-5);
  });

  test('a pure L1 penalty leaves the informative column and drops the noise exactly to 0', () => {
    const random = seededRandom(3);
    const X = Array.from({ length: 200 }, () => Array.from({ length: 6 }, () => random.next() * 2 - 1));
    const y = X.map((row) => (row[2]! + 0.1 * (random.next() - 0.5) > 0 ? 1 : 0));
    const fit = fitLogisticRegression(
      { x: csrOf(X, 6), labels: y, numClasses: 2 },
      { regParam: 0.1, elasticNet: 1, maxIter: 100 },
    );
    const [row] = dense(fit);
    expect(row![2]).toBeGreaterThan(0.5);
    expect(row!.filter((value) => value !== 0)).toHaveLength(1);
  });

  test('elastic net reaches a point where no coordinate can improve the objective', () => {
    const input = wideProblem(80, 12, 3);
    const options = { regParam: 0.02, elasticNet: 0.5, maxIter: 400, tol: 1e-12 };
    const { objectiveHistory } = fitLogisticRegression(input, options);
    const again = fitLogisticRegression(input, { ...options, maxIter: 800 });
    expect(objectiveHistory.at(-1)! - again.objectiveHistory.at(-1)!).toBeLessThan(1e-8);
    for (let i = 1; i < objectiveHistory.length; i++)
      expect(objectiveHistory[i]!).toBeLessThanOrEqual(objectiveHistory[i - 1]! + 1e-12);
  });

  test('one class only: an infinite intercept, as Spark gives, and nothing trained', () => {
    const x = csrOf([[1], [2]], 1);
    const multi = fitLogisticRegression({ x, labels: [1, 1], numClasses: 3 });
    expect([...multi.model.intercepts]).toEqual([0, Number.POSITIVE_INFINITY, 0]);
    expect([...new LinearScorer(multi.model).probabilities(x)]).toEqual([0, 1, 0, 0, 1, 0]);
    const binary = fitLogisticRegression({ x, labels: [0, 0], numClasses: 2 });
    expect([...binary.model.intercepts]).toEqual([Number.POSITIVE_INFINITY]);
    expect(multi.objectiveHistory).toEqual([0]);
  });

  test.for([
    ['train.no-rows', () => fitLogisticRegression({ x: csrOf([], 1), labels: [], numClasses: 2 })],
    [
      'train.bad-value',
      () => fitLogisticRegression({ x: csrOf([[Number.NaN], [1]], 1), labels: [0, 1], numClasses: 2 }),
    ],
    [
      'train.bad-value',
      () =>
        fitLogisticRegression({
          x: csrOf([[1], [2]], 1),
          labels: [0, 1],
          numClasses: 2,
          weights: Float64Array.of(1, -1),
        }),
    ],
    [
      'train.no-rows',
      () =>
        fitLogisticRegression({ x: csrOf([[1], [2]], 1), labels: [0, 1], numClasses: 2, weights: new Float64Array(2) }),
    ],
    ['train.unknown-label', () => fitLogisticRegression({ x: csrOf([[1], [2]], 1), labels: [0, 5], numClasses: 2 })],
    ['request.invalid', () => fitLogisticRegression({ x: csrOf([[1], [2]], 1), labels: [0], numClasses: 2 })],
  ] as const)('bad input is refused with %s', ([code, fit]) => {
    expect(fit).toThrow(expect.objectContaining({ code }) as TerminalError);
  });
});

test('one-vs-rest: the largest margin has the largest probability, also where all are certain', () => {
  const scorer = new LinearScorer(
    {
      width: 1,
      columns: new Int32Array(),
      coefficients: new Float64Array(),
      intercepts: Float64Array.of(40, 50, 45),
      isBinomial: false,
    },
    'one-vs-rest',
  );
  const nothing = {
    rows: 1,
    width: 1,
    indptr: Uint32Array.of(0, 0),
    indices: new Int32Array(),
    values: new Float64Array(),
  };
  const [first, second, third] = scorer.probabilities(nothing);
  expect(second).toBeGreaterThan(first!);
  expect(second).toBeGreaterThan(third!);
  expect(first! + second! + third!).toBeCloseTo(1, 12);
});
