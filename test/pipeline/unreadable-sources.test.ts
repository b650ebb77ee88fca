// Storage that does not give one file of a run, in every way it may: the document becomes a failed row, the others are decided.
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { emulatorConnectionString } from '../../local/emulators/azurite.ts';
import type { Config } from '../../shared/config.ts';
import { codeOf } from '../../shared/errors.ts';
import { type AzureLakeStore, openLakeStore } from '../../shared/lake/store.ts';
import { classifyBatch } from '../../shared/pipeline/classify-batch.ts';
import { commitRun } from '../../shared/pipeline/commit-run.ts';
import { decideBatch } from '../../shared/pipeline/decide-batch.ts';
import { extractBatch } from '../../shared/pipeline/extract-batch.ts';
import { featurizeBatch } from '../../shared/pipeline/featurize-batch.ts';
import { planRun } from '../../shared/pipeline/plan.ts';
import { scoreBatch } from '../../shared/pipeline/score-batch.ts';
import { createRun } from '../../shared/pipeline/start-run.ts';
import { fakeWorld } from '../fakes/pipeline.ts';
import { type EmulatedLake, startEmulatedLake } from '../lake/emulated-lake.ts';

type Ill = (
  request: IncomingMessage,
  response: ServerResponse,
  answer: () => Promise<Upstream>,
) => void | Promise<void>;
interface Upstream {
  status: number;
  rawHeaders: string[];
  body: Buffer;
}

const refuse =
  (status: number, code: string): Ill =>
  (_request, response) => {
    response.writeHead(status, { 'x-ms-error-code': code, 'content-type': 'application/xml' });
    response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message></Error>`);
  };
const half = async (response: ServerResponse, answer: () => Promise<Upstream>): Promise<void> => {
  const { status, rawHeaders, body } = await answer();
  response.writeHead(status, rawHeaders);
  response.write(body.subarray(0, body.length / 2));
};
const ILLS: Record<string, Ill> = {
  'archived.txt': refuse(409, 'BlobArchived'),
  'forbidden.txt': refuse(403, 'AuthorizationPermissionMismatch'),
  'busy.txt': refuse(503, 'ServerBusy'),
  'odd.txt': refuse(400, 'InvalidUri'),
  'silent.txt': () => {},
  'cut.txt': async (_request, response, answer) => {
    await half(response, answer);
    setImmediate(() => response.destroy());
  },
  'stalled.txt': (_request, response, answer) => half(response, answer),
};

let lake: EmulatedLake;
let direct: AzureLakeStore;
let server: Server;
let sick: AzureLakeStore;
let reads: string[] = [];
/** What is done to reads of files by name. */
let ills: Record<string, Ill> = {};
/** Refuses every request with this status. */
let all: number | undefined;

beforeAll(async () => {
  lake = await startEmulatedLake();
  direct = await lake.newStore();
  const upstream = new URL(lake.azurite.blobEndpoint);
  server = createServer((request, response) => {
    const { method, url = '', headers } = request;
    const name = decodeURIComponent(url.split('?')[0]?.split('/').at(-1) ?? '');
    const answer = () =>
      new Promise<Upstream>((resolve, reject) => {
        const forward = httpRequest(
          { host: upstream.hostname, port: upstream.port, method, path: url, headers },
          (reply) => {
            const chunks: Buffer[] = [];
            reply.on('data', (chunk: Buffer) => chunks.push(chunk));
            reply.on('end', () =>
              resolve({ status: reply.statusCode ?? 500, rawHeaders: reply.rawHeaders, body: Buffer.concat(chunks) }),
            );
          },
        ).on('error', reject);
        request.pipe(forward);
      });
    if (method === 'GET') reads.push(name);
    const ill = all !== undefined ? refuse(all, 'AuthorizationFailure') : method === 'GET' ? ills[name] : undefined;
    if (ill !== undefined) return void ill(request, response, answer);
    answer().then(
      ({ status, rawHeaders, body }) => {
        response.writeHead(status, rawHeaders);
        response.end(body);
      },
      () => response.destroy(),
    );
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const blobEndpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/${lake.azurite.account}`;
  sick = openLakeStore(
    { kind: 'connection-string', connectionString: emulatorConnectionString({ blobEndpoint, key: lake.azurite.key }) },
    direct.container,
    { timeoutMs: 500, count: 2, firstDelayMs: 1 },
  );
  for (const name of [...Object.keys(ILLS), 'well.txt', 'fine.txt'])
    await direct.write(`in/${name}`, `${name} is sure. `.repeat(4000));
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await lake.close();
});

async function run(names: readonly string[], settings: Partial<Config> = {}) {
  reads = [];
  const world = await fakeWorld();
  world.services.config = { ...world.services.config, ...settings };
  world.services.sources = { ...world.services.sources, imports: sick };
  const { runId } = await createRun(world.services, {
    source: { kind: 'paths', container: 'imports', paths: names.map((name) => `in/${name}`) },
  });
  const plan = await planRun(world.services, runId);
  for (let i = 0; i < plan.batches; i++)
    for (const step of [extractBatch, featurizeBatch, scoreBatch, classifyBatch, decideBatch])
      await step(world.services, { runId, batchId: `b${String(i).padStart(5, '0')}` });
  await commitRun(world.services, runId);
  const rows = world.committed.get('results') ?? [];
  return new Map(rows.map((row) => [String(row.source_path).slice(3), row]));
}

