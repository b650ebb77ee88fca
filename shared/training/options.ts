// How a model is trained, as the command line, the API and the checkpoints spell it.
import { TerminalError } from '../errors.ts';
import { completeSpec, defaultFeatureSpec, type FeatureSpec } from '../features/spec.ts';
import { defaultLrOptions, type LrOptions } from '../models/logistic-regression.ts';

export interface TrainOptions extends FeatureSpec, LrOptions {
  /** Terms in fewer documents get weight 0. Default 0 */
  minDocFreq: number;
  /** Which rows calibration and thresholds see. folds: all rows, each judged by a model that has not seen it. holdout: a share of the rows.
   *  Default auto: folds below 5000 rows */
  calibration: 'auto' | 'folds' | 'holdout';
  /** Number of folds. Default 5 */
  folds: number;
  /** Share of the rows held out. Default 0.2 */
  holdout: number;
  /** Aim of the accept threshold: share of accepted labels that are right. Default 0.95 */
  precision: number;
  /** Confidence of that promise. Default 0.95 */
  confidence: number;
  /** true: keep the promise strictly or fail with what is missing. The model is then not trained on the rows that prove it. Default false */
  guarantee: boolean;
  /** Seed of the splits. Default 1 */
  seed: number;
}

export const defaultTrainOptions: TrainOptions = {
  ...defaultFeatureSpec,
  ...defaultLrOptions,
  regParam: 0.01,
  minDocFreq: 0,
  calibration: 'auto',
  folds: 5,
  holdout: 0.2,
  precision: 0.95,
  confidence: 0.95,
  guarantee: false,
  seed: 1,
};

const within: readonly (readonly [keyof TrainOptions, number, number])[] = [
  ['regParam', 0, Number.MAX_VALUE],
  ['elasticNet', 0, 1],
  ['maxIter', 0, 100_000],
  ['tol', 0, 1],
  ['minDocFreq', 0, Number.MAX_SAFE_INTEGER],
  ['folds', 2, 100],
  ['holdout', 0.01, 0.9],
  ['precision', 0.01, 0.9999],
  ['confidence', 0.01, 0.9999],
  ['seed', 0, 2 ** 32 - 1],
];

/**
 * Defaults filled in, bounds checked.
 * @throws {TerminalError} request.invalid naming every wrong option
 */
export function completeTrainOptions(given: Partial<TrainOptions> = {}): TrainOptions {
  const options = { ...defaultTrainOptions, ...given };
  const wrong = within
    .filter(([name, min, max]) => !(Number(options[name]) >= min && Number(options[name]) <= max))
    .map(([name, min, max]) => `${name}: need a number from ${min} to ${max}, have ${String(options[name])}`);
  if (wrong.length > 0) throw new TerminalError('request.invalid', wrong.join('; '));
  return { ...options, ...completeSpec(featureSpecOf(options)) };
}

export function featureSpecOf(options: TrainOptions): FeatureSpec {
  const { regexTokenizer, stopWords, ngram, numFeatures, binary, hash } = options;
  return { regexTokenizer, stopWords, ngram, numFeatures, binary, hash };
}

export function lrOptionsOf(options: TrainOptions): LrOptions {
  const { family, regParam, elasticNet, maxIter, tol, fitIntercept, standardization } = options;
  return { family, regParam, elasticNet, maxIter, tol, fitIntercept, standardization };
}
