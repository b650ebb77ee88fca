import { afterAll, beforeAll, expect, test } from 'vitest';
import { codeOf } from '../../shared/errors.ts';
import type { DeltaTable } from '../../shared/lake/delta/table.ts';
import { LakeQueries, type QueryResult } from '../../shared/lake/query.ts';
import { lakeTables, type Row } from '../../shared/lake/tables.ts';
import { type EmulatedLake, startEmulatedLake } from './emulated-lake.ts';

let lake: EmulatedLake;
let tables: DeltaTable[];
let queries: LakeQueries;
const query = (sql: string, maxRows?: number): Promise<QueryResult> => queries.query(sql, maxRows);
beforeAll(async () => {
  lake = await startEmulatedLake();
  const store = await lake.newStore();
  tables = lakeTables.map((schema) => lake.table(store, schema));
  queries = new LakeQueries(tables);
  const [results, calls] = tables as [DeltaTable, DeltaTable];
  const decision = (document: string, run: string, label: string, at: string): Row => ({
    document_id: document,
    run_id: run,
    label,
    status: 'labelled',
    confidence: 0.5,
    processed_at: at,
    run_date: at.slice(0, 10),
  });
  const first = [
    decision('d1', 'r1', 'vat', '2026-11-22T10:00:00.000Z'),
    decision('d2', 'r1', 'customs', '2026-11-22T10:00:00.000Z'),
  ];
  await results.append(first, { appId: 'r1', appVersion: 0 });
  await results.append([decision('d1', 'r2', 'payroll', '2026-11-23T10:00:00.123Z')], { appId: 'r2', appVersion: 0 });
  await calls.append([{ run_id: 'r1', cost_nano_usd: 2 ** 50, run_date: '2026-11-22' }], {
    appId: 'r1',
    appVersion: 0,
  });
});
afterAll(async () => {
  queries.close();
  await lake.close();
});

test('query: counts by label over all runs, and over the newest decision of each document', async () => {
  const sql = (view: string) => `SELECT label, count(*) AS n FROM ${view} GROUP BY 1 ORDER BY 1`;
  expect(await query(sql('results'))).toEqual({
    columns: ['label', 'n'],
    rows: [
      { label: 'customs', n: 1 },
      { label: 'payroll', n: 1 },
      { label: 'vat', n: 1 },
    ],
  });
  expect((await query(sql('latest_results'))).rows).toEqual([
    { label: 'customs', n: 1 },
    { label: 'payroll', n: 1 },
  ]);
});

test('query: an answer that is cut short keeps no memory', async () => {
  const view = await queries.newest(['results']);
  const used = async (n: number) =>
    Number((await view.query(`SELECT sum(memory_usage_bytes) + ${n} - ${n} AS n FROM duckdb_memory()`)).rows[0]?.n);
  const cut = (n: number) => view.query(`SELECT * FROM results WHERE label <> '${n}' ORDER BY processed_at LIMIT 2`, 1);
  await cut(0);
  const before = await used(1);
  for (let n = 1; n <= 6; n++) await cut(n);
  expect((await used(2)) - before).toBeLessThan(4_000_000); // it was 5 million each
});

test('query: tables join, big sums are exact, times are UTC, nested values are JSON', async () => {
  const { rows } = await query(
    `SELECT r.processed_at, r.run_date, sum(c.cost_nano_usd) AS nano, [1, 2] AS list, {'a': DATE '2026-01-01'} AS struct, 1.25::DECIMAL(9, 2) AS decimal,
            9007199254740993 AS huge, date_trunc('hour', r.processed_at) AS hour
     FROM latest_results r LEFT JOIN llm_calls c ON c.run_id = 'r1' WHERE document_id = 'd1' GROUP BY ALL`,
  );
  expect(rows).toEqual([
    {
      processed_at: '2026-11-23T10:00:00.123Z',
      run_date: '2026-11-23',
      nano: 2 ** 50,
      list: '[1,2]',
      struct: '{"a":"2026-01-01"}',
      decimal: 1.25,
      huge: '9007199254740993',
      hour: '2026-11-23T10:00:00.000Z',
    },
  ]);
});

