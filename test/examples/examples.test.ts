// The files of examples/, run as a reader would. Tools that are not installed are skipped with the reason:
//   pandas, polars   python3 -m venv venv && venv/bin/pip install deltalake pandas polars       SLUICE_TEST_PYTHON=venv/bin/python
//   Spark            venv/bin/pip install pyspark delta-spark (needs Java, and Maven)           SLUICE_TEST_PYTHON=venv/bin/python
import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exportResults } from '../../shared/insight/export-results.ts';
import { selectRows, sqlText, withConnection } from '../../shared/lake/duckdb.ts';
import { openTestTables, resultRow } from '../fakes/tables.ts';

const EXAMPLES = join(import.meta.dirname, '../../examples');
const python = process.env.SLUICE_TEST_PYTHON ?? 'python3';
const store = openTestTables();
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-examples-'));
  const at = (second: number) => ({ processed_at: `2026-11-23T12:00:0${second}.000Z`, run_date: '2026-11-23' });
  await store.add('results', [
    resultRow({ document_id: 'a', label: 'VAT', confidence: 0.9, ...at(0) }),
    resultRow({ document_id: 'b', label: 'Customs', confidence: 0.8, ...at(0) }),
    resultRow({ document_id: 'c', label: 'Customs', status: 'review', confidence: 0.3, ...at(0) }),
  ]);
  await store.add('results', [
    resultRow({ document_id: 'a', run_id: 'r2', label: 'Customs', confidence: 0.7, ...at(1) }),
  ]);
  for await (const { path } of store.lake.list('tables/results')) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), await store.lake.read(path));
  }
});
afterAll(() => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

test('every example is told in README.md, and README.md tells no other', () => {
  const told = readFileSync(join(EXAMPLES, 'README.md'), 'utf8').matchAll(/\]\((labels[\w.]+)\)/g);
  expect([...told].map((match) => match[1]).sort()).toEqual(
    readdirSync(EXAMPLES)
      .filter((name) => name !== 'README.md')
      .sort(),
  );
});

test('DuckDB: labels of the newest decisions, from an export', async () => {
  const file = join(folder, 'results.parquet');
  const parts: Uint8Array[] = [];
  for await (const part of (await exportResults(store.query, {}, 'parquet')).body) parts.push(part);
  writeFileSync(file, Buffer.concat(parts));
  const sql = readFileSync(join(EXAMPLES, 'labels.sql'), 'utf8').replace("'results.parquet'", sqlText(file));
  const rows = await withConnection((connection) => selectRows(connection, sql));
  expect(rows).toEqual([{ label: 'Customs', documents: 2, confidence: 0.75, by_people: 0 }]);
});

test('Power BI: the SQL of the query reads a view of Synapse, with columns that the tables have', async () => {
  const [, sql = ''] = /Query = "([^"]*)"/.exec(readFileSync(join(EXAMPLES, 'labels.pq'), 'utf8')) ?? [];
  const views = readFileSync(join(import.meta.dirname, '../../infra/synapse/04-reports.sql'), 'utf8');
  expect(views).toContain('CREATE OR ALTER VIEW dbo.latest_results AS');
  const { rows } = await store.query(sql);
  expect(rows).toEqual([{ label: 'Customs', documents: 2, confidence: 0.75 }]);
});

const hasModules = (modules: readonly string[]): boolean => {
  try {
    execFileSync(python, ['-c', modules.map((name) => `import ${name}`).join('\n')], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

for (const [file, modules] of [
  ['labels_pandas.py', ['deltalake', 'pandas']],
  ['labels_polars.py', ['deltalake', 'polars']],
  ['labels_spark.py', ['pyspark', 'delta']],
] as const)
  test(`${file}: labels of the newest decisions`, async (context) => {
    if (!hasModules(modules)) context.skip(`${python} has no ${modules.join(', ')}: see the head of this file`);
    const { stdout } = await promisify(execFile)(python, [join(EXAMPLES, file), join(folder, 'tables/results')]);
    expect(stdout).toMatch(/^label,documents,confidence\s+Customs,2,0\.75/);
  }, 180_000);
