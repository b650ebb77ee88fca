// The compiled functions in the real Node worker, asked over its real protocol. FUNCTIONS_WORKER names the worker (worker-host.ts); skipped without.
// The lake is the emulated one behind a recorder, the durable extension's address a recorder too: what the functions ask of either is what counts.
import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { platform } from 'node:os';
import { BlobServiceClient } from '@azure/storage-blob';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { durableClientBinding } from '../../local/host/client-binding.ts';
import { forOthers } from '../../shared/lake/storage-connection.ts';
import { openLakeStore } from '../../shared/lake/store.ts';
import { readJson } from '../../shared/pipeline/records.ts';
import { type IntakeMarker, uploadsOf } from '../../shared/pipeline/sealed-window.ts';
import { ROOT, temporaryFolder } from '../e2e/sluice.ts';
import { type EmulatedLake, startEmulatedLake } from '../lake/emulated-lake.ts';
import { type FunctionMetadata, WORKER, WorkerHost } from './worker-host.ts';

const MEMORY_LIMIT_MB = 200;
const MIB = 1024 * 1024;

interface Recorded {
  server: Server;
  port: number;
  /** `GET /path`, decoded. */
  requests: string[];
}

/** A server on a free port that notes what it is asked. */
async function record(answer: Parameters<typeof createServer>[1]): Promise<Recorded> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${decodeURIComponent((request.url ?? '').replace(/\?.*/, ''))}`);
    answer?.(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, requests, port: (server.address() as AddressInfo).port };
}

describe.skipIf(WORKER === undefined)('the real Node worker (FUNCTIONS_WORKER)', () => {
  const worker = WORKER ?? '';
  const empty = temporaryFolder('placeholder');
  let lake: EmulatedLake;
  let storage: Recorded;
  let durable: Recorded;
  let env: Record<string, string>;
  const hosts: WorkerHost[] = [];

  beforeAll(async () => {
    lake = await startEmulatedLake();
    storage = await record((request, response) => {
      const { method, url, headers } = request;
      const forward = httpRequest({ host: '127.0.0.1', port: lake.dfs.port, method, path: url, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
        answer.pipe(response);
      });
      forward.once('error', () => response.destroy());
      request.pipe(forward);
    });
    durable = await record((request, response) => {
      const isStart = request.method === 'POST';
      response.writeHead(isStart ? 202 : 404, { 'content-type': 'application/json' });
      response.end(isStart ? JSON.stringify({ id: request.url?.split('/').at(-1) }) : '{}');
    });
    env = {
      LAKE: forOthers(lake.dfs.connectionString).replaceAll(`:${lake.dfs.port}/`, `:${storage.port}/`),
      AzureWebJobsStorage: lake.azurite.connectionString,
      LLM_ENABLED: 'false',
    };
  });

  afterAll(async () => {
    for (const host of hosts) await host.stop();
    for (const recorded of [storage, durable]) {
      recorded?.server.closeAllConnections();
      recorded?.server.close();
    }
    await lake?.close();
    empty.remove();
  });

  async function start(startEnv: Record<string, string> = {}): Promise<WorkerHost> {
    const host = await WorkerHost.start(worker, { env: startEnv });
    hosts.push(host);
    return host;
  }

  /** A worker with the upload function loaded. */
  async function ready(): Promise<{ host: WorkerHost; uploaded: FunctionMetadata }> {
    const host = await start(env);
    await host.init(ROOT);
    const uploaded = (await host.index(ROOT)).find(({ name }) => name === 'documentUploaded');
    if (uploaded === undefined) throw new Error(`no function documentUploaded: ${host.tail}`);
    await host.load(uploaded);
    return { host, uploaded };
  }

  /** The event of a blob as the host sends it to a function with deferred binding. */
  function notify(host: WorkerHost, uploaded: FunctionMetadata, path: string): Promise<void> {
    const keyOf = (type: string) =>
      Object.entries(uploaded.bindings).find(([, binding]) => binding.type === type)?.[0] ?? '';
    const content = JSON.stringify({ Connection: 'LAKE', ContainerName: 'landing', BlobName: path });
    const origin = `http://127.0.0.1:${durable.port}`;
    const client = durableClientBinding({ origin, rpcOrigin: origin, hubName: 'hub', key: 'x' });
    return host.invoke(uploaded, {
      [keyOf('blobTrigger')]: {
        modelBindingData: {
          version: '1.0',
          source: 'AzureStorageBlobs',
          contentType: 'application/json',
          content: Buffer.from(content),
        },
      },
      [keyOf('durableClient')]: { string: client },
    });
  }

  /** Paths and sizes of all uploads that were taken into a window. */
  async function takenIn(): Promise<Map<string, number>> {
    const store = openLakeStore(lake.connection, 'lake');
    const taken = new Map<string, number>();
    for await (const { path } of store.list('intake/windows'))
      if (path.includes('/markers/')) {
        const marker = await readJson<IntakeMarker>(store, path);
        for (const upload of marker === undefined ? [] : uploadsOf(marker)) taken.set(upload.path, upload.sizeBytes);
      }
    return taken;
  }

  const landing = () =>
    BlobServiceClient.fromConnectionString(lake.azurite.connectionString).getContainerClient('landing');
  const contentReads = () => storage.requests.filter((line) => /^GET .*\/landing\/./.test(line));

  test('indexes the same functions as a placeholder that becomes the app as at a plain start; uploads are bound by reference', async () => {
    const plain = await start(env);
    await plain.init(ROOT);
    const functions = await plain.index(ROOT);
    expect(functions.map(({ name }) => name)).toEqual(expect.arrayContaining(['documentUploaded', 'health', 'run']));
    const uploaded = functions.find(({ name }) => name === 'documentUploaded');
    const trigger = uploaded?.rawBindings.map((text) => JSON.parse(text)).find(({ type }) => type === 'blobTrigger');
    expect(trigger).toMatchObject({
      path: 'landing/{name}',
      connection: 'LAKE',
      source: 'EventGrid',
      properties: { supportsDeferredBinding: 'true' },
    });

    const placeholder = await start();
    await placeholder.init(empty.path);
    expect(await placeholder.index(empty.path)).toEqual([]);
    await placeholder.reload(ROOT, { PATH: process.env.PATH ?? '', ...env });
    const names = (await placeholder.index(ROOT)).map(({ name }) => name);
    expect(names).toEqual(functions.map(({ name }) => name));
  });

  test('an event names its file whatever the name, and no content is read', async () => {
    const { host, uploaded } = await ready();
    await landing().createIfNotExists();
    const names = [
      'plain.txt',
      'Q#1/März 2026.txt',
      '100%.txt',
      'a%20b%23c.txt',
      ' two  blanks .txt',
      'plus+and?&=;.txt',
      '決算/🧾.txt',
    ];
    for (const name of names) await landing().getBlockBlobClient(name).upload('x', 1);
    storage.requests.length = 0;
    await Promise.all(names.map((name) => notify(host, uploaded, name)));
    const taken = await takenIn();
    expect([...taken.keys()].sort()).toEqual([...names].sort());
    expect(new Set(taken.values())).toEqual(new Set([1]));
    for (const name of names) expect(storage.requests.join('\n')).toContain(`/landing/${name}`);
    expect(contentReads()).toEqual([]);
    expect(durable.requests.filter((line) => line.startsWith('POST'))).not.toEqual([]);

    await notify(host, uploaded, 'gone.txt'); // deleted before its event came: nobody's document
    expect((await takenIn()).has('gone.txt')).toBe(false);
  });

  test.skipIf(platform() !== 'linux')(
    `four events of 1 GiB need as much memory as one of a byte: the worker stays below ${MEMORY_LIMIT_MB} MB`,
    async () => {
      const { host, uploaded } = await ready();
      const container = landing();
      await container.createIfNotExists();
      await container.getBlockBlobClient('memory/small.txt').upload('x', 1);
      const big = ['memory/1.bin', 'memory/2.bin', 'memory/3.bin', 'memory/4.bin'];
      const block = Buffer.alloc(8 * MIB);
      const id = Buffer.from('block').toString('base64');
      for (const name of big) {
        const blob = container.getBlockBlobClient(name);
        await blob.stageBlock(id, block, block.length);
        await blob.commitBlockList(Array.from({ length: 128 }, () => id)); // one block, 128 times
      }
      const idle = host.memory();
      await notify(host, uploaded, 'memory/small.txt');
      const small = host.memory();
      storage.requests.length = 0;
      host.resetPeak();
      await Promise.all(big.map((name) => notify(host, uploaded, name)));
      const large = host.memory();
      console.log(JSON.stringify({ idle, small, large }));
      const taken = await takenIn();
      for (const name of big) expect(taken.get(name)).toBe(1024 * MIB);
      expect(contentReads()).toEqual([]);
      expect(Math.max(idle.peakMb, small.peakMb, large.peakMb)).toBeLessThan(MEMORY_LIMIT_MB);
      expect(large.peakMb - small.nowMb).toBeLessThan(32);
    },
  );
});
