// Which decision counts, worked out once for each version and kept: the same rows as looking at all of them, whatever happened in between.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { compact, vacuum } from '../../shared/lake/delta/maintenance.ts';
import { purgeRows } from '../../shared/lake/delta/purge.ts';
import type { DeltaTable } from '../../shared/lake/delta/table.ts';
import { LakeQueries } from '../../shared/lake/query.ts';
import type { Row } from '../../shared/lake/tables.ts';
import fc from '../fakes/property.ts';
import { id, NOON, openTestTables, resultRow, type TestTables } from '../fakes/tables.ts';

let world: TestTables;
beforeEach(() => {
  world = openTestTables();
});
afterEach(() => world.close());

const results = () => world.tables.get('results') as DeltaTable; // one of the lake's tables
const at = (minute: number) => new Date(NOON + minute * 60_000).toISOString();
const decided = (digit: number, minute: number, more: Row = {}) =>
  resultRow({ document_id: id(digit), run_id: `r${minute}`, processed_at: at(minute), ...more });
const counting = async (query = world.query, where = 'true') =>
  (await query(`SELECT document_id, label FROM latest_results WHERE ${where} ORDER BY ALL`)).rows.map(
    (row) => `${String(row.document_id).slice(0, 1)} ${row.label}`,
  );

/** The rule read row by row: the newest, or the newest of a person about the same content under the same labels. */
function thatCount(rows: readonly Row[]): string[] {
  const later = (a: Row, b: Row) =>
    String(b.processed_at).localeCompare(String(a.processed_at)) || String(b.run_id).localeCompare(String(a.run_id));
  return [...Map.groupBy(rows, (row) => row.document_id).values()]
    .map((all) => {
      const [newest] = all.toSorted(later);
      const same = all.filter(
        (row) =>
          row.decided_by === 'human' &&
          row.content_sha256 === newest?.content_sha256 &&
          row.taxonomy_version === newest?.taxonomy_version,
      );
      return same.toSorted(later)[0] ?? newest;
    })
    .map((row) => `${String(row?.document_id).slice(0, 1)} ${row?.label}`)
    .sort();
}

test('latest: is the newest row or a person’s about the same content, in any order of commits', async () => {
  const row = fc.record({
    digit: fc.integer({ min: 1, max: 4 }),
    content: fc.constantFrom('c1', 'c2'),
    taxonomy: fc.constantFrom('t1', 't2'),
    by: fc.constantFrom('model', 'model', 'human'),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(row, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 0, max: 6 }),
      async (commits, turn) => {
        const own = openTestTables();
        try {
          let n = 0;
          const all: Row[] = [];
          for (const commit of commits) {
            const rows = commit.map(({ digit, content, taxonomy, by }) => {
              // Each at a time of its own, but not in the order of writing.
              const minute = (++n * 5 + turn) % 17;
              const more = { content_sha256: content, taxonomy_version: taxonomy, decided_by: by, label: `L${n}` };
              return decided(digit, minute, more);
            });
            all.push(...rows);
            await own.add('results', rows);
            expect(await counting(own.query)).toEqual(thatCount(all));
          }
        } finally {
          own.close();
        }
      },
    ),
    { numRuns: 8 },
  );
});

test('latest: what is kept follows a commit, an erasure, a compaction and a vacuum between two questions', async () => {
  await world.add('results', [decided(1, 1, { label: 'A' }), decided(2, 1, { label: 'B' })]);
  expect(await counting()).toEqual(['1 A', '2 B']);
  await world.add('results', [decided(1, 2, { label: 'C' }), decided(3, 2, { label: 'D' })]);
  expect(await counting()).toEqual(['1 C', '2 B', '3 D']);
  expect(await counting(world.query, "label <> 'B'")).toEqual(['1 C', '3 D']);
  await purgeRows(results(), [{ column: 'document_id', op: '=', value: id(1) }], { label: null });
  expect(await counting()).toEqual(['1 null', '2 B', '3 D']);
  await compact(results());
  expect(await counting(world.query, 'status IS NOT NULL')).toEqual(['1 null', '2 B', '3 D']);
  await vacuum(results(), { retentionMs: 0, acceptShortRetention: true });
  await world.add('results', [decided(2, 3, { label: 'E' })]);
  expect(await counting()).toEqual(['1 null', '2 E', '3 D']);
});

test('latest: is worked out when a statement names it, once for all questions to a version', async () => {
  await world.add('results', [decided(1, 1), decided(1, 2), decided(2, 1)]);
  const queries = new LakeQueries([results()]);
  try {
    const tables = async () =>
      (await queries.query('SELECT table_name FROM information_schema.tables')).rows.map((row) => row.table_name);
    await queries.query('SELECT count(*) FROM results');
    expect(await tables()).not.toContain('latest_keys');
    await queries.query('SELECT count(*) FROM Latest_Results');
    const { rows } = await queries.query('SELECT count(*) AS n FROM stale_keys');
    expect(rows).toEqual([{ n: 1 }]);
  } finally {
    queries.close();
  }
});

test('latest: other statements still cannot write, and what is kept can only be read', async () => {
  await world.add('results', [decided(1, 1), decided(1, 2)]);
  await counting();
  for (const sql of [
    'DELETE FROM latest_keys',
    'DROP TABLE stale_keys',
    'TRUNCATE stale_keys',
    'CREATE TABLE t (a INT)',
  ])
    await expect(world.query(sql)).rejects.toMatchObject({ code: 'query.invalid' });
  expect(await counting()).toHaveLength(1);
});
