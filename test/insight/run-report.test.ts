// Numbers here are counted by hand from the rows above them.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ERROR_REMEDIES } from '../../shared/errors.ts';
import { runReport } from '../../shared/insight/run-report.ts';
import type { Row } from '../../shared/lake/tables.ts';
import { runPaths } from '../../shared/paths.ts';
import type { DecisionLake } from '../../shared/pipeline/decision-lake.ts';
import { type FakeWorld, fakeWorld } from '../fakes/pipeline.ts';
import { id, NOON, openTestTables, resultRow, type TestTables } from '../fakes/tables.ts';

let world: FakeWorld;
let store: TestTables;
let lake: DecisionLake;
beforeEach(async () => {
  world = await fakeWorld();
  store = openTestTables();
  lake = { services: world.services, query: store.query, tables: store.tables };
});
afterEach(() => store.close());

const at = (ms: number) => new Date(NOON + ms).toISOString();
const request = { source: { kind: 'prefix', container: 'imports', prefix: 'in' } };
const record = (runId: string, more: object = {}) =>
  world.lake.write(
    runPaths.request(runId),
    JSON.stringify({ runId, kind: 'request', createdAt: at(0), request, rerun: null, windowId: null, ...more }),
  );
const document = (digit: number | string, given: Row): Row => resultRow({ document_id: id(digit), ...given });
const undecided = (code: string, given: Row = {}): Row => ({
  status: 'review',
  decided_by: null,
  failure_code: code,
  failure_message: `${code} happened`,
  ...given,
});
const call = (key: string, given: Row = {}): Row => ({
  run_id: 'r1',
  batch_id: 'b00000',
  call_key: key,
  attempt: 1,
  document_count: 2,
  deployment: 'east',
  service_tier: null,
  started_at: at(0),
  ended_at: at(1000),
  http_status: 200,
  charge_estimate: 1000,
  tokens_prompt: 800,
  tokens_cached: 500,
  tokens_completion: 100,
  cost_nano_usd: 1_000_000,
  outcome: 'ok',
  run_date: '2026-11-23',
  ...given,
});
const bins = (counts: Record<number, number>) => Array.from({ length: 20 }, (_, bin) => counts[bin] ?? 0);

test('run report: each document counts once, with who decided it, its confidence, or the code it waits with', async () => {
  await record('r1');
  await store.add('results', [
    document(1, { confidence: 1 }),
    document(2, { confidence: 0.93 }),
    document(3, { label: 'Customs', decided_by: 'llm', confidence: 0.5 }),
    document(4, { label: 'Customs', decided_by: 'duplicate', confidence: 0.5 }),
    document(5, undecided('llm.unsure', { confidence: 0.04, source_path: 'in/b.txt' })),
    document(6, undecided('llm.unsure', { confidence: 0.05, source_path: 'in/a.txt', archive_path: 'x.txt' })),
    document(7, undecided('llm.unsure', { confidence: 0.05 })),
    document(8, undecided('extract.empty', { status: 'failed', label: null, confidence: null })),
    document(9, { run_id: 'r2' }),
  ]);
  // a person has decided one of those that waited
  await store.add('results', [
    document(7, { decided_by: 'human', label: 'VAT', confidence: null, processed_at: at(60_000) }),
  ]);
  const report = await runReport(lake, 'r1');
  expect(report).toMatchObject({ runId: 'r1', request, rerunOf: null, lineage: null });
  expect(report.labels).toEqual([
    { label: 'VAT', documents: 3, byModel: 2, byEncoder: 0, byLlm: 0, byDuplicate: 0, byHuman: 1 },
    { label: 'Customs', documents: 2, byModel: 0, byEncoder: 0, byLlm: 1, byDuplicate: 1, byHuman: 0 },
  ]);
  expect(report.decidedBy).toEqual({ model: 2, encoder: 0, llm: 1, duplicate: 1, human: 1 });
  expect(report.confidence).toEqual({ labelled: bins({ 10: 2, 18: 1, 19: 1 }), review: bins({ 0: 1, 1: 1 }) });
  expect(report.codes).toEqual([
    {
      status: 'review',
      code: 'llm.unsure',
      documents: 2,
      advice: ERROR_REMEDIES['llm.unsure'],
      examples: [
        { documentId: id(6), path: 'in/a.txt', archivePath: 'x.txt', message: 'llm.unsure happened' },
        { documentId: id(5), path: 'in/b.txt', archivePath: '', message: 'llm.unsure happened' },
      ],
    },
    {
      status: 'failed',
      code: 'extract.empty',
      documents: 1,
      advice: ERROR_REMEDIES['extract.empty'],
      examples: [{ documentId: id(8), path: 'in/a.txt', archivePath: '', message: 'extract.empty happened' }],
    },
  ]);
});

test('run report: documents by kind of warning, each once per kind; rows of earlier versions have none', async () => {
  await record('r1');
  const warned = (...warnings: string[]) => ({ warnings_json: JSON.stringify(warnings) });
  await store.add('results', [
    document(1, warned('needs-ocr: 1 page(s) not read (2)', 'needs-ocr: the image not read')),
    document(2, warned('needs-ocr: 4 page(s) not read (1, 2, 3, 4)', 'formulas: 3 formula(s) hold no result')),
    document(3, warned()),
    document(4, { warnings_json: null }),
  ]);
  expect((await runReport(lake, 'r1')).warnings).toEqual([
    { warning: 'needs-ocr', documents: 2, example: 'needs-ocr: 1 page(s) not read (2)' },
    { warning: 'formulas', documents: 1, example: 'formulas: 3 formula(s) hold no result' },
  ]);
});

