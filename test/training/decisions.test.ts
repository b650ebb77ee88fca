import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { DeltaTable } from '../../shared/lake/delta/table.ts';
import { FileCache } from '../../shared/lake/file-cache.ts';
import { writeParquet } from '../../shared/lake/parquet.ts';
import { feedbackTable, type Row, resultsTable } from '../../shared/lake/tables.ts';
import { ModelRegistry } from '../../shared/models/registry.ts';
import { runPaths } from '../../shared/paths.ts';
import { seededRandom, silentLogger, systemClock } from '../../shared/ports.ts';
import { readDecisions } from '../../shared/training/decisions.ts';
import { runSharded } from '../../shared/training/sharded/run-sharded.ts';
import { ShardedTrainer } from '../../shared/training/sharded/trainer.ts';
import { readSource } from '../../shared/training/sources.ts';
import { MemoryLake } from '../fakes/memory-lake.ts';

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

async function openTables() {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-test-'));
  folders.push(folder);
  const lake = new MemoryLake();
  const deps = {
    clock: systemClock,
    random: seededRandom(1),
    logger: silentLogger,
    cache: new FileCache(join(folder, 'cache')),
  };
  const results = DeltaTable.open(lake, 'tables/results', resultsTable, deps);
  const feedback = DeltaTable.open(lake, 'tables/feedback', feedbackTable, deps);
  const writeTexts = async (runId: string, texts: Record<string, string>) => {
    const file = join(folder, `${runId}.parquet`);
    const columns = [
      { name: 'document_id', type: 'string' },
      { name: 'text', type: 'string' },
    ] as const;
    await writeParquet(
      file,
      columns,
      Object.entries(texts).map(([document_id, text]) => ({ document_id, text })),
    );
    await lake.upload(runPaths.extracted(runId, 'b00000'), file);
  };
  return { lake, results, feedback, writeTexts };
}

const decided = (id: string, runId: string, values: Row): Row => ({
  document_id: id,
  run_id: runId,
  batch_id: 'b00000',
  status: 'labelled',
  label: 'Tax',
  confidence: 0.95,
  decided_by: 'llm',
  taxonomy_version: 'demo-1',
  processed_at: `2026-01-0${runId.slice(1)}T00:00:00.000Z`,
  run_date: '2026-01-01',
  ...values,
});

test('humans and sure LLM answers become examples; the model’s own labels do not; the newest decision counts', async () => {
  const { lake, results, feedback, writeTexts } = await openTables();
  await results.append(
    [
      decided('sure', 'r1', {}),
      decided('unsure', 'r1', { confidence: 0.5 }),
      decided('own', 'r1', { decided_by: 'model' }),
      decided('corrected', 'r1', { decided_by: 'model', label: 'Customs' }),
      decided('reviewed', 'r1', { status: 'review', label: null, decided_by: null }),
      decided('again', 'r1', { label: 'Old' }),
      decided('gone', 'r9', {}),
      decided('foreign', 'r1', { taxonomy_version: 'other-1' }),
      decided('simulated', 'r1', { llm_deployment: 'simulator' }),
    ],
    { appId: 'r1', appVersion: 0 },
  );
  await results.append([decided('again', 'r2', { label: 'New' })], { appId: 'r2', appVersion: 0 });
  const said = (document_id: string, label: string, hour: number): Row => ({
    feedback_id: `${document_id}${hour}`,
    document_id,
    label,
    created_at: `2026-01-03T0${hour}:00:00.000Z`,
    run_date: '2026-01-03',
  });
  await feedback.append(
    [said('corrected', 'Wrong', 1), said('corrected', 'Contract', 2), said('reviewed', 'Payroll', 1)],
    {
      appId: 'f',
      appVersion: 0,
    },
  );
  await writeTexts('r1', {
    sure: 'a',
    unsure: 'b',
    own: 'c',
    corrected: 'd',
    reviewed: 'e',
    again: 'old',
    foreign: 'f',
    simulated: 'g',
  });
  await writeTexts('r2', { again: 'new' });
  const found = [];
  for await (const example of readDecisions(lake, { results, feedback }, { taxonomyVersion: 'demo-1' }))
    found.push(example);
  expect(found.sort((a, b) => (a.documentId < b.documentId ? -1 : 1))).toEqual([
    { documentId: 'again', text: 'new', label: 'New', source: 'llm', weight: 0.5 },
    { documentId: 'corrected', text: 'd', label: 'Contract', source: 'human', weight: 1 },
    { documentId: 'reviewed', text: 'e', label: 'Payroll', source: 'human', weight: 1 },
    { documentId: 'sure', text: 'a', label: 'Tax', source: 'llm', weight: 0.5 },
  ]);
  // The simulator's labels only when they are asked for.
  const all = [];
  for await (const { documentId } of readDecisions(lake, { results, feedback }, { useSimulated: true }))
    all.push(documentId);
  expect(all).toContain('simulated');
});

