// A whole run over fakes of the ports: conservation, repetition and dying at every possible moment.

import { expect, test } from 'vitest';
import { TerminalError } from '../../shared/errors.ts';
import { batchId } from '../../shared/ids.ts';
import { activityHandlers } from '../../shared/pipeline/activities.ts';
import { classifyBatch } from '../../shared/pipeline/classify-batch.ts';
import { commitRun } from '../../shared/pipeline/commit-run.ts';
import { decideBatch } from '../../shared/pipeline/decide-batch.ts';
import { extractBatch } from '../../shared/pipeline/extract-batch.ts';
import { featurizeBatch } from '../../shared/pipeline/featurize-batch.ts';
import { planRun } from '../../shared/pipeline/plan.ts';
import { scoreBatch } from '../../shared/pipeline/score-batch.ts';
import { cancelRun, createRun } from '../../shared/pipeline/start-run.ts';
import { type FakeWorld, fakeWorld } from '../fakes/pipeline.ts';
import fc from '../fakes/property.ts';

const request = { source: { kind: 'prefix' as const, container: 'imports' as const, prefix: 'in' } };
const STEPS = [extractBatch, featurizeBatch, scoreBatch, classifyBatch, decideBatch];

async function put(world: FakeWorld, files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(files)) await world.imports.write(`in/${name}`, text);
}

/** The run as the orchestrations call it; `again` repeats every activity, as at-least-once delivery may. */
async function run(world: FakeWorld, again = 1): Promise<string> {
  const { runId } = await createRun(world.services, request);
  const plan = await planRun(world.services, runId);
  for (let i = 0; i < plan.batches; i++)
    for (const step of STEPS)
      for (let n = 0; n < again; n++) await step(world.services, { runId, batchId: batchId(i) });
  for (let n = 0; n < again; n++) await commitRun(world.services, runId);
  return runId;
}

const results = (world: FakeWorld) => world.committed.get('results') ?? [];

test('steps: every kind of document ends in one row with its decision', async () => {
  const world = await fakeWorld();
  await put(world, {
    'a.txt': 'sure one',
    'b.txt': 'ask me',
    'c.txt': 'hard ask',
    'd.txt': 'fail:extract.corrupt',
    'e.txt': '  ',
    'f.zip': 'sure two\nfail:extract.encrypted',
  });
  await run(world);
  const byPath = Object.fromEntries(
    results(world).map((r) => [`${r.source_path}${r.archive_path}`, `${r.status} ${r.decided_by ?? r.failure_code}`]),
  );
  expect(byPath).toEqual({
    'in/a.txt': 'labelled model',
    'in/b.txt': 'labelled llm',
    'in/c.txt': 'review llm.unsure',
    'in/d.txt': 'failed extract.corrupt',
    'in/e.txt': 'failed extract.empty',
    'in/f.zipmember-0.txt': 'labelled model',
    'in/f.zipmember-1.txt': 'failed extract.encrypted',
  });
});

test('steps: equal files are read and asked once, and share the label', async () => {
  const world = await fakeWorld();
  await put(world, { 'a.txt': 'ask me', 'b.txt': 'ask me', 'c.txt': 'ask me' });
  await run(world);
  expect(world.counts).toMatchObject({ reads: 1, asked: 1 });
  expect(
    results(world)
      .map((r) => r.decided_by)
      .sort(),
  ).toEqual(['duplicate', 'duplicate', 'llm']);
  expect(results(world).reduce((sum, r) => sum + Number(r.cost_usd), 0)).toBeCloseTo(0.001);
});

test('steps: a file that is gone or too large is a failed document, the others are not touched', async () => {
  const world = await fakeWorld({ EXTRACT_MAX_BYTES: '20' });
  await put(world, { 'a.txt': 'sure', 'b.txt': 'sure but far too long for the limit', 'c.txt': 'sure, gone' });
  const { runId } = await createRun(world.services, request);
  await planRun(world.services, runId);
  await world.imports.delete('in/c.txt');
  await run(world);
  expect(
    results(world)
      .map((r) => [r.source_path, r.failure_code])
      .sort(),
  ).toEqual([
    ['in/a.txt', null],
    ['in/b.txt', 'extract.too-large'],
    ['in/c.txt', 'source.changed'],
  ]);
});

