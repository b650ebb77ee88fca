// What the dashboard asks, against the compiled host, real storage and the simulator: a file is sent, quoted, sorted and explained.
import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import {
  decisionHistorySchema,
  decisionsPageSchema,
  reviewAnswerSchema,
  runsSchema,
  taxonomyAnswerSchema,
} from '../../shared/api/answers.ts';
import type {
  CostReport,
  PagePlaces,
  ResultFacets,
  RunReport,
  Session,
  TrustReport,
  UploadAnswer,
} from '../../shared/api/insights.ts';
import type { Problem } from '../../shared/api/problem.ts';
import type { QueryAnswer } from '../../shared/api/query.ts';
import type { RunStatus } from '../../shared/api/runs.ts';
import { documentId } from '../../shared/ids.ts';
import type { RunQuote } from '../../shared/insight/quote-run.ts';
import { type Cloud, sharedCloud } from './cloud.ts';
import { command, ROOT, sluice, temporaryFolder, waitFor } from './sluice.ts';

let cloud: Cloud;

beforeAll(async () => {
  cloud = await sharedCloud();
}, 100_000);

const call = (method: string, path: string, body?: string, headers: Record<string, string> = {}) =>
  fetch(`${cloud.state.hostUrl}/api/${path}`, { method, headers, ...(body === undefined ? {} : { body }) });
const ask = async <T>(method: string, path: string, body?: object): Promise<T> =>
  (await (await call(method, path, body === undefined ? undefined : JSON.stringify(body))).json()) as T;
const put = (path: string, text: string, headers: Record<string, string> = {}) =>
  call('PUT', `uploads/imports/${path.split('/').map(encodeURIComponent).join('/')}`, text, headers);

test('polling: an answer that has not changed is 304 without a body, through the host', async () => {
  const first = await call('GET', 'session');
  expect((await first.json()) as Session).toMatchObject({
    name: null,
    llm: 'simulator',
    maxUploadBytes: 4096,
    roles: ['reader', 'reviewer', 'operator'],
    taxonomy: { labels: expect.arrayContaining([{ name: 'Withholding tax', description: expect.any(String) }]) },
  });
  const etag = first.headers.get('etag') ?? '';
  const again = await call('GET', 'session', undefined, { 'if-none-match': etag });
  expect([again.status, again.headers.get('etag'), await again.text()]).toEqual([304, etag, '']);
});

test('uploads: any name comes through, a second file replaces the first, what is too large or leads elsewhere is refused', async () => {
  const name = 'drop/100% größe #1?&%41.txt';
  const text = 'Value added tax return: input VAT, output VAT, reverse charge and VAT rates';
  const first = await put(name, text);
  expect(first.status).toBe(201);
  expect((await first.json()) as UploadAnswer).toMatchObject({
    container: 'imports',
    path: name,
    sizeBytes: Buffer.byteLength(text),
    documentId: documentId('imports', name),
  });
  expect((await put(name, text)).status).toBe(200);
  expect((await put(name, text, { 'if-none-match': '*' })).status).toBe(409);
  const large = await put('drop/large.txt', 'x'.repeat(4097));
  expect(large.status).toBe(413);
  expect((await large.json()) as Problem).toMatchObject({ code: 'request.too-large' });
  for (const path of ['..%2Fx.txt', 'a%5Cb.txt', 'a%0Ab.txt', 'a%2F%2Fb', ''])
    expect((await call('PUT', `uploads/imports/${path}`, 'x')).status, path).toBe(400);
  expect((await call('PUT', 'uploads/lake/x.txt', 'x')).status).toBe(400);
});

const documents = (list: readonly { documents: number }[]) => list.reduce((sum, entry) => sum + entry.documents, 0);

