// A run of millions of documents, played: `npm run bench scale -- --documents 10000000 [--json]`. The real plan, the real orchestrations and the
// real commit work on a store that holds sizes and counts, no documents. Each participant is a process of its own, so that its memory is its own.
// What is played: the listing (entries as storage gives them), the records that finished batches leave, a part file a batch. What a batch itself
// costs is the other benchmarks' subject; --seconds-per-document and --instances turn it into hours.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { loadConfig } from '../shared/config.ts';
import { batchId } from '../shared/ids.ts';
import { encodeActions } from '../shared/lake/delta/actions.ts';
import { DeltaTable } from '../shared/lake/delta/table.ts';
import { type Column, resultsTable } from '../shared/lake/tables.ts';
import { Pace } from '../shared/pace.ts';
import { runPaths } from '../shared/paths.ts';
import { commitRun } from '../shared/pipeline/commit-run.ts';
import type { Orchestration } from '../shared/pipeline/orchestration.ts';
import { planRun } from '../shared/pipeline/plan.ts';
import type { Plan } from '../shared/pipeline/records.ts';
import { type LaneInput, runDocuments, runLane } from '../shared/pipeline/run.ts';
import type { PipelineServices } from '../shared/pipeline/services.ts';
import { publishTaxonomy } from '../shared/pipeline/taxonomies.ts';
import { type LakeFile, type LakeStore, seededRandom, silentLogger } from '../shared/ports.ts';

const RUN = 'run-scale';
const PREFIX = 'letters';
const NOW = Date.UTC(2026, 10, 29, 12);
const clock = { now: () => NOW, sleep: async () => {} };

/** Keeps what is small and read again; of everything else number and bytes. */
class CountingStore implements LakeStore {
  readonly container: string;
  readonly counts = { reads: 0, writes: 0, listed: 0, bytesWritten: 0, largestWrite: 0 };
  readonly #kept = new Map<string, Buffer>();
  readonly #made: (path: string) => Buffer | undefined;
  readonly #files: number;

  /** @param files  entries of its listing @param made  content of paths that nobody wrote here */
  constructor(container: string, files = 0, made: (path: string) => Buffer | undefined = () => undefined) {
    this.container = container;
    this.#files = files;
    this.#made = made;
  }

  async readIfExists(path: string): Promise<{ bytes: Buffer; etag: string } | undefined> {
    this.counts.reads++;
    const bytes = this.#kept.get(path) ?? this.#made(path);
    return bytes === undefined ? undefined : { bytes, etag: '"1"' };
  }

  async read(path: string): Promise<Buffer> {
    const found = await this.readIfExists(path);
    if (found === undefined) throw new Error(`the play has no ${path}`);
    return found.bytes;
  }

  async readPart(path: string, offset: number, length: number): Promise<Buffer> {
    return (await this.read(path)).subarray(offset, offset + length);
  }

  async write(path: string, content: Uint8Array | string): Promise<string> {
    const bytes = Buffer.isBuffer(content) ? content : Buffer.from(content as Uint8Array); // strings and bytes alike
    this.counts.writes++;
    this.counts.bytesWritten += bytes.length;
    this.counts.largestWrite = Math.max(this.counts.largestWrite, bytes.length);
    if (!/\/plan\/b\d+\.json$/.test(path)) this.#kept.set(path, bytes);
    return '"1"';
  }

  async upload(path: string): Promise<string> {
    return await this.write(path, '');
  }

  async download(): Promise<void> {
    throw new Error('the play has no files');
  }

  async stat(path: string): Promise<LakeFile | undefined> {
    this.counts.reads++;
    const bytes = this.#kept.get(path);
    return bytes === undefined ? undefined : { path, sizeBytes: bytes.length, etag: '"1"', lastModified: NOW };
  }

