// The product on the engine of Azure: the same lake, the same compiled functions, once behind the local host and once behind the real engine.
import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataLakeServiceClient } from '@azure/storage-file-datalake';
import { QueueServiceClient } from '@azure/storage-queue';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listFolder } from '../../cli/folder-listing.ts';
import { importPrefix } from '../../cli/import-folder.ts';
import { simulatorSettings } from '../../cli/local-cloud.ts';
import { SMOKE_NAME, smoke } from '../../infra/scripts/smoke.ts';
import type { RunStatus } from '../../shared/api/runs.ts';
import { batchId } from '../../shared/ids.ts';
import { forOthers } from '../../shared/lake/storage-connection.ts';
import { runPaths } from '../../shared/paths.ts';
import { HostProcess, isRealEngine } from '../conformance/host-process.ts';
import { ended, ROOT, type State, sluice, startSluice, temporaryFolder, waitFor, waitForState } from '../e2e/sluice.ts';

type Row = Record<string, string | number | null>;

const folder = temporaryFolder('real');
const data = join(folder.path, 'cloud');
let cloud: ChildProcess;
let state: State & { webJobsStorage: string };
const hosts: HostProcess[] = [];

/** A real engine on the lake of the local cloud. */
async function start(hub: string, env: Record<string, string> = {}): Promise<HostProcess> {
  mkdirSync(join(folder.path, hub), { recursive: true });
  const host = await HostProcess.start({
    app: ROOT,
    hub: join(folder.path, hub, 'hub'),
    env: {
      ...simulatorSettings(state.simulatorUrl, {}),
      LAKE: forOthers(state.lake),
      AzureWebJobsStorage: state.webJobsStorage,
      UPLOAD_TRIGGER_SOURCE: 'StorageQueue',
      UPLOAD_WINDOW_SECONDS: '1',
      ...env,
    },
  });
  hosts.push(host);
  return host;
}

async function end(host: HostProcess): Promise<void> {
  await host.kill();
  hosts.splice(hosts.indexOf(host), 1);
}

