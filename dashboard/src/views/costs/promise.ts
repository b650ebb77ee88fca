// The champion's promise held against what people said about its labels.
import type { TrustReport } from '../../../../shared/api/insights.ts';

import { count, percent } from '../../format.ts';
import { words } from '../../words/costs.ts';
import { shareText } from '../model/threshold.ts';

/** Standard normal quantile of a two-sided 95 % interval. */
const Z = 1.959964;

/** Wilson's 95 % interval of a share: k of n. [0, 1] for n = 0. */
export function wilson(k: number, n: number): [low: number, high: number] {
  if (n === 0) return [0, 1];
  const p = k / n;
  const z2 = (Z * Z) / n;
  const middle = (p + z2 / 2) / (1 + z2);
  const half = (Z * Math.sqrt((p * (1 - p)) / n + z2 / (4 * n))) / (1 + z2);
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}

export interface Verdict {
  state: 'kept' | 'broken' | 'open' | 'unchecked';
  /** Wilson's interval of the share right; null unchecked. */
  interval: [low: number, high: number] | null;
  sentence: string;
  /** What to do about it; null when nothing. */
  advice: string | null;
}

type Promised = NonNullable<TrustReport['promise']>;

/** Kept when the whole interval is at or above the promise, broken when all of it is below. */
export function judgePromise({ modelVersion, precision, checked, right, basis }: Promised): Verdict {
  const aim = words.aim(basis === 'guarantee', shareText(precision));
  if (checked === 0)
    return {
      state: 'unchecked',
      interval: null,
      sentence: words.nobodyChecked(modelVersion),
      advice: words.adviceOpen,
    };
  const interval = wilson(right, checked);
  const [low, high] = interval;
  const seen = words.seen(
    count(checked),
    modelVersion,
    count(right),
    percent(right / checked, 1),
    percent(0.95),
    percent(low, 1),
    percent(high, 1),
  );
  if (low >= precision) return { state: 'kept', interval, sentence: `${seen} ${words.isKept(aim)}`, advice: null };
  if (high < precision)
    return {
      state: 'broken',
      interval,
      sentence: `${seen} ${words.isBroken(aim)}`,
      advice: words.adviceRaise,
    };
  return {
    state: 'open',
    interval,
    sentence: `${seen} ${words.agreesWith(aim)}`,
    advice: words.adviceMore,
  };
}

/** What was measured on documents drawn at random. */
export function spotCheckSentence(checks: TrustReport['spotChecks']): string {
  if (checks === null) return words.noSpotChecks;
  const { drawn, checked, right, low, high, drift } = checks;
  if (checked === 0) return words.noneChecked(count(drawn));
  const seen = words.spotChecks(
    count(checked),
    count(drawn),
    count(right),
    percent(right / checked, 1),
    percent(0.95),
    percent(low, 1),
    percent(high, 1),
  );
  return drift?.isSeen === true
    ? `${seen} ${words.drift(percent(drift.recent.right / drift.recent.checked, 1), percent(drift.before.right / drift.before.checked, 1))}`
    : seen;
}
