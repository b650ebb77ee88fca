import { afterEach, beforeEach, expect, test } from 'vitest';
import { maintain } from '../../../shared/lake/delta/maintenance.ts';
import { purgeRows } from '../../../shared/lake/delta/purge.ts';
import type { DeltaTable } from '../../../shared/lake/delta/table.ts';
import { id, openTestTables, resultRow, type TestTables } from '../../fakes/tables.ts';

let store: TestTables;
let results: DeltaTable;
beforeEach(() => {
  store = openTestTables();
  const table = store.tables.get('results');
  if (table === undefined) throw new Error('results is a table');
  results = table;
});
afterEach(() => store.close());

const purge = (digit: number) =>
  purgeRows(results, [{ column: 'document_id', op: '=', value: id(digit) }], { source_path: '', label: null });
const logText = async () => {
  const texts: string[] = [];
  for (const path of store.lake.paths().filter((name) => /_delta_log.*json$/.test(name)))
    texts.push((await store.lake.read(path)).toString('utf8'));
  return texts.join('\n');
};

test('purge: the rows change, all others keep their values, and the statistics of removed files are gone', async () => {
  await store.add('results', [
    resultRow({ document_id: id(1), source_path: 'aa-first' }),
    resultRow({ document_id: id(2), source_path: 'zz-last' }),
  ]);
  expect(await logText()).toContain('aa-first');
  expect(await purge(1)).toEqual({ rows: 1, files: 1 });
  expect(await logText()).not.toContain('aa-first');
  const rows = await results.scan({ columns: ['document_id', 'source_path', 'label'] });
  expect(rows).toEqual([
    { document_id: id(1), source_path: '', label: null },
    { document_id: id(2), source_path: 'zz-last', label: 'VAT' },
  ]);
});

test('purge: files of older versions go at once, whatever merged them; a file that is staged and not committed stays', async () => {
  for (const digit of [1, 2, 3]) await store.add('results', [resultRow({ document_id: id(digit) })]);
  await maintain(results); // one merged file, three removed ones that a vacuum would keep for a week
  const staged = await results.stage([resultRow({ document_id: id(4) })]);
  expect(await purge(2)).toEqual({ rows: 1, files: 4 });
  await results.append({ files: staged }, { appId: 'late', appVersion: 0 });
  expect(await results.scan({ columns: ['document_id'] })).toHaveLength(4);
  const data = store.lake.paths().filter((path) => path.includes('/run_date='));
  expect(data).toHaveLength(2);
});

test('purge: another process reads the table afterwards from its log alone, also past a checkpoint', async () => {
  for (let i = 0; i < 12; i++) await store.add('results', [resultRow({ document_id: id(i % 3), run_id: `r${i}` })]);
  expect(await purge(1)).toMatchObject({ rows: 4 });
  const other = openTestTables(store.lake);
  const { rows } = await other.query(
    'SELECT document_id, count(*) AS n, count(label) AS labels FROM results GROUP BY 1 ORDER BY 1',
  );
  expect(rows).toEqual([
    { document_id: id(0), n: 4, labels: 4 },
    { document_id: id(1), n: 4, labels: 0 },
    { document_id: id(2), n: 4, labels: 4 },
  ]);
  await other.add('results', [resultRow({ document_id: id(5) })]);
  expect(await results.scan({ columns: ['document_id'] })).toHaveLength(13);
  other.close();
});

test('purge: writers beside it lose nothing', async () => {
  await store.add('results', [resultRow({ document_id: id(1) }), resultRow({ document_id: id(2) })]);
  await Promise.all([
    purge(1),
    ...Array.from({ length: 6 }, (_, i) => store.add('results', [resultRow({ document_id: id(3), run_id: `w${i}` })])),
  ]);
  expect(await results.scan({ columns: ['document_id'] })).toHaveLength(8);
  const rows = await results.scan({ where: [{ column: 'document_id', op: '=', value: id(1) }] });
  expect(rows.map((row) => row.label)).toEqual([null]);
});

test('purge: a table that does not exist has nothing to purge', async () => {
  expect(await purge(1)).toEqual({ rows: 0, files: 0 });
  expect(store.lake.paths()).toEqual([]);
});
