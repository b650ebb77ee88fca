import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { DeltaTable } from '../../shared/lake/delta/table.ts';
import { FileCache } from '../../shared/lake/file-cache.ts';
import { writeParquet } from '../../shared/lake/parquet.ts';
import { feedbackTable, type Row, resultsTable } from '../../shared/lake/tables.ts';
import { runPaths } from '../../shared/paths.ts';
import { seededRandom, silentLogger, systemClock } from '../../shared/ports.ts';
import { readDecisions } from '../../shared/training/decisions.ts';
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
});

test('a lake without results gives nothing', async () => {
  const { lake, results, feedback } = await openTables();
  const found = [];
  for await (const example of readDecisions(lake, { results, feedback })) found.push(example);
  expect(found).toEqual([]);
});
