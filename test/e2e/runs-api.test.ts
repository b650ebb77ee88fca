// Runs over HTTP, against the compiled host, real storage and the simulator.
import { DataLakeServiceClient } from '@azure/storage-file-datalake';
import { beforeAll, expect, test } from 'vitest';
import type { Problem } from '../../shared/api/problem.ts';
import type { RunStatus } from '../../shared/api/runs.ts';
import { type Cloud, sharedCloud } from './cloud.ts';
import { command, waitFor } from './sluice.ts';

let cloud: Cloud;

beforeAll(async () => {
  cloud = await sharedCloud(); // batches of four
}, 100_000);

const container = (name: string) =>
  DataLakeServiceClient.fromConnectionString(cloud.state.lake).getFileSystemClient(name);
const put = (path: string, text: string) => container('imports').getFileClient(path).upload(Buffer.from(text));

async function call<T>(method: string, path: string, body?: unknown): Promise<{ status: number; body: T }> {
  const response = await fetch(`${cloud.state.hostUrl}${path}`, {
    method,
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as T };
}

const finished = (runId: string): Promise<RunStatus> =>
  waitFor(`the end of ${runId}`, 90_000, async () => {
    const { body } = await call<RunStatus>('GET', `/api/runs/${runId}`);
    return body.endedAt === null ? undefined : body;
  });

async function query<T>(sql: string): Promise<T[]> {
  const { code, stdout, stderr } = await command(['query', sql, '--json', '--data', cloud.path]);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as T[];
}

test('a prefix: the run is accepted, counts what it does, keeps the conservation law; the same request joins it', async () => {
  for (let i = 0; i < 9; i++) await put(`prefix/${i}.txt`, `Withholding tax on dividends, case ${i}`);
  await put('prefix/empty.txt', '');
  const request = { source: { kind: 'prefix', container: 'imports', prefix: 'prefix' } };
  const first = await call<RunStatus>('POST', '/api/runs', request);
  expect(first.status).toBe(202);
  const second = await call<RunStatus>('POST', '/api/runs', request);
  expect(second.status).toBe(200);
  expect(second.body.runId).toBe(first.body.runId);
  const run = await finished(first.body.runId);
  expect(run).toMatchObject({ state: 'completed', documents: 10, failed: 1, failures: { 'extract.empty': 1 } });
  expect(run.labelled + run.review + run.failed).toBe(10);
  expect(run.steps).toMatchObject({ extract: 10, decide: 10 });
  const other = await call<RunStatus>('POST', '/api/runs', { ...request, requestId: 'again' });
  expect(other.body.runId).not.toBe(first.body.runId);
  await finished(other.body.runId);
  const [counts] = await query<{ n: number; latest: number }>(
    "select (select count(*) from results where source_path like 'prefix/%') n, (select count(*) from latest_results where source_path like 'prefix/%') latest",
  );
  expect(counts).toEqual({ n: 20, latest: 10 });
}, 180_000);

test('paths: one that is not there is accounted for as a failed document', async () => {
  await put('paths/a.txt', 'Customs duty on imported goods');
  const { body } = await call<RunStatus>('POST', '/api/runs', {
    source: { kind: 'paths', container: 'imports', paths: ['paths/a.txt', 'paths/missing.txt', 'paths/a.txt'] },
  });
  const run = await finished(body.runId);
  expect(run).toMatchObject({ documents: 2, failed: 1, failures: { 'source.changed': 1 } });
}, 120_000);

test('a data set: every row is a document, bad rows are failed ones with their line', async () => {
  const lines = [
    '{"id":"a","text":"Payroll tax for March"}',
    '{"id":"b","text":',
    '{"id":"c","text":"Invoice, amount due"}',
  ];
  await put('sets/rows.jsonl', lines.join('\n'));
  const { body } = await call<RunStatus>('POST', '/api/runs', {
    source: { kind: 'dataset', container: 'imports', path: 'sets/rows.jsonl', idColumn: 'id' },
  });
  const run = await finished(body.runId);
  expect(run).toMatchObject({ documents: 3, failed: 1, failures: { 'source.bad-row': 1 } });
  const rows = await query<{ archive_path: string; failure_message: string | null }>(
    `select archive_path, failure_message from results where run_id = '${run.runId}' order by 1`,
  );
  expect(rows.map((r) => r.archive_path)).toEqual(['#2', '#a', '#c']);
  expect(rows[0]?.failure_message).toContain('line 2');
}, 120_000);

test('a re-run repeats only what is asked for and reads from what was stored', async () => {
  for (let i = 0; i < 3; i++) await put(`again/${i}.txt`, `Transfer pricing file ${i}`);
  await put('again/empty.txt', '');
  const { body } = await call<RunStatus>('POST', '/api/runs', {
    source: { kind: 'prefix', container: 'imports', prefix: 'again' },
  });
  const base = await finished(body.runId);
  // The sources are gone: what is repeated from a later step does not need them.
  await container('imports').getDirectoryClient('again').delete(true);
  const rescored = await call<RunStatus>('POST', `/api/runs/${base.runId}/rerun`, { only: 'all', from: 'score' });
  expect(await finished(rescored.body.runId)).toMatchObject({
    state: 'completed',
    kind: 'rerun',
    documents: 4,
    failed: 1,
  });
  const failed = await call<RunStatus>('POST', `/api/runs/${base.runId}/rerun`, { only: 'failed', from: 'extract' });
  expect(await finished(failed.body.runId)).toMatchObject({
    documents: 1,
    failed: 1,
    failures: { 'source.changed': 1 },
  });
  expect((await call('POST', '/api/runs/nope/rerun', {})).status).toBe(404);
}, 180_000);

test('a cancelled run commits nothing, and the same request takes it up again', async () => {
  for (let i = 0; i < 60; i++) await put(`cancel/${i}.txt`, `Value added tax, letter ${i}`);
  const request = { source: { kind: 'prefix', container: 'imports', prefix: 'cancel' } };
  const { body } = await call<RunStatus>('POST', '/api/runs', request);
  expect((await call('POST', `/api/runs/${body.runId}/cancel`)).status).toBe(202);
  expect(await finished(body.runId)).toMatchObject({ state: 'cancelled' });
  expect(await query(`select 1 from results where run_id = '${body.runId}'`)).toEqual([]);
  expect((await call<RunStatus>('POST', '/api/runs', request)).body.runId).toBe(body.runId);
  expect(await finished(body.runId)).toMatchObject({ state: 'completed', documents: 60 });
  expect(await query(`select count(*)::int n from results where run_id = '${body.runId}'`)).toEqual([{ n: 60 }]);
}, 240_000);

test('wrong input is a problem document that names every wrong field', async () => {
  const wrong: [unknown, string[]][] = [
    [{}, ['source']],
    ['{not json', ['(body)']],
    [{ source: { kind: 'dataset', path: 'x.exe' } }, ['source.path']],
    [
      { source: { kind: 'prefix', prefix: 'a' }, acceptThreshold: 2, modelVersion: 'best' },
      ['acceptThreshold', 'modelVersion'],
    ],
  ];
  for (const [body, fields] of wrong) {
    const problem = await call<Problem>('POST', '/api/runs', body);
    expect(problem.status).toBe(400);
    expect(problem.body.errors?.map((e) => e.field).sort()).toEqual(fields);
    expect(problem.body.title).toBeTruthy();
  }
  const unknown = await call<Problem>('POST', '/api/runs', {
    source: { kind: 'prefix', prefix: 'a' },
    taxonomyVersion: 'nope',
  });
  expect(unknown.status).toBe(400);
  expect((await call('GET', '/api/runs?limit=0')).status).toBe(400);
}, 60_000);

test('the list of runs is newest first, and the page shows it under a strict policy', async () => {
  const { body } = await call<{ runs: RunStatus[] }>('GET', '/api/runs?limit=5');
  expect(body.runs.length).toBe(5);
  const page = await fetch(`${cloud.state.hostUrl}/api/dashboard`);
  expect(page.status).toBe(200);
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect((await fetch(`${cloud.state.hostUrl}/api/dashboard/..%2Fpackage.json`)).status).toBe(404);
}, 60_000);

test('the documentation is served beside the page, under the same policy', async () => {
  const page = await fetch(`${cloud.state.hostUrl}/api/docs`);
  expect(page.url).toBe(`${cloud.state.hostUrl}/api/docs/index.html`);
  expect(await page.text()).toContain('<h1 id="sluice">Sluice</h1>');
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect((await fetch(`${cloud.state.hostUrl}/api/docs/..%2Fpackage.json`)).status).toBe(404);
}, 60_000);
