// Nobody sends a text to an LLM against a wish, and rows and runs say whose wish it was.
import { expect, test } from 'vitest';
import { rerunRequestSchema, runRequestSchema } from '../../shared/api/runs.ts';
import { batchId } from '../../shared/ids.ts';
import { ProgressReader } from '../../shared/insight/progress.ts';
import { takeIn } from '../../shared/intake/window.ts';
import { classifyBatch } from '../../shared/pipeline/classify-batch.ts';
import { commitRun } from '../../shared/pipeline/commit-run.ts';
import { decideBatch } from '../../shared/pipeline/decide-batch.ts';
import { extractBatch } from '../../shared/pipeline/extract-batch.ts';
import { featurizeBatch } from '../../shared/pipeline/featurize-batch.ts';
import { planRun } from '../../shared/pipeline/plan.ts';
import { scoreBatch } from '../../shared/pipeline/score-batch.ts';
import { createRerun, createRun, createUploadRun, type StartedRun } from '../../shared/pipeline/start-run.ts';
import { publishTaxonomy } from '../../shared/pipeline/taxonomies.ts';
import { MAX_ASKED_LABELS } from '../../shared/taxonomy.ts';
import { type FakeWorld, fakeWorld } from '../fakes/pipeline.ts';

const STEPS = [extractBatch, featurizeBatch, scoreBatch, classifyBatch, decideBatch];

/** The run's rows by code, and what it says of the LLM. */
async function finish(world: FakeWorld, { runId }: StartedRun, steps = STEPS) {
  const { services } = world;
  const plan = await planRun(services, runId);
  for (let i = 0; i < plan.batches; i++) for (const step of steps) await step(services, { runId, batchId: batchId(i) });
  await commitRun(services, runId);
  const rows = (world.committed.get('results') ?? []).filter((row) => row.run_id === runId);
  const codes = rows.map((row) => row.failure_code ?? row.decided_by);
  return { codes, llm: (await new ProgressReader(services).status(runId)).llm };
}

const run = (world: FakeWorld, given: object = {}) =>
  createRun(
    world.services,
    runRequestSchema.parse({ source: { kind: 'prefix', container: 'imports', prefix: 'in' }, ...given }),
  );
const rerun = (world: FakeWorld, base: string, given: object = {}) =>
  createRerun(world.services, base, rerunRequestSchema.parse({ only: 'review', ...given }));

test('a host on which the LLM is switched off asks about nothing: not for runs that want it, not for uploads', async () => {
  const world = await fakeWorld({ LLM_ENABLED: 'false' });
  await world.imports.write('in/a.txt', 'ask 0.6');
  const off = { codes: ['route.llm-off'], llm: 'off' };
  expect(await finish(world, await run(world, { llm: true }))).toEqual(off);
  await world.services.sources.landing.write('b.txt', 'ask 0.6');
  const upload = { path: 'b.txt', etag: '1', sizeBytes: 7 };
  const { windowId } = await takeIn(world.lake, world.services.clock, 0, upload);
  expect(await finish(world, await createUploadRun(world.services, windowId))).toEqual(off);
  expect(world.counts.asked).toBe(0);
});

test('a wish of a run holds in its re-runs until one says otherwise', async () => {
  const world = await fakeWorld();
  await world.imports.write('in/a.txt', 'ask 0.6');
  const first = await run(world, { llm: false });
  expect(await finish(world, first)).toEqual({ codes: ['route.llm-off'], llm: 'off' });
  const second = await rerun(world, first.runId);
  expect(await finish(world, second)).toEqual({ codes: ['route.llm-off'], llm: 'off' });
  expect(world.counts.asked).toBe(0);
  const third = await rerun(world, second.runId, { llm: true });
  expect(await finish(world, third)).toEqual({ codes: ['llm'], llm: 'asked' });
});

test('where no LLM is configured rows say so, and a re-run asks once there is one', async () => {
  const world = await fakeWorld();
  const { llm } = world.services;
  world.services.llm = undefined;
  await world.imports.write('in/a.txt', 'ask 0.6');
  const first = await run(world);
  expect(await finish(world, first)).toEqual({ codes: ['route.llm-disabled'], llm: 'none' });
  world.services.llm = llm;
  expect(await finish(world, await rerun(world, first.runId, { from: 'classify' }))).toEqual({
    codes: ['llm'],
    llm: 'asked',
  });
});

test('switched off in the middle of a run: what is not answered yet goes to review as switched off', async () => {
  const world = await fakeWorld();
  await world.imports.write('in/a.txt', 'ask 0.6');
  const started = await run(world);
  await finishUntilScored(world, started);
  world.services = { ...world.services, llm: undefined, config: { ...world.services.config, LLM_ENABLED: false } };
  expect((await finish(world, started)).codes).toEqual(['route.llm-off']);
});

async function finishUntilScored(world: FakeWorld, { runId }: StartedRun): Promise<void> {
  await planRun(world.services, runId);
  for (const step of [extractBatch, featurizeBatch, scoreBatch])
    await step(world.services, { runId, batchId: batchId(0) });
}

test('more labels than an LLM is asked about: the model decides what it is sure of, the rest waits for people and says why', async () => {
  const world = await fakeWorld();
  await world.imports.write('in/sure.txt', 'sure 0.99');
  await world.imports.write('in/ask.txt', 'ask 0.6');
  const names = ['VAT', 'Customs', ...Array.from({ length: MAX_ASKED_LABELS - 1 }, (_, n) => `label ${n}`)];
  await publishTaxonomy(world.lake, { name: 'many', labels: names.map((name) => ({ name })) });
  const { codes, llm } = await finish(world, await run(world));
  expect([codes.sort(), llm]).toEqual([['model', 'route.too-many-labels'], 'too-many-labels']);
  expect(world.counts.asked).toBe(0);
});
