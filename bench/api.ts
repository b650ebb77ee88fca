// Benchmark of the API under readers: what one answer costs while nothing changes, what fifty clients wait for, and how much longer a run takes
// beside them. Each build is a whole local cloud of its own; with --against <folder> (a built checkout) both are measured in turns, so that other
// work on the machine meets them alike. CPU time is that of the host process; wall times are medians.
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiClient } from '../cli/api-client.ts';
import type { RunStatus } from '../shared/api/runs.ts';
import { seededRandom } from '../shared/ports.ts';
import { type Cloud, cpuMs, startCloud, stopCloud } from './cloud/cloud.ts';

const CLIENTS = 50;
const LOADED_MS = 5000;
/** What the page's views ask for, again and again. */
const PATHS = [
  'runs?limit=20',
  'results?limit=100',
  'results/facets',
  'costs?days=30',
  'trust?days=30',
  'review/progress?since=2026-01-01T00:00:00Z',
];
const WORDS =
  'invoice supplier customer order quantity unit price total amount due agreement parties term notice import declaration tariff duty wage payroll employer'.split(
    ' ',
  );
const WORDS_PER_DOCUMENT = 150;

interface Options {
  documents: number;
  rounds: number;
  /** Only the answers, or only the runs beside clients. */
  part: 'all' | 'reading' | 'runs';
  clients: number;
  /** Requests of one client per path while nothing changes. */
  idle: number;
  /** Between an answer and the next question of a client. */
  pauseMs: number;
}

interface Reading {
  /** Median of one client's requests, nothing changing, in milliseconds: first without, then with the ETag. */
  idleMs: Record<string, { fresh: number; known: number }>;
  /** Median and CPU time per answer of GET /api/costs under all clients, nothing changing. */
  loadedCosts: { medianMs: number; cpuMsPerAnswer: number };
}

const NOT_READ: Reading = { idleMs: {}, loadedCosts: { medianMs: Number.NaN, cpuMsPerAnswer: Number.NaN } };

interface Result {
  emptyTable: Reading;
  filledTable: Reading;
  run: { aloneSeconds: number[]; besideSeconds: number[]; ratio: number; answers: number; medianAnswerMs: number };
}

/** Measure and print; `json` prints one JSON document on stdout. */
export async function run({ json, args }: { json: boolean; args: string[] }): Promise<void> {
  const given = (name: string) => args[args.indexOf(name) + 1];
  const amount = (name: string, fallback: number) => (args.includes(name) ? Number(given(name)) : fallback);
  const options: Options = {
    documents: amount('--documents', 600),
    rounds: amount('--rounds', 3),
    part:
      args.includes('--part') && given('--part') === 'runs'
        ? 'runs'
        : given('--part') === 'reading'
          ? 'reading'
          : 'all',
    clients: amount('--clients', CLIENTS),
    idle: amount('--idle', 10),
    pauseMs: amount('--pause', 1000),
  };
  const here = resolve(import.meta.dirname, import.meta.filename.endsWith('.ts') ? '..' : '../..');
  const builds = [
    ...(args.includes('--against') ? [['before', resolve(given('--against') ?? '.')]] : []),
    ['now', here],
  ];
  const clouds: Cloud[] = [];
  try {
    for (const [name = '', folder = ''] of builds) clouds.push(await startFilled(name, folder, options));
    const results = await measure(clouds, options);
    if (json)
      process.stdout.write(`${JSON.stringify({ bench: 'api', node: process.version, ...options, ...results })}\n`);
    else print(results);
  } finally {
    for (const cloud of clouds) await stopCloud(cloud);
  }
}

async function measure(clouds: readonly Cloud[], options: Options): Promise<Record<string, Result>> {
  const results: Record<string, Result> = {};
  const wants = (part: Options['part']) => options.part === 'all' || options.part === part;
  const empty: Record<string, Reading> = {};
  for (const cloud of clouds) empty[cloud.name] = wants('reading') ? await read(cloud, options) : NOT_READ;
  note('tables are still empty: read', empty);
  for (const cloud of clouds) await takeRun(cloud, 'warm'); // models, readers and caches
  for (const cloud of clouds)
    results[cloud.name] = {
      emptyTable: empty[cloud.name]!, // read above
      filledTable: wants('reading') ? await read(cloud, options) : NOT_READ,
      run: { aloneSeconds: [], besideSeconds: [], ratio: 0, answers: 0, medianAnswerMs: 0 },
    };
  const waits: Record<string, number[]> = {};
  for (let round = 0; wants('runs') && round < options.rounds; round++)
    for (const cloud of clouds) {
      const { run } = results[cloud.name]!; // made above
      run.aloneSeconds.push(await takeRun(cloud, `alone-${round}`));
      const clients = startClients(cloud, PATHS, options);
      run.besideSeconds.push(await takeRun(cloud, `beside-${round}`));
      const answers = await clients.stop();
      run.answers += answers.length;
      waits[cloud.name] = [...(waits[cloud.name] ?? []), ...answers];
      run.ratio = round2(median(run.besideSeconds) / median(run.aloneSeconds));
      run.medianAnswerMs = round2(median(waits[cloud.name] ?? []));
      note(`round ${round + 1} of ${options.rounds}, ${cloud.name}`, run);
    }
  return results;
}

/** Progress: a measurement takes minutes. */
function note(what: string, found: object): void {
  process.stderr.write(`${what}: ${JSON.stringify(found)}\n`);
}

