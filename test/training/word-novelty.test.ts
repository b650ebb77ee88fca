// What is foreign by its words alone, as a training measures it.
import { describe, expect, test } from 'vitest';
import { openBundle } from '../../shared/models/loaded-model.ts';
import { seededRandom, silentLogger, systemClock } from '../../shared/ports.ts';
import { type Example, train } from '../../shared/training/train.ts';

const deps = { clock: { ...systemClock, now: () => 0 }, random: seededRandom(1), logger: silentLogger };
const WORDS: Record<string, string[]> = {
  VAT: ['turnover', 'supply', 'refund', 'input', 'exempt'],
  Customs: ['tariff', 'import', 'duty', 'origin', 'entry'],
};

/** Six words of the label each, of which a share is told by nobody else. */
function examples(count: number, unique: number): Example[] {
  const random = seededRandom(4);
  return Array.from({ length: count }, (_, i) => {
    const label = i % 2 === 0 ? 'VAT' : 'Customs';
    const words = Array.from({ length: 6 }, (_, at) =>
      at < unique ? `w${i}x${at}` : WORDS[label]![Math.floor(random.next() * 5)]!,
    );
    return { text: words.join(' '), label };
  });
}
const trained = async (rows: Example[]) => {
  const bundle = await train({ examples: rows, options: { numFeatures: 2 ** 16 }, deps });
  return { novelty: bundle.description.novelty, model: await openBundle('v1', bundle.description, bundle.artifacts) };
};

describe('texts of words that no labelled document has', () => {
  test('most words new: foreign, however sure the others are; known ones with a few new words are not', async () => {
    const { novelty, model } = await trained(examples(200, 1));
    expect(novelty).toEqual({ above: 0.5, known: 0, leftOut: 1, samples: 200 }); // labels share no word
    const text = 'recipe butter oven sugar tariff';
    expect(Math.max(...model.score(model.featurize([text])))).toBeGreaterThan(0.9);
    expect(model.isForeign?.(text)).toBe(true);
    expect(model.isForeign?.('tariff import duty recipe butter')).toBe(false);
    expect(model.isForeign?.('... !')).toBe(false);
  });

  test('where labelled documents themselves hold mostly new words, the bound is above all but two in a hundred of them', async () => {
    const { novelty, model } = await trained(examples(200, 4));
    expect(novelty!.above).toBeCloseTo(4 / 6, 9);
    expect(novelty).toMatchObject({ known: 0, leftOut: 1 });
    expect(model.isForeign?.('recipe butter oven sugar tariff import')).toBe(false);
    expect(model.isForeign?.('recipe butter oven sugar salt import')).toBe(true);
  });

  test('few rows measure nothing, and the model calls nothing foreign', async () => {
    const { novelty, model } = await trained(examples(60, 1));
    expect(novelty).toBeUndefined();
    expect(model.isForeign?.('recipe butter oven')).toBe(false);
  });
});
