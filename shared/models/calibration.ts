// Probabilities that mean what they say: temperature or isotonic regression, fitted on held-out predictions.
// Invariants: C1 calibrated rows sum to 1. C2 calibration never changes which class is the most probable.
import { argmax } from './scorer.ts';

export type Calibration =
  | { readonly method: 'none' }
  /** p ∝ p^(1/temperature) */
  | { readonly method: 'temperature'; readonly temperature: number }
  /** One increasing function of p for all classes, linear between its knots; rows are normalised afterwards. */
  | { readonly method: 'isotonic'; readonly x: readonly number[]; readonly y: readonly number[] };

const MIN_PROBABILITY = 1e-15;
/** Slope kept on flat parts, so that the order of probabilities survives (C2). */
const TILT = 1e-6;

/** Calibrated copy of probabilities [rows, K]. */
export function calibrate(probabilities: Float64Array, classes: number, calibration: Calibration): Float64Array {
  if (calibration.method === 'none') return probabilities.slice();
  const map = calibration.method === 'temperature' ? undefined : isotonicMap(calibration.x, calibration.y);
  const out = new Float64Array(probabilities.length);
  for (let from = 0; from < out.length; from += classes) {
    const top = probabilities[from + argmax(probabilities, from, from + classes)]!;
    let sum = 0;
    for (let k = from; k < from + classes; k++) {
      const p = probabilities[k]!;
      const mapped = map === undefined ? (p / top) ** (1 / temperatureOf(calibration)) : map(p);
      out[k] = mapped;
      sum += mapped;
    }
    for (let k = from; k < from + classes; k++) out[k]! /= sum;
  }
  return out;
}

const temperatureOf = (calibration: Calibration): number =>
  calibration.method === 'temperature' ? calibration.temperature : 1;

/** Mean of -ln p(true class). */
export function logLoss(probabilities: Float64Array, classes: number, labels: ArrayLike<number>): number {
  let sum = 0;
  for (let row = 0; row < labels.length; row++)
    sum -= Math.log(Math.max(probabilities[row * classes + labels[row]!]!, MIN_PROBABILITY));
  return sum / labels.length;
}

export interface CalibrationFit {
  readonly calibration: Calibration;
  /** Held-out rows, each calibrated by a function fitted on the other half [rows, K]. */
  readonly crossFitted: Float64Array;
  /** Cross-fitted log loss of each method. */
  readonly logLoss: { readonly none: number; readonly temperature: number; readonly isotonic: number };
}

/**
 * Fit both methods and keep the one with the lower cross-fitted log loss: each half of the rows judges the fit on the other.
 * @param probabilities  held-out predictions [rows, K]: never those of rows the model was trained on
 * @param labels         true classes [rows]
 */
export function fitCalibration(
  probabilities: Float64Array,
  classes: number,
  labels: ArrayLike<number>,
): CalibrationFit {
  const halves = [0, 1].map((parity) => rowsOf(labels.length, (row) => row % 2 === parity));
  const crossFit = (fitRows: (rows: readonly number[]) => Calibration): Float64Array => {
    const out = new Float64Array(probabilities.length);
    for (const [held, rest] of [
      [halves[0]!, halves[1]!],
      [halves[1]!, halves[0]!],
    ] as const) {
      const part = calibrate(pick(probabilities, classes, held), classes, fitRows(rest));
      held.forEach((row, i) => {
        out.set(part.subarray(i * classes, (i + 1) * classes), row * classes);
      });
    }
    return out;
  };
  const fits = {
    temperature: (rows: readonly number[]): Calibration => fitTemperature(probabilities, classes, labels, rows),
    isotonic: (rows: readonly number[]): Calibration => fitIsotonic(probabilities, classes, labels, rows),
  };
  const all = rowsOf(labels.length, () => true);
  const none = logLoss(probabilities, classes, labels);
  if (labels.length < 4)
    return {
      calibration: { method: 'none' },
      crossFitted: probabilities.slice(),
      logLoss: { none, temperature: none, isotonic: none },
    };
  const crossFitted = { temperature: crossFit(fits.temperature), isotonic: crossFit(fits.isotonic) };
  const temperature = logLoss(crossFitted.temperature, classes, labels);
  const isotonic = logLoss(crossFitted.isotonic, classes, labels);
  const best = isotonic < temperature ? 'isotonic' : 'temperature';
  return {
    calibration: fits[best](all),
    crossFitted: crossFitted[best],
    logLoss: { none, temperature, isotonic },
  };
}

/**
 * Temperature of least log loss over the given rows, by golden section over its logarithm. Each row counts a little for the other classes too, as if of
 * n + 2 rows one were wrong: n rows without an error do not promise certainty. Source: Platt 1999.
 */
