import { expect, test } from 'vitest';
import { openTakeLeast, PLACES, takeLeastPlainly } from '../../shared/features/minhash-least.ts';
import fc from '../fakes/property.ts';

const takeLeast = openTakeLeast();

test('the least values are the same with vectors and one by one', () => {
  if (takeLeast === undefined) throw new Error('every Node that is supported has vectors');
  fc.assert(
    fc.property(fc.array(fc.integer(), { minLength: 1, maxLength: 100 }), (hashes) => {
      expect(takeLeast(hashes)).toEqual(takeLeastPlainly(hashes));
    }),
  );
});

test('more numbers than the memory holds are taken in parts, and equal ones count once', () => {
  const hashes = Array.from({ length: 40_000 }, (_, i) => Math.imul(i, 0x9e3779b1));
  const least = takeLeastPlainly(hashes);
  expect(takeLeast?.(hashes)).toEqual(least);
  expect(takeLeast?.([...hashes, ...hashes.slice(0, 7)])).toEqual(least);
  expect(least).toHaveLength(PLACES);
});

test('of one number each place is its hash, unsigned', () => {
  const [one, other] = [takeLeastPlainly([7]), takeLeastPlainly([-5])];
  expect(new Set(one).size).toBe(PLACES);
  expect(takeLeastPlainly([7, -5])).toEqual(one.map((value, place) => Math.min(value, other[place] ?? 0)));
});
