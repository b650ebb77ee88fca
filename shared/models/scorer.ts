// What every kind of model does with a sparse vector. The pipeline sees LoadedModel only and never asks for the kind.
import { TerminalError } from '../errors.ts';
import type { Csr } from '../features/sparse.ts';

export type ModelKind = 'logistic-regression' | 'xgboost' | 'onnx';

/** Scores sparse rows. Implementations hold no state between calls. */
export interface Scorer {
  readonly kind: ModelKind;
  /** Features the model knows. */
  readonly width: number;
  /** Classes K, two for a binary model. */
  readonly classes: number;
  /**
   * Uncalibrated probabilities [rows, K], row-major.
   * @throws {TerminalError} model.width-mismatch
   */
  probabilities(x: Csr): Float64Array;
  /** For models that read the text themselves: rows that carry the texts. */
  carryTexts?(texts: readonly string[]): Csr | undefined;
  /**
   * What each stored feature of a row adds to the margins of two classes; false when the model cannot say.
   * @param out  room for the row; what lies behind its features stays as it is
   */
  contributions(x: Csr, row: number, label: number, runnerUp: number, out: Contributions): boolean;
}

/** One number for each feature that a row stores. */
export interface Contributions {
  readonly own: Float64Array;
  readonly runnerUp: Float64Array;
}

/** Room for the contributions of a row. */
export const contributionsRoom = (features: number): Contributions => ({
  own: new Float64Array(features),
  runnerUp: new Float64Array(features),
});

/** @throws {TerminalError} model.width-mismatch */
export function requireWidth(x: Csr, width: number): void {
  if (x.width !== width)
    throw new TerminalError('model.width-mismatch', `Model needs ${width} features; the matrix has ${x.width}`);
}

/** Softmax of each row [rows, K] in place; +Infinity takes all, as in Spark. */
export function softmaxRows(margins: Float64Array, classes: number): Float64Array {
  for (let from = 0; from < margins.length; from += classes) {
    let max = Number.NEGATIVE_INFINITY;
    let best = from;
    for (let k = from; k < from + classes; k++)
      if (margins[k]! > max) {
        max = margins[k]!;
        best = k;
      }
    if (max === Number.POSITIVE_INFINITY) {
      for (let k = from; k < from + classes; k++) margins[k] = k === best ? 1 : 0;
      continue;
    }
    let sum = 0;
    for (let k = from; k < from + classes; k++) {
      const e = Math.exp(margins[k]! - max);
      margins[k] = e;
      sum += e;
    }
    for (let k = from; k < from + classes; k++) margins[k]! /= sum;
  }
  return margins;
}

/** Index of the largest value of values[from, to), the first of equals, relative to `from`. */
export function argmax(values: ArrayLike<number>, from = 0, to = values.length): number {
  let best = from;
  for (let i = from + 1; i < to; i++) if (values[i]! > values[best]!) best = i;
  return best - from;
}
