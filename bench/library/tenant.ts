// A tenant for benchmarks of sources: the Graph emulator in a process of its own, with one library of many small files.
// Told over its channel: `change` gives every 20th file another version; every word is answered with the calls since the last one.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Drive } from '../../local/emulators/graph/drive.ts';
import { Graph } from '../../local/emulators/graph/graph.ts';
import { sourceEntrySchema } from '../../shared/api/source-entry.ts';
import { silentLogger, systemClock } from '../../shared/ports.ts';
import type { Service } from '../../shared/sources/feed.ts';
import { Gate } from '../../shared/sources/graph/gate.ts';
import { GraphClient } from '../../shared/sources/graph/graph-client.ts';
import { graphService } from '../../shared/sources/graph/graph-service.ts';
import { memoryState } from './folder-store.ts';

const PAGE = 200;
const TOKEN = 'bench';
const HOST = 'contoso.sharepoint.example';
const TENANT = '--tenant';

export interface Tenant {
  /** For GRAPH_ROOT. */
  root: string;
  /** @returns calls since the last word */
  ask(what: 'count' | 'change'): Promise<number>;
  end(): void;
}

export async function startTenant(files: number): Promise<Tenant> {
  // It holds the whole library: the limits of the process that is measured are not its own.
  const tenant = fork(import.meta.filename, [TENANT, String(files)], { execArgv: [] });
  const root = await answerOf<string>(tenant);
  return {
    root,
    ask: async (what) => {
      tenant.send(what);
      return answerOf<number>(tenant);
    },
    end: () => tenant.disconnect(),
  };
}

/** The source on it. */
export function sourceOf(root: string) {
  const entry = sourceEntrySchema.parse({ name: 'tax', kind: 'sharepoint', site: `https://${HOST}/sites/tax` });
  if (entry.kind !== 'sharepoint') throw new Error('not what was asked for');
  const gate = new Gate({ state: memoryState(), clock: systemClock, key: 'graph', unitsPerMinute: 10_000_000 });
  const token = async (): Promise<string> => TOKEN;
  const graph = new GraphClient({ fetch, token, root, gate, clock: systemClock, logger: silentLogger });
  const service: Service = graphService(graph, entry, silentLogger, systemClock);
  return { entry, service };
}

/** The next word of a process. @throws Error when it ends without one */
export async function answerOf<T>(child: ChildProcess): Promise<T> {
  const stop = new AbortController();
  const ended = once(child, 'exit', { signal: stop.signal }).then(() => {
    throw new Error('the process ended without an answer');
  });
  ended.catch(() => undefined); // lost the race: it was answered
  const [message] = (await Promise.race([once(child, 'message'), ended])) as [T]; // sent below
  stop.abort();
  return message;
}

/** The emulator over HTTP, with so many files in 200 folders. */
async function tenant(files: number): Promise<void> {
  let graph: Graph | undefined;
  const server = createServer(async (request, response) => {
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on TCP
    const isDownload = request.url?.startsWith('/b!') === true;
    const url = new URL(request.url ?? '/', isDownload ? origin.replace('127.0.0.1', 'localhost') : origin);
    const headers = new Headers(Object.entries(request.headers).map(([k, v]): [string, string] => [k, String(v)]));
    const reply = await graph?.handle({ method: request.method ?? 'GET', url, headers, body: '' });
    const body = Buffer.isBuffer(reply?.body) ? reply.body : Buffer.from(JSON.stringify(reply?.body ?? null));
    response.writeHead(reply?.status ?? 500, { 'content-length': body.length, ...reply?.headers }).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on TCP
  const options = { now: () => Date.now(), token: TOKEN, pageSize: PAGE, downloadLifeMs: 3_600_000 };
  const [origin, downloadOrigin] = [`http://127.0.0.1:${port}`, `http://localhost:${port}`];
  graph = new Graph({ ...options, origin, downloadOrigin });
  const drive = new Drive('b!bench', 'Documents', `https://${HOST}/sites/tax/Documents`, {
    ...{ now: options.now, lagMs: 0, hashAfterMs: 0 },
  });
  const put = (i: number, version: number): void =>
    void drive.putFile(
      `Folder ${i % 200}/letter ${i}.txt`,
      Buffer.from(`letter ${i}, version ${version}, of the bench`),
    );
  for (let i = 0; i < files; i++) put(i, 1);
  graph.sites.push({ id: 'bench', host: HOST, path: '/sites/tax', displayName: 'Tax', drives: [drive] });
  process.on('message', (what) => {
    if (what === 'change') for (let i = 0; i < files; i += 20) put(i, 2);
    const calls = graph.log.filter((line) => line.startsWith('GET /v1.0/')).length;
    graph.log.length = 0;
    process.send?.(calls);
  });
  process.once('disconnect', () => process.exit(0));
  process.send?.(`${origin}/v1.0`);
}

const [, , role, size] = process.argv;
if (role === TENANT) await tenant(Number(size));
