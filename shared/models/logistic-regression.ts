// Logistic regression trained as Spark ML ≥ 3.2 trains it: scaling, virtual centring, start, penalty, optimiser and clean-up afterwards.
// Invariants: R1 columns without variance get coefficient 0. R2 only columns that occur take memory. R3 the result does not depend on which
// representation (lr-objective.ts) is used, up to rounding.
// Semantics: org.apache.spark.ml.classification.LogisticRegression.
import { TerminalError } from '../errors.ts';
import { collectRows, type RowReader, readRowsOf } from '../features/row-reader.ts';
import type { Csr } from '../features/sparse.ts';
import { type ColumnStats, columnStats, sumColumns, unscaledStats } from './column-stats.ts';
import { type LbfgsState, minimize, type StopReason } from './lbfgs.ts';
import type { LinearModel } from './linear-model.ts';
import { findOccurring, SingleColumns } from './lr-columns.ts';
import { createDual, createPrimal, interceptsOf, type PenaltyWeights, type Span, spanOf } from './lr-objective.ts';
import { activeColumns, type ProblemFrame, type ScaledProblem, scaleProblem } from './lr-problem.ts';

export interface LrOptions {
  /** auto: binomial for at most two classes */
  family: 'auto' | 'binomial' | 'multinomial';
  regParam: number;
  /** 0: L2 only; 1: L1 only. Anything above 0 switches to OWL-QN. */
  elasticNet: number;
  maxIter: number;
  tol: number;
  fitIntercept: boolean;
  /** true: the penalty is on coefficients of columns scaled to deviation 1 */
  standardization: boolean;
  /** false: columns are neither scaled nor centred, for rows that are normalized already; `standardization` then changes nothing. */
  scaling: boolean;
}

/** Spark's defaults. */
export const defaultLrOptions: LrOptions = {
  family: 'auto',
  regParam: 0,
  elasticNet: 0,
  maxIter: 100,
  tol: 1e-6,
  fitIntercept: true,
  standardization: true,
  scaling: true,
};

/** Values of the features from which they are kept by columns in single precision, where Spark's numbers need not be met: fewer cost little as they are. */
const MANY_VALUES = 1_000_000;
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

export interface LrInput {
  /** [n, width] */
  x: Csr | RowReader;
  /** Class of each row, 0 … numClasses − 1. */
  labels: ArrayLike<number>;
  numClasses: number;
  /** Weight of each row; default 1. */
  weights?: Float64Array;
  /** For tests: force a representation; columns only without scaling and with an L2 penalty alone. */
  representation?: 'primal' | 'dual' | 'columns';
}

/**
 * Fit.
 * @throws {TerminalError} train.no-rows, train.bad-value (NaN, infinite, negative weight), train.unknown-label (class out of range)
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
  const labels = Int32Array.from(input.labels);
  const classWeights = sumClasses(labels, input.numClasses, input.weights);
  const isMultinomial = usesMultinomial(options.family, input.numClasses);
  const constant = constantModel(classWeights, input.x.width, isMultinomial, options.fitIntercept);
  if (constant !== undefined) {
    for (const _ of regParams) yield constant;
    return;
  }
  const parts = { ...input, labels, isMultinomial, options };
  const space = openColumns(parts) ?? openRows(parts);
  let span: Span | undefined;
  let point: Float64Array | undefined;
  for (const regParam of regParams) {
    const plan = space.plan({ ...options, regParam });
    const isSpanned = space.span !== undefined && plan.l1 === undefined && plan.penalty === null;
    if (isSpanned) span ??= space.span?.();
    const objective =
      isSpanned && span !== undefined
        ? createDual(space.p, plan.l2, span)
        : createPrimal(space.rows(), plan.l2, plan.penalty);
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
      (s) => onIteration?.({ iteration: s.iteration, objective: s.total }),
    );
    point = state.x;
    yield {
      ...summary(state),
      model: unscale(objective.solution(point), space.p, input.x.width, regParam),
    };
  }
}

/** What a path of fits works on. */
interface Space {
  p: ProblemFrame;
  plan(options: LrOptions): PenaltyPlan;
  /** The rows where fits work in the space that they span; absent: columns are fewer. */
  span?: (() => Span) | undefined;
  rows(): ScaledProblem;
}

