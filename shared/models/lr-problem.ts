// A logistic-regression problem in Spark's scaled space: columns divided by their deviation, constant ones left out, virtually centred.
// Coefficients B lie column by column, [columns, outputs]: one output for the binomial family, one per class otherwise.
// Semantics: org.apache.spark.ml.optim.aggregator {Binary,Multinomial}LogisticBlockAggregator.
import type { Csr } from '../features/sparse.ts';
import type { ColumnStats } from './column-stats.ts';

/** Rows z of the data, with the number of outputs of the model. */
export interface SparseRows {
  rows: number;
  outputs: number;
  indptr: Uint32Array;
  /** Kept column of each value. */
  indices: Int32Array;
  /** x / std */
  values: Float64Array;
}

/** A problem without the values of its rows. */
export interface ProblemFrame {
  rows: number;
  outputs: number;
  /** Original column of each kept one [columns], rising. */
  columns: Int32Array;
  isMultinomial: boolean;
  labels: Int32Array;
  /** Absent: all 1. */
  weights: Float64Array | undefined;
  totalWeight: number;
  /** mean / std of kept columns; all 0 without an intercept, which switches centring off. */
  centre: Float64Array;
  std: Float64Array;
  fitIntercept: boolean;
}

export interface ScaledProblem extends SparseRows, ProblemFrame {}

export interface ProblemInput {
  x: Csr;
  labels: Int32Array;
  weights: Float64Array | undefined;
  totalWeight: number;
  /** Of all columns, or of those that occur. */
  stats: ColumnStats;
  /** Columns that the statistics are of, ascending; absent: all. */
  occurring?: Int32Array;
  isMultinomial: boolean;
  numClasses: number;
  fitIntercept: boolean;
}

/** Kept columns: those that vary. */
export function activeColumns(stats: ColumnStats): Int32Array {
  let count = 0;
  for (let j = 0; j < stats.std.length; j++) if (stats.std[j]! > 0) count++;
  const columns = new Int32Array(count);
  let at = 0;
  for (let j = 0; j < stats.std.length; j++) if (stats.std[j]! > 0) columns[at++] = j;
  return columns;
}

/** A problem's columns, scaling and labels. */
export function frameProblem(input: ProblemInput): ProblemFrame {
  const { x, stats, fitIntercept, isMultinomial, occurring } = input;
  const active = activeColumns(stats);
  const std = new Float64Array(active.length);
  const centre = new Float64Array(active.length);
  for (let at = 0; at < active.length; at++) {
    std[at] = stats.std[active[at]!]!;
    if (fitIntercept) centre[at] = stats.mean[active[at]!]! / std[at]!;
  }
  return {
    rows: x.rows,
    columns: occurring === undefined ? active : active.map((at) => occurring[at]!),
    outputs: isMultinomial ? input.numClasses : 1,
    isMultinomial,
    labels: input.labels,
    weights: input.weights,
    totalWeight: input.totalWeight,
    centre,
    std,
    fitIntercept,
  };
}

export function scaleProblem(input: ProblemInput): ScaledProblem {
  return scaleRows(frameProblem(input), input.x);
}

/** The problem with a copy of its rows, scaled. */
export function scaleRows(frame: ProblemFrame, x: Csr): ScaledProblem {
  const { columns, std } = frame;
  const place = new Int32Array(x.width).fill(-1);
  for (let at = 0; at < columns.length; at++) place[columns[at]!] = at;
  const indptr = new Uint32Array(x.rows + 1);
  const indices = new Int32Array(x.values.length);
  const values = new Float64Array(x.values.length);
  let count = 0;
  for (let row = 0; row < x.rows; row++) {
    for (let at = x.indptr[row]!; at < x.indptr[row + 1]!; at++) {
      const column = place[x.indices[at]!]!;
      if (column < 0 || x.values[at] === 0) continue;
      indices[count] = column;
      values[count++] = x.values[at]! / std[column]!;
    }
    indptr[row + 1] = count;
  }
  return { ...frame, indptr, indices: indices.subarray(0, count), values: values.subarray(0, count) };
}