async function call<T>(host: HostProcess, method: string, path: string, body?: object): Promise<T> {
  const response = await host.fetch(path, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

const untilEnded = (host: () => HostProcess, runId: string): Promise<RunStatus> =>
  waitFor(`the end of ${runId}`, 390_000, async () => {
    const run = await call<RunStatus>(host(), 'GET', `/api/runs/${runId}`).catch(() => undefined); // a host that starts again
    return run !== undefined && run.endedAt !== null ? run : undefined;
  });

async function query(sql: string): Promise<Row[]> {
  const run = await sluice(['query', sql, '--json', '--data', data]);
  if (run.code !== 0) throw new Error(run.stderr);
  return JSON.parse(run.stdout) as Row[];
}

const rowsOf = (runId: string) =>
  query(
    `select source_path, archive_path, status, label, decided_by, failure_code from results where run_id = '${runId}' order by all`,
  );

describe.skipIf(!isRealEngine)('the product on the real engine', () => {
  beforeAll(async () => {
    const disabled = { 'AzureWebJobs.documentUploaded.Disabled': 'true' }; // uploads are the real engine's
    cloud = startSluice(['start', '--data', data, '--port', '0'], disabled);
    state = (await waitForState(data, cloud, 390_000)) as typeof state; // the file holds the whole state
    const local = { url: state.hostUrl };
    await waitFor('the run on the local host', 390_000, async () => {
      const { runs } = (await (await fetch(`${local.url}/api/runs`)).json()) as { runs: RunStatus[] };
      return runs[0]?.state === 'completed' ? true : undefined;
    });
  });

  afterAll(async () => {
    for (const host of hosts) await host.kill();
    cloud?.kill('SIGTERM');
    if (cloud !== undefined) await ended(cloud);
    folder.remove();
  });

  test('samples in, the same 92 rows out as on the local host', async () => {
    const documents = join(ROOT, 'samples/documents');
    const prefix = importPrefix(documents, (await listFolder(documents)).files);
    const [before] = await query('select run_id from results limit 1');
    const host = await start('samples');
    const request = { source: { kind: 'prefix', container: 'imports', prefix }, requestId: 'real-engine' };
    // Ten equal requests at once are one run: the engine drops later starts of an id rather than refuse them.
    const started = await Promise.all(
      Array.from({ length: 10 }, () => call<RunStatus>(host, 'POST', '/api/runs', request)),
    );
    const runId = started[0]?.runId ?? '';
    expect(new Set(started.map((run) => run.runId)).size).toBe(1);
    const run = await untilEnded(() => host, runId);
    expect(run).toMatchObject({ state: 'completed', documents: 92 });
    const rows = await rowsOf(runId);
    expect(rows).toHaveLength(92);
    expect(rows).toEqual(await rowsOf(String(before?.run_id)));
    // Addresses that a neighbour's route would have answered: export, filter counts, training history.
    expect((await host.fetch(`/api/results/export?run=${runId}`)).headers.get('content-type')).toContain('text/csv');
    expect(await call(host, 'GET', `/api/results/facets?run=${runId}`)).toMatchObject({ total: 92 });
    expect(await call(host, 'GET', '/api/models/train')).toMatchObject({ broken: [] });
    await end(host);
  });

  test('a batch that fails for good ends the run with its cause, stops the others and commits nothing', async () => {
    const host = await start('failing', { BATCH_MAX_DOCUMENTS: '10', BATCH_CONCURRENCY: '1' });
    const [{ source_path: first } = {}] = await query('select source_path from results limit 1');
    const prefix = String(first).split('/')[0];
    const request = { source: { kind: 'prefix', container: 'imports', prefix }, requestId: 'failing' };
    const { runId } = await call<RunStatus>(host, 'POST', '/api/runs', request);
    const lake = DataLakeServiceClient.fromConnectionString(state.lake).getFileSystemClient('lake');
    // The last batch of the plan finds a record it cannot read; one batch at a time gives us the time to write it.
    const plan = await waitFor('the plan', 60_000, async () =>
      (await lake.getFileClient(runPaths.plan(runId)).exists())
        ? (JSON.parse((await lake.getFileClient(runPaths.plan(runId)).readToBuffer()).toString()) as {
            batches: number;
          })
        : undefined,
    );
    expect(plan.batches).toBeGreaterThan(4);
    const record = runPaths.step(runId, batchId(plan.batches - 1), 'extract');
    await lake.getFileClient(record).upload(Buffer.from('no record'));
    const run = await untilEnded(() => host, runId);
    expect(run).toMatchObject({ state: 'failed', error: { code: 'lake.corrupt-record' } });
    expect(await rowsOf(runId)).toEqual([]);
    await end(host);
  });

  const ODD = ['a#b.txt', '50% off.txt', 'two words.txt', 'Prüfbericht für März.txt', 'q?x=1&y+z.txt'];

  /** What Event Grid says of a file in `landing`: the subject as it is, the address escaped. */
  const eventOf = (name: string) => ({
    id: randomUUID(),
    topic: '/subscriptions/0/resourceGroups/r/providers/Microsoft.Storage/storageAccounts/lake',
    eventType: 'Microsoft.Storage.BlobCreated',
    subject: `/blobServices/default/containers/landing/blobs/${name}`,
    eventTime: new Date().toISOString(),
    dataVersion: '1',
    // All that Event Grid sends: the extension reads eTag and blobType too, and fails on an event without them.
    data: {
      api: 'PutBlob',
      clientRequestId: randomUUID(),
      requestId: randomUUID(),
      eTag: '0x8DD00000000000',
      contentType: 'text/plain',
      contentLength: 64,
      blobType: 'BlockBlob',
      sequencer: '0'.repeat(48),
      url: `${/BlobEndpoint=([^;]+)/.exec(state.lake)?.[1]}/landing/${name.split('/').map(encodeURIComponent).join('/')}`,
    },
  });

  async function land(name: string): Promise<void> {
    const landing = DataLakeServiceClient.fromConnectionString(state.lake).getFileSystemClient('landing');
    await landing.getFileClient(name).upload(Buffer.from(`Payroll tax return: wage tax withheld. ${name}`));
  }

  async function untilDecided(names: readonly string[]): Promise<void> {
    const rows = await waitFor(`the rows of ${names[0]} and others`, 390_000, async () => {
      const found = await query(
        `select distinct source_path from results where source_path like '${names[0]?.split('/')[0]}/%'`,
      );
      return found.length === names.length ? found : undefined;
    });
    expect(rows.map((row) => row.source_path).sort()).toEqual(names.toSorted());
  }

  test('uploads by queue: names with #, %, blanks and umlauts are decided under exactly their names', async () => {
    const names = ODD.map((name) => `queued/${name}`);
    const queue = QueueServiceClient.fromConnectionString(state.webJobsStorage).getQueueClient('landing-events');
    await queue.createIfNotExists();
    const host = await start('queue', { UPLOAD_TRIGGER_SOURCE: 'StorageQueue' });
    for (const name of names) {
      await land(name);
      await queue.sendMessage(Buffer.from(JSON.stringify(eventOf(name))).toString('base64'));
    }
    await untilDecided(names);
    await end(host);
  });

  test('uploads by webhook: the same names, and the smoke of a deployed app passes as far as it is not about Azure', async () => {
    const names = ODD.map((name) => `hooked/${name}`);
    const host = await start('webhook', { UPLOAD_TRIGGER_SOURCE: 'EventGrid' });
    const deliver = async (name: string) => {
      const response = await host.fetch('/runtime/webhooks/blobs?functionName=Host.Functions.documentUploaded', {
        method: 'POST',
        headers: { 'aeg-event-type': 'Notification', 'content-type': 'application/json' },
        body: JSON.stringify([eventOf(name)]),
      });
      expect(response.status).toBe(202);
    };
    for (const name of names) {
      await land(name);
      await deliver(name);
    }
    await untilDecided(names);
    const checks = await smoke({
      run: async () => ({ code: 1, stdout: '', stderr: '' }),
      now: Date.now,
      sleep: (ms) => sleep(Math.min(ms, 500)),
      ask: async (method, path, body) => {
        const response = await host.fetch(path, { method, ...(body === undefined ? {} : { body }) });
        if (method === 'PUT') await deliver(SMOKE_NAME); // as Event Grid would
        return {
          status: response.status,
          contentType: response.headers.get('content-type') ?? '',
          body: await response.text(),
        };
      },
    });
    expect(checks.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'health passed',
      'routes passed',
      'upload passed',
      'synapse skipped',
      'alerts skipped',
    ]);
    await end(host);
  });

  test('kill -9 of the worker and of the host in a run of 500 documents: it completes, each document once', async () => {
    const imports = DataLakeServiceClient.fromConnectionString(state.lake).getFileSystemClient('imports');
    for (let from = 0; from < 500; from += 50)
      await Promise.all(
        Array.from({ length: 50 }, (_, i) =>
          imports
            .getFileClient(`many/d${from + i}.txt`)
            .upload(
              Buffer.from(`The VAT return claims input tax on supplies of goods. Reference ${(from + i) * 7919}.`),
            ),
        ),
      );
    const env = { BATCH_MAX_DOCUMENTS: '25' };
    let host = await start('many', env);
    const request = { source: { kind: 'prefix', container: 'imports', prefix: 'many' }, requestId: 'many' };
    const { runId } = await call<RunStatus>(host, 'POST', '/api/runs', request);
    const extracted = (least: number) =>
      waitFor(`${least} documents read`, 390_000, async () => {
        const run = await call<RunStatus>(host, 'GET', `/api/runs/${runId}`).catch(() => undefined);
        return run !== undefined && (run.endedAt !== null || run.steps.extract >= least) ? run : undefined;
      });
    await extracted(50);
    const { pid } = await call<{ pid: number }>(host, 'GET', '/admin/worker');
    process.kill(pid, 'SIGKILL');
    const afterWorker = await extracted(200);
    expect(afterWorker.endedAt).toBeNull();
    await end(host);
    host = await start('many', env);
    const run = await untilEnded(() => host, runId);
    expect(run).toMatchObject({ state: 'completed', documents: 500 });
    const counted = await query(
      `select count(*) n, count(distinct document_id) d from results where run_id = '${runId}'`,
    );
    expect(counted).toEqual([{ n: 500, d: 500 }]);
    await end(host);
  });
});
