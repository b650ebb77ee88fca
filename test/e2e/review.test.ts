// Decisions after the run, against the compiled host: pages, files, review, what-if and re-run, comparison, erasure.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DataLakeServiceClient } from '@azure/storage-file-datalake';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FeedbackAnswer, ReviewItem } from '../../shared/api/answers.ts';
import type { WhatIfReport } from '../../shared/api/decisions.ts';
import type { RunComparison, RunStatus } from '../../shared/api/runs.ts';
import type { DocumentHistory, ResultsPage } from '../../shared/insight/results.ts';
import { readParquet } from '../../shared/lake/parquet.ts';
import { openLakeStore } from '../../shared/lake/store.ts';
import type { Row } from '../../shared/lake/tables.ts';
import { firstStart, type OwnCloud, startOwnCloud } from './cloud.ts';
import { command, parseDocument, waitFor } from './sluice.ts';

let cloud: OwnCloud;
let run: RunStatus;

const prefixOf = (prefix: string) => ({ kind: 'prefix', container: 'imports', prefix });

beforeAll(async () => {
  const schedule = { name: 'each', cron: '* * * * *', run: { source: prefixOf('scheduled'), llm: false } };
  cloud = await startOwnCloud('review', { SCHEDULES: JSON.stringify([schedule]) });
  const texts = {
    'clear.txt': 'Value added tax return: VAT registration number, output tax, input tax, VAT due for the quarter.',
    'unclear-1.txt': 'The meeting about the garden party is on Friday; bring a cake and a chair. MARKERPARTY',
    'unclear-2.txt': 'A poem about the sea, the wind and a small boat that never came home.',
    'empty.txt': '',
  };
  const imports = DataLakeServiceClient.fromConnectionString(cloud.state.lake).getFileSystemClient('imports');
  for (const [name, text] of Object.entries(texts)) await imports.getFileClient(`in/${name}`).upload(Buffer.from(text));
  // a bar that nothing passes, and no LLM: everything readable waits for people
  const { body } = await call<RunStatus>('POST', '/api/runs', {
    source: prefixOf('in'),
    acceptThreshold: 1,
    llm: false,
  });
  run = await finished(body.runId);
}, 200_000);

afterAll(() => cloud.remove());

