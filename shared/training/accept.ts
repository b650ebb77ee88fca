// The accept threshold of a freshly trained model, from predictions for rows it was not trained on.
// Strict: the promise is proven on rows that nothing else has seen, or training fails. Otherwise all rows outside training prove it together
// (guarantee), or the model decides nothing alone and says how many rows are missing (default).
// Invariant: A1 a threshold that was merely seen to be right often enough is never taken: of few rows four in five such thresholds miss the aim.
import type { AcceptRule } from '../models/accept-rule.ts';
import { type HeldOut, THRESHOLD_GRID } from '../models/held-out.ts';
import { provenThreshold } from '../models/proven-threshold.ts';
import { countAccepted, guaranteeByLabel, type PrecisionGoal, requireGuarantee } from '../models/threshold.ts';

/** Threshold where nothing could be measured: above every probability, so that the model decides nothing alone. */
export const DECIDES_NOTHING = 1.01;

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

/**
 * Best effort choice from rows outside training: what all of them prove together, or nothing.
 * @param seen  the probabilities that the threshold is for, where others decide some of the rows
 */
export function chooseAccept(held: HeldOut, goal: PrecisionGoal, seen: HeldOut = held): AcceptRule {
  const { threshold, missing } = provenThreshold(held, goal.precision, 1 - goal.confidence);
  return threshold === null
    ? { ...ruleOf(held, DECIDES_NOTHING, 'default', goal), missing }
    : { ...ruleOf(held, threshold, 'guarantee', goal), threshold: notLooserThanSeen(seen, threshold) };
}

/** The strictest threshold of the grid that accepts the same rows: nothing is known of probabilities below all that were seen. */
function notLooserThanSeen(held: HeldOut, threshold: number): number {
  const { accepted } = countAccepted(held, threshold);
  return THRESHOLD_GRID.find((stricter) => countAccepted(held, stricter).accepted === accepted) ?? threshold;
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
