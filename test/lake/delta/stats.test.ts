import { expect, test } from 'vitest';
import { decodeStats, encodeStats, upperPrefix } from '../../../shared/lake/delta/stats.ts';
import type { Column } from '../../../shared/lake/tables.ts';
import fc from '../../fakes/property.ts';

const inUtf8 = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
const text = fc
  .oneof(
    fc.string({ unit: 'binary', maxLength: 80 }),
    fc.string({ unit: fc.constantFrom('a', '\u{10ffff}', '~', '\u007f', 'é', '😀'), maxLength: 80 }),
  )
  .filter((value) => value.isWellFormed());

test('stats: the upper bound of a cut text is not below the text, nor is a half surrogate pair written', () => {
  fc.assert(
    fc.property(text, (value) => {
      const bound = upperPrefix(value);
      if (bound === undefined) return;
      expect(bound.isWellFormed()).toBe(true);
      expect(inUtf8(bound, value)).toBeGreaterThanOrEqual(0);
      if (value.length <= 32) expect(bound).toBe(value);
    }),
    { numRuns: 2000, seed: 3 },
  );
});

test('stats: bounds hold for every value of a column, however long', () => {
  const columns: Column[] = [{ name: 'c', type: 'string' }];
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 10 }), (values) => {
      const sorted = [...values].sort(inUtf8);
      const stats = {
        numRecords: values.length,
        sizeBytes: 1,
        minValues: { c: sorted[0]! },
        maxValues: { c: sorted.at(-1)! },
        nullCount: { c: 0 },
      };
      const parsed = decodeStats(encodeStats(stats, columns))!;
      for (const value of values) {
        expect(inUtf8(parsed.minValues!.c as string, value)).toBeLessThanOrEqual(0);
        if (parsed.maxValues!.c !== undefined)
          expect(inUtf8(parsed.maxValues!.c as string, value)).toBeGreaterThanOrEqual(0);
      }
    }),
    { numRuns: 500, seed: 4 },
  );
});

test('stats: examples', () => {
  expect(upperPrefix('a'.repeat(32))).toBe('a'.repeat(32));
  expect(upperPrefix('a'.repeat(33))).toBe(`${'a'.repeat(32)}\u007f`);
  expect(upperPrefix(`${'a'.repeat(32)}é`)).toBe(`${'a'.repeat(32)}\u{10ffff}`);
  expect(upperPrefix(`${'a'.repeat(31)}😀bc`)).toBe(`${'a'.repeat(31)}😀\u007f`);
  expect(upperPrefix('\u{10ffff}'.repeat(60))).toBeUndefined();
  const columns: Column[] = [
    { name: 't', type: 'timestamp' },
    { name: 'n', type: 'long' },
    { name: 'p', type: 'date' },
    { name: 'q', type: 'string', isProse: true },
  ];
  const stats = {
    numRecords: 3,
    sizeBytes: 10,
    minValues: { t: '2026-11-23T10:00:00.123456Z', n: 1, q: 'Dear Ms Miller' },
    maxValues: { t: '2026-11-23T10:00:00.999999Z', n: 3, q: 'Yours' },
    nullCount: { t: 0, n: 1, q: 2 }, // p is a partition column: not in the file
  };
  expect(JSON.parse(encodeStats(stats, columns))).toEqual({
    numRecords: 3,
    minValues: { t: '2026-11-23T10:00:00.123Z', n: 1 },
    maxValues: { t: '2026-11-23T10:00:00.999Z', n: 3 },
    nullCount: { t: 0, n: 1, q: 2 }, // words of people have no bounds in the log
  });
  for (const odd of [undefined, null, '', 'no json', '7', 'null']) expect(decodeStats(odd)).toBeUndefined();
});
