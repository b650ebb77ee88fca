// Logistic regression as Spark ML scores it. Coefficients lie feature by feature, and only features with a coefficient are held.
// Source: org.apache.spark.ml.classification.LogisticRegressionModel.
import { BucketSet } from '../features/bucket-set.ts';
import type { Csr } from '../features/sparse.ts';
import { type Contributions, requireWidth, type Scorer, softmaxRows } from './scorer.ts';
import { decodeTensors, encodeTensors, takeTensor } from './tensors.ts';
import { WideMargins } from './wide-margins.ts';

/**
 * How margins become probabilities. one-vs-rest: each class has a binary model of its own, whose probability is shared out over the
 * classes; Spark gives margins only and takes the largest, which is the most probable class here, too.
 */
export type LinearLink = 'softmax' | 'one-vs-rest';

/** A fitted model in its compact form. Margins: one per class, or a single one (of class 1) when binomial. */
export interface LinearModel {
  /** Features of the vectors, those without coefficient included. */
  readonly width: number;
  /** Columns with coefficients, ascending [used]. */
  readonly columns: Int32Array;
  /** [used, margins], feature-major. */
  readonly coefficients: Float64Array;
  /** [margins] */
  readonly intercepts: Float64Array;
  /** true: one margin, two classes. */
  readonly isBinomial: boolean;
}

export const marginsOf = (model: LinearModel): number => model.intercepts.length;
export const classesOf = (model: LinearModel): number => (model.isBinomial ? 2 : model.intercepts.length);

export function encodeLinearModel(model: LinearModel): Uint8Array {
  return encodeTensors({
    shape: Uint32Array.of(model.width, model.intercepts.length, model.isBinomial ? 1 : 0),
    columns: model.columns,
    coefficients: model.coefficients,
    intercepts: model.intercepts,
  });
}

/** @throws {TerminalError} model.corrupt */
export function decodeLinearModel(bytes: Uint8Array): LinearModel {
  const tensors = decodeTensors(bytes);
  const [width = 0, margins = 0, binomial = 0] = takeTensor(tensors, 'shape', Uint32Array, 3);
  const columns = takeTensor(tensors, 'columns', Int32Array);
  return {
    width,
    columns,
    coefficients: takeTensor(tensors, 'coefficients', Float64Array, columns.length * margins),
    intercepts: takeTensor(tensors, 'intercepts', Float64Array, margins),
    isBinomial: binomial === 1,
  };
}

/** Compact form of a dense row-major matrix [margins, width], as Spark stores it. Columns of zeros only are left out. */
export function compactModel(
  dense: Float64Array,
  intercepts: Float64Array,
  width: number,
  isBinomial: boolean,
): LinearModel {
  const margins = intercepts.length;
  const used: number[] = [];
  for (let j = 0; j < width; j++) {
    for (let k = 0; k < margins; k++)
      if (dense[k * width + j] !== 0) {
        used.push(j);
        break;
      }
  }
  const coefficients = new Float64Array(used.length * margins);
  used.forEach((column, slot) => {
    for (let k = 0; k < margins; k++) coefficients[slot * margins + k] = dense[k * width + column]!;
  });
  return { width, columns: Int32Array.from(used), coefficients, intercepts, isBinomial };
}

export class LinearScorer implements Scorer {
  readonly kind = 'logistic-regression';
  readonly width: number;
  readonly classes: number;
  readonly #isBinomial: boolean;
  readonly #intercepts: Float64Array;
  readonly #link: LinearLink;
  readonly #columns: BucketSet;
  /** [used, stride]: those of the model, or where the kernel holds them, so that they are not held twice. */
  #coefficients: Float64Array;
  #stride: number;
  #wide: WideMargins | undefined;
  readonly #maySpeedUp: boolean;

