import { expect, test } from 'vitest';
import { cutBatches } from '../../shared/pipeline/cut-batches.ts';
import type { PlannedSource } from '../../shared/pipeline/records.ts';
import fc from '../fakes/property.ts';

const source = fc.record({
  path: fc.string({ minLength: 1, maxLength: 12 }),
  etag: fc.constant('e'),
  sizeBytes: fc.integer({ min: 0, max: 5000 }),
});
const sources = fc.uniqueArray(source, { selector: (s) => s.path, maxLength: 200 });
const limits = fc.record({
  maxDocuments: fc.integer({ min: 1, max: 60 }),
  maxBytes: fc.integer({ min: 1, max: 20_000 }),
  minBatches: fc.integer({ min: 1, max: 8 }),
});

const bytes = (batch: PlannedSource[]): number => batch.reduce((sum, s) => sum + s.sizeBytes, 0);

test('plan: every source is in exactly one batch', () => {
  fc.assert(
    fc.property(sources, limits, (all, l) => {
      const paths = cutBatches(all, l).flatMap((batch) => batch.map((s) => s.path));
      expect(paths.sort()).toEqual(all.map((s) => s.path).sort());
    }),
  );
});

test('plan: no batch is empty or over its limits; a source larger than the limit stands alone', () => {
  fc.assert(
    fc.property(sources, limits, (all, l) => {
      for (const batch of cutBatches(all, l)) {
        expect(batch.length).toBeGreaterThan(0);
        expect(batch.length).toBeLessThanOrEqual(l.maxDocuments);
        expect(batch.length === 1 || bytes(batch) <= l.maxBytes).toBe(true);
      }
    }),
  );
});

test('plan: the order of the listing does not change the batches', () => {
  fc.assert(
    fc.property(sources, limits, fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (all, l, random) => {
      const shuffled = [...all].sort(() => (random.next().value < 0.5 ? -1 : 1));
      expect(cutBatches(shuffled, l)).toEqual(cutBatches(all, l));
    }),
  );
});

test('plan: files of equal size stand in one batch when they fit', () => {
  const all = ['a', 'b', 'c', 'd', 'e', 'f'].map((path, i) => ({ path, etag: '', sizeBytes: i % 3 === 0 ? 7 : i }));
  const batches = cutBatches(all, { maxDocuments: 3, maxBytes: 1000, minBatches: 1 });
  expect(batches[0]?.map((s) => s.path)).toEqual(['a', 'd', 'b']);
  const late = [1, 2, 3, 4, 4].map((sizeBytes, i) => ({ path: `p${i}`, etag: '', sizeBytes }));
  expect(cutBatches(late, { maxDocuments: 4, maxBytes: 1000, minBatches: 1 }).map((b) => b.length)).toEqual([3, 2]);
});

test('plan: a run of some size is cut into as many batches as may be in work, a tiny one is not', () => {
  const many = Array.from({ length: 90 }, (_, i) => ({ path: `p${i}`, etag: '', sizeBytes: i }));
  const limit = { maxDocuments: 250, maxBytes: 1e9, minBatches: 4 };
  expect(cutBatches(many, limit)).toHaveLength(4);
  expect(cutBatches(many.slice(0, 10), limit)).toHaveLength(1);
});

test('plan: a thousand texts share a batch; of scans, whose pages may take seconds each, no more than 250 do', () => {
  const limit = { maxDocuments: 1000, maxBytes: 1e9, minBatches: 1 };
  const files = (end: string) =>
    Array.from({ length: 1000 }, (_, i) => ({ path: `${i}${end}`, etag: 'e', sizeBytes: i }));
  expect(cutBatches(files('.txt'), limit)).toHaveLength(1);
  expect(cutBatches(files('.tif'), limit).map((batch) => batch.length)).toEqual([250, 250, 250, 250]);
  const alike = files('.pdf').map((file) => ({ ...file, sizeBytes: 7 }));
  expect(cutBatches(alike, limit).map((batch) => batch.length)).toEqual([250, 250, 250, 250]);
});

test('plan: a batch holds 16 MiB of plain texts at most, because it keeps them until they are decided', () => {
  const limit = { maxDocuments: 1000, maxBytes: 64 * 2 ** 20, minBatches: 1 };
  const texts = Array.from({ length: 640 }, (_, i) => ({ path: `${i}.txt`, etag: 'e', sizeBytes: 100_000 + i }));
  for (const batch of cutBatches(texts, limit)) expect(bytes(batch)).toBeLessThanOrEqual(16 * 2 ** 20);
});