test('a run is quoted, sorted and explained with the same numbers', async () => {
  for (let i = 0; i < 5; i++) await put(`explained/case ${i}.txt`, `Withholding tax on dividends, case ${i}`);
  await put('explained/empty.txt', '');
  const source = { kind: 'prefix', container: 'imports', prefix: 'explained' };
  const quote = await ask<RunQuote>('POST', 'quotes', { source });
  expect(quote).toMatchObject({ files: 6, sampledFiles: 6, documents: 6, llm: 'simulator' });

  const totals = async () => {
    const costs = await ask<CostReport>('GET', 'costs?days=2');
    const trust = await ask<TrustReport>('GET', 'trust?days=2');
    return { ...costs.total, judged: documents(trust.escalation) };
  };
  const before = await totals();
  const { runId } = await ask<RunStatus>('POST', 'runs', { source });
  expect(await ask<RunReport>('GET', `runs/${runId}/report`)).toMatchObject({ runId, request: { source } });
  const run = await waitFor(`the end of ${runId}`, 90_000, async () => {
    const status = await ask<RunStatus>('GET', `runs/${runId}`);
    return status.endedAt === null ? undefined : status;
  });
  const report = await ask<RunReport>('GET', `runs/${runId}/report`);
  expect(documents(report.labels)).toBe(run.labelled);
  expect(documents(report.codes)).toBe(run.review + run.failed);
  expect(report.codes.find(({ code }) => code === 'extract.empty')?.examples).toMatchObject([
    { documentId: documentId('imports', 'explained/empty.txt'), path: 'explained/empty.txt' },
  ]);
  expect(report.ledger.costUsd).toBeCloseTo(run.costUsd, 9);
  expect(report.quota.slices.reduce((sum, { calls }) => sum + calls, 0)).toBe(report.ledger.attempts);
  // The event is written after the run has ended for those who ask.
  const { lineage } = await waitFor('the lineage', 30_000, async () => {
    const explained = await ask<RunReport>('GET', `runs/${runId}/report`);
    return explained.lineage === null ? undefined : explained;
  });
  expect(lineage?.outputs).toEqual(['abfss://lake@local/tables/results']);

  const facets = await ask<ResultFacets>('GET', `results/facets?run=${runId}&search=EXPLAINED`);
  expect(facets.total).toBe(6);
  expect(facets.statuses).toContainEqual({ status: 'failed', documents: 1 });
  const after = await totals();
  expect([after.documents - before.documents, after.judged - before.judged]).toEqual([6, 5]);
  expect(after.costUsd - before.costUsd).toBeCloseTo(run.costUsd, 9);
  expect((await call('GET', 'runs/none/report')).status).toBe(404);
}, 150_000);

test('api-version: the newest shape fits its schemas; who asks for none gets rows as before', async () => {
  const path = 'results?path=explained/&limit=3';
  const page = await ask<object>('GET', `${path}&api-version=2026-11-30`);
  const { results } = decisionsPageSchema.strict().parse(page);
  expect(results.map(({ path }) => path?.startsWith('explained/'))).toEqual([true, true, true]);
  expect(await ask('GET', path)).toMatchObject({ results: [{ document_id: results[0]?.documentId }, {}, {}] });
  const one = await ask<object>('GET', `results/${results[0]?.documentId}?api-version=2026-11-30`);
  expect(decisionHistorySchema.parse(one).latest).toEqual(results[0]);
  expect(runsSchema.parse(await ask('GET', 'runs?api-version=2026-11-30')).runs.length).toBeGreaterThan(0);
  expect(taxonomyAnswerSchema.parse(await ask('GET', 'taxonomies/current')).labels.length).toBeGreaterThan(1);
  const review = await ask<object>('GET', 'review?queue=spot-check&api-version=2026-11-30&limit=1');
  expect(reviewAnswerSchema.safeParse(review).error).toBeUndefined();
  expect((await call('GET', 'session?api-version=1999-01-01')).status).toBe(400);
});

test('a page is a picture with its words for who has not seen it and 304 for who has; the command writes all pages', async () => {
  const id = documentId('imports', 'explained/case 1.txt');
  const picture = await call('GET', `documents/${id}/pages/1.png?width=240`);
  expect(picture.headers.get('content-type')).toBe('image/png');
  expect(picture.headers.get('cache-control')).toBe('private, no-cache');
  expect(picture.headers.get('x-content-type-options')).toBe('nosniff');
  expect(
    Buffer.from(await picture.arrayBuffer())
      .subarray(1, 4)
      .toString(),
  ).toBe('PNG');
  const etag = picture.headers.get('etag') ?? '';
  const again = await call('GET', `documents/${id}/pages/1.png?width=240`, undefined, { 'if-none-match': etag });
  expect([again.status, await again.text()]).toEqual([304, '']);
  const places = await ask<PagePlaces>('GET', `documents/${id}/pages/1.json`);
  expect(places).toMatchObject({ kind: 'text', pages: 1, text: 'Withholding tax on dividends, case 1' });
  expect(places.words).toHaveLength(6);
  expect((await call('GET', `documents/${id}/pages/2.png`)).status).toBe(404);
  expect((await call('GET', `documents/${id}/pages/1.webp`)).status).toBe(400);
  const folder = temporaryFolder('pages');
  try {
    const written = await sluice(['pages', id, '-o', folder.path, '--json', '--url', cloud.state.hostUrl]);
    expect(JSON.parse(written.stdout)).toMatchObject({ documentId: id, kind: 'text', pages: 1 });
    expect(readdirSync(folder.path)).toEqual(['page-001.png']);
  } finally {
    folder.remove();
  }
}, 60_000);

