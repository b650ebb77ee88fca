// What a threshold means, from a model's evaluation: how much it decides alone, how often rightly, what the rest costs.
import type { AcceptRule } from '../../../../shared/models/accept-rule.ts';
import type { CoveragePoint } from '../../../../shared/models/metrics.ts';
import { count, decimal, percent } from '../../format.ts';
import { words } from '../../words/model.ts';

export interface AtThreshold {
  /** Rows at or above the threshold, and how many of them were right. */
  accepted: number;
  correct: number;
  /** Share accepted, 0..1. */
  coverage: number;
  /** Share right of those accepted; null where none is. */
  precision: number | null;
}

/**
 * The curve read at a threshold: its loosest point that is not below. The curve is thinned, so that at the model's own threshold the rule, which
 * has counted every row, says it better, where it was counted on the same rows.
 * @param curve  the strictest point first
 */
export function atThreshold(curve: readonly CoveragePoint[], threshold: number, own?: AcceptRule): AtThreshold {
  const loosest = curve.at(-1);
  if (own?.threshold === threshold && own.coverage > 0 && loosest?.accepted === own.samples) {
    const { coverage, observedPrecision: precision, samples } = own;
    const accepted = Math.round(coverage * samples);
    return { accepted, correct: Math.round(precision * accepted), coverage, precision };
  }
  const point = curve.findLast((one) => one.threshold >= threshold);
  if (point === undefined) return { accepted: 0, correct: 0, coverage: 0, precision: null };
  const { accepted, correct, coverage, precision } = point;
  return { accepted, correct, coverage, precision };
}

export interface PerThousand {
  /** Of 1,000 documents: decided by the model alone, of those expected to be wrong, and left to the LLM. */
  decided: number;
  wrong: number | null;
  asked: number;
  /** USD for the asked; null where no answer was ever paid for. */
  costUsd: number | null;
}

/** What 1,000 documents like the evaluated ones would become. @param usdPerAsked  average price of an asked document, null if unknown */
export function perThousand({ coverage, precision }: AtThreshold, usdPerAsked: number | null): PerThousand {
  const decided = 1000 * coverage;
  const asked = 1000 - decided;
  return {
    decided,
    wrong: precision === null ? null : decided * (1 - precision),
    asked,
    costUsd: usdPerAsked === null ? null : asked * usdPerAsked,
  };
}

/** Accepted rows without a single error that prove a promise: n with precisionⁿ ≤ 1 − confidence. */
export const rowsToProve = (precision: number, confidence: number): number =>
  Math.ceil(Math.log(1 - confidence) / Math.log(precision) - 1e-9);

/** A threshold as people write it: 0.76, 0.645; one that nothing reaches is above 1. */
export const thresholdText = (value: number): string => (value > 1 ? '> 1' : decimal(value, 3));

/** The accept rule in words: what is promised, and what was seen. */
export function acceptSentence(rule: AcceptRule): string {
  const { precision, confidence, samples } = rule;
  const at = thresholdText(rule.threshold);
  const aim = shareText(precision);
  const accepted = Math.round(rule.coverage * samples);
  const seen = words.seen(percent(rule.observedPrecision, 1), count(accepted), count(samples));
  if (rule.basis === 'guarantee') return words.guaranteed(shareText(confidence), aim, at, seen);
  if (rule.basis === 'empirical') return words.empirical(shareText(confidence), aim, at, seen);
  const toPromise = words.toPromise(aim, shareText(confidence), count(rowsToProve(precision, confidence)));
  if (rule.threshold > 1) return `${words.nothingAlone(rule.missing ?? 0, aim)} ${toPromise}`;
  return `${words.byDefault(at)} ${toPromise}`;
}

/** A share without needless places: 95 %, 99.5 %. */
export function shareText(share: number): string {
  const places = [0, 1, 2].find((digits) => Math.abs(Number((share * 100).toFixed(digits)) - share * 100) < 1e-9);
  return percent(share, places ?? 2);
}
