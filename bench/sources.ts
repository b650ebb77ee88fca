// Benchmark of sources: a library of 40,000 files in the Graph emulator (in a process of its own): the first round, one without changes, one after 5 %
// have changed and one that looks at everything. Each size is measured in a process of its own, so that its peak memory is its own; lake and landing are
// folders on this machine, so storage is not measured.
// Aims: time per file the same at 10,000 and 40,000; peak memory < 250 MB; a round without changes one call; one after
// changes pays for these only.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { Drive } from '../local/emulators/graph/drive.ts';
import { Graph } from '../local/emulators/graph/graph.ts';
import { sourceEntrySchema } from '../shared/api/source-entry.ts';
import { TerminalError } from '../shared/errors.ts';
import { type LakeStore, type StateTable, silentLogger, systemClock } from '../shared/ports.ts';
import { syncDrive } from '../shared/sources/drive-round.ts';
import { Gate } from '../shared/sources/graph/gate.ts';
import { GraphClient } from '../shared/sources/graph/graph-client.ts';
import { graphService } from '../shared/sources/graph/graph-service.ts';

const SIZES = [10_000, 40_000];
const PAGE = 200;
/** As on a small instance: without a limit V8 lets garbage lie, and the peak says nothing of the need. */
const SMALL_HEAP = ['--max-old-space-size=160', '--max-semi-space-size=8', '--disable-warning=ExperimentalWarning'];
const TOKEN = 'bench';
const MEASURE = '--measure';
const TENANT = '--tenant';
const HOST = 'contoso.sharepoint.example';

interface Measurement {
  name: string;
  files: number;
  ms: number;
  cpuMs: number;
  /** Calls to the service, downloads of bytes not counted. */
  calls: number;
  landed: number;
  /** Of the process so far. */
  peakRssMb: number;
}

/** @param options.args  numbers of files; default 10000 and 40000 */
export async function run(options: { json: boolean; args: readonly string[] }): Promise<void> {
  const sizes = options.args.length === 0 ? SIZES : options.args.map(Number);
  const found: Measurement[] = [];
  for (const files of sizes) {
    const child = fork(import.meta.filename, [MEASURE, String(files)], { execArgv: SMALL_HEAP });
    found.push(...(await answerOf<Measurement[]>(child)));
  }
  if (options.json) process.stdout.write(`${JSON.stringify({ bench: 'sources', measurements: found })}\n`);
  else
    for (const { name, files, ms, cpuMs, calls, landed, peakRssMb } of found)
      process.stdout.write(
        `${name.padEnd(24)} ${String(files).padStart(6)} files ${ms.toFixed(0).padStart(7)} ms ${cpuMs.toFixed(0).padStart(7)} ms CPU ${String(calls).padStart(6)} calls ${String(landed).padStart(6)} landed ${peakRssMb.toFixed(0).padStart(5)} MB\n`,
      );
}

async function answerOf<T>(child: ChildProcess): Promise<T> {
  const stop = new AbortController();
  const ended = once(child, 'exit', { signal: stop.signal }).then(() => {
    throw new Error('the process ended without an answer');
  });
  ended.catch(() => undefined); // lost the race: it was answered
  const [message] = (await Promise.race([once(child, 'message'), ended])) as [T]; // sent below
  stop.abort();
  return message;
}