test('the same command gives the same answer here and with --url: SQL, measuring a model, its files, encoders', async () => {
  const folder = temporaryFolder('elsewhere');
  try {
    const there = ['--url', cloud.state.hostUrl, '--data', join(folder.path, 'none')];
    const labelled = join(folder.path, 'few.jsonl');
    const rows = readFileSync(join(ROOT, 'samples/training.jsonl'), 'utf8').split('\n');
    writeFileSync(labelled, rows.slice(0, 20).join('\n'));
    const both = [
      ['query', "select count(*) n, min(label) least from latest_results where starts_with(source_path, 'explained/')"],
      ['eval', labelled],
      ['compare', 'v1', 'v1', labelled],
      ['encoder', 'list'],
      ['calibrate'],
    ];
    for (const args of both) {
      const [here, elsewhere] = [
        await command([...args, '--json', '--data', cloud.path]),
        await command([...args, '--json', ...there]),
      ];
      expect(elsewhere.code, elsewhere.stderr).toBe(0);
      expect(JSON.parse(elsewhere.stdout), args[0]).toEqual(JSON.parse(here.stdout));
    }
    const spark = join(folder.path, 'spark');
    const exported = await command(['models', 'export', 'v1', spark, '--json', ...there]);
    expect([exported.code, exported.stderr]).toEqual([
      1,
      expect.stringContaining('Spark has no stages for the profile lexical'),
    ]);
    expect(existsSync(join(folder.path, 'none'))).toBe(false);
    const wrong = await command(['query', 'select nothing from results', ...there]);
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('Referenced column "nothing" not found')]);
    expect((await command(['eval', labelled, '--model', 'v99', ...there])).stderr).toContain('No model v99');
    expect((await command(['query', 'select 1', '--timeout', '0', ...there])).code).toBe(2);
    const more = await ask<QueryAnswer>('POST', 'query', { sql: 'select unnest(range(9)) n', maxRows: 3 });
    expect(more).toEqual({ columns: ['n'], rows: [{ n: 0 }, { n: 1 }, { n: 2 }], isCut: true });
    expect((await call('GET', 'models/v1/files/claim.json')).status).toBe(404);
  } finally {
    folder.remove();
  }
}, 60_000);

test('the client that openapi-typescript makes of the API compiles and runs: examples/labels.ts', async (context) => {
  const modules = process.env.SLUICE_TEST_OPENAPI;
  if (modules === undefined)
    return context.skip('SLUICE_TEST_OPENAPI names no node_modules with openapi-typescript and openapi-fetch');
  const folder = temporaryFolder('typed');
  const run = (script: string, ...args: string[]) =>
    promisify(execFile)(process.execPath, [script, ...args], {
      cwd: folder.path,
      env: { ...process.env, SLUICE_URL: cloud.state.hostUrl },
    });
  try {
    symlinkSync(modules, join(folder.path, 'node_modules'));
    copyFileSync(join(ROOT, 'examples/labels.ts'), join(folder.path, 'labels.ts'));
    writeFileSync(join(folder.path, 'package.json'), '{"type":"module"}');
    const types = { types: ['node'], typeRoots: [join(ROOT, 'node_modules/@types')], skipLibCheck: false };
    const compilerOptions = { ...types, strict: true, noEmit: true, module: 'nodenext', target: 'es2023' };
    const allowed = { allowImportingTsExtensions: true, lib: ['es2023', 'dom', 'dom.iterable'] };
    writeFileSync(
      join(folder.path, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: { ...compilerOptions, ...allowed } }),
    );
    await run(
      'node_modules/openapi-typescript/bin/cli.js',
      `${cloud.state.hostUrl}/api/openapi.json`,
      '-o',
      'sluice-api.d.ts',
    );
    await run(join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.json');
    const lines = (await run('labels.ts')).stdout.trimEnd().split('\n');
    expect(lines[0]?.split('\t')).toHaveLength(4);
  } finally {
    folder.remove();
  }
}, 120_000);
