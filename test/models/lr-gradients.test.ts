// Fits over kept gradients against fits on the vectors themselves (lr-objective.ts).
import { describe, expect, test, vi } from 'vitest';
import { dotProduct } from '../../shared/models/lbfgs.ts';
import {
  fitLogisticRegression,
  fitPath,
  type LrFit,
  type LrInput,
  type LrOptions,
} from '../../shared/models/logistic-regression.ts';
import { CAPACITY, type GradientSpace, KeptGradients } from '../../shared/models/lr-gradients.ts';
import { seededRandom } from '../../shared/ports.ts';
import fc from '../fakes/property.ts';
import { csrOf } from './matrices.ts';

const KINDS = ['gradients by rows', 'gradients by columns'] as const;

/** Rows whose labels follow from their values, some of them, with a column that never varies and one that never occurs. */
function makeInput(rows: number, width: number, classes: number, seed: number, isWeighted = false): LrInput {
  const random = seededRandom(seed);
  const labels = Array.from({ length: rows }, (_, row) => (row < classes ? row : Math.floor(random.next() * classes)));
  const X = labels.map((label) => [
    1,
    0,
    ...Array.from({ length: width }, (_, j) =>
      random.next() < (j % classes === label ? 0.6 : 0.2) ? Math.ceil(random.next() * 3) * 0.7 : 0,
    ),
  ]);
  const weights = Float64Array.from(labels, (_, row) => (row < classes ? 1 : Math.floor(random.next() * 3) / 2));
  return { x: csrOf(X, width + 2), labels, numClasses: classes, ...(isWeighted ? { weights } : {}) };
}

function expectSame(have: LrFit, need: LrFit, relative: number): void {
  expect([...have.model.columns]).toEqual([...need.model.columns]);
  expect([have.iterations, have.evaluations, have.stopReason]).toEqual([
    need.iterations,
    need.evaluations,
    need.stopReason,
  ]);
  const near = (a: ArrayLike<number>, b: ArrayLike<number>) => {
    const scale = Math.max(1e-3, ...Array.from(b, Math.abs));
    expect(a.length).toBe(b.length);
    for (let i = 0; i < b.length; i++) expect(Math.abs(a[i]! - b[i]!) / scale).toBeLessThan(relative);
  };
  near(have.objectiveHistory, need.objectiveHistory);
  near(have.model.coefficients, need.model.coefficients);
  near(have.model.intercepts, need.model.intercepts);
}

