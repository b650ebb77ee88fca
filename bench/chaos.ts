// Kills the functions host again and again while a run is at work, and counts what that cost: `npm run chaos -- --seed 1 --kills 50 --documents 1000`.
// Storage and the LLM simulator live on, as they do in the cloud; the simulator's own ledger says what was really billed.
// Invariants checked (exit code 1 otherwise): C1 one row for each document, none lost, none doubled. C2 a call is repeated only when it was in flight at a
// kill. C3 what is booked covers what was billed. C4 with --max-cost no more is billed than allowed. C5 a run that is cancelled leaves no row.
// The moments of the kills follow from the seed and from the calls billed so far, not from the clock; the operating system decides the rest.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Child, startChild } from '../cli/child.ts';
import { appOf } from '../cli/local-app.ts';
import { type OpenAiSimulator, startOpenAiSimulator } from '../local/emulators/openai.ts';
import type { RunStatus } from '../shared/api/runs.ts';
import { openLakeStore } from '../shared/lake/store.ts';
import { publishTaxonomy } from '../shared/pipeline/taxonomies.ts';
import { type Random, seededRandom } from '../shared/ports.ts';

const HELP = `npm run chaos -- [options]

  --seed <n>        moments of the kills and texts of the documents (1)
  --kills <n>       SIGKILLs of the host, at most; fewer when the run ends before (50)
  --documents <n>   documents of the run (1000)
  --max-cost <usd>  money limit of the run
  --cancel          cancel the run after half of the kills
  --json            one JSON document on stdout
`;
const LATENCY_MS = 60;
const IN_FLIGHT = 4;
const DOCUMENTS_PER_CALL = 8;
const INPUT_USD = 0.4;
const OUTPUT_USD = 1.6;
const WAIT_MS = 240_000;
const POLL_MS = 25;
const LABELS = {
  Invoices: 'invoice number supplier purchase order quantity unit price total amount due payment bank account',
  Contracts: 'agreement parties obligations fees term termination notice warranties liability governing law',
  Customs: 'import declaration tariff classification code customs value origin duty bonded warehouse',
};

interface Options {
  seed: number;
  kills: number;
  documents: number;
  maxCostUsd: number | undefined;
  cancel: boolean;
}

export interface ChaosReport {
  seed: number;
  documents: number;
  kills: number;
  state: string;
  lost: number;
  doubled: number;
  calls: number;
  repeated: number;
  /** Calls that were in flight at the kills, at most. */
  repeatedAtMost: number;
  bookedUsd: number;
  billedUsd: number;
  /** What does not hold; empty when all does. */
  broken: string[];
}

interface StorageReady {
  ready: true;
  lake: string;
  webJobsStorage: string;
}

