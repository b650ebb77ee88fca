import { afterEach, beforeEach, expect, test } from 'vitest';
import { inspectConfig } from '../../shared/config.ts';
import { documentId } from '../../shared/ids.ts';
import { ProgressReader } from '../../shared/insight/progress.ts';
import { reconcileUploads } from '../../shared/intake/reconcile.ts';
import { dueTick, parseSchedules, runSchedules } from '../../shared/intake/schedules.ts';
import { takeInUpload } from '../../shared/intake/uploads.ts';
import { intakePaths, runPaths } from '../../shared/paths.ts';
import type { DecisionLake } from '../../shared/pipeline/decision-lake.ts';
import { planRun } from '../../shared/pipeline/plan.ts';
import type { RunInput } from '../../shared/pipeline/run.ts';
import { sealWindow } from '../../shared/pipeline/sealed-window.ts';
import type { PipelineServices } from '../../shared/pipeline/services.ts';
import { createRerun, createRun } from '../../shared/pipeline/start-run.ts';
import { publishTaxonomy } from '../../shared/pipeline/taxonomies.ts';
import { maintainLake } from '../../shared/upkeep/maintenance.ts';
import { Watchdog } from '../../shared/upkeep/watchdog.ts';
import { MemoryLake } from '../fakes/memory-lake.ts';
import { fakeWorld } from '../fakes/pipeline.ts';
import { openTestTables, resultRow, type TestTables } from '../fakes/tables.ts';

const MINUTE = 60_000;
const NOON = Date.UTC(2026, 10, 23, 12);

let now: number;
let store: TestTables;
let lake: DecisionLake;
let services: PipelineServices;
let landing: MemoryLake;
let started: RunInput[];
let events: string[];
const runs = {
  start: async (input: RunInput) => {
    started.push(input);
  },
};

beforeEach(async () => {
  now = NOON;
  started = [];
  events = [];
  const clock = { now: () => now, sleep: async () => {} };
  const lakeStore = new MemoryLake('lake', () => now);
  landing = new MemoryLake('landing', () => now);
  const log = (event: string) => void events.push(event);
  const world = await fakeWorld();
  services = {
    ...world.services,
    clock,
    lake: lakeStore,
    sources: { landing, imports: world.imports },
    logger: { debug: log, info: log, warn: log, error: log },
  };
  store = openTestTables(lakeStore, clock);
  lake = { services, query: store.query, tables: store.tables };
  await publishTaxonomy(lakeStore, {
    name: 't',
    labels: ['VAT', 'Customs'].map((name) => ({ name, description: name })),
  });
});
afterEach(() => store.close());

const configure = (settings: Record<string, string>) => {
  const { config } = inspectConfig({ LAKE: 'UseDevelopmentStorage=true', ...settings });
  if (config === undefined) throw new Error('bad settings');
  services.config = config;
};
const request = (prefix: string) => ({ source: { kind: 'prefix' as const, container: 'imports' as const, prefix } });

test('watchdog: a run without progress is told once, shown as stalled and given back to the engine; progress clears it', async () => {
  const watchdog = new Watchdog(services);
  const { runId } = await createRun(services, request('a'));
  now += 29 * MINUTE;
  expect(await watchdog.watch(runs)).toEqual({ running: 1, stalled: [] });
  now += 2 * MINUTE;
  expect((await watchdog.watch(runs)).stalled).toEqual([runId]);
  expect((await watchdog.watch(runs)).stalled).toEqual([runId]);
  expect(events.filter((event) => event === 'run.stalled')).toHaveLength(1);
  expect(started[0]).toEqual({ runId, attempt: 0 });
  expect((await new ProgressReader(services).status(runId)).stalledSince).toBe(new Date(NOON).toISOString());
  await services.lake.write(runPaths.step(runId, 'b00000', 'extract'), '{}');
  expect(await watchdog.watch(runs)).toEqual({ running: 1, stalled: [] });
  expect((await new ProgressReader(services).status(runId)).stalledSince).toBeUndefined();
  now += 60 * MINUTE;
  await services.lake.write(runPaths.summary(runId), '{"state":"completed"}');
  expect(await watchdog.watch(runs)).toEqual({ running: 0, stalled: [] });
});

test('a run whose request was written by a process that died then is listed once it is asked for again; a damaged one is mended', async () => {
  const { runId } = await createRun(services, request('a'));
  await services.lake.delete(`run-index/${runId}.json`);
  await services.lake.write(runPaths.request(runId), '');
  expect(await createRun(services, request('a'))).toMatchObject({ runId, isNew: false });
  expect(await new ProgressReader(services).list(10)).toMatchObject({ runs: [{ runId }], broken: [] });
});

