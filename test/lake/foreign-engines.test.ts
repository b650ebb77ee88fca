// Other engines read what we write, and we read what they write. Engines that are not installed are skipped with the reason:
//   delta-rs     python3 -m venv venv && venv/bin/pip install deltalake pyarrow         SLUICE_TEST_PYTHON=venv/bin/python
//   Spark        venv/bin/pip install pyspark delta-spark (needs Java, and Maven)       SLUICE_TEST_PYTHON=venv/bin/python
//   ClickHouse   npm install chdb in any folder (546 MB)                                SLUICE_TEST_CHDB=<folder>/node_modules/chdb
import { execFile } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkpoint, cleanLog, compact } from '../../shared/lake/delta/maintenance.ts';
import { rewriteRows } from '../../shared/lake/delta/rewrite.ts';
import { DeltaTable } from '../../shared/lake/delta/table.ts';
import { selectRows, sqlText, withConnection } from '../../shared/lake/duckdb.ts';
import { FileCache } from '../../shared/lake/file-cache.ts';
import { type Row, resultsTable, type TableSchema } from '../../shared/lake/tables.ts';
import { seededRandom, silentLogger, systemClock } from '../../shared/ports.ts';
import { type EmulatedLake, listPaths, startEmulatedLake } from './emulated-lake.ts';
import { MemoryLakeStore } from './memory-store.ts';

const run = promisify(execFile);
const python = process.env.SLUICE_TEST_PYTHON ?? 'python3';

let lake: EmulatedLake;
let table: DeltaTable;
let folder: string;
let versions: number[];
const expected = new Map<number, string[]>();

/** Rows of every column type, with nulls, empty and long texts, odd characters and microseconds. */
function decisions(run: number, count: number): Row[] {
  return Array.from({ length: count }, (_, index) => ({
    run_id: `run-${run}`,
    document_id: `d-${run}-${index}`,
    source_path: `ordner/ü ${index} 😀 "quoted".pdf`,
    label: index % 4 === 0 ? null : `label-${index % 3}`,
    status: index % 4 === 0 ? 'review' : 'labelled',
    confidence: index % 5 === 0 ? null : index / 16,
    evidence_json: index % 2 === 0 ? '[]' : JSON.stringify([{ term: 'x'.repeat(100), weight: 0.25 }]),
    llm_quote: index % 3 === 0 ? '' : null,
    llm_quote_verified: index % 3 === 0 ? index % 2 === 0 : null,
    size_bytes: index === 1 ? Number.MAX_SAFE_INTEGER : index * 1000,
    cost_usd: index / 1024,
    processed_at: `2026-11-2${run % 3}T10:00:0${index % 10}.123${index % 2 === 0 ? '' : '456'}Z`,
    run_date: `2026-11-2${run % 3}`,
  }));
}

const canonical = (rows: readonly Row[], columns: readonly string[]): string[] =>
  rows.map((row) => JSON.stringify(columns.map((name) => normal(row[name] ?? null)))).sort();

/** Engines spell timestamps differently; equal instants become equal text. */
function normal(value: Row[string]): Row[string] {
  if (typeof value !== 'string') return value;
  const match = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(Z|\+00:00)?$/.exec(value);
  return match === null ? value : `${match[1]}T${match[2]}.${(match[3] ?? '').padEnd(6, '0')}Z`;
}

const narrow: TableSchema = {
  ...resultsTable,
  columns: resultsTable.columns.filter(({ name }) => name !== 'cost_usd'),
};