test('query: a table without commits is empty and has its columns', async () => {
  expect(await query('SELECT reviewer, created_at FROM feedback')).toEqual({
    columns: ['reviewer', 'created_at'],
    rows: [],
  });
});

test('query: answers at most maxRows rows', async () => {
  const { rows } = await query('SELECT * FROM range(10000)', 5);
  expect(rows.map((row) => row.range)).toEqual([0, 1, 2, 3, 4]);
});

/** A local copy of a file of the table. */
async function copyOf(table: DeltaTable): Promise<string> {
  const [path = ''] = (await table.snapshot())?.files.keys() ?? [];
  const [copy = ''] = await table.cache.fetch(table.store, [`${table.path}/${decodeURIComponent(path)}`]);
  return copy;
}

test('query: nothing but reading the tables is possible', async () => {
  const refused = [
    'CREATE TABLE x (i INTEGER)',
    'DROP VIEW results',
    'INSERT INTO results SELECT * FROM results',
    'SET enable_external_access = true',
    "COPY (SELECT 1) TO '/tmp/sluice-query-test.csv'",
    `COPY (SELECT 1) TO '${tables[0]!.cache.folder}/planted.csv'`,
    "ATTACH '/tmp/sluice-query-test.db'",
    "SELECT * FROM read_text('/etc/hostname')",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM glob('/*')",
    "SELECT * FROM 'https://example.com/x.parquet'",
    'INSTALL httpfs',
    'LOAD httpfs',
    'PRAGMA memory_limit = "8GB"',
    'SELECT 1; SELECT 2',
    '',
    'SELECT nothing FROM nowhere',
    'EXPLAIN ANALYZE CREATE OR REPLACE VIEW results AS SELECT 1',
    `/* a */ explain -- b\n analyze COPY (SELECT 1) TO '${tables[0]!.cache.folder}/planted.csv'`,
    'EXPLAIN (ANALYZE) DROP VIEW results',
    'EXPLAIN DROP VIEW results',
    'SELECT * FROM checkpoint()',
    "SELECT * FROM query('SELECT 1')",
    'DESCRIBE SELECT (SELECT count(*) FROM checkpoint())',
    `SELECT * FROM glob('${tables[0]!.cache.folder}/*')`,
    `SELECT * FROM '${await copyOf(tables[0]!)}'`,
  ];
  for (const sql of refused) expect([sql, await query(sql).then(() => 'done', codeOf)]).toEqual([sql, 'query.invalid']);
  expect((await query('SELECT count(*) AS n FROM results')).rows).toEqual([{ n: 3 }]);
});

test('query: what reads is answered, in every form of it', async () => {
  const read = [
    'EXPLAIN SELECT count(*) FROM results',
    'explain analyze SELECT count(*) FROM results',
    'EXPLAIN (FORMAT json) SELECT count(*) FROM results',
    'EXPLAIN (SELECT 1) UNION SELECT 2',
    'DESCRIBE results',
    'SUMMARIZE results',
    'SHOW TABLES',
    'FROM results',
    'VALUES (1)',
    'PIVOT results ON label IN (1, 2) USING count(*)',
    'WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t WHERE n < 5) SELECT * FROM t, unnest([1, 2])',
    'SELECT count(*) FROM information_schema.tables; -- the end',
  ];
  for (const sql of read) expect([sql, (await query(sql)).rows.length > 0]).toEqual([sql, true]);
  await expect(query('SELECT 1 FORM results')).rejects.toThrow(/syntax error at or near "results"/);
});

test('query: an answer of more text than a process should hold is refused', async () => {
  await expect(query("SELECT repeat('x', 1_000_000) FROM range(68)")).rejects.toThrow('larger than 64 MB');
});

