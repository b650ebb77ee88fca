// Benchmark of the lake: append of 100,000 result rows, opening a table of 1,000 commits, a query, a compaction, and foreign tables, all through the DFS
// shim and Azurite (in memory) on this machine. Each measurement runs in a process of its own, so that its peak memory is its own.
// Aims: append < 3 s and < 500 MB, open < 200 ms; 1,000 commits with deletion vectors at most 1.3 times those without.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startAzurite } from '../local/emulators/azurite.ts';
import { startDfs } from '../local/emulators/dfs.ts';
import { dataFilePath } from '../shared/lake/delta/actions.ts';
import { readForeignTable } from '../shared/lake/delta/foreign/foreign-table.ts';
import { compact } from '../shared/lake/delta/maintenance.ts';
import { DeltaTable } from '../shared/lake/delta/table.ts';
import { FileCache } from '../shared/lake/file-cache.ts';
import { LakeQueries, type QueryResult } from '../shared/lake/query.ts';
import { type AzureLakeStore, openLakeStore } from '../shared/lake/store.ts';
import { type Row, resultsTable } from '../shared/lake/tables.ts';
import { seededRandom, silentLogger, systemClock } from '../shared/ports.ts';
import { writeForeignTable } from './lake-foreign.ts';
import { resultRows } from './library/result-rows.ts';

const ROWS = 100_000;
const COMMITS = 1000;

interface Measurement {
  name: string;
  ms: number;
  peakRssMb: number;
  note: string;
}