interface Parts extends LrInput {
  labels: Int32Array;
  isMultinomial: boolean;
  options: LrOptions;
}

/** Many values whose products need not be Spark's are kept by columns in single precision, with no copy by rows; undefined: they are not such. */
function openColumns({
  x,
  labels,
  weights,
  numClasses,
  isMultinomial,
  options,
  representation,
}: Parts): Space | undefined {
  if (options.scaling || options.elasticNet > 0 || !options.standardization) return undefined;
  if (representation !== undefined && representation !== 'columns') return undefined;
  const reader = 'read' in x ? x : readRowsOf(x);
  const found = findOccurring(reader, weights, requireFinite);
  const { columns, starts } = found;
  const isWorthIt = starts[columns.length]! >= MANY_VALUES && 2 * reader.rows < columns.length;
  if (!isWorthIt && representation !== 'columns') return undefined;
  const outputs = isMultinomial ? numClasses : 1;
  const frame = {
    ...{ rows: reader.rows, outputs, columns, isMultinomial, labels, weights },
    totalWeight: weights?.reduce((sum, weight) => sum + weight, 0) ?? reader.rows,
    centre: new Float64Array(columns.length),
    std: new Float64Array(columns.length).fill(1),
    fitIntercept: options.fitIntercept,
  };
  return {
    p: frame,
    plan: ({ regParam }) => ({ l2: regParam, penalty: null, l1: undefined }),
    span: () => new SingleColumns(reader, outputs, found, weights),
    rows() {
      throw new TypeError('columns have no rows');
    },
  };
}

function openRows({ x: given, labels, weights, numClasses, isMultinomial, options, representation }: Parts): Space {
  const x = 'read' in given ? collectRows(given) : given;
  for (const value of x.values) requireFinite(value);
  const sums = sumColumns(x, weights);
  const stats = options.scaling ? columnStats(sums) : unscaledStats(sums);
  const { fitIntercept } = options;
  const totalWeight = sums.weight;
  const p = scaleProblem({ x, labels, weights, totalWeight, stats, isMultinomial, numClasses, fitIntercept });
  const wantsDual = representation === 'dual' || (representation === undefined && 2 * p.rows < p.columns.length);
  return {
    p,
    plan: (complete) => planPenalty(complete, stats),
    span: wantsDual ? () => spanOf(p) : undefined,
    rows: () => p,
  };
}

function requireFinite(value: number): void {
  if (!Number.isFinite(value))
    throw new TerminalError('train.bad-value', `A value of the features is ${value}; need finite numbers`);
}

function summary(state: LbfgsState): Omit<LrFit, 'model'> {
  return {
    objectiveHistory: state.history,
    iterations: state.iteration,
    evaluations: state.evaluations,
    stopReason: state.stop ?? 'max iterations',
  };
}

export function usesMultinomial(family: LrOptions['family'], numClasses: number): boolean {
  if (family === 'binomial' && numClasses > 2)
    throw new TerminalError('request.invalid', `family: binomial needs at most 2 classes, have ${numClasses}`);
  return family === 'multinomial' || (family === 'auto' && numClasses > 2);
}

