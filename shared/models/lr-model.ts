// What stands around a fit of logistic regression, in one process or on shards: its family, its start, and the model made of its solution.
import { TerminalError } from '../errors.ts';
import type { LinearModel } from './linear-model.ts';
import type { LrOptions } from './lr-options.ts';
import type { ProblemFrame } from './lr-problem.ts';

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

/** Intercepts that alone give the class frequencies, in Spark's form. */
export function startIntercepts(classWeights: Float64Array, isMultinomial: boolean): Float64Array {
  if (!isMultinomial) return Float64Array.of(Math.log(classWeights[1]! / classWeights[0]!));
  const logs = classWeights.map((weight) => Math.log1p(weight));
  const mean = logs.reduce((sum, log) => sum + log, 0) / logs.length;
  return logs.map((log) => log - mean);
}

/** The model of coefficients and intercepts, which are changed in place: with Spark's centring over classes. */
export function finishModel(
  { coefficients, intercepts }: { coefficients: Float64Array; intercepts: Float64Array },
  p: Pick<ProblemFrame, 'columns' | 'outputs' | 'isMultinomial' | 'fitIntercept'>,
  width: number,
  regParam: number,
): LinearModel {
  const k = p.outputs;
  if (regParam === 0 && p.isMultinomial)
    for (let at = 0; at < coefficients.length; at += k) {
      let mean = 0;
      for (let c = 0; c < k; c++) mean += coefficients[at + c]! / k;
      for (let c = 0; c < k; c++) coefficients[at + c]! -= mean;
    }
  if (p.isMultinomial && p.fitIntercept) {
    const mean = intercepts.reduce((sum, value) => sum + value, 0) / k;
    for (let c = 0; c < k; c++) intercepts[c]! -= mean;
  }
  return { width, columns: p.columns, coefficients, intercepts, isBinomial: !p.isMultinomial };
}