test('run report: of a code with many documents five are shown; an erased document counts but has no name', async () => {
  await record('r1');
  await store.add('results', [
    ...[1, 2, 3, 4, 5, 6, 7].map((n) => document(n, undecided('llm.unsure'))),
    document(8, undecided('document.erased', { source_path: null, label: null })),
  ]);
  const { codes } = await runReport(lake, 'r1');
  expect(codes.map(({ code, documents, examples }) => [code, documents, examples.length])).toEqual([
    ['llm.unsure', 7, 5],
    ['document.erased', 1, 0],
  ]);
});

test('run report: the ledger by outcome and deployment; throttled attempts and batch jobs use no quota', async () => {
  await record('r1');
  await store.add('llm_calls', [
    call('a'),
    call('b', {
      http_status: 429,
      outcome: 'wasted',
      tokens_prompt: 0,
      tokens_cached: 0,
      tokens_completion: 0,
      cost_nano_usd: 0,
    }),
    call('b', {
      attempt: 2,
      started_at: at(100_000),
      ended_at: at(103_000),
      deployment: 'west',
      cost_nano_usd: 2_000_000,
    }),
    call('c', { started_at: at(239_000), ended_at: null, http_status: null, outcome: 'unknown', tokens_cached: 0 }),
    call('d', { started_at: at(-3_600_000), service_tier: 'batch', cost_nano_usd: 500_000, ended_at: at(3_600_000) }),
    call('other run', { run_id: 'r2' }),
  ]);
  const { ledger, quota } = await runReport(lake, 'r1');
  expect(ledger).toEqual({
    calls: 4,
    attempts: 5,
    throttled: 1,
    byOutcome: [
      { outcome: 'ok', attempts: 3, costUsd: 0.0035 },
      { outcome: 'unknown', attempts: 1, costUsd: 0.001 },
      { outcome: 'wasted', attempts: 1, costUsd: 0 },
    ],
    tokens: { prompt: 3200, cached: 1500, completion: 400 },
    costUsd: 0.0045,
    // two answers, of 1 s and 3 s: the median lies between them, the 95th percentile at 1 + 0.95 × 2
    latency: { p50: 2, p95: 2.9 },
    deployments: [
      { deployment: 'east', attempts: 4, tokens: 2700, costUsd: 0.0025, throttled: 1 },
      { deployment: 'west', attempts: 1, tokens: 900, costUsd: 0.002, throttled: 0 },
    ],
  });
  // 239 s in 120 slices: 2 s each
  expect(quota).toMatchObject({ tokensPerMinuteLimit: 60_000, sliceSeconds: 2 });
  expect(quota.slices).toHaveLength(120);
  expect(quota.slices.filter(({ calls }) => calls > 0)).toEqual([
    { at: at(0), tokens: 1000, calls: 2, throttled: 1 },
    { at: at(100_000), tokens: 1000, calls: 1, throttled: 0 },
    { at: at(238_000), tokens: 1000, calls: 1, throttled: 0 },
  ]);
});

test('run report: a run that has not ended has empty lists; a re-run says what it repeats; lineage is named', async () => {
  await record('r1', { kind: 'rerun', request: null, rerun: { runId: 'r0', only: 'failed', from: 'extract' } });
  await world.lake.write(
    runPaths.lineage('r1'),
    JSON.stringify({
      eventTime: at(9),
      job: { namespace: 'sluice', name: 'classify.rerun' },
      inputs: [{ namespace: 'abfss://landing@local', name: '/' }],
      outputs: [{ namespace: 'abfss://lake@local', name: 'tables/results' }],
    }),
  );
  lake.services.llm = undefined;
  expect(await runReport(lake, 'r1')).toEqual({
    runId: 'r1',
    request: { runId: 'r0', only: 'failed', from: 'extract' },
    rerunOf: 'r0',
    labels: [],
    codes: [],
    warnings: [],
    decidedBy: { model: 0, encoder: 0, llm: 0, duplicate: 0, human: 0 },
    confidence: { labelled: bins({}), review: bins({}) },
    ledger: {
      calls: 0,
      attempts: 0,
      throttled: 0,
      byOutcome: [],
      tokens: { prompt: 0, cached: 0, completion: 0 },
      costUsd: 0,
      latency: null,
      deployments: [],
    },
    quota: { tokensPerMinuteLimit: null, sliceSeconds: 1, slices: [] },
    lineage: {
      inputs: ['abfss://landing@local/'],
      outputs: ['abfss://lake@local/tables/results'],
      job: 'sluice/classify.rerun',
      eventTime: at(9),
    },
  });
});

test('run report: a run nobody started is not found, whatever its id looks like', async () => {
  for (const runId of ['r9', '../r1', '', "' OR 1=1 --"])
    await expect(runReport(lake, runId)).rejects.toMatchObject({ code: 'run.not-found' });
});
