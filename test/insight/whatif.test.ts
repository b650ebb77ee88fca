import { afterEach, beforeEach, expect, test } from 'vitest';
import { whatIfSchema } from '../../shared/api/decisions.ts';
import { parseRequest } from '../../shared/api/problem.ts';
import { rerunRequestSchema } from '../../shared/api/runs.ts';
import { batchId } from '../../shared/ids.ts';
import { whatIf } from '../../shared/insight/whatif.ts';
import type { Row } from '../../shared/lake/tables.ts';
import type { LoadedModel } from '../../shared/models/registry.ts';
import { classifyBatch } from '../../shared/pipeline/classify-batch.ts';
import { commitRun } from '../../shared/pipeline/commit-run.ts';
import { decideBatch } from '../../shared/pipeline/decide-batch.ts';
import type { DecisionLake } from '../../shared/pipeline/decision-lake.ts';
import { extractBatch } from '../../shared/pipeline/extract-batch.ts';
import { featurizeBatch } from '../../shared/pipeline/featurize-batch.ts';
import { planRun } from '../../shared/pipeline/plan.ts';
import { isWanted } from '../../shared/pipeline/rerun-filter.ts';
import { scoreBatch } from '../../shared/pipeline/score-batch.ts';
import { createRerun, createRun, type StartedRun } from '../../shared/pipeline/start-run.ts';
import { type FakeWorld, fakeWorld } from '../fakes/pipeline.ts';
import { openTestTables, resultRow, type TestTables } from '../fakes/tables.ts';

let world: FakeWorld;
let store: TestTables;
let lake: DecisionLake;

beforeEach(async () => {
  world = await fakeWorld();
  store = openTestTables(undefined, world.services.clock);
  lake = { services: world.services, query: store.query, tables: store.tables };
});
afterEach(() => store.close());

async function finish({ runId }: StartedRun): Promise<Row[]> {
  const plan = await planRun(world.services, runId);
  for (let i = 0; i < plan.batches; i++)
    for (const step of [extractBatch, featurizeBatch, scoreBatch, classifyBatch, decideBatch])
      await step(world.services, { runId, batchId: batchId(i) });
  await commitRun(world.services, runId);
  const rows = (world.committed.get('results') ?? []).filter((row) => row.run_id === runId);
  await store.add('results', rows);
  return rows;
}

async function runOver(files: Record<string, string>): Promise<{ runId: string; rows: Row[] }> {
  for (const [name, text] of Object.entries(files)) await world.imports.write(`in/${name}`, text);
  const source = { kind: 'prefix' as const, container: 'imports' as const, prefix: 'in' };
  const started = await createRun(world.services, { source });
  return { runId: started.runId, rows: await finish(started) };
}

const FILES = { 'a.txt': 'sure', 'b.txt': 'ask me', 'c.txt': 'hard', 'd.txt': 'fail:extract.empty', 'e.txt': 'ask me' };
const ask = (request: object) => whatIf(lake, parseRequest(whatIfSchema, request));

test('what-if: the same model and bar change nothing, and nothing is written or asked', async () => {
  await runOver(FILES);
  const before = { ...world.lake.calls, asked: world.counts.asked };
  const report = await ask({});
  expect(report).toMatchObject({ documents: 4, unavailable: 0, flipped: 0, newlyAsked: 0, extraCostUsd: 0, runs: [] });
  expect(report.coverage).toEqual({ before: 0.25, after: 0.25 });
  expect(world.lake.calls.write).toBe(before.write);
  expect(world.counts.asked).toBe(before.asked);
});

test('what-if: the model decides as many alone as before where nothing changes, with copies and with decisions of people', async () => {
  const { rows } = await runOver({ 'a.txt': 'sure', 'copy of a.txt': 'sure', 'b.txt': 'sure, too', 'c.txt': 'hard' });
  expect(rows.map((row) => row.decided_by).sort()).toEqual(['duplicate', 'model', 'model', null]);
  const said = rows.find((row) => row.source_path === 'in/b.txt');
  await store.add('results', [{ ...said, decided_by: 'human', processed_at: '2026-12-01T00:00:00Z' }]);
  expect(await ask({})).toMatchObject({ flipped: 0, newlyAsked: 0, coverage: { before: 0.25, after: 0.25 } });
});

test('what-if: what the encoder of the same model has decided stays, against the bar that is tried', async () => {
  await runOver({ 'b.txt': 'ask me' });
  const [row] = (await store.query('SELECT * FROM results')).rows;
  await store.add('results', [
    {
      ...resultRow({ document_id: String(row?.document_id) }),
      ...row,
      label: 'Customs',
      confidence: 0.97,
      decided_by: 'encoder',
      status: 'labelled',
      processed_at: '2027-01-01T00:00:00.000Z',
    },
  ]);
  expect(await ask({})).toMatchObject({ flipped: 0, newlyAsked: 0, coverage: { before: 1, after: 1 } });
  expect(await ask({ accept: 0.98 })).toMatchObject({ newlyAsked: 1, coverage: { before: 1, after: 0 } });
});

