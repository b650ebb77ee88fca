// Benchmark of SQL over the results: 500,000 rows in many files, asked by a process that has asked before and by one that has not, beside DuckDB alone on
// the same files.
// `npm run bench sql -- [--json] [--rows 500000] [--files 50] [--asks 15] [--lake FOLDER] [--build <built checkout>]`; a lake that is named is made once and kept,
// so that two builds can be asked in turns: with --build it is the other checkout that answers.
// Method: the files are written by DuckDB and committed to a real Delta table in a folder; a tenth of the documents was decided twice. Each question is
// new (another number in its condition), so that no kept answer is given. Wall clock; CPU milliseconds stand beside it.
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { dataFilePath } from '../shared/lake/delta/actions.ts';
import { DeltaTable } from '../shared/lake/delta/table.ts';
import { connect, createDatabase, sqlName, sqlReadParquet, sqlText, sqlType } from '../shared/lake/duckdb.ts';
import { FileCache } from '../shared/lake/file-cache.ts';
import { LakeQueries, type QueryResult } from '../shared/lake/query.ts';
import { resultsTable } from '../shared/lake/tables.ts';
import { tablePath } from '../shared/paths.ts';
import { seededRandom, silentLogger, systemClock } from '../shared/ports.ts';
import { folderStore } from './library/folder-store.ts';

const DAY = '2026-01-01';

/** Columns that are not null, as SQL over the number `n` of a row. */
const CELLS: Readonly<Record<string, string>> = {
  run_id: "'run-' || (n // 100000)",
  batch_id: "'b' || (n // 1000)",
  document_id: "sha256('d' || (n % (rows * 9 // 10)))",
  source_path: "'in/' || n || '.txt'",
  archive_path: "''",
  source_etag: "'e' || n",
  content_sha256: "sha256('c' || n)",
  media_type: "'text/plain'",
  size_bytes: 'n % 10007',
  chars: 'n % 5003',
  language: "'de'",
  status: "CASE WHEN n % 10 = 0 THEN 'review' ELSE 'labelled' END",
  label: "'Label ' || (n % 12)",
  confidence: '(n % 997) / 997',
  decided_by: "'model'",
  top_labels_json: `'[{"label":"Label 1","probability":0.9}]'`,
  evidence_json: `'[{"term":"wort' || (n % 5000) || '","weight":1.5,"runner_up_weight":0.5}]'`,
  taxonomy_version: "'t1'",
  model_version: "'v1'",
  pipeline_version: "'0.1.0'",
  processed_at: `TIMESTAMPTZ '${DAY} 00:00:00Z' + n * INTERVAL 1 SECOND`,
  warnings_json: "'[]'",
};

const QUESTIONS: Readonly<Record<string, (n: number) => string>> = {
  'group by': (n) => `SELECT label, count(*) FROM results WHERE size_bytes <> ${n} GROUP BY 1`,
  'group by, what counts': (n) => `SELECT label, count(*) FROM latest_results WHERE size_bytes <> ${n} GROUP BY 1`,
};

interface Asked {
  question: string;
  /** The first of the process, and the median of the others. */
  firstMs: number;
  ms: number;
  cpuMs: number;
}

