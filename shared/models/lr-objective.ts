// The objective of logistic regression in two representations of the same space.
// `createPrimal`: a point is [columns × outputs | intercepts].
// `createDual`: with an L2 penalty on the scaled coefficients every point, step and gradient that L-BFGS can reach is Zᵀα of some α [rows, outputs],
// Z being the scaled, centred data. A point is then [α | ZZᵀα | intercepts], and ⟨a, b⟩ = α_a · ZZᵀα_b. Where there are fewer documents than
// columns this is smaller by the same factor, and so are L-BFGS's twenty vectors; the numbers are the same up to rounding.
// Both are for few rows, other penalties and engines without WebAssembly's vectors: otherwise see lr-gradients.ts.
import { dotProduct, type Evaluation, type LbfgsState } from './lbfgs.ts';
import { createKernels, type Kernels } from './lr-kernels.ts';
import {
  lossAndMultipliers,
  multiply,
  multiplyTransposed,
  type ProblemFrame,
  type ScaledProblem,
  splitSingles,
} from './lr-problem.ts';

export interface Objective {
  /** Length of a point. */
  size: number;
  evaluate(point: Float64Array): Evaluation;
  dot(a: Float64Array, b: Float64Array): number;
  /** Fill in the rest of a gradient before it is used as more than the first argument of `dot`. */
  complete?(g: Float64Array): void;
  /** Told of each state between two iterations, whose vectors may be changed in place as long as their products stay. */
  settle?(state: LbfgsState): void;
  /** Told of the point at which an earlier fit ended, before it is the start of another; it may be changed as above. */
  resume?(point: Float64Array): void;
  /** A point with coefficients 0. */
  start(intercepts: Float64Array): Float64Array;
  /** Coefficients [columns, outputs] and intercepts [outputs] of a point, for columns that are neither scaled nor centred. */
  solution(point: Float64Array): { coefficients: Float64Array; intercepts: Float64Array };
}

/** Weights of the L2 penalty by column: null when all are 1 (penalty on scaled coefficients). */
export type PenaltyWeights = Float64Array | null;

export function createPrimal(p: ScaledProblem, l2: number, penalty: PenaltyWeights): Objective {
  const k = p.outputs;
  const size = p.columns.length * k;
  return {
    size: size + (p.fitIntercept ? k : 0),
    dot: dotProduct,
    evaluate(point) {
      const g = new Float64Array(point.length);
      const { loss, sums } = addPartialGradient(p, point, g.subarray(0, size));
      return { f: finishEvaluation(p, point, g, loss, sums, l2, penalty), g };
    },
    start: (intercepts) => {
      const point = new Float64Array(size + (p.fitIntercept ? k : 0));
      if (p.fitIntercept) point.set(intercepts, size);
      return point;
    },
    solution: (point) => unscaled(p, point.slice(0, size), p.fitIntercept ? point.slice(size) : new Float64Array(k)),
  };
}

/**
 * One shard's share of loss and gradient, not divided by the weight and not centred.
 * @param gB  the gradient of the coefficients is added to it
 */
export function addPartialGradient(
  p: ScaledProblem,
  point: Float64Array,
  gB: Float64Array,
): { loss: number; sums: Float64Array } {
  const B = point.subarray(0, gB.length);
  const offsets = interceptsOf(p, point.subarray(gB.length), B);
  const margins = new Float64Array(p.rows * p.outputs);
  for (let row = 0; row < p.rows; row++) margins.set(offsets, row * p.outputs);
  const kernels = kernelsOf(p);
  kernels.multiply(B, margins);
  const loss = lossAndMultipliers(p, margins);
  kernels.multiplyTransposed(margins, gB);
  return { loss, sums: columnSums(margins, p.outputs) };
}

// A problem is evaluated dozens of times; its kernels live as long as it does.
const kernelsByProblem = new WeakMap<ScaledProblem, Kernels>();

function kernelsOf(p: ScaledProblem): Kernels {
  const known = kernelsByProblem.get(p);
  if (known !== undefined) return known;
  const kernels = createKernels(p, p.columns.length);
  kernelsByProblem.set(p, kernels);
  return kernels;
}

/** Sums over all shards → objective; `g` holds the summed gradient of the coefficients and becomes the whole gradient. */
export function finishEvaluation(
  p: Pick<ScaledProblem, 'centre' | 'outputs' | 'fitIntercept' | 'totalWeight'>,
  point: Float64Array,
  g: Float64Array,
  loss: number,
  sums: Float64Array,
  l2: number,
  penalty: PenaltyWeights,
): number {
  const size = p.centre.length * p.outputs;
  finishGradient(p, g.subarray(0, size), g.subarray(size), sums);
  return loss / p.totalWeight + addPenalty(point.subarray(0, size), g.subarray(0, size), p.outputs, l2, penalty);
}

/** Intercepts plus the virtual centring: c_k − Σ_j B_kj μ_j. */
export function interceptsOf(
  p: Pick<ScaledProblem, 'centre' | 'outputs' | 'fitIntercept'>,
  intercepts: Float64Array,
  B: Float64Array,
): Float64Array {
  const k = p.outputs;
  const offsets = new Float64Array(k);
  if (!p.fitIntercept) return offsets;
  offsets.set(intercepts.subarray(0, k));
  for (let j = 0; j < p.centre.length; j++) {
    const mu = p.centre[j]!;
    for (let c = 0; c < k; c++) offsets[c]! -= mu * B[j * k + c]!;
  }
  return offsets;
}

