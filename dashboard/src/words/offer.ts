// The offer of a training: what people have decided, and what a model of it is expected to give.
import { count, percent } from '../format.ts';
import { catalogue } from '../language/catalogue.ts';

export const words = catalogue('offer', {
  title: 'Decisions enough for a training',
  decided: (all: number, learnt: number) =>
    `People have decided ${count(all)} documents${learnt > 0 ? `; ${count(learnt)} of them are learnt already` : ''}.`,
  expected: (right: number, low: number, high: number, documents: number) =>
    `A model trained on them is expected to label ${percent(right)} rightly (${percent(low)} to ${percent(high)}; cross-validated on ${count(documents)} of them).`,
  before: (documents: number, right: number, model: number) =>
    `Of the ${count(documents)} that had a proposal it was right for ${percent(right)}; the model would be for ${percent(model)}.`,
  alone: (alone: number, aim: number) => `It would decide ${percent(alone)} alone, ${percent(aim)} of them right.`,
  nothingAlone: (missing: number, aim: number) =>
    missing > 0
      ? `It would decide nothing alone: at least ${count(missing)} more decisions are needed to prove ${percent(aim)}.`
      : `It would decide nothing alone.`,
  twice: (right: number) => `With twice as many decisions: about ${percent(right)}.`,
  unknown: 'What it would give cannot be said: too few texts are left, or all decisions are one label.',
  train: 'Train on decisions…',
  open: 'Train a model of them',
  operator: 'Somebody with the operator role can train a model of them.',
});
