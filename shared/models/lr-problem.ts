// A logistic-regression problem in Spark's scaled space: columns divided by their deviation, constant ones left out, virtually centred.
// Coefficients B lie column by column, [columns, outputs]: one output for the binomial family, one per class otherwise.
// Semantics: org.apache.spark.ml.optim.aggregator {Binary,Multinomial}LogisticBlockAggregator.
import type { Csr } from '../features/sparse.ts';
import type { ColumnStats } from './column-stats.ts';

export interface ScaledProblem {
  rows: number;
  /** Original column of each kept one [columns], rising. */
  columns: Int32Array;
  outputs: number;
  isMultinomial: boolean;
  indptr: Uint32Array;
  /** Kept column of each value. */
  indices: Int32Array;
  /** x / std */
  values: Float64Array;
  labels: Int32Array;
  /** Absent: all 1. */
  weights: Float64Array | undefined;
  totalWeight: number;
  /** mean / std of kept columns; all 0 without an intercept, which switches centring off. */
  centre: Float64Array;
  std: Float64Array;
  fitIntercept: boolean;
}

export interface ProblemInput {
  x: Csr;
  labels: Int32Array;
  weights: Float64Array | undefined;
  totalWeight: number;
  stats: ColumnStats;
  isMultinomial: boolean;
  numClasses: number;
  fitIntercept: boolean;
}

/** Kept columns: those that vary. */
export function activeColumns(stats: ColumnStats): Int32Array {
  let count = 0;
  for (const std of stats.std) if (std > 0) count++;
  const columns = new Int32Array(count);
  let at = 0;
  for (let j = 0; j < stats.std.length; j++) if (stats.std[j]! > 0) columns[at++] = j;
  return columns;
}

export function scaleProblem(input: ProblemInput): ScaledProblem {
  const { x, stats, fitIntercept, isMultinomial } = input;
  const columns = activeColumns(stats);
  const place = new Int32Array(x.width).fill(-1);
  columns.forEach((column, at) => {
    place[column] = at;
  });
  const indptr = new Uint32Array(x.rows + 1);
  const indices = new Int32Array(x.values.length);
  const values = new Float64Array(x.values.length);
  let count = 0;
  for (let row = 0; row < x.rows; row++) {
    for (let at = x.indptr[row]!; at < x.indptr[row + 1]!; at++) {
      const column = x.indices[at]!;
      if (place[column]! < 0 || x.values[at] === 0) continue;
      indices[count] = place[column]!;
      values[count++] = x.values[at]! / stats.std[column]!;
    }
    indptr[row + 1] = count;
  }
  const std = Float64Array.from(columns, (column) => stats.std[column]!);
  return {
    rows: x.rows,
    columns,
    outputs: isMultinomial ? input.numClasses : 1,
    isMultinomial,
    indptr,
    indices: indices.subarray(0, count),
    values: values.subarray(0, count),
    labels: input.labels,
    weights: input.weights,
    totalWeight: input.totalWeight,
    centre: fitIntercept
      ? Float64Array.from(columns, (column, at) => stats.mean[column]! / std[at]!)
      : new Float64Array(columns.length),
    std,
    fitIntercept,
  };
}

/** out[row] += row of z times B, for all rows. */
export function multiply(p: ScaledProblem, B: Float64Array, out: Float64Array): void {
  const k = p.outputs;
  const { indptr, indices, values } = p;
  for (let row = 0; row < p.rows; row++) {
    const to = row * k;
    for (let at = indptr[row]!, end = indptr[row + 1]!; at < end; at++) {
      const v = values[at]!;
      const from = indices[at]! * k;
      for (let c = 0; c < k; c++) out[to + c]! += v * B[from + c]!;
    }
  }
}

/** B += zᵀ times m, with m [rows, outputs]. */
export function multiplyTransposed(p: ScaledProblem, m: Float64Array, B: Float64Array): void {
  const k = p.outputs;
  const { indptr, indices, values } = p;
  for (let row = 0; row < p.rows; row++) {
    const from = row * k;
    for (let at = indptr[row]!, end = indptr[row + 1]!; at < end; at++) {
      const v = values[at]!;
      const to = indices[at]! * k;
      for (let c = 0; c < k; c++) B[to + c]! += v * m[from + c]!;
    }
  }
}

/**
 * Loss of given margins, which are turned into the multipliers w (p − [y = k]) in place.
 * @param margins  [rows, outputs]
 * @returns sum of weighted losses, not divided by the total weight
 */
export function lossAndMultipliers(p: ScaledProblem, margins: Float64Array): number {
  return p.isMultinomial ? multinomialLoss(p, margins) : binomialLoss(p, margins);
}

function multinomialLoss(p: ScaledProblem, margins: Float64Array): number {
  const k = p.outputs;
  let loss = 0;
  for (let row = 0; row < p.rows; row++) {
    const at = row * k;
    const weight = p.weights?.[row] ?? 1;
    let top = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < k; c++) if (margins[at + c]! > top) top = margins[at + c]!;
    const own = margins[at + p.labels[row]!]! - top;
    let sum = 0;
    for (let c = 0; c < k; c++) {
      const e = Math.exp(margins[at + c]! - top);
      margins[at + c] = e;
      sum += e;
    }
    const scale = weight / sum;
    for (let c = 0; c < k; c++) margins[at + c]! *= scale;
    margins[at + p.labels[row]!]! -= weight;
    if (weight > 0) loss += weight * (Math.log(sum) - own);
  }
  return loss;
}

function binomialLoss(p: ScaledProblem, margins: Float64Array): number {
  let loss = 0;
  for (let row = 0; row < p.rows; row++) {
    const weight = p.weights?.[row] ?? 1;
    const margin = margins[row]!;
    const isOne = p.labels[row] === 1;
    margins[row] = weight * (1 / (1 + Math.exp(-margin)) - (isOne ? 1 : 0));
    // ln(1 + e^-m), without overflow for m < 0
    const positive = margin > 0 ? Math.log1p(Math.exp(-margin)) : Math.log1p(Math.exp(margin)) - margin;
    loss += weight * (isOne ? positive : positive + margin);
  }
  return loss;
}