export function fitTemperature(
  probabilities: Float64Array,
  classes: number,
  labels: ArrayLike<number>,
  rows: readonly number[],
): Calibration & { method: 'temperature' } {
  const logs = pick(probabilities, classes, rows).map((p) => Math.log(Math.max(p, MIN_PROBABILITY)));
  const doubt = 1 / (rows.length + 2);
  const lossAt = (logT: number): number => {
    const inverse = Math.exp(-logT);
    let sum = 0;
    for (let i = 0; i < rows.length; i++) {
      const from = i * classes;
      const top = logs[from + argmax(logs, from, from + classes)]!;
      let total = 0;
      for (let k = from; k < from + classes; k++) total += Math.exp((logs[k]! - top) * inverse);
      const truth = logs[from + labels[rows[i]!]!]! - top;
      let others = 0;
      for (let k = from; k < from + classes; k++) others += logs[k]! - top;
      const expected = (1 - doubt) * truth + (doubt / Math.max(1, classes - 1)) * (others - truth);
      sum += Math.log(total) - expected * inverse;
    }
    return sum;
  };
  const best = goldenSection(lossAt, Math.log(0.02), Math.log(50));
  const isBetter = lossAt(best) < lossAt(0) - 1e-9 * rows.length; // of predictions that say nothing no temperature is
  return { method: 'temperature', temperature: isBetter ? Math.exp(best) : 1 };
}

/** Isotonic regression of [y = k] on p_k, all classes pooled (pool adjacent violators). */
export function fitIsotonic(
  probabilities: Float64Array,
  classes: number,
  labels: ArrayLike<number>,
  rows: readonly number[],
): Calibration & { method: 'isotonic' } {
  const values = pick(probabilities, classes, rows);
  const order = Uint32Array.from(values.keys()).sort((a, b) => values[a]! - values[b]!);
  const blocks: { n: number; x: number; hits: number }[] = [];
  for (const at of order) {
    const hit = labels[rows[Math.floor(at / classes)]!] === at % classes ? 1 : 0;
    blocks.push({ n: 1, x: values[at]!, hits: hit });
    for (;;) {
      const last = blocks.at(-1)!;
      const before = blocks.at(-2);
      if (before === undefined || before.hits * last.n < last.hits * before.n) break;
      blocks.pop();
      before.n += last.n;
      before.x += last.x;
      before.hits += last.hits;
    }
  }
  // Laplace smoothing: a block of 30 hits out of 30 does not promise certainty.
  const smooth = blocks.map(({ n, x, hits }) => ({ x: x / n, y: (hits + 0.5) / (n + 1) }));
  const y = smooth.map((block) => block.y);
  for (let i = 1; i < y.length; i++) y[i] = Math.max(y[i]!, y[i - 1]!); // smoothing may disturb the order
  return { method: 'isotonic', x: smooth.map((block) => block.x), y };
}

function isotonicMap(x: readonly number[], y: readonly number[]): (p: number) => number {
  return (p) => {
    let low = 0;
    let high = x.length; // first knot > p
    while (low < high) {
      const middle = (low + high) >> 1;
      if (x[middle]! > p) high = middle;
      else low = middle + 1;
    }
    const x0 = low === 0 ? 0 : x[low - 1]!;
    const y0 = low === 0 ? 0 : y[low - 1]!;
    const x1 = low === x.length ? 1 : x[low]!;
    const y1 = low === x.length ? y0 : y[low]!;
    const mapped = x1 > x0 ? y0 + ((p - x0) / (x1 - x0)) * (y1 - y0) : y0;
    return mapped + TILT * p;
  };
}

function goldenSection(f: (x: number) => number, from: number, to: number): number {
  const ratio = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [from, to];
  let a = high - ratio * (high - low);
  let b = low + ratio * (high - low);
  let [fa, fb] = [f(a), f(b)];
  while (high - low > 1e-6) {
    if (fa <= fb) {
      [high, b, fb] = [b, a, fa];
      a = high - ratio * (high - low);
      fa = f(a);
    } else {
      [low, a, fa] = [a, b, fb];
      b = low + ratio * (high - low);
      fb = f(b);
    }
  }
  return (low + high) / 2;
}

const rowsOf = (count: number, keep: (row: number) => boolean): number[] =>
  Array.from({ length: count }, (_, row) => row).filter(keep);

function pick(values: Float64Array, classes: number, rows: readonly number[]): Float64Array {
  const out = new Float64Array(rows.length * classes);
  rows.forEach((row, i) => {
    out.set(values.subarray(row * classes, (row + 1) * classes), i * classes);
  });
  return out;
}
