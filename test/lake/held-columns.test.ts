// Narrow columns in memory: the same answers as from the files, whatever the statement and whatever happened in between.
import type { DuckDBConnection } from '@duckdb/node-api';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { purgeRows } from '../../shared/lake/delta/purge.ts';
import type { DeltaTable } from '../../shared/lake/delta/table.ts';
import { createDatabase } from '../../shared/lake/duckdb.ts';
import { HeldColumns, type ShownResults } from '../../shared/lake/held-columns.ts';
import { namedColumns } from '../../shared/lake/named-columns.ts';
import { LakeQueries } from '../../shared/lake/query.ts';
import { treeOf } from '../../shared/lake/statement-check.ts';
import fc from '../fakes/property.ts';
import { id, NOON, openTestTables, resultRow, type TestTables } from '../fakes/tables.ts';

let world: TestTables;
let held: LakeQueries;
let plain: LakeQueries;
beforeEach(() => {
  world = openTestTables();
  held = new LakeQueries([...world.tables.values()], undefined, { minBytes: 0, maxCells: 1000 });
  plain = new LakeQueries([...world.tables.values()], undefined, { minBytes: Number.POSITIVE_INFINITY, maxCells: 0 });
});
afterEach(() => {
  held.close();
  plain.close();
  world.close();
});

const LABELS = ['vat', 'customs', null];
const decided = (n: number) =>
  resultRow({
    document_id: id(n % 7),
    run_id: `r${n % 3}`,
    label: LABELS[n % 3] ?? null,
    size_bytes: n,
    run_date: n % 2 === 0 ? '2026-11-23' : '2026-11-24',
    processed_at: new Date(NOON + n * 60_000).toISOString(),
  });
const some = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => decided(from + i));
/** Columns and rows that are in memory. */
const inMemory = async (): Promise<{ columns: string; rows: number }[]> => {
  const sql = `SELECT d.database_name AS held, estimated_size AS rows, (SELECT string_agg(column_name, ',' ORDER BY column_name)
    FROM duckdb_columns() c WHERE c.database_name = d.database_name AND table_name = 'hot') AS columns FROM duckdb_tables() d WHERE table_name = 'hot'`;
  const { rows } = await held.query(`${sql} AND ${++asked} > 0`); // a new question each time
  return rows.map(({ columns, rows: count }) => ({ columns: String(columns), rows: Number(count) }));
};
let asked = 0;
const byLabel = (n: number) =>
  `SELECT label, count(*) AS n FROM results WHERE size_bytes <> ${-n} GROUP BY 1 ORDER BY 1`;

test('held: the second statement that names a column holds it; what names others or all does not', async () => {
  await world.add('results', some(0, 20));
  await held.query(byLabel(1));
  expect(await inMemory()).toEqual([]);
  await held.query('SELECT *, 1 AS one FROM results');
  await held.query('SELECT document_id FROM results WHERE label IS NULL');
  expect(await inMemory()).toEqual([]);
  const { rows } = await held.query(byLabel(2));
  expect(await inMemory()).toEqual([{ columns: 'file_no,label,row_no,size_bytes', rows: 20 }]);
  expect(rows).toEqual((await plain.query(byLabel(2))).rows);
  await held.query("SELECT count(*) FROM latest_results WHERE run_id = 'r1'");
  await held.query("SELECT count(*) FROM latest_results WHERE run_id = 'r2'");
  expect(await inMemory()).toEqual([{ columns: 'file_no,label,row_no,run_id,size_bytes', rows: 20 }]);
});

test('held: rows of a later version are added, those of a version that lost a file are let go', async () => {
  await world.add('results', some(0, 20));
  for (const n of [1, 2]) await held.query(byLabel(n));
  await world.add('results', some(20, 25));
  expect((await held.query(byLabel(3))).rows).toEqual((await plain.query(byLabel(3))).rows);
  expect(await inMemory()).toMatchObject([{ rows: 25 }]);
  const results = world.tables.get('results') as DeltaTable; // one of the lake's tables
  await purgeRows(results, [{ column: 'document_id', op: '=', value: id(1) }], { label: 'gone' });
  expect((await held.query(byLabel(4))).rows).toEqual((await plain.query(byLabel(4))).rows);
  expect(await inMemory()).toEqual([]);
});

test('held: what a version has lost is let go by whatever is asked next', async () => {
  await world.add('results', some(0, 20));
  for (const n of [1, 2]) await held.query(byLabel(n));
  expect(await inMemory()).toMatchObject([{ rows: 20 }]);
  const results = world.tables.get('results') as DeltaTable; // one of the lake's tables
  await purgeRows(results, [{ column: 'document_id', op: '=', value: id(1) }], { label: 'gone' });
  await held.query('SELECT * FROM results');
  expect(await inMemory()).toEqual([]);
});