test('a lake without results gives nothing', async () => {
  const { lake, results, feedback } = await openTables();
  const found = [];
  for await (const example of readDecisions(lake, { results, feedback })) found.push(example);
  expect(found).toEqual([]);
});

test('a Delta table is a source of labelled rows; rows without text or label are told by number', async () => {
  const { lake } = await openTables();
  const delta = { clock: systemClock, random: seededRandom(1), logger: silentLogger };
  const schema = {
    name: 'labels',
    columns: [
      { name: 'body', type: 'string' },
      { name: 'kind', type: 'long' },
    ],
    partitionColumns: [],
  } as const;
  const table = DeltaTable.open(lake, 'sets/labels', schema, delta);
  await table.append(
    [
      { body: 'one', kind: 7 },
      { body: null, kind: 1 },
      { body: 'two', kind: null },
    ],
    { appId: 'a', appVersion: 0 },
  );
  const rows = [];
  const stores = { lake: new MemoryLake(), source: lake, delta };
  for await (const row of readSource(stores, 'delta:sets/labels', { text: 'body', label: 'kind' })) rows.push(row);
  expect(rows).toEqual([
    { line: 1, text: 'one', label: '7', source: 'data-set', weight: 1 },
    { line: 2, problem: 'has no text in "body"' },
    { line: 3, text: 'two', label: null, source: 'data-set', weight: 1 },
  ]);
  const missing = readSource(stores, 'delta:sets/nothing', { text: 'body' })[Symbol.asyncIterator]();
  await expect(missing.next()).rejects.toMatchObject({ code: 'lake.not-found' });
  const foreign = readSource(stores, 'delta:sets/labels', { text: 'other' })[Symbol.asyncIterator]();
  await expect(foreign.next()).rejects.toMatchObject({ code: 'request.invalid' });
});

test('a sharded training takes decisions beside a data set, weighs them, and counts who gave the labels', async () => {
  const { lake, results, writeTexts } = await openTables();
  const ids = Array.from({ length: 30 }, (_, i) => `d${i}`);
  await results.append(
    ids.map((id, i) => decided(id, 'r1', { label: i % 2 ? 'Tax' : 'Contract' })),
    { appId: 'r1', appVersion: 0 },
  );
  await writeTexts(
    'r1',
    Object.fromEntries(ids.map((id, i) => [id, `${i % 2 ? 'income rate' : 'party clause'} ${i}`])),
  );
  const source = new MemoryLake('imports');
  await source.write(
    'a.jsonl',
    ids
      .map((_, i) => JSON.stringify({ text: `${i % 2 ? 'income' : 'party'} x${i}`, label: i % 2 ? 'Tax' : 'Contract' }))
      .join('\n'),
  );
  const registry = new ModelRegistry(lake, { clock: systemClock });
  const trainer = new ShardedTrainer({ store: lake, source, registry, clock: systemClock, logger: silentLogger });
  const request = {
    trainingId: 't1',
    sources: ['a.jsonl', 'decisions'],
    columns: { text: 'text', label: 'label' },
    options: { numFeatures: 256, maxIter: 5, minDocFreq: 0 },
  };
  await trainer.plan(request);
  const shard = (await lake.read('training/t1/rows/00000.jsonl'))
    .toString()
    .split('\n')
    .map((line) => JSON.parse(line).weight);
  expect(shard.filter((weight) => weight === 0.5)).toHaveLength(30);
  const { version } = await runSharded(trainer, request);
  const { training } = await registry.manifest(version);
  expect(training).toMatchObject({ rows: 60, rowsLlm: 30, rowsHuman: 0 });
});
