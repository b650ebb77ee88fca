// A batch in one activity: the same outcome as its steps one by one, and few requests.

import { afterEach, expect, test } from 'vitest';
import type { RunRequest } from '../../shared/api/runs.ts';
import { batchId } from '../../shared/ids.ts';
import { ProgressReader } from '../../shared/insight/progress.ts';
import type { Row } from '../../shared/lake/tables.ts';
import { activityHandlers } from '../../shared/pipeline/activities.ts';
import { classifyBatch } from '../../shared/pipeline/classify-batch.ts';
import { decideBatch } from '../../shared/pipeline/decide-batch.ts';
import { extractBatch } from '../../shared/pipeline/extract-batch.ts';
import { featurizeBatch } from '../../shared/pipeline/featurize-batch.ts';
import { runTables } from '../../shared/pipeline/lake-files.ts';
import { planRun } from '../../shared/pipeline/plan.ts';
import { scoreBatch } from '../../shared/pipeline/score-batch.ts';
import { cancelRun, createRun } from '../../shared/pipeline/start-run.ts';
import { type FakeWorld, fakeWorld } from '../fakes/pipeline.ts';
import fc from '../fakes/property.ts';
import { openTestTables, type TestTables } from '../fakes/tables.ts';

const request: RunRequest = { source: { kind: 'prefix', container: 'imports', prefix: 'in' } };
const dataset: RunRequest = {
  source: { kind: 'dataset', container: 'imports', path: 'rows.jsonl', textColumn: 'text' },
};
const STEPS = [extractBatch, featurizeBatch, scoreBatch, classifyBatch, decideBatch];

const opened: TestTables[] = [];
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
});

async function put(world: FakeWorld, texts: readonly string[]): Promise<void> {
  for (const [i, text] of texts.entries()) await world.imports.write(`in/${i}.txt`, text);
}

type Phase = 'all' | 'score' | 'decide';

async function run(world: FakeWorld, { again = 1, phases = ['all'] as Phase[], source = request } = {}) {
  const { runId } = await createRun(world.services, source);
  const handlers = activityHandlers(async () => world.services);
  const { batches } = await planRun(world.services, runId);
  for (const phase of phases)
    for (let i = 0; i < batches; i++)
      for (let n = 0; n < again; n++) await handlers.workBatch({ runId, batchId: batchId(i), phase, attempt: 0 });
  for (let n = 0; n < again; n++) await handlers.commitRun({ runId, attempt: 0 });
  return { runId, batches };
}

const shape = (rows: readonly Row[] | undefined) =>
  (rows ?? []).map((r) => [r.source_path, r.status, r.label, r.decided_by, r.failure_code, r.confidence]).sort();
const results = (world: FakeWorld) => shape(world.committed.get('results'));

const someTexts = fc.array(
  fc.constantFrom('sure', 'ask', 'hard', 'fail:extract.corrupt', 'ask twice', '', 'sure two', 'ask 0.7'),
  { minLength: 1, maxLength: 20 },
);

test('work: the rows are those of the steps one by one, and so are reads and questions', async () => {
  await fc.assert(
    fc.asyncProperty(someTexts, fc.integer({ min: 1, max: 3 }), async (texts, again) => {
      const [one, whole] = [
        await fakeWorld({ BATCH_MAX_DOCUMENTS: '7' }),
        await fakeWorld({ BATCH_MAX_DOCUMENTS: '7' }),
      ];
      await put(one, texts);
      await put(whole, texts);
      const { runId } = await createRun(one.services, request);
      const { batches } = await planRun(one.services, runId);
      for (let i = 0; i < batches; i++)
        for (const step of STEPS) await step(one.services, { runId, batchId: batchId(i) });
      await activityHandlers(async () => one.services).commitRun({ runId, attempt: 0 });
      await run(whole, { again });
      expect(results(whole)).toEqual(results(one));
      expect(whole.counts).toEqual(one.counts);
    }),
    { numRuns: 40 },
  );
});

test('work: a batch whose steps an earlier version has begun is gone on with, nothing is done again', async () => {
  for (let steps = 1; steps <= STEPS.length; steps++) {
    const world = await fakeWorld();
    await put(world, ['sure', 'ask', 'hard']);
    const { runId } = await createRun(world.services, request);
    await planRun(world.services, runId);
    for (const step of STEPS.slice(0, steps)) await step(world.services, { runId, batchId: batchId(0) });
    await run(world);
    expect(world.counts).toMatchObject({ reads: 3, asked: 2 });
    expect(results(world).map(([, status]) => status)).toEqual(['labelled', 'labelled', 'review']);
  }
});

test('work: scoring first and deciding later gives the same rows', async () => {
  const [whole, phases] = [await fakeWorld(), await fakeWorld()];
  for (const world of [whole, phases]) await put(world, ['sure', 'ask', 'hard', 'fail:extract.empty', 'ask 0.7']);
  await run(whole);
  await run(phases, { again: 2, phases: ['score', 'decide'] });
  expect(results(phases)).toEqual(results(whole));
  expect(phases.counts).toMatchObject({ reads: 5, asked: 3 });
});

