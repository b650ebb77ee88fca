import { expect, test } from 'vitest';
import { ERROR_REMEDIES, RetryableError } from '../../shared/errors.ts';
import { describe as describeRun, ProgressReader } from '../../shared/insight/progress.ts';
import { Pace } from '../../shared/pace.ts';
import { runIndexPath, runPaths } from '../../shared/paths.ts';
import type { Plan, RunRecord, StepRecord } from '../../shared/pipeline/records.ts';
import type { PipelineServices } from '../../shared/pipeline/services.ts';
import { MemoryLake } from '../fakes/memory-lake.ts';

const run: RunRecord = {
  runId: 'run-1',
  kind: 'request',
  createdAt: '2026-01-01T00:00:00.000Z',
  request: null,
  rerun: null,
  windowId: null,
};
const plan: Plan = {
  runId: 'run-1',
  batches: 2,
  sources: 10,
  modelVersion: 'v1',
  taxonomyVersion: 't-1',
  accept: 0.9,
  review: 0,
  llm: true,
  maxCostUsd: null,
  from: 'extract',
  runDate: '2026-01-01',
};
const step = (over: Partial<StepRecord>): StepRecord => ({
  step: 'extract',
  batchId: 'b00000',
  documents: 5,
  asked: 0,
  costNanoUsd: '0',
  tookMs: 1,
  ...over,
});
const T0 = Date.parse(run.createdAt);
const pace = new Pace({ now: () => T0, sleep: async () => {} });

test('progress: before the plan a run is pending and nothing is estimated', () => {
  expect(describeRun(run, undefined, [], T0 + 1000)).toMatchObject({
    state: 'pending',
    documents: 0,
    remainingSeconds: null,
  });
});

test('progress: what the encoder did is told while a batch is open and once when it has ended', () => {
  const encoder = { encoded: 3, cached: 1, decided: 2, foreign: 0 };
  const of = (...records: StepRecord[]) => describeRun(run, { ...plan, encoder: 'e1' }, records, T0 + 1000).encoder;
  const scored = step({ step: 'score', encoder });
  expect(of(scored)).toEqual({ version: 'e1', ...encoder });
  expect(of(scored, step({ step: 'decide', encoder }))).toEqual({ version: 'e1', ...encoder });
  expect(of(step({ step: 'decide', encoder }), step({ step: 'decide', batchId: 'b00001', encoder }))?.encoded).toBe(6);
});

test('progress: documents count once per step, money and questions come from the classify step', () => {
  const status = describeRun(
    run,
    plan,
    [
      step({ formats: { 'text/plain': 5 } }),
      step({ step: 'score', asked: 2 }),
      step({ step: 'classify', asked: 2, costNanoUsd: '1500000' }),
      step({
        step: 'decide',
        asked: 2,
        costNanoUsd: '1500000',
        counts: { documents: 5, labelled: 3, review: 1, failed: 1 },
        formats: { 'text/plain': 5 },
        failures: { 'extract.empty': 1 },
      }),
    ],
    T0 + 4000,
  );
  expect(status).toMatchObject({
    state: 'running',
    documents: 10,
    labelled: 3,
    review: 1,
    failed: 1,
    asked: 2,
    costUsd: 0.0015,
    steps: { extract: 5, featurize: 5, score: 5, classify: 5, decide: 5 },
    failures: { 'extract.empty': 1 },
    formats: { 'text/plain': 5 },
    remainingSeconds: 4, // 5 of 10 batch steps took 4 s
  });
});

test('progress: the record that ends a batch tells of all its steps, and is the only one that is read', async () => {
  const lake = new MemoryLake('lake');
  const reader = new ProgressReader({ lake, pace, clock: { now: () => T0 + 4000 } } as unknown as PipelineServices);
  await lake.write('runs/run-1/request.json', JSON.stringify(run));
  await lake.write('runs/run-1/plan/plan.json', JSON.stringify(plan));
  await lake.write('runs/run-1/steps/b00000.extract.json', JSON.stringify(step({})));
  await lake.write('runs/run-1/steps/b00000.decide.json', JSON.stringify(step({ step: 'decide' })));
  await lake.write('runs/run-1/steps/b00001.extract.json', JSON.stringify(step({ batchId: 'b00001' })));
  const before = lake.calls.read;
  expect(await reader.status('run-1')).toMatchObject({
    steps: { extract: 10, featurize: 5, score: 5, classify: 5, decide: 5 },
    remainingSeconds: 3, // 6 of 10 batch steps took 4 s
  });
  expect(lake.calls.read - before).toBe(6); // summary, request, plan, stalled and two records
});