  /** @param maySpeedUp  it will score more than once: with the first rows, coefficients move to where that is fast */
  constructor(model: LinearModel, link: LinearLink = 'softmax', maySpeedUp = false) {
    this.#isBinomial = model.isBinomial;
    this.#intercepts = model.intercepts;
    this.#coefficients = model.coefficients;
    this.#stride = marginsOf(model);
    this.#maySpeedUp = maySpeedUp;
    this.#link = link;
    this.width = model.width;
    this.classes = classesOf(model);
    this.#columns = new BucketSet(model.width, model.columns);
  }

  probabilities(x: Csr): Float64Array {
    const margins = this.margins(x);
    if (this.#link === 'one-vs-rest') return oneVsRestProbabilities(margins, this.classes);
    return marginProbabilities(margins, this.#isBinomial, this.classes);
  }

  /** Margins [rows, margins], row-major. Features are added in ascending order, then the intercept, as Spark does. */
  margins(x: Csr): Float64Array {
    requireWidth(x, this.width);
    const intercepts = this.#intercepts;
    const out = this.#wideMargins(x) ?? this.#ownMargins(x);
    for (let at = 0; at < out.length; at += intercepts.length)
      for (let k = 0; k < intercepts.length; k++) out[at + k]! += intercepts[k]!;
    return out;
  }

  #wideMargins(x: Csr): Float64Array | undefined {
    if (this.#maySpeedUp && this.#wide === undefined) {
      this.#wide = WideMargins.open(this.#coefficients, this.#intercepts.length);
      if (this.#wide === undefined) return undefined;
      this.#coefficients = this.#wide.coefficients;
      this.#stride = this.#wide.stride;
    }
    return this.#wide?.of(x, this.#columns);
  }

  #ownMargins(x: Csr): Float64Array {
    const margins = this.#intercepts.length;
    const [coefficients, stride] = [this.#coefficients, this.#stride];
    const known = this.#columns;
    const out = new Float64Array(x.rows * margins);
    let places = new Int32Array(1024); // where the coefficients of the row's features begin
    let values = new Float64Array(1024);
    for (let row = 0; row < x.rows; row++) {
      const start = x.indptr[row]!;
      const end = x.indptr[row + 1]!;
      if (end - start > places.length) {
        places = new Int32Array(2 * (end - start));
        values = new Float64Array(2 * (end - start));
      }
      let count = 0;
      for (let e = start; e < end; e++) {
        const place = known.place(x.indices[e]!);
        if (place < 0) continue;
        places[count] = place * stride;
        values[count++] = x.values[e]!;
      }
      addProducts(coefficients, places, values, count, out, row * margins, margins);
    }
    return out;
  }

  /** Spark's rawPrediction [rows, K]: the margins, or [-m, m] when binomial. */
  rawPrediction(x: Csr): Float64Array {
    const margins = this.margins(x);
    if (!this.#isBinomial) return margins;
    const raw = new Float64Array(margins.length * 2);
    for (let row = 0; row < margins.length; row++) {
      raw[2 * row] = -margins[row]!;
      raw[2 * row + 1] = margins[row]!;
    }
    return raw;
  }

  contributions(x: Csr, row: number, label: number, runnerUp: number, out: Contributions): true {
    const { indices, values } = x;
    const [from, to] = [x.indptr[row]!, x.indptr[row + 1]!];
    const [known, coefficients, stride] = [this.#columns, this.#coefficients, this.#stride];
    const [own, other] = [out.own, out.runnerUp];
    // a binary margin speaks for class 1
    const [k, sign] = this.#isBinomial ? [0, label === 1 ? 1 : -1] : [label, 1];
    const [kOther, signOther] = this.#isBinomial ? [0, runnerUp === 1 ? 1 : -1] : [runnerUp, 1];
    for (let e = from; e < to; e++) {
      const place = known.place(indices[e]!);
      const value = values[e]!;
      own[e - from] = place < 0 ? 0 : sign * value * coefficients[place * stride + k]!;
      other[e - from] = place < 0 ? 0 : signOther * value * coefficients[place * stride + kOther]!;
    }
    return true;
  }
}

/** out[at + k] = Σ values × coefficients[places + k], features in order; four sums at a time stay in registers. */
function addProducts(
  coefficients: Float64Array,
  places: Int32Array,
  values: Float64Array,
  count: number,
  out: Float64Array,
  at: number,
  margins: number,
): void {
  let k = 0;
  for (; k + 4 <= margins; k += 4) {
    let [a0, a1, a2, a3] = [0, 0, 0, 0];
    for (let i = 0; i < count; i++) {
      const from = places[i]! + k;
      const value = values[i]!;
      a0 += value * coefficients[from]!;
      a1 += value * coefficients[from + 1]!;
      a2 += value * coefficients[from + 2]!;
      a3 += value * coefficients[from + 3]!;
    }
    out[at + k] = a0;
    out[at + k + 1] = a1;
    out[at + k + 2] = a2;
    out[at + k + 3] = a3;
  }
  for (; k < margins; k++) {
    let a = 0;
    for (let i = 0; i < count; i++) a += values[i]! * coefficients[places[i]! + k]!;
    out[at + k] = a;
  }
}

/** Probabilities [rows, K] of margins [rows, margins]. */
export function marginProbabilities(margins: Float64Array, isBinomial: boolean, classes: number): Float64Array {
  if (!isBinomial) return softmaxRows(margins.slice(), classes);
  const probabilities = new Float64Array(margins.length * 2);
  for (let row = 0; row < margins.length; row++) {
    const first = 1 / (1 + Math.exp(margins[row]!));
    probabilities[2 * row] = first;
    probabilities[2 * row + 1] = 1 - first;
  }
  return probabilities;
}

/**
 * The binary models' probabilities of each row, divided by their sum [rows, K]. The largest margin has the largest, as Spark decides by margins:
 * where several are so sure that their probabilities are the same number, it is one step above.
 */
function oneVsRestProbabilities(margins: Float64Array, classes: number): Float64Array {
  // logarithms first: the probabilities of all classes may be too small for a number
  const logs = margins.map((m) => (m > 0 ? -Math.log1p(Math.exp(-m)) : m - Math.log1p(Math.exp(m))));
  const probabilities = softmaxRows(logs, classes);
  for (let row = 0; row < margins.length; row += classes) {
    let best = row;
    let most = row;
    for (let at = row + 1; at < row + classes; at++) {
      if (margins[at]! > margins[best]!) best = at;
      if (probabilities[at]! > probabilities[most]!) most = at;
    }
    if (most !== best) probabilities[best] = probabilities[most]! * (1 + Number.EPSILON);
  }
  return probabilities;
}

/**
 * Spark's prediction of one row.
 * @param thresholds  one per class: the largest p/t wins; undefined: the largest margin, or p1 > threshold when binomial
 */
export function predictRow(
  raw: ArrayLike<number>,
  probabilities: ArrayLike<number>,
  options: { isBinomial: boolean; threshold?: number; thresholds?: readonly number[] },
): number {
  const { thresholds } = options;
  if (options.isBinomial) {
    const threshold = thresholds === undefined ? (options.threshold ?? 0.5) : 1 / (1 + thresholds[0]! / thresholds[1]!);
    const bar = threshold === 0.5 ? 0 : threshold <= 0 ? -Infinity : threshold >= 1 ? Infinity : logit(threshold);
    return raw[1]! > bar ? 1 : 0;
  }
  let best = 0;
  let bestValue = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < raw.length; k++) {
    const t = thresholds?.[k];
    const value = t === undefined ? raw[k]! : t === 0 ? Number.POSITIVE_INFINITY : probabilities[k]! / t;
    if (value > bestValue) {
      best = k;
      bestValue = value;
    }
  }
  return best;
}

const logit = (p: number): number => Math.log(p / (1 - p));
