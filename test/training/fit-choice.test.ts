// How regularization and class weights are chosen from held-out predictions.
import { describe, expect, test } from 'vitest';
import {
  balancedWeights,
  chooseLeast,
  chooseTrial,
  heldOutLoss,
  isUneven,
  prefersWeights,
  regParamOf,
} from '../../shared/training/fit-choice.ts';

const predictions = (rows: readonly (readonly [number, number])[], truth: readonly number[]) => ({
  raw: Float64Array.from(rows.flat()),
  truth: Int32Array.from(truth),
});

describe('the choice of a fit', () => {
  test('regularization is relative to the rows', () => {
    expect(regParamOf(8, 1000)).toBe(1 / 8000);
  });

  test('the least loss wins, the stronger regularization of equals', () => {
    expect(chooseLeast([0.5, 0.4, 0.4])).toBe(1);
    expect(chooseLeast([0.3])).toBe(0);
  });

  test('another strength than the first must serve clearly better; between weighings the least loss decides', () => {
    const way = (weighing: 'even' | 'labels', inverseStrength: number, logLoss: number) => ({
      ...{ weighing, inverseStrength, logLoss },
    });
    const [stronger, first] = [way('labels', 2, 0.5), way('labels', 8, 0.4)];
    expect(chooseTrial([stronger, first, way('labels', 32, 0.3985)], 8)).toBe(1);
    expect(chooseTrial([stronger, first, way('labels', 32, 0.3975)], 8)).toBe(2);
    expect(chooseTrial([first, way('even', 8, 0.3999)], 8)).toBe(1);
    expect(chooseTrial([way('labels', 32, 0.3), first], 8)).toBe(0);
  });

  test('the loss is what is left when the temperature is right: overconfidence alone costs nothing', () => {
    const truth = [0, 0, 0, 1, 1, 1];
    const mild = heldOutLoss(
      predictions(
        [
          [0.8, 0.2],
          [0.8, 0.2],
          [0.2, 0.8],
          [0.2, 0.8],
          [0.2, 0.8],
          [0.8, 0.2],
        ],
        truth,
      ),
      2,
    );
    const bold = heldOutLoss(
      predictions(
        [
          [0.99, 0.01],
          [0.99, 0.01],
          [0.01, 0.99],
          [0.01, 0.99],
          [0.01, 0.99],
          [0.99, 0.01],
        ],
        truth,
      ),
      2,
    );
    expect(bold).toBeCloseTo(mild, 3);
  });

  test('classes are uneven from ten to one on; a class without rows does not count', () => {
    expect(isUneven(Float64Array.of(100, 10))).toBe(true);
    expect(isUneven(Float64Array.of(99, 10, 0))).toBe(false);
    expect([...balancedWeights(Float64Array.of(160, 40))]).toEqual([Math.sqrt(100 / 160), Math.sqrt(100 / 40)]);
  });

  test('weights are taken for a better macro F1, unless they cost accuracy', () => {
    const truth = [0, 0, 0, 0, 1];
    const blind = predictions(
      truth.map(() => [0.9, 0.1] as const),
      truth,
    );
    const seeing = predictions(
      truth.map((k) => [1 - k, k] as const),
      truth,
    );
    const wild = predictions(
      truth.map(() => [0.1, 0.9] as const),
      truth,
    );
    expect(prefersWeights(blind, seeing, 2)).toBe(true);
    expect(prefersWeights(blind, wild, 2)).toBe(false);
    expect(prefersWeights(seeing, seeing, 2)).toBe(false);
  });
});