describe('sources that storage does not give', () => {
  test('each becomes a failed row with its own code; the others of its batch are decided', async () => {
    ills = ILLS;
    const rows = await run([...Object.keys(ILLS), 'well.txt', 'fine.txt']);
    expect(Object.fromEntries([...rows].map(([name, row]) => [name, row.failure_code]))).toEqual({
      'archived.txt': 'source.archived',
      'forbidden.txt': 'source.forbidden',
      'busy.txt': 'source.unavailable',
      'odd.txt': 'source.unreadable',
      'silent.txt': 'source.unavailable',
      'cut.txt': 'source.unavailable',
      'stalled.txt': 'source.unavailable',
      'well.txt': null,
      'fine.txt': null,
    });
    expect(rows.get('archived.txt')?.failure_message).toContain('BlobArchived');
    expect(reads.filter((name) => name === 'busy.txt').length).toBe(6); // two tries in each of three rounds
    expect(reads.filter((name) => name === 'archived.txt').length).toBe(1);
  });

  test('a file alone in its run is blamed all the same, while storage answers for others', async () => {
    ills = ILLS;
    for (const [name, code] of [
      ['forbidden.txt', 'source.forbidden'],
      ['busy.txt', 'source.unavailable'],
      ['silent.txt', 'source.unavailable'],
    ] as const)
      expect((await run([name])).get(name)?.failure_code, name).toBe(code);
  });

  test('a folder that is refused and fills a batch ends no run while another batch is given; nor does it hide that all are refused', async () => {
    const small = { BATCH_MAX_DOCUMENTS: 2 };
    ills = Object.fromEntries(
      ['busy.txt', 'cut.txt'].map((name) => [name, refuse(403, 'AuthorizationPermissionMismatch')]),
    );
    const rows = await run(['busy.txt', 'cut.txt', 'well.txt', 'fine.txt'], small);
    expect(['busy.txt', 'cut.txt', 'well.txt', 'fine.txt'].map((name) => rows.get(name)?.failure_code)).toEqual([
      'source.forbidden',
      'source.forbidden',
      null,
      null,
    ]);
    for (const name of ['well.txt', 'fine.txt']) ills[name] = refuse(403, 'AuthorizationPermissionMismatch');
    await expect(run(['busy.txt', 'cut.txt', 'well.txt', 'fine.txt'], small)).rejects.toThrow('no right');
  });

  test('a body that is cut once is resumed where it stopped', async () => {
    let cuts = 0;
    ills = {
      'well.txt': async (_request, response, answer) => {
        if (cuts++ === 0) {
          await half(response, answer);
          return void setImmediate(() => response.destroy());
        }
        const { status, rawHeaders, body } = await answer();
        response.writeHead(status, rawHeaders);
        response.end(body);
      },
    };
    const found = await sick.readIfExists('in/well.txt');
    expect(found?.bytes.equals(await direct.read('in/well.txt'))).toBe(true);
    expect(cuts).toBe(2);
  });

  test('refused everywhere, the run ends and says that the identity has no right; an outage is waited for', async () => {
    ills = {
      'well.txt': refuse(403, 'AuthorizationPermissionMismatch'),
      'fine.txt': refuse(403, 'AuthorizationPermissionMismatch'),
    };
    await expect(run(['well.txt', 'fine.txt'])).rejects.toMatchObject({ code: 'lake.forbidden' });
    await expect(run(['well.txt', 'fine.txt'])).rejects.toThrow('no right');
    ills = {};
    all = 403;
    await expect(run(['well.txt'])).rejects.toMatchObject({ code: 'lake.forbidden' });
    all = 503;
    await expect(run(['well.txt', 'fine.txt'])).rejects.toMatchObject({
      code: 'lake.unavailable',
      name: 'RetryableError',
    });
    all = undefined;
  });

  test('a call that is not answered ends: listing, writing, properties and downloads too', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
    const endpoint = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/${lake.azurite.account}`;
    const store = openLakeStore(
      {
        kind: 'connection-string',
        connectionString: emulatorConnectionString({
          blobEndpoint: endpoint,
          key: lake.azurite.key,
        }),
      },
      'any',
      { timeoutMs: 30, count: 2, firstDelayMs: 1 },
    );
    const calls = [
      store.stat('a'),
      store.write('a', 'b'),
      store.delete('a'),
      store.deleteFolder('a'),
      store.download('a', `${lake.folder}/a`),
      store.list('a')[Symbol.asyncIterator]().next(),
    ];
    expect(await Promise.all(calls.map((call) => call.then(() => 'answered', codeOf)))).toEqual(
      calls.map(() => 'lake.unavailable'),
    );
    silent.closeAllConnections();
    silent.close();
  });
});
