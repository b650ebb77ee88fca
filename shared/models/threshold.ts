// Accept thresholds that keep a promise: "labels the model gives alone are at least 98 % right, with 95 % confidence".
// Fixed-sequence testing: thresholds of a fixed grid are tested from strict to loose, each by an exact binomial test at the full level, and the
// last one before the first failure is taken. That the grid is fixed and the order given is what makes the level hold for all of them.
// Invariants: T1 where the sequence starts depends on other rows than those tested. T2 per label, the level is divided by the number of labels.
// T3 near copies prove less than different rows, by how much they are right or wrong together (witnesses.ts); counted singly they would prove too much.
// Limits: the promise is about documents exchangeable with the tested rows; it says nothing about other sources or later times.
// Sources: Clopper & Pearson 1934; Angelopoulos et al. 2021, Learn then Test.
import { TerminalError } from '../errors.ts';
import { type HeldOut, THRESHOLD_GRID } from './held-out.ts';
import { countWitnesses, type Witnesses, witnessesOf } from './witnesses.ts';

export interface PrecisionGoal {
  /** Share of accepted labels that must be right, in (0, 1). */
  precision: number;
  /** Probability with which the promise holds, in (0, 1). */
  confidence: number;
}

export interface Guarantee {
  /** null: no threshold keeps the promise, so nothing is accepted. */
  threshold: number | null;
  /** Witnesses (witnesses.ts) among the tested rows at or above the threshold, or at the first one tested when none holds. */
  accepted: number;
  correct: number;
  /** Accepted rows that suffice when none of them is wrong. */
  needed: number;
}

/**
 * The loosest threshold whose promise holds.
 * @param scout   rows that only decide where the sequence starts (T1)
 * @param tested  rows of the tests
 * @param level   1 − confidence, after any correction
 * @param scale   how many rows are tested for each one of the scout: fixed by the split, not by what is predicted
 */
export function guaranteeThreshold(
  scout: HeldOut,
  tested: HeldOut,
  precision: number,
  level: number,
  scale = scaleOf(scout, tested),
): Guarantee {
  const needed = samplesNeeded(precision, level);
  const start = startOf(countWitnesses(scout), scale, precision, level);
  const counts = countWitnesses(tested);
  let best: Guarantee = { threshold: null, accepted: 0, correct: 0, needed };
  for (let i = start; i < THRESHOLD_GRID.length; i++) {
    const threshold = THRESHOLD_GRID[i]!;
    const { accepted, correct } = counts[i]!;
    const holds = accepted > 0 && tailProbability(correct, accepted, precision) <= level;
    if (!holds) return best.threshold === null ? { threshold: null, accepted, correct, needed } : best;
    best = { threshold, accepted, correct, needed };
  }
  return best;
}

export interface LabelledGuarantee extends Guarantee {
  label: string;
}

/**
 * One threshold per label; together they keep the promise for every label at once (T2).
 * A label that cannot be promised gets null: it is never accepted alone.
 */
export function guaranteeByLabel(
  scout: HeldOut,
  tested: HeldOut,
  labels: readonly string[],
  goal: PrecisionGoal,
): LabelledGuarantee[] {
  const level = (1 - goal.confidence) / labels.length;
  const scale = scaleOf(scout, tested);
  return labels.map((label, k) => ({
    label,
    ...guaranteeThreshold(rowsOfClass(scout, k), rowsOfClass(tested, k), goal.precision, level, scale),
  }));
}

/**
 * The pooled guarantee, or an error that says what is missing.
 * @throws {TerminalError} request.invalid, train.too-few-samples with the number needed, train.promise-not-kept
 */
export function requireGuarantee(
  scout: HeldOut,
  tested: HeldOut,
  goal: PrecisionGoal,
): Guarantee & { threshold: number } {
  checkGoal(goal);
  const found = guaranteeThreshold(scout, tested, goal.precision, 1 - goal.confidence);
  if (found.threshold !== null) return { ...found, threshold: found.threshold };
  const rows = Math.floor(witnessesOf(tested));
  const promise = `${percent(goal.precision)} right with ${percent(goal.confidence)} confidence`;
  if (rows < found.needed)
    throw new TerminalError(
      'train.too-few-samples',
      `${promise}: need at least ${found.needed} test rows without a single error, have ${rows}${tested.groups === undefined ? '' : ', near copies counted for less'}`,
      { ids: { needed: found.needed, have: rows } },
    );
  throw new TerminalError(
    'train.promise-not-kept',
    `${promise}: no threshold keeps it; of the ${Math.round(found.accepted)} surest test rows ${Math.round(found.correct)} were right`,
    { ids: { accepted: Math.round(found.accepted), correct: Math.round(found.correct) } },
  );
}

/** @throws {TerminalError} request.invalid */
export function checkGoal({ precision, confidence }: PrecisionGoal): void {
  for (const [name, value] of [
    ['precision', precision],
    ['confidence', confidence],
  ] as const)
    if (!(value > 0 && value < 1))
      throw new TerminalError('request.invalid', `${name}: need a number between 0 and 1, have ${value}`);
}

