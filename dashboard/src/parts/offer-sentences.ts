// The expected gain of a training in sentences.
import type { TrainingOffer } from '../../../shared/api/training.ts';
import { words } from '../words/offer.ts';

/** What a training is expected to give. */
export function sentencesOf({ gain }: TrainingOffer): string[] {
  if (gain === null) return [words.unknown];
  const { documents, right, low, high, before, twice, alone, missing, aim } = gain;
  return [
    words.expected(right, low, high, documents),
    ...(before === null ? [] : [words.before(before.documents, before.right, before.model)]),
    alone > 0 ? words.alone(alone, aim) : words.nothingAlone(missing, aim),
    ...(twice !== null && twice > right + 0.005 ? [words.twice(twice)] : []),
  ];
}
