// All decisions of a run, some at a time: each once, in path order, whatever a page holds.
import { expect, test } from 'vitest';
import { jsonOf, readResults } from '../../cli/show-results.ts';
import type { RunStatus } from '../../shared/api/runs.ts';
import { selectRows, withConnection } from '../../shared/lake/duckdb.ts';
import type { Row } from '../../shared/lake/tables.ts';
import fc from '../fakes/property.ts';

const run = { runId: 'run-1', documents: 7, labelled: 5, review: 1, failed: 1, costUsd: 0.25 } as unknown as RunStatus; // what is read of it

/** A lake with a table of results that answers questions, and keeps them. */
async function withLake(names: readonly (readonly [string, string])[], work: (lake: Lake) => Promise<void>) {
  await withConnection(async (connection) => {
    await connection.run(
      'CREATE OR REPLACE TEMP TABLE results (run_id VARCHAR, source_path VARCHAR, archive_path VARCHAR)',
    );
    for (const [path, inside] of names)
      await connection.run("INSERT INTO results VALUES ('run-1', $1, $2), ('run-2', $1, $2)", [path, inside]);
    const asked: string[] = [];
    const query = async (sql: string) => {
      asked.push(sql);
      return { columns: [], rows: await selectRows(connection, sql) };
    };
    await work({ query, asked });
  });
}

interface Lake {
  query(sql: string): Promise<{ columns: string[]; rows: Row[] }>;
  asked: string[];
}

async function pagesOf(lake: Lake, documents: number, pageRows: number): Promise<Row[][]> {
  const pages: Row[][] = [];
  for await (const page of readResults(lake, { runId: 'run-1', documents }, pageRows)) pages.push(page);
  return pages;
}

test('pages hold each row once and in order, members of one file and names with quotes included', async () => {
  const names = [
    ['b', ''],
    ['a', ''],
    ["c'd", '2'],
    ["c'd", '1'],
    ["c'd", '3'],
    ['é', ''],
    ['a/b', ''],
  ] as const;
  await withLake(names, async (lake) => {
    const pages = await pagesOf(lake, 7, 2);
    expect(pages.map((page) => page.length)).toEqual([2, 2, 2, 1]);
    const order = ['a', 'a/b', 'b', "c'd1", "c'd2", "c'd3", 'é'];
    expect(pages.flat().map((row) => `${row.source_path}${row.archive_path}`)).toEqual(order);
    expect(lake.asked).toHaveLength(5);
  });
});

test('a run of a page is one question', async () => {
  await withLake([['a', '']], async (lake) => {
    expect(await pagesOf(lake, 1, 1)).toHaveLength(1);
    expect(lake.asked).toHaveLength(1);
  });
});

test('whatever the names and the size of a page, all rows are read', async () => {
  const name = fc.string({ unit: fc.constantFrom('a', 'b', '/', "'", 'ä', '€', '😀'), maxLength: 3 });
  const drawn = fc.asyncProperty(
    fc.uniqueArray(fc.tuple(name, name), { maxLength: 12, selector: (pair) => pair.join('\n') }),
    fc.integer({ min: 1, max: 5 }),
    async (names, pageRows) => {
      await withLake(names, async (lake) => {
        const rows = (await pagesOf(lake, names.length, pageRows)).flat();
        const bytes = (row: readonly unknown[]) => Buffer.from(row.join('\0'));
        expect(rows.map((row) => [row.source_path, row.archive_path])).toEqual(
          names.toSorted((a, b) => Buffer.compare(bytes(a), bytes(b))),
        );
      });
    },
  );
  await fc.assert(drawn, { numRuns: 25 });
});

test('the document of --json is the same in pieces as at once', async () => {
  async function* pages() {
    yield [{ source_path: 'a\u202e' }, { source_path: 'b' }];
    yield [{ source_path: 'c' }];
  }
  async function* none() {}
  const textOf = async (rows: AsyncIterable<Row[]>) => {
    let text = '';
    for await (const piece of jsonOf(run, rows)) text += piece;
    return text;
  };
  const counts = { runId: 'run-1', documents: 7, labelled: 5, review: 1, failed: 1, costUsd: 0.25 };
  const whole = JSON.stringify({
    ...counts,
    results: [{ source_path: 'a\u202e' }, { source_path: 'b' }, { source_path: 'c' }],
  });
  expect(await textOf(pages())).toBe(`${whole.replace('\u202e', '\\u202e')}\n`);
  expect(await textOf(none())).toBe(`${JSON.stringify({ ...counts, results: [] })}\n`);
});