/** Rows needed to pass the test with `errors` wrong ones. */
export function samplesNeeded(precision: number, level: number, errors = 0): number {
  let low = errors + 1;
  let high = low;
  while (tailProbability(high - errors, high, precision) > level) high *= 2;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (tailProbability(middle - errors, middle, precision) <= level) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Top predictions of probabilities [n, classes]. @param truth  class of each row; -1 unknown */
export function topPredictions(
  probabilities: Float64Array,
  classes: number,
  truth: ArrayLike<number>,
  rows?: readonly number[],
): HeldOut {
  const picked = rows ?? Array.from({ length: truth.length }, (_, row) => row);
  const held: HeldOut = {
    confidence: new Float64Array(picked.length),
    predicted: new Int32Array(picked.length),
    isRight: new Uint8Array(picked.length),
  };
  picked.forEach((row, i) => {
    let best = 0;
    for (let k = 1; k < classes; k++)
      if (probabilities[row * classes + k]! > probabilities[row * classes + best]!) best = k;
    held.confidence[i] = probabilities[row * classes + best]!;
    held.predicted[i] = best;
    held.isRight[i] = best === truth[row] ? 1 : 0;
  });
  return held;
}

/** Rows at or above a threshold. */
export function countAccepted(held: HeldOut, threshold: number): { accepted: number; correct: number } {
  let accepted = 0;
  let correct = 0;
  for (let row = 0; row < held.confidence.length; row++)
    if (held.confidence[row]! >= threshold) {
      accepted++;
      correct += held.isRight[row]!;
    }
  return { accepted, correct };
}

/**
 * Place in the grid where the scout's rows speak most clearly for the promise, among those that leave rows enough to test.
 * Not simply the strictest one: the surest predictions hold the mislabelled rows, too, and one failure ends the sequence.
 */
function startOf(scouted: readonly Witnesses[], scale: number, precision: number, level: number): number {
  const needed = samplesNeeded(precision, level);
  let start = THRESHOLD_GRID.length - 1;
  let clearest = Number.POSITIVE_INFINITY;
  scouted.forEach(({ accepted, correct }, i) => {
    if (accepted * scale < needed) return;
    const tail = tailProbability(correct, accepted, precision);
    if (tail < clearest) {
      clearest = tail;
      start = i;
    }
  });
  return start;
}

const scaleOf = (scout: HeldOut, tested: HeldOut): number =>
  scout.confidence.length === 0 ? 0 : witnessesOf(tested) / witnessesOf(scout);

function rowsOfClass(held: HeldOut, k: number): HeldOut {
  const rows = [...held.predicted.keys()].filter((row) => held.predicted[row] === k);
  return {
    confidence: Float64Array.from(rows, (row) => held.confidence[row]!),
    predicted: Int32Array.from(rows, () => k),
    isRight: Uint8Array.from(rows, (row) => held.isRight[row]!),
    ...(held.groups === undefined ? {} : { groups: rows.map((row) => held.groups![row]!) }),
  };
}

/** P(X ≥ successes) for X ~ Binomial(trials, p); between whole numbers of successes it goes on smoothly. */
export function tailProbability(successes: number, trials: number, p: number): number {
  if (successes <= 0) return 1;
  return incompleteBeta(p, successes, trials - successes + 1);
}

/** One-sided Clopper–Pearson lower bound of a proportion, at the given level. */
export function clopperPearsonLower(successes: number, trials: number, level: number): number {
  if (successes === 0) return 0;
  let [low, high] = [0, 1];
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2;
    if (tailProbability(successes, trials, middle) > level) high = middle;
    else low = middle;
  }
  return low;
}

/** Two-sided Clopper–Pearson interval of a proportion; [0, 1] of no trials. @param level  1 − confidence, split over both ends */
export function clopperPearson(successes: number, trials: number, level: number): [low: number, high: number] {
  if (trials === 0) return [0, 1];
  const low = clopperPearsonLower(successes, trials, level / 2);
  return [low, 1 - clopperPearsonLower(trials - successes, trials, level / 2)];
}

/** Regularised incomplete beta function I_x(a, b), by Lentz's continued fraction. */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x)) / a;
  const tiny = 1e-300;
  const guard = (value: number) => (Math.abs(value) < tiny ? tiny : value);
  let c = 1;
  let d = 1 / guard(1 - ((a + b) * x) / (a + 1));
  let sum = d;
  for (let m = 1; m <= 1000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / guard(1 + even * d);
    c = guard(1 + even / c);
    sum *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / guard(1 + odd * d);
    c = guard(1 + odd / c);
    const factor = d * c;
    sum *= factor;
    if (Math.abs(factor - 1) < 1e-14) break;
  }
  return front * sum;
}

const LANCZOS = [
  676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406, 12.507343278686905,
  -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7,
];

/** ln Γ(x) for x ≥ 0.5 (Lanczos, g = 7). */
function logGamma(x: number): number {
  const t = x + 6.5;
  const sum = LANCZOS.reduce((total, coefficient, i) => total + coefficient / (x + i), 0.9999999999998099);
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(sum);
}

const percent = (share: number): string => `${Math.round(share * 1000) / 10} %`;
