// Labels and texts that say little: what the descriptions of labels make of them is finite, and sums to 1.
import { describe, expect, test } from 'vitest';
import { LabelReader } from '../../../shared/models/encoder/label-reader.ts';
import { labelPhrases } from '../../../shared/models/encoder/label-texts.ts';
import { uncheckedAccept } from '../../../shared/pipeline/cold-threshold.ts';
import { seededRandom, silentLogger, systemClock } from '../../../shared/ports.ts';
import { train } from '../../../shared/training/train.ts';
import { IdeaEncoder } from '../../fakes/idea-encoder.ts';

const encoder = new IdeaEncoder([
  ['invoice', 'bill'],
  ['contract', 'agreement'],
  ['customs', 'tariff'],
]);
const sums = (probabilities: Float64Array, labels: number): number[] =>
  Array.from({ length: probabilities.length / labels }, (_, row) =>
    probabilities.subarray(row * labels, (row + 1) * labels).reduce((sum, p) => sum + p, 0),
  );

describe('labels that say little', () => {
  test('without descriptions their names decide', async () => {
    const labels = ['Invoice', 'contract_files', 'Customs'].map((name) => ({ name, description: '' }));
    expect(labels.map(labelPhrases)).toEqual([['Invoice'], ['contract files'], ['Customs']]);
    const reader = await LabelReader.open(encoder, labels);
    const { probabilities, reasons } = reader.read(await encoder.encode(['an agreement', 'a bill']));
    const best = [0, 1].map(
      (row) => [0, 1, 2].toSorted((a, b) => probabilities[row * 3 + b]! - probabilities[row * 3 + a]!)[0],
    );
    expect(best).toEqual([1, 0]);
    expect(reasons[0]).toHaveLength(1);
  });

  test('a text of nothing but digits, one label of many and labels that are all the same get probabilities, none sure enough', async () => {
    const labels = Array.from({ length: 500 }, (_, i) => ({ name: `Label ${i}`, description: '' }));
    const reader = await LabelReader.open(encoder, labels);
    const { probabilities } = reader.read(await encoder.encode(['4711 0815 2026', '', 'an invoice']));
    expect(sums(probabilities, 500).every((sum) => Math.abs(sum - 1) < 1e-9)).toBe(true);
    expect(Math.max(...probabilities)).toBeLessThan(uncheckedAccept(500));
    const same = await LabelReader.open(encoder, [labels[0]!, labels[0]!]);
    expect(sums(same.read(await encoder.encode(['invoice'])).probabilities, 2)[0]).toBeCloseTo(1, 9);
  });
});

describe('training', () => {
  const deps = { clock: systemClock, random: seededRandom(1), logger: silentLogger };

  test('on texts of nothing but digits makes a model that decides nothing alone', async () => {
    const examples = Array.from({ length: 40 }, (_, i) => ({
      text: `${i * 7919} ${i * 104_729}`,
      label: i % 2 ? 'a' : 'b',
    }));
    const { description } = await train({ examples, encoder, deps, options: { maxIter: 5, regParam: 0.01 } });
    expect(description.accept).toMatchObject({ basis: 'default', threshold: 1.01 });
    expect(description.stage?.accept.threshold).toBe(1.01);
  });
});
