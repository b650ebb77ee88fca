import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Row } from '../../shared/lake/tables.ts';
import { nearDuplicatePaths } from '../../shared/paths.ts';
import type { DecisionLake } from '../../shared/pipeline/decision-lake.ts';
import { loadTaxonomy } from '../../shared/pipeline/taxonomies.ts';
import { giveFeedback } from '../../shared/review/feedback.ts';
import { giveFeedbackBatch } from '../../shared/review/feedback-batch.ts';
import { reviewProgress } from '../../shared/review/progress.ts';
import { undoBatch } from '../../shared/review/undo-batch.ts';
import { type FakeWorld, fakeWorld } from '../fakes/pipeline.ts';
import { openTestTables, resultRow, type TestTables } from '../fakes/tables.ts';

const NOW = 1_790_000_000_000;
let world: FakeWorld;
let store: TestTables;
let lake: DecisionLake;
let taxonomy: string;
let now = NOW;

beforeEach(async () => {
  now = NOW;
  world = await fakeWorld();
  world.services.clock = { now: () => now, sleep: async () => {} };
  store = openTestTables(world.lake, world.services.clock);
  lake = { services: world.services, query: store.query, tables: store.tables };
  taxonomy = (await loadTaxonomy(world.lake)).version;
});
afterEach(() => store.close());

const idOf = (n: number) => String(n).padStart(64, '0');
const waiting = (n: number): Row =>
  resultRow({
    document_id: idOf(n),
    content_sha256: `content ${n}`,
    status: 'review',
    decided_by: null,
    failure_code: 'llm.unsure',
    taxonomy_version: taxonomy,
    processed_at: new Date(NOW - 60_000).toISOString(),
  });
const asked = (ns: readonly number[], label = 'Customs') => ns.map((n) => ({ documentId: idOf(n), label }));
const latest = async () =>
  (await store.query('SELECT document_id, status, label, decided_by FROM latest_results ORDER BY document_id')).rows;
const statesOf = (decisions: { state: string }[]) => decisions.map(({ state }) => state);

test('one undo puts all documents back as they waited; nobody counts or learns from what was said', async () => {
  await store.add('results', [1, 2, 3].map(waiting));
  const before = await latest();
  const { batchId } = await giveFeedbackBatch(lake, asked([1, 2, 3]), 'ann');
  expect((await latest()).every(({ label, decided_by: by }) => label === 'Customs' && by === 'human')).toBe(true);
  expect(statesOf(await undoBatch(lake, batchId ?? '', 'ann'))).toEqual(['undone', 'undone', 'undone']);
  expect(await latest()).toEqual(before);
  expect((await store.query('SELECT count(*) AS n FROM feedback WHERE label IS NOT NULL')).rows).toEqual([{ n: 0 }]);
  expect((await reviewProgress(store.query, new Date(NOW - 1000).toISOString(), 'ann')).decidedByMe).toBe(0);
  expect(await world.lake.stat(nearDuplicatePaths.person(taxonomy, idOf(1)))).toBeUndefined();
  // Again: nothing more happens.
  expect(statesOf(await undoBatch(lake, batchId ?? '', 'ann'))).toEqual(['unchanged', 'unchanged', 'unchanged']);
});

test('what was decided after an undo is a decision like any other, once', async () => {
  await store.add('results', [1, 2].map(waiting));
  const { batchId } = await giveFeedbackBatch(lake, asked([1, 2]), 'ann');
  await undoBatch(lake, batchId ?? '', 'ann');
  now += 1000;
  const again = await giveFeedbackBatch(lake, asked([1, 2]), 'ann');
  expect(statesOf(again.decisions)).toEqual(['decided', 'decided']);
  expect(again.batchId).not.toBe(batchId);
  expect(statesOf((await giveFeedbackBatch(lake, asked([1, 2]), 'ann')).decisions)).toEqual(['unchanged', 'unchanged']);
});

test('a document that a person had decided before has that decision again', async () => {
  await store.add('results', [1, 2].map(waiting));
  await giveFeedback(lake, { documentId: idOf(1), label: 'VAT' }, 'bob');
  now += 1000;
  const { batchId } = await giveFeedbackBatch(lake, asked([1, 2]), 'ann');
  await undoBatch(lake, batchId ?? '', 'ann');
  expect((await latest()).map(({ label, decided_by: by }) => [label, by])).toEqual([
    ['VAT', 'human'],
    ['VAT', null],
  ]);
});

