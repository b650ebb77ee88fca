import { describe, expect, test } from 'vitest';
import type { HeldOut } from '../../shared/models/held-out.ts';
import {
  clopperPearsonLower,
  guaranteeByLabel,
  guaranteeThreshold,
  requireGuarantee,
  samplesNeeded,
  tailProbability,
  topPredictions,
} from '../../shared/models/threshold.ts';
import { type Random, seededRandom } from '../../shared/ports.ts';
import fc from '../fakes/property.ts';

/** P(X ≥ k) by summing the distribution. */
function sumTail(k: number, n: number, p: number): number {
  let term = (1 - p) ** n;
  let sum = k <= 0 ? term : 0;
  for (let i = 1; i <= n; i++) {
    term *= ((n - i + 1) / i) * (p / (1 - p));
    if (i >= k) sum += term;
  }
  return sum;
}

/** Predictions whose chance of being right is a function of their confidence: an optimistic model. */
function draw(rows: number, random: Random, labels = 1, chance = (confidence: number) => confidence ** 1.5): HeldOut {
  const held: HeldOut = {
    confidence: new Float64Array(rows),
    predicted: new Int32Array(rows),
    isRight: new Uint8Array(rows),
  };
  for (let row = 0; row < rows; row++) {
    const confidence = 1 - random.next() ** 2 * 0.6;
    held.confidence[row] = confidence;
    held.predicted[row] = Math.floor(random.next() * labels);
    held.isRight[row] = random.next() < chance(confidence) ? 1 : 0;
  }
  return held;
}

/** True precision at a threshold under {@link draw}'s distribution, by numerical integration over its quantiles. */
function truePrecision(threshold: number): number {
  let accepted = 0;
  let right = 0;
  for (let i = 0; i < 20_000; i++) {
    const confidence = 1 - ((i + 0.5) / 20_000) ** 2 * 0.6;
    if (confidence < threshold) continue;
    accepted++;
    right += confidence ** 1.5;
  }
  return right / accepted;
}

describe('thresholds: the exact binomial test', () => {
  test('tail probabilities equal the summed distribution', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.double({ min: 0.02, max: 0.9, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (n, p, share) => {
          const k = Math.round(share * n);
          expect(tailProbability(k, n, p)).toBeCloseTo(sumTail(k, n, p), 9);
        },
      ),
    );
  });

  test('Clopper–Pearson bounds equal published values', () => {
    // One-sided 97.5 %: the lower ends of the two-sided 95 % intervals of R's binom.test.
    expect(clopperPearsonLower(95, 100, 0.025)).toBeCloseTo(0.8871651, 6);
    expect(clopperPearsonLower(5, 10, 0.025)).toBeCloseTo(0.187086, 6);
    expect(clopperPearsonLower(10, 10, 0.05)).toBeCloseTo(0.05 ** 0.1, 9);
    expect(clopperPearsonLower(0, 10, 0.05)).toBe(0);
  });

  test('98 % with 95 % confidence needs 149 rows without error, 313 with two', () => {
    expect(samplesNeeded(0.98, 0.05)).toBe(149);
    expect(samplesNeeded(0.98, 0.05, 2)).toBe(313);
  });
});

describe('thresholds: the promise', () => {
  test('pooled: over 400 random splits the promise is broken in at most 5 %', () => {
    const random = seededRandom(11);
    let broken = 0;
    let given = 0;
    for (let split = 0; split < 400; split++) {
      const { threshold } = guaranteeThreshold(draw(600, random), draw(600, random), 0.9, 0.05);
      if (threshold === null) continue;
      given++;
      if (truePrecision(threshold) < 0.9) broken++;
    }
    expect(given).toBeGreaterThan(300); // the promise is worth something only when it is usually made
    expect(broken / 400).toBeLessThanOrEqual(0.05);
  });

  test('by label: over 300 random splits all labels keep the promise together in at least 95 %', () => {
    const random = seededRandom(23);
    let broken = 0;
    let given = 0;
    for (let split = 0; split < 300; split++) {
      const found = guaranteeByLabel(draw(2000, random, 4), draw(2000, random, 4), ['a', 'b', 'c', 'd'], {
        precision: 0.9,
        confidence: 0.95,
      });
      given += found.filter(({ threshold }) => threshold !== null).length;
      if (found.some(({ threshold }) => threshold !== null && truePrecision(threshold) < 0.9)) broken++;
    }
    expect(given).toBeGreaterThan(900);
    expect(broken / 300).toBeLessThanOrEqual(0.05);
  });

  test('at the edge: when precision is just below the promise at every threshold it is made in at most 5 %', () => {
    const random = seededRandom(5);
    let made = 0;
    for (let split = 0; split < 400; split++) {
      const side = () => draw(600, random, 1, () => 0.8999);
      if (guaranteeThreshold(side(), side(), 0.9, 0.05).threshold !== null) made++;
    }
    expect(made / 400).toBeLessThanOrEqual(0.07); // 5 % plus what 400 draws let it wander
  });

  test('a label that is never sure enough gets no threshold, the others keep theirs', () => {
    const random = seededRandom(9);
    const mixed = (rows: number): HeldOut => {
      const held = draw(rows, random, 2, () => 0.999);
      held.predicted.forEach((label, row) => {
        if (label === 1) held.isRight[row] = random.next() < 0.6 ? 1 : 0;
      });
      return held;
    };
    const [good, bad] = guaranteeByLabel(mixed(3000), mixed(3000), ['good', 'bad'], {
      precision: 0.97,
      confidence: 0.95,
    });
    expect(good!.threshold).not.toBeNull();
    expect(bad!.threshold).toBeNull();
  });

  test('too few rows: refused with the number that is needed', () => {
    const random = seededRandom(2);
    const few = () => draw(100, random, 1, () => 1);
    expect(() => requireGuarantee(few(), few(), { precision: 0.98, confidence: 0.95 })).toThrow(
      expect.objectContaining({ code: 'train.too-few-samples', ids: { needed: 149, have: 100 } }),
    );
  });

  test('rows enough but too many errors: refused as a promise that cannot be kept', () => {
    const random = seededRandom(3);
    const poor = () => draw(1000, random, 1, () => 0.7);
    expect(() => requireGuarantee(poor(), poor(), { precision: 0.98, confidence: 0.95 })).toThrow(
      expect.objectContaining({ code: 'train.promise-not-kept' }),
    );
  });

  test.for([0, 1, Number.NaN, -1])('a precision of %s is refused', (precision) => {
    const random = seededRandom(1);
    expect(() => requireGuarantee(draw(10, random), draw(10, random), { precision, confidence: 0.95 })).toThrow(
      expect.objectContaining({ code: 'request.invalid' }),
    );
  });
});

test('top predictions take the first of equal probabilities', () => {
  const held = topPredictions(Float64Array.of(0.4, 0.4, 0.2, 0.1, 0.2, 0.7), 3, [1, 2]);
  expect([...held.predicted]).toEqual([0, 2]);
  expect([...held.isRight]).toEqual([0, 1]);
});
