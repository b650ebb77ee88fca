import { describe, expect, test } from 'vitest';
import { judgePromise, spotCheckSentence, wilson } from '../../../../dashboard/src/views/costs/promise.ts';

describe('Wilson interval', () => {
  // Agresti & Coull, "Approximate is better than exact", The American Statistician 52 (1998): 0 of 10 and 10 of 10 at 95 %
  test('is that of the literature, also at the ends', () => {
    expect(wilson(0, 10)[0]).toBeCloseTo(0, 12);
    expect(wilson(0, 10)[1]).toBeCloseTo(0.2775, 4);
    expect(wilson(10, 10)[0]).toBeCloseTo(0.7225, 4);
    expect(wilson(81, 263)[0]).toBeCloseTo(0.2553, 4);
    expect(wilson(81, 263)[1]).toBeCloseTo(0.3662, 4);
  });

  test('without observations says nothing', () => {
    expect(wilson(0, 0)).toEqual([0, 1]);
  });
});

describe('the promise against what people said', () => {
  const promise = { modelVersion: 'v3', precision: 0.95, confidence: 0.95, basis: 'guarantee' };

  test('is kept only when the whole interval reaches it', () => {
    const verdict = judgePromise({ ...promise, checked: 412, right: 405 });
    expect(verdict.state).toBe('kept');
    expect(verdict.sentence).toBe(
      'People checked 412 labels that v3 gave alone and kept 405: 98.3%, 95% interval 96.5% to 99.2%. The promise of 95% is kept.',
    );
  });

  test('stays open while a few checks agree with it', () => {
    expect(judgePromise({ ...promise, checked: 20, right: 20 }).state).toBe('open');
    expect(judgePromise({ ...promise, checked: 20, right: 18 }).state).toBe('open');
  });

  test('is broken when even the upper end is below, and something is to be done', () => {
    const verdict = judgePromise({ ...promise, checked: 200, right: 170 });
    expect(verdict.state).toBe('broken');
    expect(verdict.advice).toContain('train again');
  });

  test('an empirical threshold has an aim, not a promise', () => {
    expect(judgePromise({ ...promise, basis: 'empirical', checked: 412, right: 405 }).sentence).toContain(
      'The aim of 95%',
    );
  });

  test('unchecked, it says what to do', () => {
    expect(judgePromise({ ...promise, checked: 0, right: 0 })).toMatchObject({ state: 'unchecked', interval: null });
  });
});

test('spot checks: the sentence tells what was measured, that nothing is yet, and when fewer are right than before', () => {
  const share = { drawn: 19, checked: 19, right: 18, low: 0.74, high: 0.999 };
  const checks = { ...share, perWeek: 19, perLabel: 2, seed: 's', champion: null, labels: [], weeks: [], drift: null };
  expect(spotCheckSentence(null)).toContain('No spot checks yet');
  expect(spotCheckSentence({ ...checks, checked: 0, right: 0 })).toContain('none of the 19 documents');
  expect(spotCheckSentence(checks)).toMatch(/of 19 documents checked of 19 drawn at random, 18 are right: 94.7/);
  const drift = { before: { ...share, right: 19 }, recent: { ...share, right: 12 }, pValue: 0.004, isSeen: true };
  expect(spotCheckSentence({ ...checks, drift })).toMatch(/Fewer are right than before .*train again/);
});
