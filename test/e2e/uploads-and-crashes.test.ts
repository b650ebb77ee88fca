import type { ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BlobServiceClient } from '@azure/storage-blob';
import { DataLakeServiceClient } from '@azure/storage-file-datalake';
import { afterAll, afterEach, expect, test } from 'vitest';
import { startAzurite } from '../../local/emulators/azurite.ts';
import { startOpenAiSimulator } from '../../local/emulators/openai.ts';
import { preparedFolder, sharedCloud } from './cloud.ts';
import {
  command,
  conserves,
  type Document,
  ended,
  parseDocument,
  sluice,
  startSluice,
  temporaryFolder,
  waitFor,
  waitForState,
} from './sluice.ts';

const docs = temporaryFolder('docs');
const crash = await preparedFolder('crash');
const lost = await preparedFolder('lost-end');
afterAll(() => {
  docs.remove();
  crash.remove();
  lost.remove();
});
const running: ChildProcess[] = [];
afterEach(async () => {
  for (const child of running.splice(0)) {
    child.kill('SIGTERM');
    await ended(child);
  }
});

test('a file copied into landing yields its row without any other command', async () => {
  const { path, state } = await sharedCloud();
  const countTaken = () => readFileSync(join(path, 'host.log'), 'utf8').split('"upload.taken"').length - 1;
  const countRuns = async () => {
    const { runs } = (await (await fetch(`${state.hostUrl}/api/runs`)).json()) as { runs: { kind: string }[] };
    return runs.filter((run) => run.kind === 'upload').length;
  };
  const before = { taken: countTaken(), runs: await countRuns() };
  const landing = DataLakeServiceClient.fromConnectionString(state.lake).getFileSystemClient('landing');
  await landing
    .getFileClient('2026/letter.txt')
    .upload(Buffer.from('Payroll tax return: wage tax withheld for employees in March.'));
  type Row = { source_path: string; status: string; run_id: string };
  const rows = await waitFor('the row of the upload', 60_000, async () => {
    const sql = "select source_path, status, run_id from results where source_path like '2026/%'";
    const query = await command(['query', sql, '--json', '--data', path]);
    const found = query.code === 0 ? (JSON.parse(query.stdout) as Row[]) : [];
    return found.length > 0 ? found : undefined;
  });
  expect(rows).toHaveLength(1);
  expect(rows[0]).toMatchObject({ source_path: '2026/letter.txt' });
  expect(rows[0]?.run_id).toMatch(/^upload-/);

  // Event Grid delivers at least once, sometimes much later: the event's own run exists, so nothing is decided again.
  const event = {
    id: 'e1',
    topic: '/t',
    subject: '/blobServices/default/containers/landing/blobs/2026/letter.txt',
    eventType: 'Microsoft.Storage.BlobCreated',
    eventTime: '2026-01-01T00:00:00Z',
    dataVersion: '1',
    data: {
      url: `${/BlobEndpoint=([^;]+)/.exec(state.lake)?.[1]}/landing/2026/letter.txt`,
      ...{ api: 'PutBlob', eTag: '0x8DD0', blobType: 'BlockBlob' },
    },
  };
  for (let delivery = 0; delivery < 5; delivery++) {
    const answer = await fetch(`${state.hostUrl}/runtime/webhooks/blobs?functionName=Host.Functions.documentUploaded`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'aeg-event-type': 'Notification' },
      body: JSON.stringify([event]),
    });
    expect(answer.status).toBeLessThan(300);
  }
  await waitFor('the deliveries to be handled', 30_000, () => (countTaken() - before.taken >= 6 ? true : undefined));
  expect((await countRuns()) - before.runs).toBe(1);

  const problem = await fetch(`${state.hostUrl}/api/runs`, {
    method: 'POST',
    body: JSON.stringify({ source: { kind: 'prefix', prefix: '../x' }, colour: 'red' }),
  });
  expect(problem.status).toBe(400);
  expect(problem.headers.get('content-type')).toContain('application/problem+json');
  const body = (await problem.json()) as { errors: { field: string }[] };
  expect(body.errors.map((e) => e.field).sort()).toEqual(['colour', 'source.prefix']);
  expect((await fetch(`${state.hostUrl}/api/runs/nope`)).status).toBe(404);
}, 180_000);