async function read(cloud: Cloud, options: Options): Promise<Reading> {
  const idleMs: Reading['idleMs'] = {};
  for (const path of PATHS) {
    let etag: string | undefined;
    const [fresh, known]: [number[], number[]] = [[], []];
    for (let n = 0; n <= options.idle; n++) {
      const first = await ask(cloud, path);
      const second = await ask(cloud, path, first.etag ?? etag);
      if (n === 0) continue; // what is loaded once
      fresh.push(first.tookMs);
      known.push(second.tookMs);
      etag = first.etag;
    }
    idleMs[path] = { fresh: round2(median(fresh)), known: round2(median(known)) };
  }
  const cpu = cpuMs(cloud.hostPid);
  const clients = startClients(cloud, ['costs?days=30'], { ...options, pauseMs: 0 });
  await sleep(LOADED_MS);
  const answers = await clients.stop();
  return {
    idleMs,
    loadedCosts: {
      medianMs: round2(median(answers)),
      cpuMsPerAnswer: round2((cpuMs(cloud.hostPid) - cpu) / Math.max(1, answers.length)),
    },
  };
}

/** Clients that ask as pages do: with the ETag of their last answer, one question after the other. */
function startClients(cloud: Cloud, paths: readonly string[], { clients, pauseMs }: Options) {
  const stopping = new AbortController();
  const tookMs: number[] = [];
  const loops = Array.from({ length: clients }, async (_, client) => {
    const etags = new Map<string, string>();
    // Not all in the same moment.
    if (pauseMs > 0) await sleep((pauseMs * client) / clients, undefined, { signal: stopping.signal }).catch(() => {}); // stopped before it began
    for (let n = client; !stopping.signal.aborted; n++) {
      const path = paths[n % paths.length]!; // not empty
      const answer = await ask(cloud, path, etags.get(path));
      if (answer.etag !== undefined) etags.set(path, answer.etag);
      tookMs.push(answer.tookMs);
      if (pauseMs > 0) await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => {}); // the loop ends
    }
  });
  return {
    async stop(): Promise<number[]> {
      stopping.abort();
      await Promise.all(loops);
      return tookMs;
    },
  };
}

async function ask(cloud: Cloud, path: string, etag?: string): Promise<{ tookMs: number; etag: string | undefined }> {
  const begun = performance.now();
  const response = await fetchTwice(`${cloud.url}/api/${path}`, etag);
  await response.arrayBuffer();
  if (response.status !== 200 && response.status !== 304)
    throw new Error(`${path} of ${cloud.name}: ${response.status}`);
  return { tookMs: performance.now() - begun, etag: response.headers.get('etag') ?? undefined };
}

/** A host may close an idle connection in the moment in which it is used again: browsers ask once more, and so does this. */
async function fetchTwice(url: string, etag: string | undefined): Promise<Response> {
  const options = etag === undefined ? {} : { headers: { 'if-none-match': etag } };
  try {
    return await fetch(url, options);
  } catch {
    return await fetch(url, options);
  }
}

/** One run over all documents, without an LLM: seconds from request to end. */
async function takeRun(cloud: Cloud, requestId: string): Promise<number> {
  const api = new ApiClient(cloud.url);
  const begun = performance.now();
  const source = { kind: 'dataset', container: 'imports', path: 'bench.jsonl', textColumn: 'text' } as const;
  const { runId } = await api.startRun({ source, llm: false, requestId });
  for (;;) {
    const status = (await (await fetchTwice(`${cloud.url}/api/runs/${runId}`, undefined)).json()) as RunStatus; // the API's own form
    if (status.state === 'completed') return round2((performance.now() - begun) / 1000);
    if (status.endedAt !== null) throw new Error(`run ${runId} of ${cloud.name}: ${status.error?.message}`);
    await sleep(100);
  }
}

async function startFilled(name: string, app: string, { documents }: Options): Promise<Cloud> {
  const cloud = await startCloud(name, app);
  const random = seededRandom(1);
  const rows = Array.from({ length: documents }, (_, id) => {
    const text = Array.from({ length: WORDS_PER_DOCUMENT }, () => WORDS[Math.floor(random.next() * WORDS.length)]);
    return JSON.stringify({ id, text: `${id} ${text.join(' ')}` });
  });
  const body = rows.join('\n');
  const put = await fetch(`${cloud.url}/api/uploads/imports/bench.jsonl`, { method: 'PUT', body });
  if (!put.ok) throw new Error(`the data set was not stored: ${put.status}`);
  return cloud;
}

function print(results: Record<string, Result>): void {
  const names = Object.keys(results);
  const line = (what: string, pick: (result: Result) => unknown) =>
    process.stdout.write(
      `${what.padEnd(52)}${names.map((name) => String(pick(results[name]!)).padStart(14)).join('')}\n`,
    ); // names are its keys
  process.stdout.write(`${''.padEnd(52)}${names.map((name) => name.padStart(14)).join('')}\n`);
  for (const table of ['emptyTable', 'filledTable'] as const) {
    for (const path of PATHS) {
      line(`${table}: ${path}, ms`, (result) => result[table].idleMs[path]?.fresh);
      line(`${table}: ${path} with its ETag, ms`, (result) => result[table].idleMs[path]?.known);
    }
    line(`${table}: costs under all clients, ms`, (result) => result[table].loadedCosts.medianMs);
    line(`${table}: costs under all clients, CPU ms`, (result) => result[table].loadedCosts.cpuMsPerAnswer);
  }
  line('run alone, s', ({ run }) => median(run.aloneSeconds));
  line('run beside the clients, s', ({ run }) => median(run.besideSeconds));
  line('ratio', ({ run }) => run.ratio);
  line('answers given meanwhile', ({ run }) => run.answers);
  line('median answer meanwhile, ms', ({ run }) => run.medianAnswerMs);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

const round2 = (value: number): number => Math.round(value * 100) / 100;