describe('fits over kept gradients', () => {
  test('any number of rows, columns and labels, with weights and without an intercept: the model is the one of plain vectors', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 3, max: 40 }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 3, max: 21 }),
        fc.integer({ min: 0, max: 1000 }),
        fc.boolean(),
        fc.boolean(),
        (more, width, classes, seed, isWeighted, fitIntercept) => {
          const input = makeInput(classes + more, width, classes, seed, isWeighted);
          const options: Partial<LrOptions> = { regParam: 0.05, maxIter: 8, fitIntercept };
          const need = fitLogisticRegression({ ...input, representation: 'primal' }, options);
          for (const representation of KINDS)
            expectSame(fitLogisticRegression({ ...input, representation }, options), need, 1e-8);
        },
      ),
      { numRuns: 40 },
    );
  });

  test.for(KINDS)('%s: more iterations than gradients have room', (representation) => {
    const input = makeInput(120, 30, 5, 11);
    const options = { regParam: 0.001, maxIter: 3 * CAPACITY, tol: 1e-14 };
    const need = fitLogisticRegression({ ...input, representation: 'primal' }, options);
    const have = fitLogisticRegression({ ...input, representation }, options);
    expect(need.iterations).toBeGreaterThan(2 * CAPACITY);
    expect(have.objectiveHistory.at(-1)! / need.objectiveHistory.at(-1)! - 1).toBeLessThan(1e-9);
    for (let i = 0; i < 40; i++) expect(have.objectiveHistory[i]! / need.objectiveHistory[i]!).toBeCloseTo(1, 8);
  });

  test.for(KINDS)(
    '%s: a path of penalties goes on from the fit before, and no penalty gives what plain vectors give',
    (representation) => {
      const input = makeInput(60, 12, 4, 5);
      const run = (kind: LrInput['representation'] & string) => [
        ...fitPath({ ...input, representation: kind }, { maxIter: 30, tol: 1e-9 }, [0.1, 0.01, 0]),
      ];
      const need = run('primal');
      run(representation).forEach((fit, i) => {
        expect(fit.objectiveHistory[0]! / need[i]!.objectiveHistory[0]!).toBeCloseTo(1, 8);
        expect(fit.objectiveHistory.at(-1)! / need[i]!.objectiveHistory.at(-1)!).toBeCloseTo(1, 6);
      });
    },
  );

  test('many margins take it by themselves, and the same input gives the same bits', () => {
    const input = makeInput(700, 40, 6, 2);
    const options = { regParam: 0.01, maxIter: 12 };
    const [once, again] = [fitLogisticRegression(input, options), fitLogisticRegression(input, options)];
    const forced = fitLogisticRegression({ ...input, representation: 'gradients by columns' }, options);
    expect(once).toEqual(again);
    expect(once).toEqual(forced);
  });

  test('a memory that another fit has left gives the same bits as a fresh one, whichever kind and size the other had', () => {
    const inputs = [makeInput(60, 20, 5, 1), makeInput(300, 90, 9, 2), makeInput(40, 130, 3, 3)];
    const options = { regParam: 0.01, maxIter: 30, tol: 1e-12 };
    const fits = () =>
      inputs.flatMap((input) =>
        KINDS.map((representation) => fitLogisticRegression({ ...input, representation }, options)),
      );
    const once = fits();
    expect(fits()).toEqual(once);
    expect(fits().reverse()).toEqual([...once].reverse());
    const open = fitPath({ ...inputs[1]!, representation: KINDS[1] }, options, [0.01, 0.001]);
    expect(open.next().value).toEqual(once[3]);
    expect(fits()).toEqual(once); // while the other is still at work
    const [, alone] = [...fitPath({ ...inputs[1]!, representation: KINDS[1] }, options, [0.01, 0.001])];
    expect(open.next().value).toEqual(alone);
  });

  test('an engine without WebAssembly takes the plain way, to the same model', () => {
    const input = makeInput(700, 40, 6, 2);
    const options = { regParam: 0.01, maxIter: 12 };
    const need = fitLogisticRegression(input, options);
    vi.stubGlobal('WebAssembly', undefined);
    try {
      const have = fitLogisticRegression(input, options);
      expectSame(have, need, 1e-9);
      expect(have).toEqual(fitLogisticRegression({ ...input, representation: 'primal' }, options));
    } finally {
      vi.unstubAllGlobals();
    }
  });

  test('columns of zeros, and a label that only rows of weight 0 have', () => {
    const input = makeInput(50, 8, 4, 9, true);
    const weights = Float64Array.from(input.labels as number[], (label, row) =>
      label === 3 ? 0 : input.weights![row]!,
    );
    const options = { regParam: 0.02, maxIter: 10 };
    const need = fitLogisticRegression({ ...input, weights, representation: 'primal' }, options);
    for (const representation of KINDS)
      expectSame(fitLogisticRegression({ ...input, weights, representation }, options), need, 1e-8);
  });
});

test.for(KINDS)('%s: rows without any value give the intercepts alone', (representation) => {
  const input = { x: csrOf([[], [], [], []], 5), labels: [0, 1, 2, 1], numClasses: 3 };
  const options = { regParam: 0.1, maxIter: 20 };
  const need = fitLogisticRegression({ ...input, representation: 'primal' }, options);
  const have = fitLogisticRegression({ ...input, representation }, options);
  expect(have.model.coefficients).toHaveLength(0);
  need.model.intercepts.forEach((value, c) => {
    expect(have.model.intercepts[c]).toBeCloseTo(value, 10);
  });
});

