import { describe, expect, test } from 'vitest';
import { fillPhrase } from '../../samples/generator/phrase.ts';
import { SeededRandom } from '../../samples/generator/random.ts';
import { parsePhrases } from '../../samples/generator/training.ts';
import fc from '../fakes/property.ts';

describe('fillPhrase', () => {
  test('fills choices and slots from the inside out and leaves no brace', () => {
    const phrase = 'The {rate {rises|falls} to {percent}|rate stays} in {country} by {date}{, says {person}|}.';
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const text = fillPhrase(phrase, new SeededRandom(seed));
        expect(text).toMatch(/^The rate (rises to .+|falls to .+|stays) in .+ by .+\.$/);
        expect(text).not.toMatch(/[{}|]|\s{2}/);
      }),
      { seed: 11 },
    );
  });

  test('gives the same text for the same seed and names a slot it does not know', () => {
    const fill = (seed: number): string => fillPhrase('{company} pays {amount} on {date}', new SeededRandom(seed));
    expect(fill(3)).toBe(fill(3));
    expect(new Set(Array.from({ length: 20 }, (_, seed) => fill(seed))).size).toBeGreaterThan(15);
    expect(() => fillPhrase('a {colour} car', new SeededRandom(1))).toThrow(/no slot \{colour\}/);
  });
});

test('parsePhrases: keeps the phrases of each section in order and skips empty lines', () => {
  const phrases = parsePhrases('# statements\none\n\ntwo\n# lines\nthree\n');
  expect([...phrases]).toEqual([
    ['statements', ['one', 'two']],
    ['lines', ['three']],
  ]);
});