// The two products below take most of the time of training. Four outputs at a time stay in registers over a whole row.

/** out[row] += row of z times B, for all rows. */
export function multiply(p: SparseRows, B: Float64Array, out: Float64Array): void {
  const k = p.outputs;
  const { indptr, indices, values } = p;
  for (let row = 0; row < p.rows; row++) {
    const start = indptr[row]!;
    const end = indptr[row + 1]!;
    let c = 0;
    for (; c + 4 <= k; c += 4) {
      let [a0, a1, a2, a3] = [0, 0, 0, 0];
      for (let at = start; at < end; at++) {
        const v = values[at]!;
        const from = indices[at]! * k + c;
        a0 += v * B[from]!;
        a1 += v * B[from + 1]!;
        a2 += v * B[from + 2]!;
        a3 += v * B[from + 3]!;
      }
      const to = row * k + c;
      out[to]! += a0;
      out[to + 1]! += a1;
      out[to + 2]! += a2;
      out[to + 3]! += a3;
    }
    for (; c < k; c++) {
      let a = 0;
      for (let at = start; at < end; at++) a += values[at]! * B[indices[at]! * k + c]!;
      out[row * k + c]! += a;
    }
  }
}

/** B += zᵀ times m, with m [rows, outputs]. */
export function multiplyTransposed(p: SparseRows, m: Float64Array, B: Float64Array): void {
  const k = p.outputs;
  const { indptr, indices, values } = p;
  for (let row = 0; row < p.rows; row++) {
    const start = indptr[row]!;
    const end = indptr[row + 1]!;
    let c = 0;
    for (; c + 4 <= k; c += 4) {
      const from = row * k + c;
      const [m0, m1, m2, m3] = [m[from]!, m[from + 1]!, m[from + 2]!, m[from + 3]!];
      for (let at = start; at < end; at++) {
        const v = values[at]!;
        const to = indices[at]! * k + c;
        B[to]! += v * m0;
        B[to + 1]! += v * m1;
        B[to + 2]! += v * m2;
        B[to + 3]! += v * m3;
      }
    }
    for (; c < k; c++) {
      const m0 = m[row * k + c]!;
      for (let at = start; at < end; at++) B[indices[at]! * k + c]! += values[at]! * m0;
    }
  }
}

/** Rows without the columns that occur once, which matter to a product z zᵀ only on its diagonal. */
export function splitSingles(p: ScaledProblem): { core: SparseRows & { width: number }; diagonal: Float64Array } {
  const counts = new Uint32Array(p.columns.length);
  for (const column of p.indices) counts[column]!++;
  const place = new Int32Array(p.columns.length).fill(-1);
  let width = 0;
  counts.forEach((count, column) => {
    if (count > 1) place[column] = width++;
  });
  const indptr = new Uint32Array(p.rows + 1);
  const indices = new Int32Array(p.indices.length);
  const values = new Float64Array(p.indices.length);
  const diagonal = new Float64Array(p.rows);
  let size = 0;
  for (let row = 0; row < p.rows; row++) {
    for (let at = p.indptr[row]!; at < p.indptr[row + 1]!; at++) {
      const value = p.values[at]!;
      const to = place[p.indices[at]!]!;
      if (to < 0) diagonal[row]! += value * value;
      else {
        indices[size] = to;
        values[size++] = value;
      }
    }
    indptr[row + 1] = size;
  }
  return { core: { rows: p.rows, outputs: p.outputs, indptr, indices, values, width }, diagonal };
}

/**
 * Loss of given margins, which are turned into the multipliers w (p − [y = k]) in place.
 * @param margins  [rows, outputs]
 * @returns sum of weighted losses, not divided by the total weight
 */
export function lossAndMultipliers(p: ProblemFrame, margins: Float64Array): number {
  return p.isMultinomial ? multinomialLoss(p, margins) : binomialLoss(p, margins);
}

function multinomialLoss(p: ProblemFrame, margins: Float64Array): number {
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

function binomialLoss(p: ProblemFrame, margins: Float64Array): number {
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