beforeAll(async () => {
  lake = await startEmulatedLake();
  const store = await lake.newStore();
  const old = lake.table(store, narrow, systemClock);
  await old.append(decisions(0, 20), { appId: 'r0', appVersion: 0 });
  table = lake.table(store, resultsTable, systemClock); // adds a column
  for (let run = 1; run <= 12; run++) await table.append(decisions(run, 7 + run), { appId: `r${run}`, appVersion: 0 });
  await table.overwrite(decisions(1, 3), { run_date: '2026-11-21' });
  await rewriteRows(table, [{ column: 'document_id', op: '=', value: 'd-2-1' }], { kind: 'delete' });
  await rewriteRows(table, [{ column: 'run_id', op: '=', value: 'run-3' }], {
    kind: 'set',
    values: { llm_quote: "it's", label: null },
  });
  await compact(table);
  await checkpoint(table);
  await cleanLog(table);
  await table.append(decisions(13, 5), { appId: 'r13', appVersion: 0 });
  const newest = (await table.snapshot())!.version;
  versions = [1, 9, 10, 14, newest - 1, newest];
  for (const version of versions) {
    const { columns } = (await table.snapshot(version))!;
    expected.set(
      version,
      canonical(
        await table.scan({ version }),
        columns.map(({ name }) => name),
      ),
    );
  }
  folder = join(lake.folder, 'copy');
  for (const path of await listPaths(store, table.path)) await store.download(path, join(folder, path));
  folder = join(folder, table.path);
});
afterAll(() => lake.close());

async function expectSameRows(answers: Record<string, Row[]>): Promise<void> {
  for (const version of versions) {
    const { columns } = (await table.snapshot(version))!;
    expect(
      canonical(
        answers[String(version)]!,
        columns.map(({ name }) => name),
      ),
    ).toEqual(expected.get(version));
  }
}

test('foreign engines: the table has rows of every kind to compare', () => {
  expect(expected.get(1)!.length).toBe(20);
  expect(expected.get(versions.at(-1)!)!.length).toBeGreaterThan(80);
});

test('foreign engines: DuckDB, given the active files and nothing of ours, sees the same rows', async () => {
  const snapshot = (await table.snapshot())!;
  const paths = [...snapshot.files.values()].map((file) => sqlText(join(folder, file.path)));
  // Directories carry the partition values for engines that read plain files.
  const sql = `SELECT * FROM read_parquet([${paths.join(', ')}], union_by_name = true, hive_partitioning = true, hive_types = {'run_date': DATE})`;
  const rows = await withConnection((connection) => selectRows(connection, sql));
  expect(
    canonical(
      rows,
      snapshot.columns.map(({ name }) => name),
    ),
  ).toEqual(expected.get(snapshot.version));
});

async function pythonHas(...modules: string[]): Promise<string | undefined> {
  try {
    await run(python, ['-c', modules.map((name) => `import ${name}`).join(';')]);
    return undefined;
  } catch (error) {
    return `${python} without ${modules.join(', ')}: ${
      String((error as Error).message)
        .split('\n')
        .at(-2) ?? 'no Python'
    }`;
  }
}

test('foreign engines: delta-rs reads every version row for row', { timeout: 120_000 }, async (context) => {
  const missing = await pythonHas('deltalake', 'pyarrow');
  if (missing !== undefined) context.skip(missing);
  const script = join(import.meta.dirname, 'foreign/read_delta_rs.py');
  const { stdout } = await run(python, [script, folder, ...versions.map(String)], { maxBuffer: 1e8 });
  await expectSameRows(JSON.parse(stdout));
});

test('foreign engines: delta-rs appends to our table and we read on', { timeout: 120_000 }, async (context) => {
  const missing = await pythonHas('deltalake', 'pyarrow');
  if (missing !== undefined) context.skip(missing);
  const code = `import sys, datetime, pyarrow as pa
from deltalake import write_deltalake, DeltaTable
write_deltalake(sys.argv[1], pa.table({"document_id": ["by-delta-rs"], "run_date": [datetime.date(2026, 11, 30)]}), mode="append", schema_mode="merge")
DeltaTable(sys.argv[1]).create_checkpoint()`;
  await run(python, ['-c', code, folder]);
  const store = await folderStore(folder, 'tables/results');
  const reopened = openMemory(store, resultsTable, 'delta-rs');
  const before = expected.get(versions.at(-1)!)!.length;
  expect((await reopened.scan({ columns: ['document_id'] })).length).toBe(before + 1);
  await reopened.append(decisions(14, 1), { appId: 'r14', appVersion: 0 });
  expect(await reopened.append(decisions(1, 8), { appId: 'r1', appVersion: 0 })).toMatchObject({
    alreadyApplied: true,
  });
  expect((await reopened.scan({ columns: ['document_id'] })).length).toBe(before + 2);
});

