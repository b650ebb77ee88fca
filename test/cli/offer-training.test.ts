import { expect, test } from 'vitest';
import { describeOffer, isReachedBy } from '../../cli/offer-training.ts';
import type { TrainingOffer } from '../../shared/api/training.ts';

const offer: TrainingOffer = { decided: 53, learnt: 0, isDue: true, mark: 50, nextAt: 100, gain: null };

test('an offer is made with the decision that reaches a mark, one of a whole file too, and not again', () => {
  expect(isReachedBy({ ...offer, decided: 50 }, 1)).toBe(true);
  expect(isReachedBy(offer, 40)).toBe(true);
  expect(isReachedBy(offer, 3)).toBe(false);
  expect(isReachedBy({ ...offer, isDue: false }, 40)).toBe(false);
});

test('it says what a training is expected to give, how that is known, and the command', () => {
  const gain = {
    ...{ documents: 53, right: 0.81, low: 0.68, high: 0.9, twice: 0.87, alone: 0, missing: 24, aim: 0.95 },
    before: { documents: 50, right: 0.62, model: 0.8 },
  };
  expect(describeOffer({ ...offer, gain }, { data: '.local' })).toBe(
    'People have decided 53 documents of this lake. A model trained on them is expected to label 81 % rightly (68 % to 90 %; cross-validated on 53 of them); of the 50 that had a proposal, it was right for 62 %, the model for 80 %, and to decide nothing alone: at least 24 more decisions are needed to prove 95 %. With twice as many: about 87 %. `npx sluice train decisions` makes a model of them (--no-promote leaves the present one in place).',
  );
  expect(describeOffer(offer, { data: 'my lake' })).toMatch(
    /^People have decided 53 documents of this lake: `npx sluice train decisions --data "my lake"`/,
  );
  expect(
    describeOffer({ ...offer, gain: { ...gain, before: null, alone: 0.4, twice: null } }, { data: '.local' }),
  ).toContain('cross-validated on 53 of them), and to decide 40 % alone, 95 % of them right. `npx sluice');
});