/** Sum of weights per class [numClasses]. */
export function sumClasses(labels: Int32Array, numClasses: number, weights?: Float64Array): Float64Array {
  const sums = new Float64Array(numClasses);
  for (let row = 0; row < labels.length; row++) sums[labels[row]!]! += weights?.[row] ?? 1;
  return sums;
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

/** Intercepts that alone give the class frequencies, in Spark's form. */
export function startIntercepts(classWeights: Float64Array, isMultinomial: boolean): Float64Array {
  if (!isMultinomial) return Float64Array.of(Math.log(classWeights[1]! / classWeights[0]!));
  const logs = classWeights.map((weight) => Math.log1p(weight));
  const mean = logs.reduce((sum, log) => sum + log, 0) / logs.length;
  return logs.map((log) => log - mean);
}

export interface PenaltyPlan {
  l2: number;
  /** Weight of each kept column's square; null: 1. */
  penalty: PenaltyWeights;
  /** L1 weight of each kept column; undefined: none. */
  l1: Float64Array | undefined;
}

export function planPenalty(options: LrOptions, stats: ColumnStats): PenaltyPlan {
  const { regParam, elasticNet, standardization } = options;
  const std = Float64Array.from(activeColumns(stats), (column) => stats.std[column]!);
  const l1 = regParam * elasticNet;
  return {
    l2: regParam * (1 - elasticNet),
    penalty: standardization || regParam === 0 ? null : std.map((s) => 1 / (s * s)),
    l1: l1 === 0 ? undefined : std.map((s) => (standardization ? l1 : l1 / s)),
  };
}

/** L1 weights of a primal point; intercepts have none. */
export function spreadL1(l1: Float64Array, outputs: number, fitIntercept: boolean): Float64Array {
  const weights = new Float64Array(l1.length * outputs + (fitIntercept ? outputs : 0));
  for (let j = 0; j < l1.length; j++) weights.fill(l1[j]!, j * outputs, (j + 1) * outputs);
  return weights;
}

/** From scaled, centred coefficients (changed in place) to those of the original columns, with Spark's centring over classes. */
export function unscale(
  solution: { coefficients: Float64Array; intercepts: Float64Array },
  p: Pick<ScaledProblem, 'columns' | 'outputs' | 'isMultinomial' | 'centre' | 'std' | 'fitIntercept'>,
  width: number,
  regParam: number,
): LinearModel {
  const k = p.outputs;
  const coefficients = solution.coefficients;
  const intercepts = interceptsOf(p, solution.intercepts, coefficients);
  for (let j = 0; j < p.columns.length; j++) {
    let mean = 0;
    for (let c = 0; c < k; c++) {
      coefficients[j * k + c]! /= p.std[j]!;
      mean += coefficients[j * k + c]! / k;
    }
    if (regParam === 0 && p.isMultinomial) for (let c = 0; c < k; c++) coefficients[j * k + c]! -= mean;
  }
  if (p.isMultinomial && p.fitIntercept) {
    const mean = intercepts.reduce((sum, value) => sum + value, 0) / k;
    for (let c = 0; c < k; c++) intercepts[c]! -= mean;
  }
  return { width, columns: p.columns, coefficients, intercepts, isBinomial: !p.isMultinomial };
}

/** @throws {TerminalError} train.no-rows, request.invalid, train.unknown-label, train.bad-value */
export function checkInput({ x, labels, numClasses, weights }: LrInput): void {
  if (x.rows === 0) throw new TerminalError('train.no-rows', 'Training: need at least one row, have none');
  if (labels.length !== x.rows || (weights !== undefined && weights.length !== x.rows))
    throw new TerminalError(
      'request.invalid',
      `Training: need ${x.rows} labels and weights, have ${labels.length} and ${weights?.length ?? x.rows}`,
    );
  for (let row = 0; row < labels.length; row++)
    if (!Number.isInteger(labels[row]) || labels[row]! < 0 || labels[row]! >= numClasses)
      throw new TerminalError('train.unknown-label', `Row ${row}: need a class from 0 to ${numClasses - 1}`);
  weights?.forEach((weight, row) => {
    if (!Number.isFinite(weight) || weight < 0)
      throw new TerminalError('train.bad-value', `Row ${row}: need a finite weight of at least 0, have ${weight}`);
  });
}
