import { describe, expect, test } from 'vitest';
import {
  acceptSentence,
  atThreshold,
  perThousand,
  rowsToProve,
  shareText,
  thresholdText,
} from '../../../../dashboard/src/views/model/threshold.ts';
import type { AcceptRule } from '../../../../shared/models/accept-rule.ts';

const point = (threshold: number, accepted: number, correct: number) => ({
  threshold,
  accepted,
  correct,
  coverage: accepted / 100,
  precision: correct / accepted,
});
const curve = [point(0.99, 20, 20), point(0.8, 60, 57), point(0.5, 100, 85)];

describe('a threshold read from the evaluation', () => {
  test('accepts every row at or above it', () => {
    expect(atThreshold(curve, 0.8)).toEqual({ accepted: 60, correct: 57, coverage: 0.6, precision: 0.95 });
    expect(atThreshold(curve, 0.81).accepted).toBe(20);
    expect(atThreshold(curve, 0).accepted).toBe(100);
  });

  test("at the model's own threshold it says what the model says of itself: the curve is thinned", () => {
    const own: AcceptRule = {
      ...{ threshold: 0.79, basis: 'guarantee', precision: 0.9, confidence: 0.95 },
      ...{ coverage: 0.61, observedPrecision: 58 / 61, samples: 100 },
    };
    expect(atThreshold(curve, 0.79, own)).toEqual({ accepted: 61, correct: 58, coverage: 0.61, precision: 58 / 61 });
    expect(atThreshold(curve, 0.8, own).accepted).toBe(60);
    expect(atThreshold(curve, 0.79, { ...own, samples: 40 }).accepted).toBe(60); // it was proven on other rows
  });

  test('above every confidence nothing is accepted and no precision is claimed', () => {
    expect(atThreshold(curve, 0.995)).toEqual({ accepted: 0, correct: 0, coverage: 0, precision: null });
    expect(atThreshold([], 0.5).precision).toBeNull();
  });

  test('of 1,000 documents those not accepted are asked and paid', () => {
    const result = perThousand(atThreshold(curve, 0.8), 0.002);
    expect(result.decided).toBeCloseTo(600);
    expect(result.wrong).toBeCloseTo(30);
    expect(result.asked).toBeCloseTo(400);
    expect(result.costUsd).toBeCloseTo(0.8);
  });

  test('without a bill no cost is made up', () => {
    expect(perThousand(atThreshold(curve, 0.995), null)).toEqual({
      decided: 0,
      wrong: null,
      asked: 1000,
      costUsd: null,
    });
  });
});

describe('the accept rule in words', () => {
  const rule: AcceptRule = {
    threshold: 0.83,
    basis: 'guarantee',
    precision: 0.95,
    confidence: 0.95,
    coverage: 0.8,
    observedPrecision: 0.982,
    samples: 1000,
  };

  test('a guarantee names promise, confidence, threshold and what was seen', () => {
    expect(acceptSentence(rule)).toBe(
      'With 95% confidence at least 95% of the labels accepted at 0.83 or above are right. Seen: 98.2% of 800 labels accepted, out of 1,000 documents that were held out.',
    );
  });

  test('an empirical threshold is not called a promise', () => {
    expect(acceptSentence({ ...rule, basis: 'empirical' })).toContain('is not proven at 95% confidence');
  });

  test('a default says how many documents a promise needs', () => {
    expect(acceptSentence({ ...rule, basis: 'default' })).toContain('at least 59 accepted documents');
  });

  test('rows needed agree with the table of the manual', () => {
    expect([0.9, 0.95, 0.98, 0.99].map((precision) => rowsToProve(precision, 0.95))).toEqual([29, 59, 149, 299]);
  });

  test('shares and thresholds carry no needless places', () => {
    expect([0.95, 0.995, 0.9999].map(shareText)).toEqual(['95%', '99.5%', '99.99%']);
    expect([0.645, 0.8, 0.7600000000000001].map(thresholdText)).toEqual(['0.645', '0.8', '0.76']);
    // What proves nothing has a threshold that no confidence reaches; which one is nobody's business.
    expect(thresholdText(1.01)).toBe('> 1');
  });
});
