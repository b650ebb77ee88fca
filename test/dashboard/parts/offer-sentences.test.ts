import { expect, test } from 'vitest';
import { sentencesOf } from '../../../dashboard/src/parts/offer-sentences.ts';
import type { TrainingOffer } from '../../../shared/api/training.ts';

const offer: TrainingOffer = { decided: 53, learnt: 0, isDue: true, mark: 50, nextAt: 100, gain: null };
const gain = {
  ...{ documents: 53, right: 0.81, low: 0.68, high: 0.9, before: null, twice: 0.87, alone: 0, missing: 24, aim: 0.95 },
};

test('the offer of a training says what it is expected to give and how that is known', () => {
  expect(sentencesOf({ ...offer, gain })).toEqual([
    'A model trained on them is expected to label 81% rightly (68% to 90%; cross-validated on 53 of them).',
    'It would decide nothing alone: at least 24 more decisions are needed to prove 95%.',
    'With twice as many decisions: about 87%.',
  ]);
  const before = { documents: 40, right: 0.6, model: 0.8 };
  expect(sentencesOf({ ...offer, gain: { ...gain, before, alone: 0.3, twice: 0.81 } }).slice(1)).toEqual([
    'Of the 40 that had a proposal it was right for 60%; the model would be for 80%.',
    'It would decide 30% alone, 95% of them right.',
  ]);
  expect(sentencesOf(offer)[0]).toContain('cannot be said');
});