test('held: a column that does not exist is told as of the whole table', async () => {
  await world.add('results', some(0, 20));
  for (const n of [1, 2]) await held.query(byLabel(n));
  const told = async (queries: LakeQueries) =>
    await queries.query('SELECT label, document_i FROM results').catch((error: Error) => error.message);
  expect(await told(held)).toBe(await told(plain));
  expect(await told(held)).toContain('"document_id"');
});

test('held: more values than are allowed stay in their files', async () => {
  await world.add('results', some(0, 250)); // of two columns and two of places
  for (const n of [1, 2]) await held.query(byLabel(n));
  expect(await inMemory()).toMatchObject([{ rows: 250 }]);
  await world.add('results', some(250, 251));
  for (const n of [3, 4, 5]) expect((await held.query(byLabel(n))).rows).toEqual((await plain.query(byLabel(n))).rows);
  expect(await inMemory()).toEqual([]);
});

/** They use columns that they do not name. */
const IMPLICIT = [
  'FROM results WHERE label IS NULL',
  'SELECT results FROM results WHERE label IS NULL',
  'SELECT x FROM results AS x WHERE label IS NULL',
  'SELECT main.results FROM results WHERE label IS NULL',
  'SELECT memory.main.results.label FROM results WHERE label IS NULL',
  'SELECT memory.latest_results.label FROM latest_results WHERE label IS NULL',
  'SELECT r.label FROM results r NATURAL JOIN feedback ORDER BY 1',
  'SELECT a FROM results AS r(a, b, c) WHERE b IS NOT NULL',
  "SELECT COLUMNS('.*_id') FROM results WHERE label IS NULL",
  'DESCRIBE results',
  'SUMMARIZE results',
];

test('held: any statement has the answer that the files give', async () => {
  await world.add('results', some(0, 12));
  await world.add('feedback', [
    { feedback_id: 'f1', document_id: id(1), label: 'customs', run_id: 'r1', run_date: '2026-11-24' },
  ]);
  const column = fc.constantFrom('label', 'size_bytes', 'run_id', 'run_date', 'status', 'document_id', 'source', 'r');
  const relation = fc.constantFrom('results', 'latest_results', 'Results AS r', 'results AS r(a, b, c)');
  const statement = fc.oneof(
    fc.tuple(column, relation, column).map(([a, from, b]) => `SELECT ${a}, ${b} FROM ${from} ORDER BY 1, 2`),
    fc.tuple(column, relation).map(([a, from]) => `SELECT ${a}, count(*) AS n FROM ${from} GROUP BY ALL ORDER BY 1`),
    fc.tuple(column, relation).map(([a, from]) => `SELECT count(DISTINCT ${a}) AS n FROM ${from}`),
    fc.tuple(column, column).map(([a, b]) => `SELECT max(${a}) AS n FROM results WHERE ${b} IS NOT NULL`),
    column.map((a) => `SELECT r.${a} FROM results r NATURAL JOIN feedback ORDER BY 1`),
    column.map((a) => `SELECT count(*) AS n FROM results JOIN feedback USING (${a})`),
    column.map((a) => `SELECT feedback_id, (SELECT max(${a}) FROM results) AS most FROM feedback`),
    column.map((a) => `SELECT feedback_id FROM feedback WHERE (SELECT count(${a}) FROM results) > 1`),
    column.map((a) => `WITH results AS (SELECT ${a} AS label FROM main.results) SELECT label FROM results ORDER BY 1`),
    column.map((a) => `SELECT COLUMNS('${a}') FROM results ORDER BY ALL`),
  );
  const told = async (queries: LakeQueries, sql: string) => {
    try {
      return await queries.query(sql);
    } catch (error) {
      return String(error).replace(/Candidate bindings[\s\S]*|LINE[\s\S]*/, '');
    }
  };
  for (const n of [1, 2]) {
    await held.query(`${byLabel(n)}`);
    await held.query(`SELECT run_id, run_date, status FROM latest_results WHERE size_bytes <> ${n}`);
  }
  await fc.assert(
    fc.asyncProperty(statement, async (sql) => {
      expect(await told(held, sql), sql).toEqual(await told(plain, sql));
    }),
    { numRuns: 36, examples: IMPLICIT.map((sql) => [sql]) },
  );
  expect(await inMemory()).toHaveLength(1);
});