test('work: dying at any moment and starting again loses nothing and doubles nothing', async () => {
  await fc.assert(
    fc.asyncProperty(someTexts, fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 6 }), async (texts, deaths) => {
      const world = await fakeWorld({ BATCH_MAX_DOCUMENTS: '7' });
      await put(world, texts);
      for (const effects of deaths) {
        let left = effects;
        world.onEffect = () => {
          if (--left === 0) throw new Error('died');
        };
        await run(world).catch((error: Error) => expect(error.message).toMatch(/^\[internal\]|^died$/));
        world.onEffect = undefined;
        // What dies does not write why it did; the fake does, so it is taken away.
        for (const path of world.lake.paths()) if (path.endsWith('/cancel.json')) await world.lake.delete(path);
      }
      await run(world);
      const rows = world.committed.get('results') ?? [];
      expect(new Set(rows.map((r) => r.document_id)).size).toBe(texts.length);
      expect(rows).toHaveLength(texts.length);
    }),
    { numRuns: 80 },
  );
});

test('work: a cancelled run stops before its next step', async () => {
  const world = await fakeWorld();
  await put(world, ['ask']);
  const { runId } = await createRun(world.services, request);
  await planRun(world.services, runId);
  const handlers = activityHandlers(async () => world.services);
  const input = { runId, batchId: batchId(0), attempt: 0 };
  await cancelRun(world.services, runId);
  await expect(handlers.workBatch(input)).rejects.toThrow('[run.cancelled]');
  expect(world.counts).toMatchObject({ reads: 0, asked: 0 });
});

test('work: a run that is cancelled while a batch is read asks nothing', async () => {
  const world = await fakeWorld();
  await put(world, ['ask']);
  let now = 1_790_000_000_000;
  world.services.clock = { now: () => now, sleep: async () => {} };
  const { runId } = await createRun(world.services, request);
  await planRun(world.services, runId);
  world.onEffect = (what) => {
    if (what !== 'read') return;
    world.onEffect = undefined;
    now += 60_000; // a slow document
    void cancelRun(world.services, runId);
  };
  const handlers = activityHandlers(async () => world.services);
  await expect(handlers.workBatch({ runId, batchId: batchId(0), attempt: 0 })).rejects.toThrow('[run.cancelled]');
  expect(world.counts).toMatchObject({ reads: 1, asked: 0 });
});

async function dataSet(texts: readonly string[]): Promise<FakeWorld> {
  const world = await fakeWorld();
  const store = openTestTables(world.lake, world.services.clock);
  opened.push(store);
  world.services.tables = runTables(store.tables);
  await world.imports.write('rows.jsonl', texts.map((text) => JSON.stringify({ text })).join('\n'));
  return world;
}

const total = ({ calls }: FakeWorld['lake']) => Object.values(calls).reduce((sum, count) => sum + count, 0);
const rowsOf = (count: number) => Array.from({ length: count }, (_, i) => `sure ${i}`);

test('work: a batch of a data set costs at most 20 requests, its plan, commit and a look at the progress included', async () => {
  const costs: number[] = [];
  const counts: number[] = [];
  for (const batches of [2, 6]) {
    const world = await dataSet(rowsOf(batches * (await fakeWorld()).services.config.BATCH_MAX_DOCUMENTS));
    const before = total(world.lake);
    const { runId } = await createRun(world.services, dataset);
    const handlers = activityHandlers(async () => world.services);
    const progress = new ProgressReader(world.services);
    await planRun(world.services, runId);
    for (let i = 0; i < batches; i++) await handlers.workBatch({ runId, batchId: batchId(i), attempt: 0 });
    await progress.status(runId);
    await handlers.commitRun({ runId, attempt: 0 });
    costs.push(total(world.lake) - before);
    counts.push(batches);
  }
  const perBatch = ((costs[1] ?? 0) - (costs[0] ?? 0)) / ((counts[1] ?? 0) - (counts[0] ?? 0));
  expect(perBatch).toBeLessThanOrEqual(20);
  expect(perBatch).toBeGreaterThan(5); // the counters count
});

test('work: without a question nothing is asked, kept or looked up for the LLM stage', async () => {
  const world = await dataSet(['sure one', 'sure two']);
  const touched: string[] = [];
  world.onEffect = (what) => touched.push(what);
  const { runId } = await run(world, { source: dataset });
  expect(touched.filter((what) => /\/(llm|near-duplicates)\/|\.classify\.json/.test(what))).toEqual([]);
  expect(world.lake.paths().filter((path) => path.startsWith(`runs/${runId}/llm`))).toEqual([]);
});

test('work: what follows from the texts is not stored', async () => {
  const world = await dataSet(['sure one', 'sure two']);
  const { runId } = await run(world, { source: dataset });
  const folders = world.lake.paths().flatMap((path) => path.split(`runs/${runId}/`)[1]?.split('/')[0] ?? []);
  expect(folders).toEqual(expect.arrayContaining(['extracted', 'scores', 'steps']));
  expect(folders).not.toContain('features');
});
