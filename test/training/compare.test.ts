import { expect, test } from 'vitest';
import { ModelRegistry } from '../../shared/models/registry.ts';
import { seededRandom, silentLogger, systemClock } from '../../shared/ports.ts';
import { compareModels, mcNemar, renderComparison } from '../../shared/training/compare.ts';
import { train } from '../../shared/training/train.ts';
import { MemoryLake } from '../fakes/memory-lake.ts';

const deps = { clock: { ...systemClock, now: () => 0 }, random: seededRandom(1), logger: silentLogger };

function makeExamples(count: number, wrongShare: number) {
  const random = seededRandom(8);
  return Array.from({ length: count }, (_, i) => {
    const isTax = i % 2 === 0;
    const words = Array.from(
      { length: 6 },
      () => (isTax ? ['tax', 'income', 'rate'] : ['party', 'clause', 'term'])[Math.floor(random.next() * 3)],
    );
    const isWrong = random.next() < wrongShare;
    return { text: `${words.join(' ')} ${i}`, label: isTax !== isWrong ? 'Tax' : 'Contract' };
  });
}

test('a model trained on shuffled labels loses clearly, and the test says it is no chance', async () => {
  const registry = new ModelRegistry(new MemoryLake(), { clock: deps.clock });
  const good = await registry.load(await registry.register(await train({ examples: makeExamples(200, 0), deps })));
  const bad = await registry.load(await registry.register(await train({ examples: makeExamples(200, 0.5), deps })));
  const comparison = compareModels(bad, good, makeExamples(100, 0));
  expect(comparison.b.accuracy).toBe(1);
  expect(comparison.a.accuracy).toBeLessThan(0.8);
  expect(comparison.pValue).toBeLessThan(0.001);
  expect(comparison.bothRight + comparison.onlyA + comparison.onlyB + comparison.bothWrong).toBe(100);
  const text = renderComparison(['v2', 'v1'], comparison);
  expect(text).toContain('hardly chance');
  expect(compareModels(good, good, makeExamples(10, 0))).toMatchObject({ onlyA: 0, onlyB: 0, changed: 0, pValue: 1 });
});

test('McNemar’s exact test equals the two-sided binomial test', () => {
  expect(mcNemar(0, 0)).toBe(1);
  expect(mcNemar(5, 5)).toBe(1);
  expect(mcNemar(0, 5)).toBeCloseTo(2 * 0.5 ** 5, 12);
  expect(mcNemar(10, 2)).toBeCloseTo(0.0385742, 6); // R: binom.test(10, 12)$p.value
});
