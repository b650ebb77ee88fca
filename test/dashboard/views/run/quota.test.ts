import { describe, expect, test } from 'vitest';
import { billAgainst, peakShare, tokensPerMinute } from '../../../../dashboard/src/views/run/quota.ts';
import type { RunReport } from '../../../../shared/api/insights.ts';

const quota = (sliceSeconds: number, tokens: number[], limit: number | null = 1000): RunReport['quota'] => ({
  tokensPerMinuteLimit: limit,
  sliceSeconds,
  slices: tokens.map((one, i) => ({ at: `t${i}`, tokens: one, calls: 1, throttled: 0 })),
});

describe('dashboard: quota use', () => {
  test('short slices are summed over the minute that ends with each', () => {
    expect(tokensPerMinute(quota(20, [100, 100, 100, 0, 0, 0])).map(({ tokens }) => tokens)).toEqual([
      100, 200, 300, 200, 100, 0,
    ]);
  });

  test('slices longer than a minute give their mean by the minute', () => {
    expect(tokensPerMinute(quota(120, [600, 0])).map(({ tokens }) => tokens)).toEqual([300, 0]);
  });

  test('one busy second is not a minute of it', () => {
    expect(peakShare(quota(1, [900]))).toBeCloseTo(0.9);
  });

  test('without limit or calls there is no share', () => {
    expect(peakShare(quota(1, [900], null))).toBeNull();
    expect(peakShare(quota(1, []))).toBeNull();
  });

  test('a bill is below, within or above its quote', () => {
    const quote = { usdLow: 1, usdHigh: 2 };
    expect([0.5, 1, 2, 2.1].map((usd) => billAgainst(quote, usd))).toEqual(['below', 'within', 'within', 'above']);
  });
});