/** From coefficients of scaled, centred columns (changed in place) and their intercepts to those of the columns themselves. */
export function unscaled(
  p: Pick<ProblemFrame, 'centre' | 'std' | 'outputs' | 'fitIntercept'>,
  coefficients: Float64Array,
  intercepts: Float64Array,
): { coefficients: Float64Array; intercepts: Float64Array } {
  const k = p.outputs;
  const offsets = interceptsOf(p, intercepts, coefficients);
  for (let j = 0; j < p.std.length; j++) for (let c = 0; c < k; c++) coefficients[j * k + c]! /= p.std[j]!;
  return { coefficients, intercepts: offsets };
}

/** From sums over documents to means: subtract the centring, divide by the weight, and set the intercepts' part. */
function finishGradient(
  p: Pick<ScaledProblem, 'centre' | 'outputs' | 'fitIntercept' | 'totalWeight'>,
  gB: Float64Array,
  gIntercepts: Float64Array,
  sums: Float64Array,
): void {
  const k = p.outputs;
  for (let j = 0; j < p.centre.length; j++) {
    const mu = p.centre[j]!;
    for (let c = 0; c < k; c++) gB[j * k + c] = (gB[j * k + c]! - sums[c]! * mu) / p.totalWeight;
  }
  if (p.fitIntercept) for (let c = 0; c < k; c++) gIntercepts[c] = sums[c]! / p.totalWeight;
}

/** Value of the L2 penalty; its gradient is added. */
function addPenalty(B: Float64Array, gB: Float64Array, k: number, l2: number, penalty: PenaltyWeights): number {
  if (l2 === 0) return 0;
  let sum = 0;
  for (let i = 0; i < B.length; i++) {
    const weight = penalty === null ? 1 : penalty[(i / k) | 0]!;
    const weighted = B[i]! * weight;
    sum += weighted * B[i]!;
    gB[i]! += l2 * weighted;
  }
  return (l2 / 2) * sum;
}

/** Column sums of m [rows, k]. */
function columnSums(m: Float64Array, k: number): Float64Array {
  const sums = new Float64Array(k);
  for (let at = 0; at < m.length; at += k) for (let c = 0; c < k; c++) sums[c]! += m[at + c]!;
  return sums;
}

/** Rows Z of a problem, as the space that they span needs them. */
export interface Span {
  /** u = Z Zᵀ α, with α and u [rows, outputs] */
  gram(alpha: Float64Array, u: Float64Array): void;
  /** Zᵀ α [columns, outputs] */
  combine(alpha: Float64Array): Float64Array;
}

/** Scaled, centred rows: Z = z − 1 μᵀ. */
export function spanOf(p: ScaledProblem): Span {
  const k = p.outputs;
  const { core, diagonal } = splitSingles(p);
  const kernels = createKernels(core, core.width);
  // projections of the rows on μ, and μ · μ
  const along = new Float64Array(p.rows);
  multiply({ ...p, outputs: 1 }, p.centre, along);
  const mu2 = dotProduct(p.centre, p.centre);
  return {
    gram(alpha, u) {
      kernels.gram(alpha, diagonal, u);
      const sums = columnSums(alpha, k);
      const shift = new Float64Array(k);
      for (let row = 0; row < p.rows; row++) for (let c = 0; c < k; c++) shift[c]! += along[row]! * alpha[row * k + c]!;
      for (let row = 0; row < p.rows; row++)
        for (let c = 0; c < k; c++) u[row * k + c]! += (mu2 - along[row]!) * sums[c]! - shift[c]!;
    },
    combine(alpha) {
      const coefficients = new Float64Array(p.columns.length * k);
      multiplyTransposed(p, alpha, coefficients);
      const sums = columnSums(alpha, k);
      for (let j = 0; j < p.columns.length; j++)
        for (let c = 0; c < k; c++) coefficients[j * k + c]! -= p.centre[j]! * sums[c]!;
      return coefficients;
    },
  };
}

export function createDual(p: ProblemFrame, l2: number, span: Span): Objective {
  const k = p.outputs;
  const n = p.rows * k;
  return {
    size: 2 * n + k,
    dot: (a, b) =>
      dotProduct(a.subarray(0, n), b.subarray(n, 2 * n)) + dotProduct(a.subarray(2 * n), b.subarray(2 * n)),
    evaluate(point) {
      const alpha = point.subarray(0, n);
      const u = point.subarray(n, 2 * n);
      const intercepts = point.subarray(2 * n);
      const g = new Float64Array(point.length);
      const m = g.subarray(0, n);
      for (let at = 0; at < n; at += k) for (let c = 0; c < k; c++) m[at + c] = u[at + c]! + intercepts[c]!;
      const f = lossAndMultipliers(p, m) / p.totalWeight + (l2 / 2) * dotProduct(alpha, u);
      const sums = columnSums(m, k);
      for (let i = 0; i < n; i++) m[i] = m[i]! / p.totalWeight + l2 * alpha[i]!;
      if (p.fitIntercept) for (let c = 0; c < k; c++) g[2 * n + c] = sums[c]! / p.totalWeight;
      return { f, g };
    },
    // ZZᵀα of a gradient is not needed for its slope along a direction, so trial steps that are rejected do without.
    complete: (g) => span.gram(g.subarray(0, n), g.subarray(n, 2 * n)),
    start: (intercepts) => {
      const point = new Float64Array(2 * n + k);
      if (p.fitIntercept) point.set(intercepts, 2 * n);
      return point;
    },
    solution: (point) => unscaled(p, span.combine(point.subarray(0, n)), point.slice(2 * n)),
  };
}