async function measure(files: number): Promise<Measurement[]> {
  const tenant = fork(import.meta.filename, [TENANT, String(files)]);
  const root = await answerOf<string>(tenant);
  const ask = async (what: string): Promise<number> => {
    tenant.send(what);
    return answerOf<number>(tenant);
  };
  const folder = await mkdtemp(join(tmpdir(), 'sluice-bench-sources-'));
  const entry = sourceEntrySchema.parse({ name: 'tax', kind: 'sharepoint', site: `https://${HOST}/sites/tax` });
  if (entry.kind !== 'sharepoint') throw new Error('not what was asked for');
  const gate = new Gate({ state: memoryState(), clock: systemClock, key: 'graph', unitsPerMinute: 10_000_000 });
  const token = async (): Promise<string> => TOKEN;
  const graph = new GraphClient({ fetch, token, root, gate, clock: systemClock, logger: silentLogger });
  const service = graphService(graph, entry, silentLogger, systemClock);
  const [lake, landing] = [folderStore(join(folder, 'lake')), folderStore(join(folder, 'landing'))];
  const deps = { lake, landing, clock: systemClock, logger: silentLogger, parallel: 4, erase: async () => undefined };
  const found: Measurement[] = [];
  try {
    const [drive] = await service.drives();
    if (drive === undefined) throw new Error('the site has no library');
    const round = async (name: string, isFull = false): Promise<void> => {
      await ask('count');
      const [began, before] = [performance.now(), process.cpuUsage()];
      const { landed, status } = await syncDrive(deps, entry, drive, service.feed(drive), { isFull });
      if (status !== 'done') throw new Error(`${name}: ${status}`);
      const used = process.cpuUsage(before);
      found.push({
        ...{ name, files, landed, ms: performance.now() - began, cpuMs: (used.user + used.system) / 1000 },
        ...{ calls: await ask('count'), peakRssMb: process.resourceUsage().maxRSS / 1024 },
      });
    };
    await round('first round');
    await round('without changes');
    await ask('change');
    await round('after 5 % have changed');
    await round('looking at everything', true);
  } finally {
    tenant.disconnect();
    await rm(folder, { recursive: true, force: true });
  }
  return found;
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

/** A folder of this machine as a store: what a round needs of one, without races. */
function folderStore(folder: string): LakeStore {
  const at = (path: string): string => join(folder, path);
  const etags = new Map<string, string>();
  let writes = 0;
  const put = async (path: string, work: (file: string) => Promise<void>): Promise<string> => {
    await mkdir(dirname(at(path)), { recursive: true });
    await work(at(path));
    const etag = String(++writes);
    if (path.endsWith('state.json')) etags.set(path, etag); // of others nobody asks for more than that it changed
    return etag;
  };
  const readIfExists = async (path: string): Promise<{ bytes: Buffer; etag: string } | undefined> => {
    try {
      return { bytes: await readFile(at(path)), etag: etags.get(path) ?? '0' };
    } catch {
      return undefined; // it is not there
    }
  };
  const statOf = async (path: string) => {
    try {
      const { size, mtimeMs } = await stat(at(path));
      return { path, etag: etags.get(path) ?? String(mtimeMs), sizeBytes: size, size, modifiedAt: new Date(mtimeMs) };
    } catch {
      return undefined; // it is not there
    }
  };
  return {
    container: 'bench',
    readIfExists,
    read: async (path) => {
      const found = await readIfExists(path);
      if (found === undefined) throw new TerminalError('lake.not-found', path);
      return found.bytes;
    },
    write: (path, content) => put(path, (file) => writeFile(file, content)),
    upload: (path, localFile) => put(path, (file) => copyFile(localFile, file)),
    download: async (path, localFile) => copyFile(at(path), localFile),
    stat: statOf as unknown as LakeStore['stat'], // of its fields a round reads the ETag
    async *list(prefix) {
      const below = await readdir(at(prefix), { recursive: true, withFileTypes: true }).catch(() => []); // no such folder
      for (const one of below)
        if (one.isFile())
          yield { path: relative(folder, join(one.parentPath, one.name)) } as Awaited<
            ReturnType<LakeStore['stat']>
          > & {}; // a round reads the path
    },
    delete: (path) => rm(at(path), { force: true }),
    deleteFolder: (path) => rm(at(path), { recursive: true, force: true }),
  };
}

function memoryState(): StateTable {
  const records = new Map<string, { value: unknown; etag: string }>();
  let writes = 0;
  return {
    get: async (key) => records.get(key),
    compareAndSwap: async (key, expected, value) => {
      if ((records.get(key)?.etag ?? null) !== expected) return undefined;
      const etag = String(++writes);
      records.set(key, { value, etag });
      return etag;
    },
    delete: async (key) => void records.delete(key),
  };
}

const [, , role, size] = process.argv;
if (role === MEASURE) {
  process.send?.(await measure(Number(size)));
  process.disconnect();
} else if (role === TENANT) await tenant(Number(size));