/** Vectors in plain arrays; a gradient is whatever `next` says. */
function plainSpace(next: () => Float64Array): GradientSpace & { vectors: Float64Array[] } {
  const vectors: Float64Array[] = [];
  const sum = (by: Float64Array, count: number) =>
    Float64Array.from(vectors[0] ?? [], (_, i) => {
      let value = 0;
      for (let j = 0; j < count; j++) value += by[j]! * vectors[j]![i]!;
      return value;
    });
  return {
    vectors,
    evaluate(_by, _count, _intercepts, slot) {
      vectors[slot] = next();
      return { loss: 0, sums: new Float64Array(2) };
    },
    dots: (slot, count) => Float64Array.from({ length: count }, (_, j) => dotProduct(vectors[slot]!, vectors[j]!)),
    keep: (slot) => dotProduct(vectors[slot]!, vectors[slot]!),
    replace(slots, by, count) {
      const made = by.map((factors) => sum(factors, count));
      slots.forEach((slot, i) => {
        vectors[slot] = made[i]!;
      });
    },
    solution: (by, count) => ({ coefficients: sum(by, count), centring: new Float64Array(2) }),
    close() {},
  };
}

test('when gradients have no more room, the vectors of L-BFGS and their products stay what they are', () => {
  const random = seededRandom(4);
  const space = plainSpace(() => Float64Array.from({ length: 40 }, () => random.next() - 0.5));
  const kept = new KeptGradients(space, 2);
  const weight = 3;
  const l2 = 0.2;
  const draw = (from = new Float64Array(CAPACITY + 2)) => {
    const vector = new Float64Array(CAPACITY + 2);
    for (let j = 0; j < kept.count; j++) vector[j] = from[j]! + (random.next() - 0.5) / 4;
    vector.fill(random.next(), CAPACITY);
    return vector;
  };
  /** A gradient at x: l2 x + h / weight, with its part for the intercepts. */
  const gradientAt = (x: Float64Array) => {
    const slot = kept.count;
    kept.evaluate(new Float64Array(CAPACITY + 2));
    kept.keep();
    const g = x.map((factor) => factor * l2);
    g[slot]! += 1 / weight;
    g.fill(random.next(), CAPACITY);
    return g;
  };
  const minus = (a: Float64Array, b: Float64Array) => a.map((value, i) => value - b[i]!);
  let x = draw();
  let [steps, changes]: [Float64Array[], Float64Array[]] = [[], []];
  let g = gradientAt(x);
  for (let rounds = 0; rounds < 3; ) {
    const moved = draw(x);
    const turned = gradientAt(moved);
    steps = [minus(moved, x), ...steps].slice(0, 10);
    changes = [minus(turned, g), ...changes].slice(0, 10);
    [x, g] = [moved, turned];
    if (kept.count < CAPACITY) continue;
    rounds++;
    const vectors = [x, g, ...steps, ...changes];
    const before = vectors.map((vector) => space.solution(vector, kept.count).coefficients);
    const products = vectors.map((a) => vectors.map((b) => kept.dot(a, b)));
    kept.settle({ x, g, steps, changes }, l2, weight);
    expect(kept.count).toBeLessThanOrEqual(22);
    vectors.forEach((vector, i) => {
      const after = space.solution(vector, kept.count).coefficients;
      for (let at = 0; at < after.length; at++) expect(after[at]).toBeCloseTo(before[i]![at]!, 10);
      vectors.forEach((other, j) => {
        expect(kept.dot(vector, other)).toBeCloseTo(products[i]![j]!, 9);
      });
    });
  }
  expect(kept.count).toBeGreaterThan(10);
});

test('with a strong penalty, first in a path or alone, a fit ends where plain vectors end', () => {
  const input = makeInput(110, 300, 40, 2);
  const fits = (representation?: LrInput['representation']) => [
    ...fitPath({ ...input, ...(representation === undefined ? {} : { representation }) }, {}, [1000, 100, 1]),
  ];
  const plain = fits('dual'); // there are fewer rows than columns
  fits().forEach((fit, i) => {
    expectSame(fit, plain[i]!, 1e-12);
  });
});