test('what-if: history is read some batches at a time, with the same report, however many documents there are', async () => {
  world = await fakeWorld({ BATCH_MAX_DOCUMENTS: '16' });
  lake = { ...lake, services: world.services };
  await runOver(Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`${i}.txt`, i % 3 === 0 ? 'sure' : 'hard'])));
  let most = 0;
  let questions = 0;
  const counting: DecisionLake = {
    ...lake,
    query: async (sql, maxRows) => {
      const answer = await lake.query(sql, maxRows);
      most = Math.max(most, answer.rows.length);
      questions++;
      return answer;
    },
  };
  const request = parseRequest(whatIfSchema, { accept: 0.55 });
  const whole = await whatIf(counting, request);
  expect([most, questions]).toEqual([100, 2]); // with what asking has cost
  most = 0;
  expect(await whatIf(counting, request, 40)).toEqual(whole);
  expect(most).toBeLessThanOrEqual(41); // one more than wanted tells that there are too many
  expect(whole).toMatchObject({ documents: 100, flipped: 66 });
});

test('what-if: a lower bar lets the model decide more; each flip is named', async () => {
  const { runId } = await runOver(FILES);
  const report = await ask({ accept: 0.55 });
  // the model says VAT with 0.6 where the LLM said Customs or nothing
  // and e.txt, a copy of b.txt, shares its answer
  expect(report).toMatchObject({ flipped: 3, coverage: { before: 0.25, after: 0.75 }, runs: [runId] });
  expect(report.matrix).toEqual([
    { from: 'Customs', to: 'VAT', documents: 2 },
    { from: 'VAT', to: 'VAT', documents: 1 },
    { from: 'review', to: 'VAT', documents: 1 },
  ]);
  expect(report.flips.map((flip) => [flip.path, flip.before, flip.after])).toContainEqual([
    'in/c.txt',
    'review',
    'VAT',
  ]);
});

test('what-if: a higher bar asks about documents nobody was asked about, at what asking has cost', async () => {
  await runOver(FILES);
  const report = await ask({ accept: 0.99 });
  expect(report).toMatchObject({ flipped: 0, newlyAsked: 1, coverage: { before: 0.25, after: 0 } });
  expect(report.extraCostUsd).toBeCloseTo(0.001);
});

test('what-if: another model is scored from the texts, and measured against what people decided', async () => {
  const { rows } = await runOver(FILES);
  const stored = rows.find((row) => row.source_path === 'in/a.txt');
  await store.add('results', [
    { ...stored, decided_by: 'human', label: 'Customs', processed_at: '2026-12-01T00:00:00Z' },
  ]);
  const first = await world.services.models.load('v1');
  let featurized = 0;
  const other: LoadedModel = {
    ...first,
    version: 'v2',
    featurize: (texts) => {
      featurized += texts.length;
      return first.featurize(texts);
    },
    score: (x) => Float64Array.from([...x.values].flatMap((v) => (v === 1 ? [0.02, 0.98] : [0.6, 0.4]))),
  };
  world.services.models = {
    ...world.services.models,
    load: async (version) => (version === 'v2' ? other : first),
  };
  const report = await ask({ modelVersion: 'v2' });
  expect(featurized).toBe(4);
  expect(report).toMatchObject({
    modelVersion: 'v2',
    flipped: 0,
    againstPeople: { documents: 1, accepted: 1, right: 1 },
  });
  await expect(ask({ accept: 0.2, review: 0.5 })).rejects.toMatchObject({ code: 'request.invalid' });
});

test('what-if: documents whose text is no longer kept are counted, not guessed', async () => {
  await runOver(FILES);
  await store.add('results', [resultRow({ document_id: 'gone', run_id: 'r0' })]);
  expect(await ask({})).toMatchObject({ documents: 4, unavailable: 1 });
});

test('re-run: only documents that fit the filter, with another bar; nothing is read again and what people decided stands', async () => {
  const { runId, rows } = await runOver(FILES);
  const human = rows.find((row) => row.source_path === 'in/b.txt');
  world.committed.get('results')?.push({ ...human, decided_by: 'human', label: 'VAT' });
  const { reads } = world.counts;
  const again = async (request: object) =>
    (await finish(await createRerun(world.services, runId, parseRequest(rerunRequestSchema, request)))).map((row) => [
      row.source_path,
      row.label,
      row.decided_by,
    ]);
  expect(await again({ from: 'score', label: 'Customs', acceptThreshold: 0.55 })).toEqual([
    ['in/e.txt', 'VAT', 'model'],
  ]);
  expect(await again({ from: 'score', code: 'llm.unsure' })).toEqual([['in/c.txt', 'VAT', null]]);
  expect(await again({ from: 'score', mediaType: 'application/pdf' })).toEqual([]);
  expect(world.counts.reads).toBe(reads);
});

test('re-run filter: time bounds are inclusive below and exclusive above', () => {
  const request = parseRequest(rerunRequestSchema, {
    decidedAfter: '2026-11-23T12:00:00Z',
    decidedBefore: '2026-11-23T13:00:00+00:00',
  });
  const at = (time: string) => isWanted(request, { status: 'labelled', processed_at: time });
  expect(['11:59:59.999', '12:00:00.000', '12:59:59.999', '13:00:00.000'].map((t) => at(`2026-11-23T${t}Z`))).toEqual([
    false,
    true,
    true,
    false,
  ]);
  expect(() => parseRequest(rerunRequestSchema, { from: 'classify', acceptThreshold: 0.5 })).toThrow(/from/);
});