test('held: what a statement that was given up has left half done is neither used nor kept', async () => {
  const database = await createDatabase();
  const connection = await database.connect();
  const relation = async (from: number) =>
    `SELECT 'vat' AS label, range::INTEGER AS file_no, 0 AS row_no FROM range(${from}, 10)`;
  await connection.run(`CREATE VIEW results_rows AS ${await relation(0)}`);
  const at = (version: number, files: number): ShownResults => {
    const paths = Array.from({ length: files }, (_, i) => `f${i}`);
    return { version, paths, bytes: 1, relation, latest: undefined };
  };
  /** Ends after a statement, before anybody is told. */
  const endingAfter = (words: RegExp, message = 'INTERRUPT Error: Interrupted!'): DuckDBConnection =>
    new Proxy(connection, {
      get: (target, name) =>
        name === 'run'
          ? async (sql: string) => {
              const done = await target.run(sql);
              if (words.test(sql)) throw new Error(message);
              return done;
            }
          : Reflect.get(target, name).bind(target),
    });
  const count = async (): Promise<unknown> => {
    const own = await database.connect();
    await columns.show(own, new Set(['label']), shown);
    const found = await own.runAndReadAll('SELECT count(*)::INTEGER FROM results');
    own.closeSync();
    return found.getRows()[0]?.[0];
  };
  const columns = new HeldColumns({ minBytes: 0, maxCells: 1000 });
  let shown = at(1, 5);
  await columns.show(connection, new Set(['label']), shown);
  for (const words of [/^ATTACH/, /^CREATE TABLE/, /^CHECKPOINT/])
    await expect(columns.show(endingAfter(words), new Set(['label']), shown)).rejects.toThrow('INTERRUPT');
  expect(await count()).toBe(10);
  shown = at(2, 9);
  for (const words of [/^INSERT/])
    await expect(columns.show(endingAfter(words), new Set(['label']), shown)).rejects.toThrow('INTERRUPT');
  expect(await count()).toBe(10);
  shown = at(3, 4);
  for (let n = 0; n < 2; n++) await columns.show(connection, new Set(['label']), shown); // let go, named once
  await columns.show(endingAfter(/^CREATE TABLE/, 'Out of Memory Error: full'), new Set(['label']), shown); // the question reads the files
  await expect(count()).rejects.toThrow('results');
  shown = at(4, 4);
  expect(await count()).toBe(10);
  const { length } = (await connection.runAndReadAll('SHOW DATABASES')).getRows();
  expect(length).toBe(2);
  connection.closeSync();
  database.closeSync();
});

test('held: which columns a statement names is told only where it names all it uses', async () => {
  const database = await createDatabase();
  const connection = await database.connect();
  const named = async (sql: string) => namedColumns(await treeOf(connection, sql), new Set(['label', 'status', 'n']));
  for (const [sql, names] of [
    ['SELECT Label, count(*) FROM results WHERE "STATUS" = \'n\' GROUP BY 1', ['label', 'status']],
    ['SELECT sum(1) OVER (PARTITION BY r.label) FROM results r', ['label']],
    ['WITH a AS (SELECT status AS n FROM results) SELECT n FROM a LEFT JOIN b USING (label)', ['label', 'n', 'status']],
    ['SELECT 1 FROM results WHERE EXISTS (SELECT 1 FROM b WHERE b.x = results.label) LIMIT 3', ['label']],
    ['SELECT label FROM results UNION ALL SELECT x FROM b ORDER BY 1', ['label']],
    ['SELECT count(*) FROM results', []],
  ] as const)
    expect([...((await named(sql)) ?? ['?'])].sort(), sql).toEqual(names);
  for (const sql of [
    'FROM results',
    'SELECT r.* FROM results r',
    'SELECT count(results) FROM results',
    'SELECT r FROM results r',
    'SELECT main.results FROM results',
    'SELECT memory.main.results.label FROM results',
    'SELECT R FROM (SELECT label FROM results) r',
    "SELECT COLUMNS('l.*') FROM results",
    'SELECT label FROM results NATURAL JOIN b',
    'SELECT label FROM results POSITIONAL JOIN b',
    'SELECT a FROM results AS r(a)',
    'SELECT label FROM results TABLESAMPLE 10%',
    'SELECT label FROM main.results',
    "SELECT label FROM query_table('results')",
    'SELECT label, current_schema() FROM results',
    'SELECT list_transform([1], x -> x + 1) FROM results',
    'SUMMARIZE results',
  ])
    expect(await named(sql), sql).toBeUndefined();
  connection.closeSync();
  database.closeSync();
});