async function chaos(options: Options, note: (line: string) => void): Promise<ChaosReport> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-chaos-'));
  const random = seededRandom(options.seed);
  const simulator = await startOpenAiSimulator({
    tpm: 50_000_000,
    rpm: 500_000,
    seed: options.seed,
    latencyMs: LATENCY_MS,
    banner: false,
  });
  let storage: Child<StorageReady> | undefined;
  let host: MortalHost | undefined;
  try {
    storage = await startChild<StorageReady>('local/emulators/main', ['--folder', join(folder, 'storage')], {
      logFile: join(folder, 'storage.log'),
    });
    host = new MortalHost(folder, storage.ready, simulator.baseUrl);
    await prepare(storage.ready.lake, options.documents, random);
    note(`${options.documents} documents are in storage; the run starts`);
    await host.start();
    const { runId } = await host.post<{ runId: string }>('/api/runs', {
      source: { kind: 'prefix', container: 'imports', prefix: 'chaos' },
      ...(options.maxCostUsd === undefined ? {} : { maxCostUsd: options.maxCostUsd }),
    });
    const killed = await killAtMoments(host, simulator, runId, options, random, note);
    const run = await host.untilEnded(runId);
    return await report(storage.ready.lake, run, simulator, options, killed);
  } finally {
    await host?.stop();
    await storage?.stop();
    await simulator.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The taxonomy and the documents; no model is there, so the LLM is asked about each. */
async function prepare(lake: string, documents: number, random: Random): Promise<void> {
  const open = (container: string) => openLakeStore({ kind: 'connection-string', connectionString: lake }, container);
  for (const container of ['lake', 'landing', 'imports']) await open(container).ensureContainer();
  await publishTaxonomy(open('lake'), {
    name: 'chaos',
    labels: Object.entries(LABELS).map(([name, words]) => ({ name, description: `Documents about ${words}.` })),
  });
  const words = Object.values(LABELS).join(' ').split(' ');
  const text = (i: number) =>
    `Paper ${i}. ${Array.from({ length: 40 }, () => words[Math.floor(random.next() * words.length)]).join(' ')}.`;
  const imports = open('imports');
  for (let from = 0; from < documents; from += 16)
    await Promise.all(
      Array.from({ length: Math.min(16, documents - from) }, (_, i) =>
        imports.write(`chaos/${String(from + i).padStart(6, '0')}.txt`, text(from + i)),
      ),
    );
}

/** @returns how often the host was killed before the run had ended */
async function killAtMoments(
  host: MortalHost,
  simulator: OpenAiSimulator,
  runId: string,
  { kills, documents, cancel }: Options,
  random: Random,
  note: (line: string) => void,
): Promise<number> {
  const calls = Math.ceil(documents / DOCUMENTS_PER_CALL);
  const moments = Array.from({ length: kills }, () => ({
    billed: Math.floor(random.next() * calls),
    thenMs: Math.floor(random.next() * 3 * LATENCY_MS),
  })).sort((a, b) => a.billed - b.billed);
  for (const [index, { billed, thenMs }] of moments.entries()) {
    if (cancel && index === Math.floor(kills / 2)) {
      await host.post(`/api/runs/${runId}/cancel`, undefined);
      note('cancelled');
    }
    for (let at = 0; simulator.ledger().length < billed; at++) if (await host.tick(at, runId)) return index; // it has ended
    await sleep(thenMs);
    await host.kill();
    if ((index + 1) % 10 === 0) note(`${index + 1} of ${kills} kills, ${simulator.ledger().length} calls billed`);
    await host.start();
  }
  return kills;
}

/** The functions host as a process that dies; its task hub and name stay. */
class MortalHost {
  readonly #folder: string;
  readonly #env: Record<string, string>;
  #child: Child<{ ready: true; port: number }> | undefined;

  constructor(folder: string, storage: { lake: string; webJobsStorage: string }, baseUrl: string) {
    this.#folder = folder;
    this.#env = {
      INSTANCE_ID: 'chaos',
      LAKE: storage.lake,
      AzureWebJobsStorage: storage.webJobsStorage,
      UPLOAD_TRIGGER_SOURCE: 'LogsAndContainerScan',
      OPENAI_BASE_URL: baseUrl,
      OPENAI_MODEL: 'chaos',
      OPENAI_API_KEY: 'none',
      LLM_INPUT_USD_PER_MTOK: String(INPUT_USD),
      LLM_CACHED_USD_PER_MTOK: String(INPUT_USD),
      LLM_OUTPUT_USD_PER_MTOK: String(OUTPUT_USD),
      LLM_TPM: '50000000',
      LLM_RPM: '500000',
      LLM_CONCURRENCY: String(IN_FLIGHT),
      BATCH_MAX_DOCUMENTS: '40',
      NEAR_DUPLICATES: 'off',
      EXTRACT_SLOTS: '1',
      LOG_LEVEL: 'warn',
    };
  }

  async start(): Promise<void> {
    const project = resolve(import.meta.dirname, import.meta.filename.endsWith('.ts') ? '..' : '../..');
    this.#child = await startChild(
      'local/host/main',
      ['--app-dir', project, '--port', '0', '--hub', join(this.#folder, 'taskhub.sqlite')],
      { logFile: join(this.#folder, 'host.log'), env: this.#env, timeoutMs: WAIT_MS },
    );
  }

  async kill(): Promise<void> {
    this.#child?.process.kill('SIGKILL');
    await this.#child?.ended;
  }

  async stop(): Promise<void> {
    await this.#child?.stop();
  }

  async post<T>(path: string, body: unknown): Promise<T> {
    const reply = await fetch(`${this.#url}${path}`, {
      method: 'POST',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!reply.ok) throw new Error(`POST ${path}: HTTP ${reply.status} ${(await reply.text()).slice(0, 300)}`);
    return (await reply.json()) as T; // the product's own API
  }

  /** Wait a little; every second look whether the run has ended. @returns true when it has */
  async tick(at: number, runId: string): Promise<boolean> {
    if (at * POLL_MS > WAIT_MS) throw new Error(`run ${runId} made no progress for ${WAIT_MS / 1000} s`);
    await sleep(POLL_MS);
    return at % 40 === 39 && isEnded(await this.#status(runId));
  }

  async untilEnded(runId: string): Promise<RunStatus> {
    for (let at = 0; ; at++) {
      const run = await this.#status(runId);
      if (isEnded(run)) return run;
      await this.tick(at, runId);
    }
  }

  async #status(runId: string): Promise<RunStatus> {
    const reply = await fetch(`${this.#url}/api/runs/${runId}`);
    if (!reply.ok) throw new Error(`GET run: HTTP ${reply.status}`);
    return (await reply.json()) as RunStatus; // the product's own API
  }

  get #url(): string {
    if (this.#child === undefined) throw new Error('the host was not started');
    return `http://127.0.0.1:${this.#child.ready.port}`;
  }
}

const isEnded = ({ state }: RunStatus): boolean => state !== 'pending' && state !== 'running';

async function report(
  lake: string,
  run: RunStatus,
  simulator: OpenAiSimulator,
  { seed, documents, maxCostUsd, cancel }: Options,
  kills: number,
): Promise<ChaosReport> {
  const app = appOf({ lake });
  const one = async (sql: string): Promise<Record<string, unknown>> => {
    const row = (await app.query(sql)).rows[0];
    if (row === undefined) throw new Error('a query of sums gave no row');
    return row;
  };
  const id = run.runId;
  const rows = await one(`SELECT count(*) AS n, count(DISTINCT document_id) AS d FROM results WHERE run_id = '${id}'`);
  const booked = await one(
    `SELECT coalesce(sum(cost_nano_usd), 0)::DOUBLE / 1e9 AS usd FROM llm_calls WHERE run_id = '${id}'`,
  );
  await app.close();
  const ledger = simulator.ledger();
  const billedUsd = ledger.reduce(
    (sum, e) => sum + (e.promptTokens * INPUT_USD + e.completionTokens * OUTPUT_USD) / 1e6,
    0,
  );
  const wanted = cancel && run.state === 'cancelled' ? 0 : documents;
  const found: Omit<ChaosReport, 'broken'> = {
    seed,
    documents,
    kills,
    state: run.state,
    lost: wanted - Number(rows.d),
    doubled: Number(rows.n) - Number(rows.d),
    calls: ledger.length,
    repeated: ledger.length - new Set(ledger.map(({ promptHash }) => promptHash)).size,
    repeatedAtMost: kills * IN_FLIGHT,
    bookedUsd: round(Number(booked.usd)),
    billedUsd: round(billedUsd),
  };
  const isBooked = run.state !== 'completed' || found.bookedUsd >= found.billedUsd - 1e-6;
  const broken = [
    ...(run.state === (cancel ? 'cancelled' : 'completed')
      ? []
      : [`the run is ${run.state} (${run.error?.code ?? 'no code'})`]),
    ...(found.lost === 0 ? [] : [`${found.lost} documents lost`]),
    ...(found.doubled === 0 ? [] : [`${found.doubled} rows doubled`]),
    ...(found.repeated <= found.repeatedAtMost ? [] : ['calls were repeated that were not in flight at a kill']),
    ...(isBooked ? [] : ['less is booked than was billed']),
    ...(maxCostUsd === undefined || billedUsd <= maxCostUsd + 1e-9 ? [] : ['more was billed than the limit allows']),
  ];
  return { ...found, broken };
}

const round = (usd: number): number => Math.round(usd * 1e6) / 1e6;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      kills: { type: 'string', default: '50' },
      documents: { type: 'string', default: '1000' },
      'max-cost': { type: 'string' },
      cancel: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return void process.stdout.write(HELP);
  const whole = (name: 'seed' | 'kills' | 'documents', least: number): number => {
    const value = Number(values[name]);
    if (!Number.isInteger(value) || value < least)
      throw new UsageError(`--${name}: a whole number from ${least} on is needed, not ${values[name]}`);
    return value;
  };
  const maxCost = values['max-cost'];
  if (maxCost !== undefined && !(Number(maxCost) > 0))
    throw new UsageError(`--max-cost: an amount of USD above 0 is needed, not ${maxCost}`);
  const found = await chaos(
    {
      seed: whole('seed', 0),
      kills: whole('kills', 0),
      documents: whole('documents', 1),
      maxCostUsd: maxCost === undefined ? undefined : Number(maxCost),
      cancel: values.cancel,
    },
    (line) => process.stderr.write(`${line}\n`),
  );
  if (values.json) process.stdout.write(`${JSON.stringify(found)}\n`);
  else
    process.stdout.write(
      `run ${found.state} after ${found.kills} kills (seed ${found.seed}, ${found.documents} documents)\n` +
        `lost ${found.lost} · doubled ${found.doubled} · repeated ${found.repeated} of ${found.calls} calls (at most ${found.repeatedAtMost} were in flight) · ` +
        `booked $${found.bookedUsd} · billed $${found.billedUsd}\n` +
        found.broken.map((what) => `BROKEN: ${what}\n`).join(''),
    );
  process.exitCode = found.broken.length === 0 ? 0 : 1;
}

class UsageError extends Error {}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  const isUsage =
    error instanceof UsageError || (error as { code?: unknown }).code?.toString().startsWith('ERR_PARSE_ARGS');
  process.exitCode = isUsage ? 2 : 1;
});
