// How terms weigh, how strongly a model is regularized and whether rare classes weigh more, chosen by rows the tried models have not seen.
// Invariants: F1 a choice depends on held-out predictions only. F2 what was tried is remembered with what it cost.

import type { Weighing } from '../features/weigh.ts';
import { calibrate, fitTemperature, logLoss } from '../models/calibration.ts';
import type { Loss } from '../models/loss.ts';
import { argmax } from '../models/scorer.ts';
import type { Predictions } from './judge.ts';

/**
 * Inverse strengths C: regParam is 1 / (C × rows), so that a choice made on a part of the rows holds for all of them. Where terms may weigh in several
 * ways they are compared with `compared`; the best of them goes on with `weaker`, and with `stronger` if that serves less.
 */
export const STRENGTHS: Record<Loss, { stronger: number; compared: number; weaker: number }> = {
  'squared-hinge': { stronger: 0.3, compared: 1, weaker: 3 },
  logistic: { stronger: 2, compared: 8, weaker: 32 },
};

/** Share of the loss by which another strength than the first must serve better: what is less differs from one draw of rows to the next. */
const CLEARLY_LESS = 0.005;

/** Place of the least loss; where the first strength of the same weighing has hardly more, that one's. */
export function chooseTrial(tried: readonly (Way & { logLoss: number })[], compared: number): number {
  const best = chooseLeast(tried.map(({ logLoss }) => logLoss));
  const first = tried.findIndex(
    ({ weighing, inverseStrength }) => weighing === tried[best]?.weighing && inverseStrength === compared,
  );
  const isClear = first < 0 || tried[best]!.logLoss < tried[first]!.logLoss * (1 - CLEARLY_LESS);
  return isClear ? best : first;
}

export const regParamOf = (inverseStrength: number, rows: number): number => 1 / (inverseStrength * Math.max(1, rows));

/** Largest class over smallest from which weights are tried. */
const UNEVEN = 10;
/** Accuracy that may be lost for a better macro F1. */
const TOLERATED_LOSS = 0.005;

export const isUneven = (classWeights: Float64Array): boolean => {
  const occurring = classWeights.filter((weight) => weight > 0);
  return occurring.length > 1 && Math.max(...occurring) >= UNEVEN * Math.min(...occurring);
};

/** Weight of each class: the root of how much rarer than the mean it is. */
export function balancedWeights(classWeights: Float64Array): Float64Array {
  const occurring = classWeights.filter((weight) => weight > 0);
  const mean = occurring.reduce((sum, weight) => sum + weight, 0) / occurring.length;
  return classWeights.map((weight) => (weight > 0 ? Math.sqrt(mean / weight) : 1));
}

/** Log loss of held-out predictions once their temperature is right: what a calibrated model would have. */
export function heldOutLoss({ raw, truth }: Predictions, classes: number): number {
  const rows = Array.from({ length: truth.length }, (_, row) => row);
  return logLoss(calibrate(raw, classes, fitTemperature(raw, classes, truth, rows)), classes, truth);
}

/** Place of the smallest loss, the stronger regularization of equals. */
export function chooseLeast(losses: readonly number[]): number {
  let best = 0;
  losses.forEach((loss, i) => {
    if (loss < losses[best]!) best = i;
  });
  return best;
}

/** Do predictions with class weights serve better: a better macro F1 for hardly any accuracy? */
export function prefersWeights(plain: Predictions, weighted: Predictions, classes: number): boolean {
  const [before, after] = [scoresOf(plain, classes), scoresOf(weighted, classes)];
  return after.macroF1 > before.macroF1 && after.accuracy >= before.accuracy - TOLERATED_LOSS;
}

function scoresOf({ raw, truth }: Predictions, classes: number): { accuracy: number; macroF1: number } {
  const [hits, predicted, actual] = [0, 0, 0].map(() => new Float64Array(classes)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  truth.forEach((label, row) => {
    const top = argmax(raw, row * classes, (row + 1) * classes);
    predicted[top]!++;
    actual[label]!++;
    if (top === label) hits[label]!++;
  });
  let f1 = 0;
  let occurring = 0;
  for (let k = 0; k < classes; k++) {
    if (actual[k] === 0) continue;
    occurring++;
    f1 += (2 * hits[k]!) / (predicted[k]! + actual[k]!);
  }
  const right = hits.reduce((sum, count) => sum + count, 0);
  return { accuracy: right / Math.max(1, truth.length), macroF1: f1 / Math.max(1, occurring) };
}

/** A way to fit. */
export interface Way {
  weighing: Weighing;
  /** C; null: the regParam that was given. */
  inverseStrength: number | null;
}

/** How the final model is fitted. */
export interface Fitting extends Way {
  weighClasses: boolean;
  /** What was tried, with the calibrated held-out log loss of each. */
  tried: readonly (Way & { logLoss: number })[];
  /** Iterations of everything that was tried: of L-BFGS, or epochs of its slowest label. */
  iterationsTried: number;
}

/** A choice as it is kept with the model. */
export const describeFitting = (fitting: Fitting): Record<string, string | number | boolean | null> => ({
  regularization: fitting.inverseStrength === null ? 'given' : `1 / (${fitting.inverseStrength} n)`,
  termWeights: fitting.weighing,
  regularizationTried:
    fitting.tried.length === 0
      ? null
      : fitting.tried
          .map(({ weighing, inverseStrength, logLoss }) => `${weighing}, C ${inverseStrength}: ${logLoss.toFixed(4)}`)
          .join('; '),
  iterationsTried: fitting.iterationsTried,
  weighClasses: fitting.weighClasses,
});
