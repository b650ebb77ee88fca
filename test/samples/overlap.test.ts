import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { overlap, wordRuns } from '../../samples/generator/overlap.ts';
import { readSources } from '../../samples/generator/source.ts';

const SAMPLES = join(import.meta.dirname, '..', '..', 'samples');

describe('overlap', () => {
  test('counts distinct runs of five words, whatever the case and punctuation', () => {
    expect([...wordRuns('One two, three; four FIVE six')]).toEqual([
      'one two three four five',
      'two three four five six',
    ]);
    expect(overlap('one two three four five', wordRuns('zero one two three four five six'))).toBe(1);
    expect(overlap('one two three', wordRuns('one two three'))).toBe(0);
  });

  test('the demo documents share next to no wording with the training texts', () => {
    const known = new Set<string>();
    for (const line of readFileSync(join(SAMPLES, 'training.jsonl'), 'utf8').trim().split('\n'))
      for (const run of wordRuns((JSON.parse(line) as { text: string }).text)) known.add(run);
    const shares = readSources(join(SAMPLES, 'sources', 'documents')).map((source) => ({
      id: source.id,
      share: overlap(source.body, known),
    }));
    const mean = shares.reduce((sum, { share }) => sum + share, 0) / shares.length;
    expect(known.size).toBeGreaterThan(20_000);
    expect(mean).toBeLessThan(0.005);
    expect(shares.filter(({ share }) => share > 0.05)).toEqual([]);
  });
});