/** Run the benchmark and print it; `json` prints one JSON document instead of a table. */
export async function run(options: { json: boolean; args: readonly string[] }): Promise<void> {
  const azurite = await startAzurite({ folder: null, ports: { blob: 0, queue: 0, table: 0 } });
  const dfs = await startDfs(azurite);
  const folder = await mkdtemp(join(tmpdir(), 'sluice-bench-lake-'));
  try {
    const wanted = options.args.length === 0 ? Object.keys(STAGES) : options.args;
    const found: Measurement[] = [];
    for (const stage of wanted) found.push(...(await inChild(stage, dfs.connectionString, folder)));
    if (options.json) process.stdout.write(`${JSON.stringify({ bench: 'lake', measurements: found })}\n`);
    else
      for (const { name, ms, peakRssMb, note } of found)
        process.stdout.write(
          `${name.padEnd(44)} ${ms.toFixed(0).padStart(7)} ms ${peakRssMb.toFixed(0).padStart(5)} MB  ${note}\n`,
        );
  } finally {
    await dfs.close();
    await azurite.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function inChild(stage: string, connectionString: string, folder: string): Promise<Measurement[]> {
  const child = fork(import.meta.filename, [CHILD, stage, connectionString, folder], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const exited = once(child, 'exit');
  const [message] = (await Promise.race([once(child, 'message'), exited.then(() => [])])) as [Measurement[]?];
  await exited;
  if (message === undefined) throw new Error(`Stage ${stage} of the lake benchmark failed`);
  return message;
}

type Stage = (store: AzureLakeStore, open: (name: string) => DeltaTable) => Promise<Omit<Measurement, 'peakRssMb'>[]>;

const timed = async <T>(work: () => Promise<T>): Promise<{ ms: number; value: T }> => {
  const start = performance.now();
  const value = await work();
  return { ms: performance.now() - start, value };
};

/** The same rows; how long each takes to be made is added. */
function* timedRows(rows: Generator<Row>, making: { ms: number }): Generator<Row> {
  for (;;) {
    const start = performance.now();
    const { value, done } = rows.next();
    making.ms += performance.now() - start;
    if (done) return;
    yield value;
  }
}

/** In a database of its own, as a new process has it. */
async function ask(table: DeltaTable, sql: string): Promise<QueryResult> {
  const queries = new LakeQueries([table]);
  try {
    return await queries.query(sql);
  } finally {
    queries.close();
  }
}

const STAGES: Readonly<Record<string, Stage>> = {
  append: async (_store, open) => {
    const making = { ms: 0 };
    const rows = timedRows(resultRows(ROWS, 1), making);
    const { ms } = await timed(() => open('append').append(rows, { appId: 'bench', appVersion: 0 }));
    return [
      {
        name: `append ${ROWS} result rows`,
        ms,
        note: `aim < 3000 ms, < 500 MB; ${making.ms.toFixed(0)} ms of it make the rows`,
      },
    ];
  },
  query: async (_store, open) => {
    const sql = 'SELECT label, count(*), avg(confidence) FROM latest_results GROUP BY 1';
    const cold = await timed(() => ask(open('append'), sql));
    const warm = await timed(() => ask(open('append'), sql));
    return [
      { name: 'query latest_results, files not local', ms: cold.ms, note: `${cold.value.rows.length} groups` },
      { name: 'query latest_results, files local', ms: warm.ms, note: '' },
    ];
  },
  commits: async (store, open) => {
    const table = open('commits');
    const [file] = await table.stage(resultRows(1, 2));
    const bytes = await store.read(`${table.path}/${file!.add.path}`);
    const { ms } = await timed(async () => {
      for (let index = 0; index < COMMITS; index++) {
        const path = dataFilePath(file!.add.partitionValues, index, 'bench');
        await store.write(`${table.path}/${path}`, bytes);
        await table.append({ files: [{ add: { ...file!.add, path } }] }, { appId: `run-${index}`, appVersion: 0 });
      }
    });
    return [
      {
        name: `${COMMITS} commits of one file`,
        ms,
        note: `${(ms / COMMITS).toFixed(1)} ms each, checkpoints included`,
      },
    ];
  },
  open: async (_store, open) => {
    const first = await timed(() => open('commits').snapshot());
    const times: number[] = [];
    for (let round = 0; round < 9; round++) times.push((await timed(() => open('commits').snapshot())).ms);
    times.sort((a, b) => a - b);
    const files = first.value?.files.size ?? 0;
    return [
      {
        name: `open table of ${COMMITS} commits, first in process`,
        ms: first.ms,
        note: `${files} files, version ${first.value?.version}`,
      },
      { name: `open table of ${COMMITS} commits, median`, ms: times[4] ?? 0, note: 'aim < 200 ms' },
    ];
  },
  'query-many': async (_store, open) => {
    const sql = 'SELECT label, count(*) FROM latest_results GROUP BY 1';
    const cold = await timed(() => ask(open('commits'), sql));
    const warm = await timed(() => ask(open('commits'), sql));
    return [
      { name: `query ${COMMITS} files, not local`, ms: cold.ms, note: 'what a table costs that is never compacted' },
      { name: `query ${COMMITS} files, local`, ms: warm.ms, note: '' },
    ];
  },
  foreign: async (store) => {
    const found: Omit<Measurement, 'peakRssMb'>[] = [];
    for (const hasVectors of [false, true]) {
      const table = `foreign-${hasVectors ? 'with' : 'without'}-vectors`;
      const rows = await writeForeignTable(store, table, COMMITS, hasVectors);
      const name = `read foreign table of ${COMMITS} commits, ${hasVectors ? 'with' : 'without'} vectors`;
      const folder = await mkdtemp(join(tmpdir(), 'sluice-bench-foreign-'));
      const first = await timed(() => countRows(store, table, folder));
      if (first.value !== rows) throw new Error(`${table}: ${first.value} rows; ${rows} were written`);
      const cpu = process.cpuUsage();
      const second = await timed(() => countRows(store, table, folder));
      const { user, system } = process.cpuUsage(cpu);
      await rm(folder, { recursive: true, force: true });
      const note = `files local ${second.ms.toFixed(0)} ms, ${((user + system) / 1000).toFixed(0)} ms of processor time`;
      found.push({ name, ms: first.ms, note });
    }
    return found;
  },
  compact: async (_store, open) => {
    const table = open('commits');
    const first = await timed(() => compact(table));
    const second = await timed(() => compact(table));
    return [
      { name: `compact ${first.value.merged} files into ${first.value.into}`, ms: first.ms, note: '' },
      { name: `compact ${second.value.merged} files into ${second.value.into}`, ms: second.ms, note: '' },
    ];
  },
};

async function countRows(store: AzureLakeStore, table: string, folder: string): Promise<number> {
  let rows = 0;
  for await (const _ of readForeignTable(store, table, ['text', 'label'], new FileCache(folder))) rows++;
  return rows;
}

const CHILD = 'lake-bench-child';

async function measureInThisProcess([
  stage = '',
  connectionString = '',
  folder = '',
]: readonly string[]): Promise<void> {
  const store = openLakeStore({ kind: 'connection-string', connectionString }, 'bench');
  await store.ensureContainer();
  const cache = new FileCache(join(folder, 'cache'));
  const deps = { clock: systemClock, random: seededRandom(1), logger: silentLogger, cache };
  const open = (name: string) => DeltaTable.open(store, `tables/${name}`, resultsTable, deps);
  const measurements = await STAGES[stage]!(store, open);
  const peakRssMb = process.resourceUsage().maxRSS / 1024;
  process.send?.(measurements.map((measurement) => ({ ...measurement, peakRssMb })));
  process.disconnect?.();
}

if (process.argv[2] === CHILD) await measureInThisProcess(process.argv.slice(3));
