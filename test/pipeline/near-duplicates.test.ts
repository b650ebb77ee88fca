import { afterEach, beforeEach, expect, test } from 'vitest';
import { batchId, documentId } from '../../shared/ids.ts';
import type { Row } from '../../shared/lake/tables.ts';
import { activityHandlers } from '../../shared/pipeline/activities.ts';
import type { DecisionLake } from '../../shared/pipeline/decision-lake.ts';
import { runTables } from '../../shared/pipeline/lake-files.ts';
import { createRerun, createRun } from '../../shared/pipeline/start-run.ts';
import { giveFeedback } from '../../shared/review/feedback.ts';
import { eraseDocument } from '../../shared/upkeep/erase.ts';
import { type FakeWorld, fakeWorld } from '../fakes/pipeline.ts';
import { openTestTables, type TestTables } from '../fakes/tables.ts';

let world: FakeWorld;
let store: TestTables;
let lake: DecisionLake;

async function open(settings: Record<string, string> = {}): Promise<void> {
  world = await fakeWorld(settings);
  let now = 1_790_000_000_000;
  world.services.clock = { now: () => (now += 6000), sleep: async () => {} }; // the index looks again after 5 s
  store = openTestTables(world.lake, world.services.clock);
  world.services.tables = runTables(store.tables);
  lake = { services: world.services, query: store.query, tables: store.tables };
}
beforeEach(() => open());
afterEach(() => store.close());

const letter = (line: string) => `${Array.from({ length: 400 }, (_, i) => `clause${i}`).join(' ')} ${line}`;
const idOf = (path: string) => documentId('imports', path);

async function work(runId: string, again = 1): Promise<Record<string, Row>> {
  const handlers = activityHandlers(async () => world.services);
  const planned = (await handlers.planRun({ runId, attempt: 0 })) as { outcome: { batches: number } };
  for (let i = 0; i < planned.outcome.batches; i++)
    for (const step of ['extractBatch', 'featurizeBatch', 'scoreBatch', 'classifyBatch', 'decideBatch'] as const)
      for (let n = 0; n < again; n++) await handlers[step]({ runId, batchId: batchId(i), attempt: 0 });
  for (let n = 0; n < again; n++) await handlers.commitRun({ runId, attempt: 0 });
  const { rows } = await store.query(`SELECT * FROM results WHERE run_id = '${runId}'`);
  return Object.fromEntries(rows.map((row) => [String(row.source_path), row]));
}

async function run(prefix: string, files: Record<string, string>): Promise<Record<string, Row> & { runId?: never }> {
  for (const [name, text] of Object.entries(files)) await world.imports.write(`${prefix}/${name}`, text);
  const { runId } = await createRun(world.services, { source: { kind: 'prefix', container: 'imports', prefix } });
  return work(runId, 2);
}

test('near duplicates: a later near copy takes the label at no cost and names the document it comes from', async () => {
  await run('one', { 'a.txt': letter('dated 1 May') });
  expect(world.counts.asked).toBe(1);
  const second = await run('two', { 'b.txt': letter('dated 2 June'), 'c.txt': 'something else entirely' });
  expect(world.counts.asked).toBe(2); // c.txt only
  expect(second['two/b.txt']).toMatchObject({
    status: 'labelled',
    label: 'Customs',
    confidence: 0.8,
    decided_by: 'duplicate',
    duplicate_of: idOf('one/a.txt'),
    cost_usd: 0,
    llm_deployment: null,
  });
  expect(second['two/c.txt']).toMatchObject({ decided_by: 'llm', duplicate_of: null });
  // a copy of the copy names the first document
  const third = await run('three', { 'd.txt': letter('dated 3 July') });
  expect(third['three/d.txt']).toMatchObject({ duplicate_of: idOf('one/a.txt') });
});

test('near duplicates: an exact copy in the same batch names its original too', async () => {
  const rows = await run('one', { 'a.txt': 'ask me', 'b.txt': 'ask me' });
  expect(rows['one/b.txt']).toMatchObject({ decided_by: 'duplicate', duplicate_of: idOf('one/a.txt') });
});

test('near duplicates: the setting turns it off, other texts are asked about', async () => {
  await open({ NEAR_DUPLICATES: 'off' });
  await run('one', { 'a.txt': letter('dated 1 May') });
  await run('two', { 'b.txt': letter('dated 2 June') });
  expect(world.counts.asked).toBe(2);
  expect(world.lake.paths().filter((path) => path.includes('signatures') || path.startsWith('near-'))).toEqual([]);
});

test('near duplicates: what the LLM was unsure of is not passed on; what a person said is', async () => {
  await run('one', { 'a.txt': letter('hard') });
  const second = await run('two', { 'b.txt': letter('hard too') });
  expect(second['two/b.txt']).toMatchObject({ status: 'review' });
  await giveFeedback(lake, { documentId: idOf('one/a.txt'), label: 'VAT' }, 'ann');
  const third = await run('three', { 'c.txt': letter('hard as well') });
  expect(third['three/c.txt']).toMatchObject({ label: 'VAT', confidence: null, duplicate_of: idOf('one/a.txt') });
});

test('near duplicates: a re-run asks anew', async () => {
  await run('one', { 'a.txt': letter('dated 1 May') });
  await run('two', { 'b.txt': letter('dated 2 June') });
  const { rows } = await store.query(`SELECT run_id FROM results WHERE document_id = '${idOf('two/b.txt')}'`);
  const again = await createRerun(world.services, String(rows[0]?.run_id), { only: 'all', from: 'classify' });
  expect((await work(again.runId))['two/b.txt']).toMatchObject({ decided_by: 'llm', duplicate_of: null });
});

test('near duplicates: an erased document is passed on by no other instance', async () => {
  await run('one', { 'a.txt': letter('dated 1 May') });
  await eraseDocument(lake, idOf('one/a.txt'), { deleteSource: false });
  const left = world.lake
    .paths()
    .filter((path) => path.startsWith('near-duplicates/') || path.includes('/signatures/'));
  for (const path of left) expect((await world.lake.read(path)).toString('utf8')).not.toContain(idOf('one/a.txt'));
});
