// What logistic regression is asked for, and the checks of it.
import { TerminalError } from '../errors.ts';
import type { RowReader } from '../features/row-reader.ts';
import type { Csr } from '../features/sparse.ts';

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

export interface LrInput {
  /** [n, width] */
  x: Csr | RowReader;
  /** Class of each row, 0 … numClasses − 1. */
  labels: ArrayLike<number>;
  numClasses: number;
  /** Weight of each row; default 1. */
  weights?: Float64Array;
  /**
   * For tests: force a representation; columns only without scaling and with an L2 penalty alone, gradients only with an L2 penalty alone and
   * the multinomial family.
   */
  representation?: 'primal' | 'dual' | 'columns' | 'gradients by rows' | 'gradients by columns';
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

/** @throws {TerminalError} train.bad-value */
export function requireFinite(value: number): void {
  if (!Number.isFinite(value))
    throw new TerminalError('train.bad-value', `A value of the features is ${value}; need finite numbers`);
}
