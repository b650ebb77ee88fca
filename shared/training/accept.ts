// The accept threshold of a freshly trained model, from predictions for rows it was not trained on.
// Strict: the promise is proven on rows that nothing else has seen, or training fails. Otherwise the best basis the rows allow is taken and
// named: guarantee (the same test on half of the out-of-fold rows), empirical (observed precision), default (too few rows for either).
import type { AcceptRule } from '../models/accept-rule.ts';
import {
  countAccepted,
  guaranteeByLabel,
  guaranteeThreshold,
  type HeldOut,
  type PrecisionGoal,
  requireGuarantee,
  THRESHOLD_GRID,
} from '../models/threshold.ts';

/** Threshold where nothing could be measured: above every probability, so that the model decides nothing alone. */
export const DECIDES_NOTHING = 1.01;
/** Accepted rows below which an observed precision says nothing. */
const MIN_EMPIRICAL_ROWS = 20;

export interface AcceptChoice {
  accept: AcceptRule;
  /** Threshold per label; null where none can be promised. Only with a strict guarantee. */
  byLabel: (number | null)[] | null;
}

/**
 * Strict choice.
 * @throws {TerminalError} train.too-few-samples, train.promise-not-kept
 */
export function promiseAccept(
  scout: HeldOut,
  tested: HeldOut,
  labels: readonly string[],
  goal: PrecisionGoal,
): AcceptChoice {
  const { threshold } = requireGuarantee(scout, tested, goal);
  const byLabel = guaranteeByLabel(scout, tested, labels, goal).map((label) => label.threshold);
  return { accept: ruleOf(tested, threshold, 'guarantee', goal), byLabel };
}

/** Best effort choice from out-of-fold rows, cut into two halves. */
export function chooseAccept(first: HeldOut, second: HeldOut, goal: PrecisionGoal): AcceptRule {
  const { threshold } = guaranteeThreshold(first, second, goal.precision, 1 - goal.confidence);
  if (threshold !== null) return ruleOf(second, notLooserThanSeen(second, threshold), 'guarantee', goal);
  const all = joined(first, second);
  const empirical = empiricalThreshold(all, goal.precision);
  return empirical === null
    ? {
        ...ruleOf(all, DECIDES_NOTHING, 'default', goal),
        missing: Math.max(0, MIN_EMPIRICAL_ROWS - all.confidence.length),
      }
    : ruleOf(all, notLooserThanSeen(all, empirical), 'empirical', goal);
}

/** The strictest threshold of the grid that accepts the same rows: nothing is known of probabilities below all that were seen. */
function notLooserThanSeen(held: HeldOut, threshold: number): number {
  const { accepted } = countAccepted(held, threshold);
  return THRESHOLD_GRID.find((stricter) => countAccepted(held, stricter).accepted === accepted) ?? threshold;
}

/** The loosest threshold above which the observed precision reaches the aim. */
function empiricalThreshold(held: HeldOut, precision: number): number | null {
  let best: number | null = null;
  for (const threshold of THRESHOLD_GRID) {
    const { accepted, correct } = countAccepted(held, threshold);
    if (accepted < MIN_EMPIRICAL_ROWS) continue;
    if (correct / accepted >= precision) best = threshold;
  }
  return best;
}

function ruleOf(held: HeldOut, threshold: number, basis: AcceptRule['basis'], goal: PrecisionGoal): AcceptRule {
  const samples = held.confidence.length;
  const { accepted, correct } = countAccepted(held, threshold);
  return {
    threshold,
    basis,
    ...goal,
    coverage: samples === 0 ? 0 : accepted / samples,
    observedPrecision: accepted === 0 ? 0 : correct / accepted,
    samples,
  };
}

const joined = (a: HeldOut, b: HeldOut): HeldOut => ({
  confidence: Float64Array.from([...a.confidence, ...b.confidence]),
  predicted: Int32Array.from([...a.predicted, ...b.predicted]),
  isRight: Uint8Array.from([...a.isRight, ...b.isRight]),
});