async function call<T>(method: string, path: string, body?: unknown): Promise<{ status: number; body: T }> {
  const response = await fetch(`${cloud.state.hostUrl}${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text(); // nothing with 204
  return { status: response.status, body: (text === '' ? undefined : JSON.parse(text)) as T };
}

const finished = (runId: string): Promise<RunStatus> =>
  waitFor(`the end of ${runId}`, 90_000, async () => {
    const { body } = await call<RunStatus>('GET', `/api/runs/${runId}`);
    return body.endedAt === null ? undefined : body;
  });

test('results: pages and files show the run, and the command line exports the same', async () => {
  expect(run).toMatchObject({ state: 'completed', documents: 4, review: 3, failed: 1 });
  const first = await call<ResultsPage>('GET', `/api/results?run=${run.runId}&limit=3`);
  const second = await call<ResultsPage>('GET', `/api/results?run=${run.runId}&limit=3&cursor=${first.body.next}`);
  expect([...first.body.results, ...second.body.results]).toHaveLength(4);
  expect(second.body.next).toBeNull();
  const failed = await call<ResultsPage>('GET', '/api/results?status=failed&code=extract.empty');
  expect(failed.body.results.map((row) => row.source_path)).toEqual(['in/empty.txt']);
  const csv = await fetch(`${cloud.state.hostUrl}/api/results/export?run=${run.runId}`);
  expect(csv.headers.get('content-type')).toContain('text/csv');
  const text = await csv.text();
  expect(text.trimEnd().split('\r\n')).toHaveLength(5);
  const parquet = await fetch(`${cloud.state.hostUrl}/api/results/export?format=parquet`);
  expect(
    Buffer.from(await parquet.arrayBuffer())
      .subarray(0, 4)
      .toString(),
  ).toBe('PAR1');
  const exported = await command(['export', '--run', run.runId, '--data', cloud.path]);
  expect(exported.stdout).toBe(text);
  expect((await call('GET', '/api/results?nope=1')).status).toBe(400);
}, 120_000);

test('review by terminal: what it showed is free when it has ended, unless --hold says otherwise; who gets nothing is told that others look', async () => {
  const byTerminal = async (...more: string[]) => {
    const ended = await command(['review', ...more, '--json', '--data', cloud.path]);
    return (JSON.parse(ended.stdout) as ReviewItem[]).map(({ documentId }) => documentId);
  };
  const byWindow = async () => {
    const { body } = await call<{ documents: ReviewItem[] }>('GET', '/api/review?limit=5&holder=window');
    return body.documents.map(({ documentId }) => documentId);
  };
  const shown = await byTerminal();
  expect(shown).toHaveLength(3);
  const documentIds = await byWindow();
  expect(documentIds.toSorted()).toEqual(shown.toSorted());
  const none = await command(['review', '--data', cloud.path]);
  expect([none.code, none.stderr]).toEqual([0, expect.stringContaining('3 documents wait, but others are looking')]);
  await call('POST', '/api/review/release', { documentIds, holder: 'window' });
  expect(await byTerminal('--hold')).toHaveLength(3);
  expect(await byWindow()).toEqual([]);
  expect(await byTerminal()).toHaveLength(3); // the same person again, who lets them go
}, 120_000);

test('review: what waits is shown once, decided, and is the latest decision from then on', async () => {
  const mine = await call<{ documents: ReviewItem[] }>('GET', '/api/review?limit=2&holder=mine');
  const theirs = await call<{ documents: ReviewItem[] }>('GET', '/api/review?limit=5&holder=theirs');
  expect(mine.body.documents).toHaveLength(2);
  expect(theirs.body.documents).toHaveLength(1);
  const item = mine.body.documents[0];
  expect(item?.excerpt?.length).toBeGreaterThan(20);
  expect(item?.topLabels.length).toBeGreaterThan(1);
  const label = String(item?.topLabels[1]?.label);
  const decision = { documentId: item?.documentId, label, note: 'seen' };
  const first = await call<FeedbackAnswer>('POST', '/api/feedback', decision);
  expect(first.status).toBe(201);
  expect((await call('POST', '/api/feedback', decision)).status).toBe(200);
  const { body } = await call<DocumentHistory>('GET', `/api/results/${item?.documentId}`);
  expect(body.latest).toMatchObject({ decided_by: 'human', label, status: 'labelled' });
  expect(body.history).toHaveLength(2);
  expect(body.feedback).toHaveLength(1);
  expect((await call('POST', '/api/feedback', { ...decision, label: 'no such label' })).status).toBe(400);
}, 120_000);

test('what-if changes nothing; applied, it is a re-run that leaves people’s decisions alone and can be compared', async () => {
  const asked = await call<WhatIfReport>('POST', '/api/whatif', { accept: 0 });
  expect(asked.body).toMatchObject({ documents: 3, unavailable: 0, runs: [run.runId] });
  expect(asked.body.coverage).toEqual({ before: 0, after: 2 / 3 }); // a person has decided the third
  const applied = await command(['whatif', '--accept', '0', '--apply', '--json', '--data', cloud.path]);
  expect(applied.code, applied.stderr).toBe(0);
  const { body } = await call<{ runs: RunStatus[] }>('GET', '/api/runs?limit=20');
  const again = body.runs.find((one) => one.kind === 'rerun');
  expect(again).toMatchObject({ kind: 'rerun', state: 'completed', documents: 3, labelled: 2, failed: 1 });
  const compared = await call<RunComparison>('GET', `/api/runs/${run.runId}/compare/${again?.runId}`);
  expect(compared.body).toMatchObject({ flipped: 2, byReason: { route: 2 } });
  const shown = await command(['compare-runs', run.runId, String(again?.runId), '--data', cloud.path]);
  expect(shown.stdout).toContain('2 flipped (2 by route)');
}, 180_000);

const openLake = () => openLakeStore({ kind: 'connection-string', connectionString: cloud.state.lake }, 'lake');

/** Files of the lake that hold a word, Parquet files read and not only looked at. */
async function filesWith(word: string): Promise<string[]> {
  const store = openLake();
  const local = join(cloud.path, 'looked-at');
  const found: string[] = [];
  for await (const { path } of store.list('')) {
    await store.download(path, local);
    const bytes = readFileSync(local);
    const isParquet = bytes.subarray(0, 4).toString() === 'PAR1';
    const text = isParquet ? JSON.stringify(await readParquet(local)) : bytes.toString('utf8');
    if (`${path} ${text}`.includes(word)) found.push(path);
  }
  return found;
}

test('erasure: the document is gone from answers and queue, its rows stay as tombstones', async () => {
  const { body } = await call<ResultsPage>('GET', '/api/results?path=in/unclear-1.txt');
  const [row] = body.results as [Row];
  for (const word of ['MARKERPARTY', 'unclear-1.txt']) expect((await filesWith(word)).length).toBeGreaterThan(0);
  const erased = await call<{ batches: number }>('DELETE', `/api/documents/${row.document_id}?source=delete`);
  expect(erased).toMatchObject({ status: 200, body: { sourceDeleted: true } });
  expect(erased.body.batches).toBeGreaterThan(0);
  for (const word of ['MARKERPARTY', 'unclear-1.txt']) expect(await filesWith(word), word).toEqual([]);
  const { body: history } = await call<DocumentHistory>('GET', `/api/results/${row.document_id}`);
  expect(history.history.length).toBeGreaterThan(1);
  for (const tombstone of history.history)
    expect(tombstone).toMatchObject({ failure_code: 'document.erased', label: null, source_path: '' });
  expect((await call('POST', '/api/feedback', { documentId: row.document_id, label: 'VAT' })).status).toBe(410);
  expect((await call('DELETE', `/api/documents/${'f'.repeat(64)}`)).status).toBe(404);
}, 120_000);

test('timers: a schedule makes one run per tick however often its timer fires; the others do their work', async () => {
  const fire = async (timer: string) => {
    const response = await fetch(`${cloud.state.hostUrl}/admin/functions/${timer}`, { method: 'POST', body: '{}' });
    expect(response.status, timer).toBe(202);
  };
  for (const timer of ['runSchedules', 'runSchedules', 'watchRuns', 'reconcileUploads', 'maintainLake'])
    await fire(timer);
  const ticks = await waitFor('a tick', 30_000, async () => {
    const paths: string[] = [];
    for await (const file of openLake().list('schedules/each')) paths.push(file.path);
    return paths.length === 0 ? undefined : paths;
  });
  const { body } = await call<{ runs: RunStatus[] }>('GET', '/api/runs?limit=50');
  const others = [run.runId, parseDocument((await firstStart()).run).runId];
  const scheduled = body.runs.filter(({ kind, runId }) => kind === 'request' && !others.includes(runId));
  // the host's own clock may have fired for one more minute meanwhile
  expect(scheduled.length - ticks.length).toBeGreaterThanOrEqual(0);
  expect(scheduled.length - ticks.length).toBeLessThanOrEqual(1);
  for (const { runId } of scheduled) expect((await finished(runId)).state).toBe('completed');
}, 120_000);

test('the API describes itself', async () => {
  const { status, body } = await call<{ openapi: string; paths: object }>('GET', '/api/openapi.json');
  expect(status).toBe(200);
  expect(body.openapi).toBe('3.1.0');
  expect(Object.keys(body.paths)).toContain('/api/results/export');
}, 30_000);