test('what was decided again, erased, or used by a later run since is told and left alone', async () => {
  await store.add('results', [1, 2, 3, 4].map(waiting));
  const { batchId } = await giveFeedbackBatch(lake, asked([1, 2, 3, 4]), 'ann');
  now += 1000;
  await giveFeedback(lake, { documentId: idOf(1), label: 'VAT' }, 'bob');
  const later = new Date(now + 1000).toISOString();
  const erased = { failure_code: 'document.erased', label: null, content_sha256: null, processed_at: later };
  const used = { run_id: 'r2', status: 'labelled', label: 'Customs', decided_by: 'human', failure_code: null };
  await store.add('results', [
    { ...waiting(2), ...erased },
    { ...waiting(3), ...used, processed_at: later },
  ]);
  const told = await undoBatch(lake, batchId ?? '', 'ann');
  expect(told.map(({ state, code }) => [state, code])).toEqual([
    ['refused', 'lake.conflict'],
    ['refused', 'document.erased'],
    ['refused', 'lake.conflict'],
    ['undone', null],
  ]);
  expect((await latest()).map(({ label }) => label)).toEqual(['VAT', null, 'Customs', 'VAT']);
});

test('an undo that dies between its two tables is finished by the next', async () => {
  await store.add('results', [1, 2].map(waiting));
  const before = await latest();
  const { batchId } = await giveFeedbackBatch(lake, asked([1, 2]), 'ann');
  world.lake.beforeCall = (method, path) => {
    if (method === 'write' && path.startsWith('tables/feedback/_delta_log/')) throw new Error('died');
  };
  await expect(undoBatch(lake, batchId ?? '', 'ann')).rejects.toThrow('died');
  world.lake.beforeCall = undefined;
  expect(statesOf(await undoBatch(lake, batchId ?? '', 'ann'))).toEqual(['undone', 'undone']);
  expect(await latest()).toEqual(before);
  expect((await store.query('SELECT count(*) AS n FROM feedback WHERE label IS NOT NULL')).rows).toEqual([{ n: 0 }]);
});

test('somebody else’s decisions, and unknown ones, are not taken back', async () => {
  await store.add('results', [waiting(1), waiting(2)]);
  const { batchId } = await giveFeedbackBatch(lake, asked([1, 2]), 'ann');
  await expect(undoBatch(lake, batchId ?? '', 'bob')).rejects.toThrow(/somebody else/);
  await expect(undoBatch(lake, '0'.repeat(32), 'ann')).rejects.toThrow(/no decisions are known/);
});

test('an answer that was lost: the same sent again has the same id, which takes back what was new in it and nothing else', async () => {
  await store.add('results', [1, 2, 3].map(waiting));
  await giveFeedbackBatch(lake, asked([1]), 'ann');
  now += 1000;
  const first = await giveFeedbackBatch(lake, asked([1, 2, 3]), 'ann');
  const again = await giveFeedbackBatch(lake, asked([1, 2, 3]), 'ann');
  expect(statesOf(again.decisions)).toEqual(['unchanged', 'unchanged', 'unchanged']);
  expect(again.batchId).toBe(first.batchId);
  expect(statesOf(await undoBatch(lake, again.batchId ?? '', 'ann'))).toEqual(['undone', 'undone']);
  expect((await latest()).map(({ label }) => label)).toEqual(['Customs', 'VAT', 'VAT']);
});

test('an id of the caller’s: sent again with it the answer is the same, for other documents or by somebody else it is refused', async () => {
  await store.add('results', [1, 2, 3].map(waiting));
  const id = 'c'.repeat(32);
  const first = await giveFeedbackBatch(lake, asked([1, 2]), 'ann', id);
  expect(first.batchId).toBe(id);
  expect(await giveFeedbackBatch(lake, asked([1, 2]), 'ann', id)).toEqual(first);
  await expect(giveFeedbackBatch(lake, asked([3]), 'ann', id)).rejects.toThrow(/used for other documents/);
  await expect(giveFeedbackBatch(lake, asked([1, 2]), 'bob', id)).rejects.toThrow(/somebody else/);
  expect(statesOf(await undoBatch(lake, id, 'ann'))).toEqual(['undone', 'undone']);
});

test('a batch that died at whatever write is taken back by the id its caller chose, as far as it was stored', async () => {
  await store.add('results', [1, 2].map(waiting));
  const before = await latest();
  for (const [at, table] of ['tables/feedback/', 'tables/results/', 'review/batches/'].entries()) {
    const id = String(at).repeat(32);
    now += 1000;
    world.lake.beforeCall = (method, path) => {
      if (method === 'write' && path.startsWith(table)) throw new Error('died');
    };
    await expect(giveFeedbackBatch(lake, asked([1, 2]), 'ann', id)).rejects.toThrow('died');
    world.lake.beforeCall = undefined;
    const undo = undoBatch(lake, id, 'ann');
    if (table === 'review/batches/') await expect(undo).rejects.toThrow(/no decisions are known/);
    else expect(statesOf(await undo)).toEqual(Array(2).fill(at === 0 ? 'unchanged' : 'undone'));
    expect(await latest()).toEqual(before);
    expect((await store.query('SELECT label FROM feedback WHERE label IS NOT NULL')).rows).toEqual([]);
  }
});
