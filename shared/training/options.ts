// How a model is trained, as the command line, the API and the checkpoints spell it.
import { TerminalError } from '../errors.ts';
import {
  completeSpec,
  defaultFeatureSpec,
  type FeatureProfile,
  type FeatureSpec,
  lexicalFeatureSpec,
  PROFILES,
  profileOf,
} from '../features/spec.ts';
import { LOSSES, type Loss } from '../models/loss.ts';
import { defaultLrOptions, type LrOptions } from '../models/lr-options.ts';

export interface TrainOptions extends FeatureSpec, Omit<LrOptions, 'regParam'> {
  /** How texts become vectors; decides the defaults of the features and of the fit. Default lexical */
  profile: FeatureProfile;
  /** squared-hinge: each label against the rest, the default of the lexical profile. logistic: what spark has, and all that knows L1 penalties */
  loss: Loss;
  /** null: chosen by the data (fit-choice.ts), the default of the lexical profile; spark's is 0.01 */
  regParam: number | null;
  /** Terms in fewer documents get weight 0. null, the default: none for spark; for lexical 2 from 1000 rows on */
  minDocFreq: number | null;
  /** auto: classes weigh by the root of their size where they are very uneven and held-out rows show that this helps. Default auto for lexical */
  classWeights: 'auto' | 'none';
  /** Which rows calibration and thresholds see. folds: all rows, each judged by a model that has not seen it. holdout: a share of the rows.
   *  Default auto: folds below 5000 rows, with an encoder up to 12,000 where that is no more work than encoding them */
  calibration: 'auto' | 'folds' | 'holdout';
  /** Number of folds. Default 5; with an encoder and calibration auto at least 10 */
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

const judging = {
  calibration: 'auto',
  folds: 5,
  holdout: 0.2,
  precision: 0.95,
  confidence: 0.95,
  guarantee: false,
  seed: 1,
} as const;

/** Where the fits of a loss end. */
const endings = {
  'squared-hinge': { maxIter: 100, tol: 0.1 },
  logistic: { maxIter: 40, tol: 1e-4 },
} as const;

const defaults: Record<FeatureProfile, TrainOptions> = {
  lexical: {
    ...lexicalFeatureSpec,
    ...defaultLrOptions,
    ...judging,
    profile: 'lexical',
    loss: 'squared-hinge',
    scaling: false, // rows have length 1 already
    regParam: null,
    ...endings['squared-hinge'],
    minDocFreq: null,
    classWeights: 'auto',
  },
  spark: {
    ...defaultFeatureSpec,
    ...defaultLrOptions,
    ...judging,
    profile: 'spark',
    loss: 'logistic',
    regParam: 0.01,
    minDocFreq: null,
    classWeights: 'none',
  },
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
  const { profile = 'lexical' } = given;
  if (!PROFILES.includes(profile))
    throw new TerminalError('request.invalid', `profile: need ${PROFILES.join(' or ')}, have ${String(profile)}`);
  const { loss = (given.elasticNet ?? 0) > 0 ? 'logistic' : defaults[profile].loss } = given;
  if (!LOSSES.includes(loss))
    throw new TerminalError('request.invalid', `loss: need ${LOSSES.join(' or ')}, have ${String(loss)}`);
  const ending = profile === 'lexical' ? endings[loss] : {};
  const options: TrainOptions = { ...defaults[profile], ...ending, ...given, loss };
  if (loss === 'squared-hinge' && (profile === 'spark' || options.elasticNet > 0))
    throw new TerminalError(
      'request.invalid',
      `loss: ${profile === 'spark' ? 'the profile spark' : 'an L1 penalty'} needs logistic, have ${loss}`,
    );
  const wrong = within
    .filter(([name]) => options[name] !== null)
    .filter(([name, min, max]) => !(Number(options[name]) >= min && Number(options[name]) <= max))
    .map(([name, min, max]) => `${name}: need a number from ${min} to ${max}, have ${String(options[name])}`);
  if (wrong.length > 0) throw new TerminalError('request.invalid', wrong.join('; '));
  return { ...options, ...completeSpec(featureSpecOf(options)) };
}

export function featureSpecOf(options: TrainOptions): FeatureSpec {
  const { regexTokenizer, stopWords, ngram, numFeatures, binary, hash, lexical } = options;
  return {
    regexTokenizer,
    stopWords,
    ngram,
    numFeatures,
    binary,
    hash,
    ...(lexical === undefined ? {} : { lexical }),
  };
}

/** @param regParam  as given or as chosen */
export function lrOptionsOf(options: TrainOptions, regParam: number): LrOptions {
  const { family, elasticNet, maxIter, tol, fitIntercept, standardization } = options;
  const scaling = profileOf(options) === 'spark'; // plans stored by earlier versions do not say
  return { family, regParam, elasticNet, maxIter, tol, fitIntercept, standardization, scaling };
}
