import { afterEach, beforeEach, expect, test } from 'vitest';
import { RetryableError } from '../../shared/errors.ts';
import { readDocumentText, readKeptTexts } from '../../shared/insight/document-text.ts';
import type { DecisionLake } from '../../shared/pipeline/decision-lake.ts';
import { writeExtracted } from '../../shared/pipeline/extracted.ts';
import { eraseDocument } from '../../shared/upkeep/erase.ts';
import { type FakeWorld, fakeWorld } from '../fakes/pipeline.ts';
import { extractedRow, id, openTestTables, resultRow, type TestTables } from '../fakes/tables.ts';

let world: FakeWorld;
let store: TestTables;
let lake: DecisionLake;

beforeEach(async () => {
  world = await fakeWorld();
  store = openTestTables(world.lake);
  lake = { services: world.services, query: store.query, tables: store.tables };
});
afterEach(() => store.close());

const read = (digit: number, options: { run?: string; limit?: number } = {}) =>
  readDocumentText(lake, id(digit), { limit: 1000, ...options });

test('document text: of the latest decision, or of the run that is named', async () => {
  await writeExtracted(world.services, 'r1', 'b00000', [extractedRow({ text: 'as it was' })]);
  await writeExtracted(world.services, 'r2', 'b00003', [
    extractedRow({ document_id: id(2), text: 'another' }),
    extractedRow({ text: 'as it is' }),
  ]);
  await store.add('results', [
    resultRow({ document_id: id(1) }),
    resultRow({ document_id: id(1), run_id: 'r2', batch_id: 'b00003', processed_at: '2026-11-24T00:00:00.000Z' }),
  ]);
  expect(await read(1)).toEqual({ documentId: id(1), runId: 'r2', text: 'as it is', chars: 8, isTruncated: false });
  expect(await read(1, { run: 'r1' })).toMatchObject({ runId: 'r1', text: 'as it was' });
  await expect(read(1, { run: "r3' OR '1'='1" })).rejects.toMatchObject({ code: 'document.not-found' });
  await expect(read(9)).rejects.toMatchObject({ code: 'document.not-found' });
});

test('document text: a long one is cut, never inside a character, and says how long it is', async () => {
  await writeExtracted(world.services, 'r1', 'b00000', [extractedRow({ text: `${'x'.repeat(99)}😀 end` })]);
  await store.add('results', [resultRow({ document_id: id(1) })]);
  expect(await read(1, { limit: 100 })).toMatchObject({ text: 'x'.repeat(99), chars: 105, isTruncated: true });
  expect(await read(1, { limit: 101 })).toMatchObject({ text: `${'x'.repeat(99)}😀`, isTruncated: true });
});

test('document text: null once retention or an erasure has taken it, and for documents that could not be read', async () => {
  await writeExtracted(world.services, 'r1', 'b00000', [
    extractedRow({ text: 'secret' }),
    extractedRow({ document_id: id(2), status: 'failed', code: 'extract.empty' }),
  ]);
  await store.add('results', [
    resultRow({ document_id: id(1), chars: 6 }),
    resultRow({ document_id: id(2), status: 'failed' }),
    resultRow({ document_id: id(3), run_id: 'old', chars: 70 }),
  ]);
  expect(await read(2)).toMatchObject({ text: null, chars: 0, isTruncated: false });
  expect(await read(3)).toMatchObject({ text: null, chars: 70, isTruncated: false });
  await eraseDocument(lake, id(1), { deleteSource: false });
  expect(await read(1)).toMatchObject({ text: null, chars: 0 });
});

test('document text: storage that does not answer is an error, not a missing text', async () => {
  await store.add('results', [resultRow({ document_id: id(1) })]);
  world.onEffect = (what) => {
    if (what.includes('/extracted/')) throw new RetryableError('lake.unavailable', 'away');
  };
  await expect(read(1)).rejects.toMatchObject({ code: 'lake.unavailable' });
});

test('document text: the documents of a batch cost one read together', async () => {
  const digits = [1, 2, 3, 4];
  const rows = digits.map((digit) => extractedRow({ document_id: id(digit), text: `text ${digit}` }));
  await writeExtracted(world.services, 'r1', 'b00000', rows);
  const before = world.lake.calls.read;
  const texts = await readKeptTexts(
    world.services,
    digits.map((digit) => resultRow({ document_id: id(digit) })),
  );
  expect([...texts.values()]).toEqual(['text 1', 'text 2', 'text 3', 'text 4']);
  expect(world.lake.calls.read - before).toBe(1);
});