const SUBJECTS = [
  'The VAT return claims input tax on intra-community supplies of goods.',
  'Transfer pricing: the arm’s length margin of the distributor was tested.',
  'Invoice number, amount due, payment within thirty days of receipt.',
  'Withholding tax on dividends is reduced under the double tax treaty.',
  'The agreement is governed by the law of England; either party may terminate.',
  'Customs declaration, tariff heading and duty on the imported machines.',
];

test('a run whose end was lost with the last seconds of a killed storage ends again with the same command, and has each row once', async () => {
  const folder = join(docs.path, 'lost-end');
  mkdirSync(folder);
  for (let i = 0; i < 6; i++) writeFileSync(join(folder, `d${i}.txt`), `${SUBJECTS[i]} Reference ${i}.`);
  const args = ['start', folder, '--once', '--json', '--no-llm', '--data', lost.path, '--port', '0'];
  const first: Document = parseDocument(await sluice(args, {}));
  // What storage loses when it is killed as a run ends; the task hub knows of the end.
  const key = readFileSync(join(lost.path, 'account.key'), 'utf8').trim();
  const storage = await startAzurite({
    folder: join(lost.path, 'azurite'),
    key,
    ports: { blob: 0, queue: 0, table: 0 },
  });
  const lake = BlobServiceClient.fromConnectionString(storage.connectionString).getContainerClient('lake');
  await lake.getBlockBlobClient(`runs/${first.runId}/summary.json`).delete();
  await storage.close();
  const again = await sluice(args, {});
  expect(again.code, again.stderr).toBe(0);
  expect(parseDocument(again)).toEqual(first);
}, 120_000);

test('kill -9 of the host at three moments of a 500-document run: it completes, nothing lost, nothing doubled, nothing paid twice', async () => {
  const simulator = await startOpenAiSimulator({
    port: 0,
    tpm: 3_000_000,
    rpm: 60_000,
    seed: 7,
    latencyMs: 60,
    banner: false,
  });
  try {
    const folder = join(docs.path, 'many');
    mkdirSync(folder);
    for (let i = 0; i < 500; i++)
      writeFileSync(
        join(folder, `d${i}.txt`),
        `${SUBJECTS[i % 6]} ${SUBJECTS[(i * 5 + 1) % 6]} Reference ${i * 7919}.`,
      );
    const env = {
      OPENAI_BASE_URL: simulator.baseUrl,
      OPENAI_MODEL: 'simulator',
      OPENAI_API_KEY: 'x',
      LLM_INPUT_USD_PER_MTOK: '0.2',
      LLM_OUTPUT_USD_PER_MTOK: '1.2',
      LLM_TPM: '3000000',
      LLM_RPM: '60000',
      LLM_CONCURRENCY: '4',
      BATCH_MAX_DOCUMENTS: '25',
      ACCEPT_THRESHOLD: '0.999', // so that the LLM is asked about nearly all of them
    };
    const args = ['start', folder, '--once', '--json', '--data', crash.path, '--port', '0'];
    const inFlight: number[] = [];
    // Moments by what was billed so far, not by time: before the first call, in the middle, near the end.
    for (const moment of [0, 15, 40]) {
      const child = startSluice(args, env);
      running.push(child);
      const state = await waitForState(crash.path, child);
      await waitFor(`${moment} billed calls`, 120_000, () =>
        simulator.ledger().length >= moment || child.exitCode !== null ? true : undefined,
      );
      inFlight.push(4); // LLM_CONCURRENCY: a call leaves the air only when its answer is stored
      process.kill(state.hostPid, 'SIGKILL');
      expect(await ended(child)).toBe(1);
    }
    const last = await sluice(args, env);
    expect(last.code, last.stderr).toBe(0);
    const document: Document = parseDocument(last);
    expect(document.documents).toBe(500);
    expect(conserves(document)).toBe(true);

    const rows = await command([
      'query',
      'select count(*) n, count(distinct document_id) d from results',
      '--json',
      '--data',
      crash.path,
    ]);
    expect(JSON.parse(rows.stdout)).toEqual([{ n: 500, d: 500 }]);

    // Every repeated call was in flight when the host was killed.
    const prompts = simulator.ledger().map((entry) => entry.promptHash);
    const repeated = prompts.length - new Set(prompts).size;
    expect(repeated).toBeLessThanOrEqual(inFlight.reduce((a, b) => a + b, 0));
  } finally {
    await simulator.close();
  }
}, 400_000);