export async function run({ json, args }: { json: boolean; args: string[] }): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      rows: { type: 'string', default: '500000' },
      files: { type: 'string', default: '50' },
      asks: { type: 'string', default: '15' },
      lake: { type: 'string' },
      build: { type: 'string' },
    },
  });
  const folder = values.lake ?? mkdtempSync(join(tmpdir(), 'sluice-bench-sql-'));
  try {
    const [rows, files, asks] = [Number(values.rows), Number(values.files), Number(values.asks)];
    const table = openTable(folder);
    if (!existsSync(join(folder, 'lake'))) await makeTable(table, folder, rows, files);
    const queries = values.build === undefined ? new LakeQueries([table]) : await queriesOf(values.build, folder);
    const asked: Asked[] = [];
    for (const [question, sql] of Object.entries(QUESTIONS))
      asked.push(await measure(question, asks, async (n) => (await queries.query(sql(n))).rows.length));
    queries.close();
    asked.push(...(await askAlone(table, asks)));
    const answer = { rows, files, asked, peakMb: Math.round(process.resourceUsage().maxRSS / 1000) };
    process.stdout.write(json ? `${JSON.stringify(answer)}\n` : `${JSON.stringify(answer, null, 2)}\n`);
  } finally {
    if (values.lake === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

function openTable(folder: string): DeltaTable {
  const cache = new FileCache(join(folder, 'cache'));
  const deps = { clock: systemClock, random: seededRandom(1), logger: silentLogger, cache };
  return DeltaTable.open(folderStore(join(folder, 'lake')), tablePath('results'), resultsTable, deps);
}

/** The same table, opened and asked by another build. */
async function queriesOf(build: string, folder: string): Promise<Pick<LakeQueries, 'query' | 'close'>> {
  const load = (name: string) => import(pathToFileURL(join(resolve(build), 'dist/shared', name)).href);
  // `as`: other builds of the same modules.
  const tables = (await load('lake/delta/table.js')) as { DeltaTable: typeof DeltaTable };
  const caches = (await load('lake/file-cache.js')) as { FileCache: typeof FileCache };
  const schemas = (await load('lake/tables.js')) as { resultsTable: typeof resultsTable };
  const asking = (await load('lake/query.js')) as {
    LakeQueries?: typeof LakeQueries;
    /** Of builds that opened a database for each question. */
    query?: (tables: DeltaTable[], sql: string) => Promise<QueryResult>;
  };
  const cache = new caches.FileCache(join(folder, 'cache-of-other'));
  const deps = { clock: systemClock, random: seededRandom(1), logger: silentLogger, cache };
  const store = folderStore(join(folder, 'lake'));
  const opened = [tables.DeltaTable.open(store, tablePath('results'), schemas.resultsTable, deps)];
  const { LakeQueries: Queries, query } = asking;
  if (Queries !== undefined) return new Queries(opened);
  if (query === undefined) throw new Error(`${build} answers no SQL`);
  return { query: (sql) => query(opened, sql), close: () => {} };
}

async function makeTable(table: DeltaTable, folder: string, rows: number, files: number): Promise<void> {
  const database = await createDatabase();
  const connection = await connect(database);
  const part = join(folder, 'part.parquet');
  mkdirSync(folder, { recursive: true });
  const columns = resultsTable.columns
    .filter(({ name }) => name !== 'run_date')
    .map(({ name, type }) => `(${CELLS[name] ?? 'NULL'})::${sqlType(type)} AS ${sqlName(name)}`);
  const each = Math.ceil(rows / files);
  for (let file = 0; file < files; file++) {
    const numbers = `(SELECT range AS n, ${rows} AS rows FROM range(${file * each}, ${Math.min(rows, (file + 1) * each)}))`;
    await connection.run(
      `COPY (SELECT ${columns.join(', ')} FROM ${numbers}) TO ${sqlText(part)} (FORMAT parquet, COMPRESSION snappy)`,
    );
    const path = dataFilePath({ run_date: DAY }, file, 'bench');
    await table.store.upload(`${table.path}/${path}`, part);
    const stats = JSON.stringify({ numRecords: Math.min(rows, (file + 1) * each) - file * each });
    const add = {
      path,
      partitionValues: { run_date: DAY },
      size: statSync(part).size,
      modificationTime: 0,
      dataChange: true,
      stats,
    };
    await table.append({ files: [{ add }] }, { appId: `part-${file}`, appVersion: 0 });
  }
  rmSync(part);
  connection.closeSync();
  database.closeSync();
}

/** The same by DuckDB with nothing around it. */
async function askAlone(table: DeltaTable, asks: number): Promise<Asked[]> {
  const database = await createDatabase();
  const connection = await connect(database);
  await connection.run('SET parquet_metadata_cache = true');
  const files = [...((await table.snapshot())?.files.values() ?? [])].map(({ path }) => `${table.path}/${path}`);
  const scan = sqlReadParquet(await table.cache.fetch(table.store, files));
  const newest = `(SELECT * FROM ${scan} QUALIFY row_number() OVER (PARTITION BY document_id ORDER BY processed_at DESC) = 1)`;
  const asked: Asked[] = [];
  for (const [question, relation] of [
    ['DuckDB alone: group by', scan],
    ['DuckDB alone: group by, newest row', newest],
  ] as const)
    asked.push(
      await measure(question, asks, async (n) => {
        const sql = `SELECT label, count(*) FROM ${relation} WHERE size_bytes <> ${n} GROUP BY 1`;
        return (await connection.runAndReadAll(sql)).getRows().length;
      }),
    );
  connection.closeSync();
  database.closeSync();
  return asked;
}

async function measure(question: string, asks: number, work: (n: number) => Promise<number>): Promise<Asked> {
  const took: number[] = [];
  let cpu = process.cpuUsage();
  for (let n = 0; n <= asks; n++) {
    if (n === 1) cpu = process.cpuUsage();
    const from = performance.now();
    if ((await work(-1 - n)) !== 12) throw new Error(`${question}: not the twelve labels`);
    took.push(performance.now() - from);
  }
  const { user, system } = process.cpuUsage(cpu);
  const [first = 0, ...others] = took;
  others.sort((a, b) => a - b);
  const cpuMs = Math.round((user + system) / 100 / asks) / 10;
  return { question, firstMs: Math.round(first), ms: Math.round(others[asks >> 1] ?? 0), cpuMs };
}
