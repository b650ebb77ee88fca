// What a threshold means, from a model's evaluation: how much it decides alone, how often rightly, what the rest costs.
import type { AcceptRule } from '../../../../shared/models/accept-rule.ts';
import type { CoveragePoint } from '../../../../shared/models/metrics.ts';
import { count, percent } from '../../format.ts';

export interface AtThreshold {
  /** Rows at or above the threshold, and how many of them were right. */
  accepted: number;
  correct: number;
  /** Share accepted, 0..1. */
  coverage: number;
  /** Share right of those accepted; null where none is. */
  precision: number | null;
}

/** The curve read at a threshold: its loosest point that is not below. @param curve  the strictest point first */
export function atThreshold(curve: readonly CoveragePoint[], threshold: number): AtThreshold {
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

/** A threshold as people write it: 0.76, 0.645. */
export const thresholdText = (value: number): string => String(Math.round(value * 1000) / 1000);

export const BASIS_TEXT: Readonly<Record<AcceptRule['basis'], { name: string; title: string }>> = {
  guarantee: { name: 'guarantee', title: 'A binomial test on rows the model had not seen holds the promise' },
  empirical: {
    name: 'empirical',
    title: 'The precision was seen on rows the model had not seen; too few for a promise',
  },
  default: { name: 'default', title: 'Nothing is proven of when it is right often enough: it decides nothing alone' },
};

/** The accept rule in words: what is promised, and what was seen. */
export function acceptSentence(rule: AcceptRule): string {
  const { precision, confidence, samples } = rule;
  const at = thresholdText(rule.threshold);
  const aim = shareText(precision);
  const accepted = Math.round(rule.coverage * samples);
  const seen = `${percent(rule.observedPrecision, 1)} of ${count(accepted)} labels accepted, out of ${count(samples)} documents that were held out`;
  if (rule.basis === 'guarantee')
    return `With ${shareText(confidence)} confidence at least ${aim} of the labels accepted at ${at} or above are right. Seen: ${seen}.`;
  if (rule.basis === 'empirical')
    return `Labels are accepted at ${at} or above. ${aim} right was the aim and is not proven at ${shareText(confidence)} confidence; seen: ${seen}. Train on more labelled documents for a promise.`;
  const needed = count(rowsToProve(precision, confidence));
  if (rule.threshold > 1)
    return `The model decides nothing alone: ${(rule.missing ?? 0) > 0 ? `${count(rule.missing ?? 0)} more labelled documents are needed at least to prove when it is right often enough, near copies counted once` : `on none of its confidences ${aim} of the labels were right`}. To promise ${aim} with ${shareText(confidence)} confidence, at least ${needed} accepted documents are needed, all of them right.`;
  return `Labels are accepted at ${at} or above. That is a default: nobody has measured the model. To promise ${aim} with ${shareText(confidence)} confidence, at least ${needed} accepted documents are needed, all of them right.`;
}

/** A share without needless places: 95 %, 99.5 %. */
export function shareText(share: number): string {
  const places = [0, 1, 2].find((digits) => Math.abs(Number((share * 100).toFixed(digits)) - share * 100) < 1e-9);
  return percent(share, places ?? 2);
}
