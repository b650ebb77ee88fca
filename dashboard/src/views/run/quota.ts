// Quota use of a run as the service counts it: tokens of the minute up to each moment. Pure.
import type { RunReport } from '../../../../shared/api/insights.ts';

export interface MinuteUse {
  /** ISO 8601 */
  at: string;
  /** Tokens per minute. */
  tokens: number;
}

const MINUTE = 60;

/**
 * A quota holds over a minute, not over a slice: short slices are summed over the minute that ends with each, longer ones give their mean.
 */
export function tokensPerMinute({ slices, sliceSeconds }: RunReport['quota']): MinuteUse[] {
  if (sliceSeconds >= MINUTE) return slices.map(({ at, tokens }) => ({ at, tokens: (tokens * MINUTE) / sliceSeconds }));
  const window = Math.max(1, Math.round(MINUTE / sliceSeconds));
  let sum = 0;
  return slices.map(({ at, tokens }, i) => {
    sum += tokens - (slices[i - window]?.tokens ?? 0);
    return { at, tokens: sum };
  });
}

/** The most used of the limit, 0 and more; null without a limit or calls. */
export function peakShare(quota: RunReport['quota']): number | null {
  const limit = quota.tokensPerMinuteLimit;
  if (limit === null || limit <= 0 || quota.slices.length === 0) return null;
  return Math.max(...tokensPerMinute(quota).map(({ tokens }) => tokens)) / limit;
}

/** How a bill stands to what was quoted. */
export function billAgainst(quote: { usdLow: number; usdHigh: number }, usd: number): 'below' | 'within' | 'above' {
  return usd < quote.usdLow ? 'below' : usd > quote.usdHigh ? 'above' : 'within';
}