test('watchdog: a run with a damaged record holds up no other, and is told', async () => {
  const watchdog = new Watchdog(services);
  const [bad, good] = [await createRun(services, request('a')), await createRun(services, request('b'))];
  const ended = await createRun(services, request('c'));
  await services.lake.write(runPaths.request(bad.runId), '{"runId"');
  await services.lake.write(runPaths.summary(ended.runId), '');
  await services.lake.write(runPaths.attempt(ended.runId), '');
  now += 31 * MINUTE;
  expect((await watchdog.watch(runs)).stalled.sort()).toEqual([bad.runId, good.runId].sort());
  expect(events.filter((event) => event === 'record.corrupt')).toHaveLength(2);
});

test('reconciliation: only landing files whose event never came and that nobody decided get a run, and only one', async () => {
  for (const name of ['lost.txt', 'lost too.txt', 'claimed.txt', 'decided.txt', 'erased.txt'])
    await landing.write(name, name);
  await takeInUpload(services, { start: async () => {} }, 'claimed.txt');
  const decided = await landing.stat('decided.txt');
  await store.add('results', [
    resultRow({ source_path: 'decided.txt', source_etag: decided?.etag.replaceAll('"', '') ?? null }),
    resultRow({ document_id: documentId('landing', 'erased.txt'), source_path: null, failure_code: 'document.erased' }),
  ]);
  expect(await reconcileUploads(lake, runs)).toMatchObject({ found: 0 }); // too young: the event may still come
  now += 20 * MINUTE;
  await landing.write('young.txt', 'young');
  const report = await reconcileUploads(lake, runs);
  expect(report).toMatchObject({ files: 6, found: 2, runs: [started[0]?.runId] });
  const windowId = String(started[0]?.runId).slice('upload-'.length);
  const found = await sealWindow(services.lake, windowId);
  expect(found.map(({ path }) => path).sort()).toEqual(['lost too.txt', 'lost.txt']);
  expect(await reconcileUploads(lake, runs)).toMatchObject({ found: 0 });
  // The event comes after all: it joins the claim.
  await takeInUpload(services, runs, 'lost.txt');
  expect(started.map(({ runId }) => runId)).toEqual([report.runs[0], report.runs[0]]);
});

test('reconciliation: uploads whose marker could not be read when their window was planned are claimed anew, once', async () => {
  configure({ UPLOAD_WINDOW_SECONDS: '10' });
  for (const name of ['a.txt', 'b.txt']) await landing.write(name, name);
  await takeInUpload(services, runs, 'a.txt');
  const windowId = String(started[0]?.runId).slice('upload-'.length);
  let marker = '';
  for await (const { path } of services.lake.list(intakePaths.window(windowId))) marker = path;
  await takeInUpload(services, runs, 'b.txt');
  await services.lake.write(marker, '{"uploads":');
  expect((await planRun(services, `upload-${windowId}`)).sources).toBe(1);
  expect(events).toContain('record.corrupt');
  now += 20 * MINUTE;
  await store.add('results', [
    resultRow({ source_path: 'b.txt', source_etag: (await landing.stat('b.txt'))?.etag.replaceAll('"', '') ?? null }),
  ]);
  const report = await reconcileUploads(lake, runs);
  expect(report).toMatchObject({ found: 1 });
  const again = await sealWindow(services.lake, String(report.runs[0]).slice('upload-'.length));
  expect(again.map(({ path }) => path)).toEqual(['a.txt']);
  expect(await reconcileUploads(lake, runs)).toMatchObject({ found: 0 });
});

test('reconciliation: files that were decided without a claim, however many, keep the sweep from none behind them', async () => {
  const rows = [];
  for (let i = 0; i < 25; i++) {
    const path = `${String(i).padStart(2, '0')}.txt`;
    const etag = await landing.write(path, 'x');
    rows.push(resultRow({ source_path: path, source_etag: etag.replaceAll('"', '') }));
  }
  await landing.write('lost.txt', 'lost');
  await store.add('results', rows);
  now += 20 * MINUTE;
  expect(await reconcileUploads(lake, runs, 10)).toMatchObject({ files: 26, found: 1 });
});

test('schedules: the newest tick counts, for ten minutes', () => {
  const at = (time: string) => Date.parse(`2026-11-23T${time}Z`);
  expect(dueTick('0 2 * * *', at('02:00:00.000'))).toBe('2026-11-23T02:00');
  expect(dueTick('0 2 * * *', at('02:00:30.500'))).toBe('2026-11-23T02:00');
  expect(dueTick('0 2 * * *', at('02:09:59.000'))).toBe('2026-11-23T02:00');
  expect(dueTick('0 2 * * *', at('02:11:00.000'))).toBeUndefined();
  expect(dueTick('0 2 * * *', at('01:59:59.900'))).toBeUndefined();
  expect(dueTick('*/5 * * * *', at('02:07:00.000'))).toBe('2026-11-23T02:05');
});