test('query: one database for all questions; a table that has moved on is seen by the next question, also by one from elsewhere', async () => {
  const store = await lake.newStore();
  const feedback = lakeTables.find(({ name }) => name === 'feedback')!;
  const own = new LakeQueries([lake.table(store, feedback)]);
  const count = async () => (await own.query('SELECT count(*) AS n FROM feedback')).rows[0]?.n;
  expect(await count()).toBe(0);
  const elsewhere = lake.table(store, feedback);
  for (let n = 1; n <= 3; n++) {
    await elsewhere.append([{ feedback_id: `${n}`, run_date: '2026-11-23' }], { appId: `f${n}`, appVersion: 0 });
    expect(await count()).toBe(n);
  }
  own.close();
});

test('query: the same question of the same versions is worked out once, and a view does not look again', async () => {
  const now = await queries.newest(['results']);
  const again = await queries.newest(['results']);
  expect(again.version).toBe(now.version);
  const sql = 'SELECT uuid() AS id, count(*) AS n FROM results GROUP BY ALL';
  const [one, two] = await Promise.all([now.query(sql), again.query(sql)]);
  expect(two).toBe(one);
  expect(() => now.query('SELECT * FROM feedback')).toThrow('names table feedback');
});

test('query: local copies that were trimmed are fetched again', async () => {
  const results = tables[0]!;
  const paths = [...((await results.snapshot())?.files.keys() ?? [])].map((path) => `${results.path}/${path}`);
  await results.cache.drop(results.store, paths.map(decodeURIComponent));
  expect((await query('SELECT count(*) AS n, 1 AS again FROM results')).rows).toEqual([{ n: 3, again: 1 }]);
});

test('query: a data file that is missing or damaged is named, as the table’s fault and not the caller’s; put back, it is read again', async () => {
  const store = await lake.newStore();
  const table = lake.table(store, lakeTables[0] as (typeof lakeTables)[number]);
  const own = new LakeQueries([table]);
  await table.append([{ document_id: 'd1', run_id: 'r1', label: 'vat', status: 'labelled', run_date: '2026-11-22' }], {
    appId: 'r1',
    appVersion: 0,
  });
  const [file] = [...((await table.snapshot())?.files.values() ?? [])];
  const path = `${table.path}/${decodeURIComponent(file?.path ?? '')}`;
  const count = () => own.query('SELECT count(DISTINCT document_id) AS n FROM results');
  const whole = await store.read(path);

  await table.cache.drop(store, [path]);
  await store.delete(path);
  await expect(count()).rejects.toMatchObject({
    code: 'lake.corrupt-table',
    message: expect.stringContaining(`${path} of a table is missing`),
  });
  await store.write(path, 'no parquet at all');
  await expect(count()).rejects.toMatchObject({
    code: 'lake.corrupt-table',
    message: expect.stringContaining(`${path} of a table cannot be read`),
  });
  await store.write(path, whole);
  expect((await count()).rows).toEqual([{ n: 1 }]);
  await expect(own.query('SELECT no_such_column FROM results')).rejects.toMatchObject({ code: 'query.invalid' });
  own.close();
});

test('query: a statement that takes longer than allowed is given up, and the next one is answered', async () => {
  const endless = 'SELECT count(*) FROM range(100000000) a, range(100000000) b WHERE a.range % 7 = b.range % 5';
  await expect(queries.queryWithin(50, endless)).rejects.toMatchObject({ code: 'query.timeout' });
  // The time is over before the tables are there: the statement must not begin without a limit.
  const cold = new LakeQueries(tables);
  await expect(cold.queryWithin(1, endless)).rejects.toMatchObject({ code: 'query.timeout' });
  cold.close();
  expect((await queries.queryWithin(60_000, 'SELECT count(*) AS n FROM results')).rows[0]?.n).toBeGreaterThan(0);
  await expect(queries.queryWithin(60_000, 'SELECT nothing FROM nowhere')).rejects.toMatchObject({
    code: 'query.invalid',
  });
});