test('foreign engines: Spark reads every version row for row', { timeout: 300_000 }, async (context) => {
  const missing = await pythonHas('pyspark', 'delta');
  if (missing !== undefined) context.skip(missing);
  const script = join(import.meta.dirname, 'foreign/read_spark.py');
  const answer = await run(python, [script, folder, ...versions.map(String)], {
    maxBuffer: 1e8,
    timeout: 280_000,
  }).catch((error: Error & { stderr?: string }) => error);
  if (answer instanceof Error) {
    const noJars = /unresolved dependency|JAVA_HOME|java: not found|UnsupportedClassVersion/i.exec(answer.stderr ?? '');
    if (noJars !== null) context.skip(`Spark cannot start here: ${noJars[0]}`);
    throw answer;
  }
  await expectSameRows(JSON.parse(answer.stdout));
});

test('foreign engines: ClickHouse with delta-kernel-rs reads every version row for row', {
  timeout: 120_000,
}, async (context) => {
  let module: string | undefined;
  try {
    module = createRequire(import.meta.url).resolve(
      process.env.SLUICE_TEST_CHDB === undefined ? 'chdb' : resolve(process.env.SLUICE_TEST_CHDB),
    );
  } catch {
    context.skip('chdb is not installed');
  }
  const script = join(import.meta.dirname, 'foreign/read_chdb.mjs');
  const { stdout } = await run(process.execPath, [script, module!, folder, ...versions.map(String)], {
    cwd: lake.folder,
    maxBuffer: 1e8,
  });
  await expectSameRows(JSON.parse(stdout));
});

interface Golden {
  writer: string;
  files: Record<string, string>;
  versions: Record<string, Row[]>;
}

function openMemory(store: MemoryLakeStore, schema: TableSchema, name: string): DeltaTable {
  const cache = new FileCache(join(lake.folder, 'cache', name));
  return DeltaTable.open(store, 'tables/results', schema, {
    clock: systemClock,
    random: seededRandom(1),
    logger: silentLogger,
    cache,
  });
}

async function folderStore(from: string, prefix: string): Promise<MemoryLakeStore> {
  const { glob } = await import('node:fs/promises');
  const store = new MemoryLakeStore();
  for await (const entry of glob('**/*', { cwd: from, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    await store.write(`${prefix}/${path.slice(from.length + 1)}`, await readFile(path));
  }
  return store;
}

test('foreign engines: every version of a table that delta-rs wrote is read row for row', async () => {
  const golden = JSON.parse(await readFile(join(import.meta.dirname, 'golden/delta-rs.json'), 'utf8')) as Golden;
  const store = new MemoryLakeStore();
  for (const [path, bytes] of Object.entries(golden.files))
    await store.write(`tables/results/${path}`, Buffer.from(bytes, 'base64'));
  await mkdir(join(lake.folder, 'cache'), { recursive: true });
  const foreign = openMemory(store, { name: 'foreign', columns: [], partitionColumns: [] }, 'golden');
  expect(Object.keys(golden.versions).length).toBe(8);
  for (const [version, rows] of Object.entries(golden.versions)) {
    const { columns } = (await foreign.snapshot(Number(version)))!;
    const names = columns.map(({ name }) => name);
    expect(canonical(await foreign.scan({ version: Number(version) }), names)).toEqual(canonical(rows, names));
  }
  const old = openMemory(store, { name: 'foreign', columns: [], partitionColumns: [] }, 'golden');
  const found = await old.scan({
    columns: ['id'],
    where: [
      { column: 'part', op: '=', value: 'a b/c:ü=1%' },
      { column: 'id', op: '>', value: 12 },
    ],
  });
  expect(found).toEqual([{ id: 14 }]);
  // It holds a float column, which we would write as double: refused rather than damaged.
  await expect(old.append({ files: [] }, { appId: 'x', appVersion: 0 })).rejects.toMatchObject({
    code: 'lake.unsupported-table',
  });
});
