// Logistic regression trained as Spark ML ≥ 3.2 trains it: scaling, virtual centring, start, penalty, optimiser and clean-up afterwards.
// Invariants: R1 columns without variance get coefficient 0. R2 only columns that occur take memory. R3 the result does not depend on which
// representation (lr-spaces.ts) is used, up to rounding.
// Semantics: org.apache.spark.ml.classification.LogisticRegression.
import { TerminalError } from '../errors.ts';
import { type LbfgsState, minimize, type StopReason } from './lbfgs.ts';
import type { LinearModel } from './linear-model.ts';
import { finishModel, startIntercepts, sumClasses, usesMultinomial } from './lr-model.ts';
import { checkInput, defaultLrOptions, type LrInput, type LrOptions } from './lr-options.ts';
import { spreadL1 } from './lr-penalty.ts';
import { openSpace } from './lr-spaces.ts';

export type { LrInput, LrOptions } from './lr-options.ts';

/** Steps that L-BFGS remembers where Spark's numbers need not be met: with many classes its vectors cost more than the objective. */
const SHORT_MEMORY = 5;

export interface LrFit {
  model: LinearModel;
  /** Objective at the start and after each iteration, penalty included. */
  objectiveHistory: number[];
  iterations: number;
  evaluations: number;
  stopReason: StopReason;
}

/**
 * Fit.
 * @throws {TerminalError} train.no-rows (none, or none that weighs anything), train.bad-value (NaN, infinite, negative weight), train.unknown-label (class out of range)
 */
export function fitLogisticRegression(
  input: LrInput,
  given: Partial<LrOptions> = {},
  onIteration?: (progress: { iteration: number; objective: number }) => void,
): LrFit {
  const options = { ...defaultLrOptions, ...given };
  return [...fitPath(input, options, [options.regParam], onIteration)][0]!; // one fit per parameter
}

/**
 * Fits for falling regularization, each continuing from the one before: together little more work than the last one alone.
 * @param regParams  largest first
 * @throws as fitLogisticRegression
 */
export function* fitPath(
  input: LrInput,
  given: Partial<LrOptions>,
  regParams: readonly number[],
  onIteration?: (progress: { iteration: number; objective: number }) => void,
): Generator<LrFit> {
  const options = { ...defaultLrOptions, ...given };
  checkInput(input);
  if (input.weights?.every((weight) => weight === 0))
    throw new TerminalError(
      'train.no-rows',
      `Training: need a weight above 0 among the rows of each fit, all ${input.x.rows} of one have 0`,
    );
  const labels = Int32Array.from(input.labels);
  const classWeights = sumClasses(labels, input.numClasses, input.weights);
  const isMultinomial = usesMultinomial(options.family, input.numClasses);
  const constant = constantModel(classWeights, input.x.width, isMultinomial, options.fitIntercept);
  if (constant !== undefined) {
    for (const _ of regParams) yield constant;
    return;
  }
  const largest = { ...options, regParam: Math.max(...regParams) };
  const space = openSpace({ ...input, labels, isMultinomial, options: largest });
  let point: Float64Array | undefined;
  try {
    for (const regParam of regParams) {
      const plan = space.plan({ ...options, regParam });
      const objective = space.objective(plan);
      if (point !== undefined) objective.resume?.(point);
      const state = minimize(
        point ?? objective.start(startIntercepts(classWeights, isMultinomial)),
        objective.evaluate,
        {
          maxIter: options.maxIter,
          tol: options.tol,
          ...(options.scaling ? {} : { memory: SHORT_MEMORY }),
          dot: objective.dot,
          complete: objective.complete,
          ...(plan.l1 === undefined ? {} : { l1: spreadL1(plan.l1, space.p.outputs, options.fitIntercept) }),
        },
        (s) => {
          objective.settle?.(s);
          onIteration?.({ iteration: s.iteration, objective: s.total });
        },
      );
      point = state.x;
      yield {
        ...summary(state),
        model: finishModel(objective.solution(point), space.p, input.x.width, regParam),
      };
    }
  } finally {
    space.close?.();
  }
}

function summary(state: LbfgsState): Omit<LrFit, 'model'> {
  return {
    objectiveHistory: state.history,
    iterations: state.iteration,
    evaluations: state.evaluations,
    stopReason: state.stop ?? 'max iterations',
  };
}

/** Spark's answer when only one class occurs: infinite intercept, nothing trained. */
function constantModel(
  classWeights: Float64Array,
  width: number,
  isMultinomial: boolean,
  fitIntercept: boolean,
): LrFit | undefined {
  const occurring = [...classWeights.keys()].filter((c) => classWeights[c]! > 0);
  if (!fitIntercept || occurring.length !== 1) return undefined;
  const numClasses = classWeights.length;
  const intercepts = isMultinomial
    ? Float64Array.from(classWeights, (_, c) => (c === occurring[0] ? Number.POSITIVE_INFINITY : 0))
    : Float64Array.of(numClasses === 2 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY);
  return {
    model: {
      width,
      columns: new Int32Array(0),
      coefficients: new Float64Array(0),
      intercepts,
      isBinomial: !isMultinomial,
    },
    objectiveHistory: [0],
    iterations: 0,
    evaluations: 0,
    stopReason: 'max iterations',
  };
}