test('progress: archives may turn out to hold more documents than there were files', () => {
  expect(describeRun(run, plan, [step({ documents: 40 })], T0).documents).toBe(40);
});

test('progress: a poll reads only the step records that are new', async () => {
  const lake = new MemoryLake('lake');
  const reader = new ProgressReader({ lake, pace, clock: { now: () => T0 + 1000 } } as unknown as PipelineServices);
  await lake.write('runs/run-1/request.json', JSON.stringify(run));
  await lake.write('runs/run-1/plan/plan.json', JSON.stringify(plan));
  for (let i = 0; i < 20; i++) await lake.write(`runs/run-1/steps/b${i}.extract.json`, JSON.stringify(step({})));
  await reader.status('run-1');
  const before = lake.calls.read;
  await lake.write('runs/run-1/steps/b20.extract.json', JSON.stringify(step({})));
  expect((await reader.status('run-1')).steps.extract).toBe(105);
  expect(lake.calls.read - before).toBe(5); // summary, request, plan, stalled and the one new record
});

test('progress: an unknown run is named as such', async () => {
  const reader = new ProgressReader({ lake: new MemoryLake('lake'), pace } as unknown as PipelineServices);
  await expect(reader.status('nope')).rejects.toMatchObject({ code: 'run.not-found' });
});

const DAMAGES = ['', 'null', '7', '"text"', '[]', '{}', '{"runId": "r', '{"runId":"x","kind":"request"}'];

test('progress: runs with a damaged record stand apart with file and remedy; the others are listed', async () => {
  const lake = new MemoryLake('lake');
  const clock = { now: () => T0 + 1000, sleep: async () => {} };
  const services = { lake, clock, pace: new Pace(clock) } as unknown as PipelineServices; // what the reader uses
  const paths = (runId: string) => ({
    summary: runPaths.summary(runId),
    request: runPaths.request(runId),
    plan: runPaths.plan(runId),
    step: runPaths.step(runId, 'b00000', 'extract'),
    stalled: runPaths.stalled(runId),
  });
  const record = async (runId: string) => {
    await lake.write(runIndexPath(runId), '{}');
    await lake.write(runPaths.request(runId), JSON.stringify({ ...run, runId }));
    await lake.write(runPaths.plan(runId), JSON.stringify({ ...plan, runId }));
    await lake.write(runPaths.step(runId, 'b00000', 'extract'), JSON.stringify(step({})));
  };
  await record('good');
  const spoilt: [string, string][] = [];
  for (const [i, damage] of DAMAGES.entries())
    for (const kind of ['summary', 'request', 'plan', 'step', 'stalled'] as const) {
      const runId = `run-${kind}-${i}`;
      await record(runId);
      await lake.write(paths(runId)[kind], damage);
      spoilt.push([runId, paths(runId)[kind]]);
    }
  const { runs, broken } = await new ProgressReader(services).list(1000);
  // `stalled` may lack its time: the run is shown without it.
  expect(runs.map(({ runId }) => runId).filter((id) => !id.startsWith('run-stalled'))).toEqual(['good']);
  expect(runs.length + broken.length).toBe(spoilt.length + 1);
  for (const { id, path, code, remedy } of broken) {
    expect(spoilt).toContainEqual([id, path]);
    expect([code, remedy]).toEqual(['lake.corrupt-record', ERROR_REMEDIES['lake.corrupt-record']]);
  }
  await expect(new ProgressReader(services).status('run-plan-0')).rejects.toMatchObject({
    code: 'lake.corrupt-record',
  });
  lake.beforeCall = (_, path) => {
    if (path.includes('good')) throw new RetryableError('lake.unavailable', 'away');
  };
  await expect(new ProgressReader(services).list(1000)).rejects.toMatchObject({ code: 'lake.unavailable' }); // not the run's fault
});