  async *list(prefix: string): AsyncIterable<LakeFile> {
    if (this.#files === 0) {
      for (const [path, bytes] of this.#kept)
        if (path.startsWith(`${prefix}/`)) yield { path, sizeBytes: bytes.length, etag: '"1"', lastModified: NOW };
      return;
    }
    for (let n = 0; n < this.#files; n++) {
      this.counts.listed++;
      const path = `${prefix}/archive ${Math.floor(n / 5000)}/Scan of a letter ${String(n).padStart(9, '0')}.pdf`;
      yield {
        path,
        sizeBytes: 40_000 + ((n * 7919) % 400_000),
        etag: `"0x8DC${n.toString(16).padStart(12, '0')}"`,
        lastModified: NOW,
      };
    }
  }

  async delete(): Promise<void> {}
  async deleteFolder(): Promise<void> {}
}

/** Only what plan and commit use. */
function servicesOf(lake: CountingStore, imports: CountingStore): PipelineServices {
  const config = loadConfig({ LAKE: 'UseDevelopmentStorage=true', RUN_MAX_DOCUMENTS: '50000000' });
  return {
    pace: new Pace(clock),
    config,
    clock,
    logger: silentLogger,
    lake,
    sources: { imports, landing: imports },
    models: { championVersion: async () => undefined, newestFor: async () => undefined },
    pipelineVersion: 'bench',
  } as unknown as PipelineServices; // the play has no reader, no model and no LLM
}

interface Part {
  seconds: number;
  peakRssMb: number;
  [count: string]: number;
}

const peakRssMb = () => Math.round(process.resourceUsage().maxRSS / 1024);

async function playPlan(documents: number): Promise<Part> {
  const [lake, imports] = [new CountingStore('lake'), new CountingStore('imports', documents)];
  const services = servicesOf(lake, imports);
  await publishTaxonomy(lake, {
    name: 'scale',
    labels: ['Invoices', 'Contracts'].map((name) => ({ name, description: `about ${name}` })),
  });
  const createdAt = new Date(NOW).toISOString();
  const source = { kind: 'prefix', container: 'imports', prefix: PREFIX };
  await lake.write(
    runPaths.request(RUN),
    JSON.stringify({ runId: RUN, kind: 'request', createdAt, request: { source }, rerun: null, windowId: null }),
  );
  const before = { ...lake.counts };
  const began = performance.now();
  const plan = await planRun(services, RUN);
  return {
    seconds: (performance.now() - began) / 1000,
    peakRssMb: peakRssMb(),
    batches: plan.batches,
    listRequests: Math.ceil(imports.counts.listed / 5000),
    writes: lake.counts.writes - before.writes,
    reads: lake.counts.reads - before.reads,
    largestWriteBytes: lake.counts.largestWrite,
  };
}

/** Drives the generators; what the engine would store is counted. */
function playOrchestrations(batches: number): Part {
  const began = performance.now();
  const totals = { activities: 0, executions: 0, events: 0, longestHistory: 0, largestPayload: 0, historyBytes: 0 };
  const drive = (start: (o: Orchestration<unknown>) => Generator<unknown, unknown, unknown>): unknown => {
    let events = 0;
    let again: unknown;
    const count = (payload: unknown, of: number) => {
      const bytes = Buffer.byteLength(JSON.stringify(payload) ?? '');
      events += of;
      totals.historyBytes += bytes + 400 * of; // ids, names and times of an event
      totals.largestPayload = Math.max(totals.largestPayload, bytes);
    };
    const o: Orchestration<unknown> = {
      call(activity, input) {
        totals.activities++;
        count(input, 3); // scheduled, completed, and the turn that sees it
        if (activity === 'planRun') return { kind: 'done', outcome: { batches, lanes: 16, isBudgeted: false } };
        return { kind: 'done', outcome: { documents: 1, asked: 0 } };
      },
      callSub(_kind, input) {
        count(input, 3);
        for (let next: unknown = input; next !== undefined; )
          next = drive((inner) => runLane(inner, next as LaneInput)); // the input of a lane
        return null;
      },
      all: (tasks) => tasks,
      sleepUntil: () => null,
      now: () => NOW,
      continueAsNew(input) {
        again = input;
      },
    };
    const work = start(o);
    let turn = work.next();
    while (turn.done !== true) turn = work.next(turn.value);
    totals.executions++;
    totals.events += events;
    totals.longestHistory = Math.max(totals.longestHistory, events);
    return again;
  };
  drive((o) => runDocuments(o, { runId: RUN }));
  return { seconds: (performance.now() - began) / 1000, peakRssMb: peakRssMb(), ...totals };
}

async function playCommit(documents: number, batches: number): Promise<Part> {
  const each = Math.ceil(documents / batches);
  const add = (index: number) => {
    const bound = ({ name, type }: Column) =>
      type === 'string' || type === 'date' || type === 'timestamp'
        ? `${name} of part ${index}, as long as paths are`.slice(0, 32)
        : index;
    const bounds = Object.fromEntries(
      resultsTable.columns.filter(({ type }) => type !== 'boolean').map((column) => [column.name, bound(column)]),
    );
    const nullCount = Object.fromEntries(resultsTable.columns.map(({ name }) => [name, 0]));
    return {
      path: `run_date=2026-11-29/part-${String(index).padStart(5, '0')}-6f9619ff-8b86-4d01-b42d-00cf4fc964ff.c000.snappy.parquet`,
      partitionValues: { run_date: '2026-11-29' },
      size: 180_000,
      modificationTime: NOW,
      dataChange: true,
      stats: JSON.stringify({ numRecords: each, minValues: bounds, maxValues: bounds, nullCount }),
    };
  };
  const plan = {
    runId: RUN,
    batches,
    sources: documents,
    modelVersion: null,
    taxonomyVersion: 'scale',
    llm: false,
    runDate: '2026-11-29',
    createdAt: NOW,
  } as unknown as Plan; // what the commit reads
  const step = /\/steps\/b(\d+)\.(\w+)\.json$/;
  const lake = new CountingStore('lake', 0, (path) => {
    const [, number, name] = step.exec(path) ?? [];
    if (number === undefined) return undefined;
    const record = {
      step: name,
      batchId: batchId(Number(number)),
      documents: each,
      asked: 0,
      costNanoUsd: '0',
      tookMs: 9000,
      formats: { 'application/pdf': each },
    };
    const decided = {
      counts: { documents: each, labelled: each - 9, review: 7, failed: 2 },
      failures: { 'extract.encrypted': 2 },
      questions: 0,
      part: { path: 'p', add: add(Number(number)) },
    };
    return Buffer.from(JSON.stringify(name === 'decide' ? { ...record, ...decided } : record));
  });
  const createdAt = new Date(NOW - 3_600_000).toISOString();
  await lake.write(
    runPaths.request(RUN),
    JSON.stringify({ runId: RUN, kind: 'request', createdAt, request: null, rerun: null, windowId: null }),
  );
  await lake.write(runPaths.plan(RUN), JSON.stringify(plan));
  const deps = { clock, random: seededRandom(1), logger: silentLogger };
  const table = DeltaTable.open(lake, 'tables/results', resultsTable, deps);
  const services = {
    ...servicesOf(lake, lake),
    tables: {
      commitResults: async (runId: string, parts: { add: unknown }[]) => {
        await table.append({ files: parts as never }, { appId: runId, appVersion: 0 }); // made by `add` above
      },
      append: async () => {},
    },
  } as unknown as PipelineServices;
  await table.append({ files: [{ add: add(batches) }] as never }, { appId: 'earlier', appVersion: 0 }); // the table is there
  const before = { ...lake.counts };
  const began = performance.now();
  await commitRun(services, RUN);
  const seconds = (performance.now() - began) / 1000;
  const peak = peakRssMb();
  const openBegan = performance.now();
  const snapshot = await DeltaTable.open(lake, 'tables/results', resultsTable, deps).snapshot();
  return {
    seconds,
    peakRssMb: peak,
    reads: lake.counts.reads - before.reads,
    writes: lake.counts.writes - before.writes,
    logEntryBytes: lake.counts.largestWrite,
    bytesPerFile: Math.round(encodeActions([{ add: add(1) }]).length),
    files: snapshot?.files.size ?? 0,
    openPeakRssMb: peakRssMb(),
    openSeconds: (performance.now() - openBegan) / 1000,
  };
}

const PARTS = ['plan', 'orchestrations', 'commit'] as const;

export async function run({ json, args }: { json: boolean; args: string[] }): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      documents: { type: 'string', default: '1000000' },
      instances: { type: 'string', default: '40' },
      'seconds-per-document': { type: 'string', default: '0.5' },
      part: { type: 'string' },
      batches: { type: 'string', default: '0' },
    },
  });
  const documents = Number(values.documents);
  if (values.part !== undefined) {
    const batches = Number(values.batches);
    const played =
      values.part === 'plan'
        ? await playPlan(documents)
        : values.part === 'orchestrations'
          ? playOrchestrations(batches)
          : await playCommit(documents, batches);
    process.stdout.write(`${JSON.stringify(played)}\n`);
    return;
  }
  const parts: Record<string, Part> = {};
  for (const part of PARTS)
    parts[part] = await inProcess([
      '--part',
      part,
      '--documents',
      String(documents),
      '--batches',
      String(parts.plan?.batches ?? 0),
    ]);
  const instances = Number(values.instances);
  const hours = (documents * Number(values['seconds-per-document'])) / instances / 3600;
  const report = { documents, parts, instances, secondsPerDocument: Number(values['seconds-per-document']), hours };
  if (json) return void process.stdout.write(`${JSON.stringify(report)}\n`);
  for (const [name, part] of Object.entries(parts))
    process.stdout.write(
      `${name}: ${Object.entries(part)
        .map(([key, value]) => `${key} ${Number.isInteger(value) ? value.toLocaleString('en') : value.toFixed(1)}`)
        .join(', ')}\n`,
    );
  process.stdout.write(
    `${instances} instances at ${values['seconds-per-document']} s a document: ${hours.toFixed(1)} hours\n`,
  );
}

async function inProcess(args: string[]): Promise<Part> {
  const child = spawn(process.execPath, [process.argv[1] ?? '', 'scale', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`the part ${args[1]} ended with ${code}`);
  return JSON.parse(text) as Part; // printed by this file
}