test('schedules: a tick starts its work once, whoever looks and however often; the next tick makes another run', async () => {
  configure({
    SCHEDULES: JSON.stringify([
      { name: 'nightly', cron: '0 12 * * *', run: { source: { kind: 'prefix', container: 'imports', prefix: 'in' } } },
      { name: 'broken', cron: '0 12 * * *', run: { ...request('x'), taxonomyVersion: 'nope' } },
      { name: 'weekly', cron: '0 12 * * *', train: { sources: ['a.jsonl'] } },
      { name: 'tidy', cron: '0 12 * * *', maintenance: true },
    ]),
  });
  const trained: string[] = [];
  let maintained = 0;
  const starter = {
    ...runs,
    train: async (training: { requestId?: string | undefined }) => void trained.push(String(training.requestId)),
    maintain: async () => void maintained++,
  };
  const both = await Promise.all([runSchedules(services, starter), runSchedules(services, starter)]);
  expect(both.flat()).toContain('nightly 2026-11-23T12:00');
  now += MINUTE;
  expect(await runSchedules(services, starter)).toEqual([]);
  expect(new Set(started.map(({ runId }) => runId)).size).toBe(1);
  expect(new Set(trained)).toEqual(new Set(['schedule-weekly-2026-11-23T12:00']));
  expect(maintained).toBeGreaterThan(0);
  expect(events).toContain('schedule.failed');
  now += 24 * 60 * MINUTE;
  await runSchedules(services, starter);
  expect(new Set(started.map(({ runId }) => runId)).size).toBe(2);
});

test('schedules: dying between the start and its marker starts the same run again, not another', async () => {
  configure({ SCHEDULES: JSON.stringify([{ name: 'n', cron: '* * * * *', run: request('in') }]) });
  (services.lake as MemoryLake).beforeCall = (method, path) => {
    if (method === 'write' && path.startsWith('schedules/')) throw new Error('died');
  };
  const starter = { ...runs, train: async () => {}, maintain: async () => {} };
  expect(await runSchedules(services, starter)).toEqual([]);
  (services.lake as MemoryLake).beforeCall = undefined;
  await runSchedules(services, starter);
  expect(started).toHaveLength(2);
  expect(started[0]).toEqual(started[1]);
});

test('schedules: a wrong setting names what is wrong', () => {
  expect(() => parseSchedules('{')).toThrow(/not JSON/);
  expect(() => parseSchedules('[{"name":"a","cron":"x","maintenance":true}]')).toThrow(/SCHEDULES/);
  expect(() => parseSchedules('[{"name":"a","cron":"* * * * * *","maintenance":true}]')).toThrow(/SCHEDULES/);
  const twice = { name: 'a', cron: '* * * * *', maintenance: true };
  expect(() => parseSchedules(JSON.stringify([twice, twice]))).toThrow(/twice/);
});

test('maintenance: every table is looked after; old runs lose their content and keep their decisions', async () => {
  await store.add('results', [resultRow({ document_id: 'a' })]);
  await store.add('results', [resultRow({ document_id: 'b' })]);
  configure({ RETENTION_DAYS: '30' });
  const { runId: old } = await createRun(services, request('old'));
  const { runId: open } = await createRun(services, request('open'));
  for (const runId of [old, open]) {
    await services.lake.write(runPaths.extracted(runId, 'b00000'), 'text');
    await services.lake.write(`${runPaths.llm(runId, 'b00000')}/answers.json`, 'text');
    await services.lake.write(runPaths.rows(runId, 'b00000'), 'text');
    await services.lake.write(runPaths.plan(runId), '{}');
  }
  await services.lake.write(runPaths.summary(old), '{}');
  now += 31 * 24 * 60 * MINUTE;
  const report = await maintainLake(lake);
  expect(report).toMatchObject({ forgottenRuns: 1 });
  expect(report.tables.find(({ table }) => table.endsWith('results'))).toMatchObject({ merged: 2, into: 1 });
  const left = (services.lake as MemoryLake).paths().filter((path) => path.startsWith(`runs/${old}/`));
  expect(left.map((path) => path.split('/').at(-1)).sort()).toEqual([
    'forgotten.json',
    'plan.json',
    'request.json',
    'summary.json',
  ]);
  expect(await services.lake.stat(runPaths.extracted(open, 'b00000'))).toBeDefined();
  expect(await maintainLake(lake)).toMatchObject({ forgottenRuns: 0 });
  await expect(createRerun(services, old, { only: 'all', from: 'score' })).rejects.toMatchObject({
    code: 'run.forgotten',
  });
  expect((await store.query('SELECT count(*) AS n FROM results')).rows).toEqual([{ n: 2 }]);
});
