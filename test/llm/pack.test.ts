import { expect, test } from 'vitest';
import { planPacks, shuffled } from '../../shared/llm/pack.ts';
import fc from '../fakes/property.ts';

const sizes = fc.array(fc.integer({ min: 1, max: 3000 }), { maxLength: 400 });
const limits = fc.record({
  maxTokens: fc.integer({ min: 100, max: 8000 }),
  maxDocuments: fc.integer({ min: 1, max: 30 }),
  window: fc.integer({ min: 1, max: 64 }),
});

test('packs: every document is in exactly one pack, within both limits unless it is alone', () => {
  fc.assert(
    fc.property(sizes, limits, (tokens, limit) => {
      const packs = planPacks(tokens, limit);
      expect(packs.flat().sort((a, b) => a - b)).toEqual(tokens.map((_, i) => i));
      for (const pack of packs) {
        expect(pack.length).toBeLessThanOrEqual(limit.maxDocuments);
        const sum = pack.reduce((total, i) => total + (tokens[i] ?? 0), 0);
        if (pack.length > 1) expect(sum).toBeLessThanOrEqual(limit.maxTokens);
      }
    }),
  );
});

test('packs: equal input gives equal packs', () => {
  fc.assert(
    fc.property(sizes, limits, (tokens, limit) => {
      expect(planPacks(tokens, limit)).toEqual(planPacks(tokens, limit));
    }),
  );
});

test('packs: the number of calls is within 10 % of the least possible on documents of varied length', () => {
  const tokens = Array.from({ length: 20_000 }, (_, i) => 100 + ((i * 7919) % 1400));
  const packs = planPacks(tokens, { maxTokens: 8000, maxDocuments: 10 });
  const least = Math.max(Math.ceil(tokens.reduce((a, b) => a + b) / 8000), 2000);
  expect(packs.length).toBeLessThanOrEqual(least * 1.1);
});

test('shuffle: a permutation that only the seed decides', () => {
  fc.assert(
    fc.property(fc.array(fc.integer(), { maxLength: 50 }), fc.stringMatching(/^[0-9a-f]{8}$/), (items, seed) => {
      expect(shuffled(items, seed)).toEqual(shuffled(items, seed));
      expect([...shuffled(items, seed)].sort()).toEqual([...items].sort());
    }),
  );
});
