// A run of millions of documents, played: `npm run bench scale -- --documents 10000000 [--json] [--plain]`. The real plan, the real orchestrations and
// the real commit work on a store that holds sizes and counts, no documents. Each participant is a process of its own, so that its memory is its own.
// It has the flags of a laptop's processes; with --plain it has none, as a worker in the cloud (whose Node is 22: run it by that one).
// What is played: the listing (entries as storage gives them), the records that finished batches leave, a part file a batch. What a batch itself
// costs is the other benchmarks' subject; --seconds-per-document and --instances turn it into hours.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { NODE_FLAGS } from '../cli/child.ts';
import { loadConfig } from '../shared/config.ts';
import { boundHeapGrowth } from '../shared/heap.ts';
import { batchId } from '../shared/ids.ts';
import { encodeActions } from '../shared/lake/delta/actions.ts';
import { writeCheckpoint } from '../shared/lake/delta/checkpoint.ts';
import { encodeStats } from '../shared/lake/delta/stats.ts';
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
import { type LakeStore, seededRandom, silentLogger } from '../shared/ports.ts';
import { withTemporaryFolder } from '../shared/temporary-folder.ts';
import { CountingStore, PLAYED_AT } from './library/counting-store.ts';

const RUN = 'run-scale';
const PREFIX = 'letters';
const NOW = PLAYED_AT;
const clock = { now: () => NOW, sleep: async () => {} };

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
  const [lake, imports] = [new CountingStore('lake'), new CountingStore('imports', { files: documents })];
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

async function playCommit(documents: number, batches: number, folder: string): Promise<Part> {
  const each = Math.ceil(documents / batches);
  const add = (index: number) => {
    const bound = ({ name, type }: Column) =>
      type === 'string' || type === 'date' || type === 'timestamp'
        ? `${name} of part ${index}, as long as paths are`.slice(0, 32)
        : index;
    const stored = resultsTable.columns.filter(({ name }) => !resultsTable.partitionColumns.includes(name));
    const bounds = Object.fromEntries(
      stored.filter(({ type }) => type !== 'boolean').map((column) => [column.name, bound(column)]),
    );
    const nullCount = Object.fromEntries(stored.map(({ name }) => [name, 0]));
    const stats = { sizeBytes: 180_000, numRecords: each, minValues: bounds, maxValues: bounds, nullCount };
    return {
      path: `run_date=2026-11-29/part-${String(index).padStart(5, '0')}-6f9619ff-8b86-4d01-b42d-00cf4fc964ff.c000.snappy.parquet`,
      partitionValues: { run_date: '2026-11-29' },
      size: 180_000,
      modificationTime: NOW,
      dataChange: true,
      stats: encodeStats(stats, resultsTable.columns),
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
  const made = (path: string): Buffer | undefined => {
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
  };
  const lake = new CountingStore('lake', { folder, made });
  const createdAt = new Date(NOW - 3_600_000).toISOString();
  await lake.write(
    runPaths.request(RUN),
    JSON.stringify({ runId: RUN, kind: 'request', createdAt, request: null, rerun: null, windowId: null }),
  );
  await lake.write(runPaths.plan(RUN), JSON.stringify(plan));
  const table = openResults(lake);
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
  return {
    seconds: (performance.now() - began) / 1000,
    peakRssMb: peakRssMb(),
    reads: lake.counts.reads - before.reads,
    writes: lake.counts.writes - before.writes,
    logEntryBytes: lake.counts.largestWrite,
    bytesPerFile: Math.round(encodeActions([{ add: add(1) }]).length),
  };
}

const openResults = (lake: LakeStore): DeltaTable =>
  DeltaTable.open(lake, 'tables/results', resultsTable, { clock, random: seededRandom(1), logger: silentLogger });

/** A process that opens the table that the commit has left, or its checkpoint. */
async function playOpen(folder: string): Promise<Part> {
  const began = performance.now();
  const snapshot = await openResults(new CountingStore('lake', { folder })).snapshot();
  return {
    seconds: (performance.now() - began) / 1000,
    peakRssMb: peakRssMb(),
    files: snapshot?.files.size ?? 0,
  };
}

/** A process that has opened the table and is the one to write a checkpoint of it. */
async function playCheckpoint(folder: string): Promise<Part> {
  const lake = new CountingStore('lake', { folder });
  const table = openResults(lake);
  const snapshot = await table.snapshot();
  if (snapshot === undefined) throw new Error('the play has no table');
  const began = performance.now();
  await writeCheckpoint(table.log, snapshot, 0);
  return {
    seconds: (performance.now() - began) / 1000,
    peakRssMb: peakRssMb(),
    checkpointBytes: lake.counts.largestWrite,
  };
}

const PARTS = ['plan', 'orchestrations', 'commit', 'open', 'checkpoint', 'reopen'] as const;

export async function run({ json, args }: { json: boolean; args: string[] }): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      documents: { type: 'string', default: '1000000' },
      instances: { type: 'string', default: '40' },
      'seconds-per-document': { type: 'string', default: '0.5' },
      part: { type: 'string' },
      batches: { type: 'string', default: '0' },
      folder: { type: 'string', default: '' },
      plain: { type: 'boolean', default: false },
    },
  });
  const documents = Number(values.documents);
  if (values.part !== undefined) {
    boundHeapGrowth(); // as the app does
    const played = await play(values.part, documents, Number(values.batches), values.folder);
    process.stdout.write(`${JSON.stringify(played)}\n`);
    return;
  }
  const parts: Record<string, Part> = {};
  await withTemporaryFolder(async (folder) => {
    for (const part of PARTS) {
      const batches = String(parts.plan?.batches ?? 0);
      const order = ['--part', part, '--documents', String(documents), '--batches', batches, '--folder', folder];
      parts[part] = await inProcess(order, values.plain ? [] : NODE_FLAGS);
    }
  });
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

async function play(part: string, documents: number, batches: number, folder: string): Promise<Part> {
  if (part === 'plan') return await playPlan(documents);
  if (part === 'orchestrations') return playOrchestrations(batches);
  if (part === 'commit') return await playCommit(documents, batches, folder);
  return part === 'checkpoint' ? await playCheckpoint(folder) : await playOpen(folder);
}

async function inProcess(args: string[], flags: readonly string[]): Promise<Part> {
  const child = spawn(process.execPath, [...flags, process.argv[1] ?? '', 'scale', ...args], {
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