test('steps: every activity run three times gives the same rows, reads and questions', async () => {
  const files = { 'a.txt': 'sure', 'b.txt': 'ask', 'c.zip': 'x\ny\nhard', 'd.txt': 'fail:extract.empty' };
  const once = await fakeWorld();
  await put(once, files);
  await run(once);
  const thrice = await fakeWorld();
  await put(thrice, files);
  await run(thrice, 3);
  const shape = (world: FakeWorld) =>
    results(world)
      .map((r) => [r.document_id, r.status, r.label])
      .sort();
  expect(shape(thrice)).toEqual(shape(once));
  expect(thrice.counts).toEqual(once.counts);
});

test('steps: dying at any moment and starting again loses nothing and doubles nothing', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom('sure', 'ask', 'hard', 'fail:extract.corrupt', 'ask twice', ''), {
        minLength: 1,
        maxLength: 25,
      }),
      fc.array(fc.integer({ min: 1, max: 120 }), { maxLength: 6 }),
      async (texts, deaths) => {
        const world = await fakeWorld({ BATCH_MAX_DOCUMENTS: '7' });
        await put(world, Object.fromEntries(texts.map((text, i) => [`${i}.txt`, text])));
        for (const effects of deaths) {
          let left = effects;
          world.onEffect = () => {
            if (--left === 0) throw new Error('died');
          };
          await run(world).catch((error: Error) => expect(error.message).toBe('died'));
        }
        world.onEffect = undefined;
        await run(world);
        const rows = results(world);
        expect(new Set(rows.map((r) => r.document_id)).size).toBe(texts.length);
        expect(rows).toHaveLength(texts.length);
        expect(world.committed.get('runs')).toHaveLength(1);
        expect(world.committed.get('runs')?.[0]).toMatchObject({ documents: texts.length });
      },
    ),
    { numRuns: 150 },
  );
});

test('steps: a cancelled run stops at the next step', async () => {
  const world = await fakeWorld();
  await put(world, { 'a.txt': 'ask' });
  const { runId } = await createRun(world.services, request);
  await planRun(world.services, runId);
  await extractBatch(world.services, { runId, batchId: 'b00000' });
  await cancelRun(world.services, runId);
  await expect(featurizeBatch(world.services, { runId, batchId: 'b00000' })).rejects.toMatchObject({
    code: 'run.cancelled',
  });
  // What is done already stays done: its record answers.
  await expect(extractBatch(world.services, { runId, batchId: 'b00000' })).resolves.toMatchObject({ kind: 'done' });
});

test('steps: the step that fails for good stops the other batches itself, and the run ends with its failure', async () => {
  const world = await fakeWorld({ BATCH_MAX_DOCUMENTS: '1' });
  await put(world, { 'a.txt': 'ask', 'b.txt': 'ask' });
  const { runId } = await createRun(world.services, request);
  const { extractBatch: extract, planRun: plan, endRun: end } = activityHandlers(async () => world.services);
  await plan({ runId, attempt: 0 });
  world.onEffect = () => {
    world.onEffect = undefined;
    throw new TerminalError('lake.forbidden', 'no rights');
  };
  const first = { runId, batchId: 'b00000', attempt: 0 };
  await expect(extract(first)).rejects.toThrow('[lake.forbidden] no rights');
  // Nothing told the run to end: the durable engine waits for all lanes before it begins endRun.
  const other = { runId, batchId: 'b00001', attempt: 0 };
  await expect(extract(other)).rejects.toThrow('[lake.forbidden] no rights');
  // A lane that only stopped may be heard first.
  await end({ runId, attempt: 0, message: '[run.cancelled] stopped' });
  const summary = JSON.parse((await world.lake.read(`runs/${runId}/summary.json`)).toString('utf8'));
  expect(summary).toMatchObject({ state: 'failed', error: { code: 'lake.forbidden', message: 'no rights' } });
});

test('steps: a batch whose rows do not add up is never committed', async () => {
  const world = await fakeWorld();
  await put(world, { 'a.txt': 'sure', 'b.txt': 'ask' });
  const { runId } = await createRun(world.services, request);
  await planRun(world.services, runId);
  for (const step of STEPS) await step(world.services, { runId, batchId: 'b00000' });
  const path = `runs/${runId}/steps/b00000.decide.json`;
  const record = JSON.parse((await world.lake.read(path)).toString('utf8'));
  await world.lake.write(
    path,
    JSON.stringify({ ...record, counts: { ...record.counts, labelled: record.counts.labelled - 1 } }),
  );
  await expect(commitRun(world.services, runId)).rejects.toMatchObject({ code: 'run.conservation' });
  expect(world.committed.get('results')).toBeUndefined();
});
