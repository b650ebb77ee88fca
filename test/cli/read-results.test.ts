// All decisions of a run, some at a time: each once, in path order, whatever a page holds.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { jsonOf, readResults, ShownResults } from '../../cli/show-results.ts';
import type { RunStatus } from '../../shared/api/runs.ts';
import { selectRows, withConnection } from '../../shared/lake/duckdb.ts';
import type { Row } from '../../shared/lake/tables.ts';
import { withTemporaryFolder } from '../../shared/temporary-folder.ts';
import fc from '../fakes/property.ts';

const run = {
  ...{ runId: 'run-1', documents: 7, labelled: 5, review: 1, failed: 1 },
  ...{ costUsd: 0.25, asked: 0, quote: null },
} as unknown as RunStatus; // what is read of it

type Name = readonly [path: string, inside: string, batch: string];

/** A lake with a table of results that answers questions, and keeps them. */
async function withLake(names: readonly Name[], work: (lake: Lake) => Promise<void>) {
  await withConnection(async (connection) => {
    await connection.run(
      'CREATE OR REPLACE TEMP TABLE results (run_id VARCHAR, source_path VARCHAR, archive_path VARCHAR, batch_id VARCHAR)',
    );
    for (const name of names)
      await connection.run("INSERT INTO results VALUES ('run-1', $1, $2, $3), ('run-2', $1, $2, $3)", [...name]);
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

const textOf = (rows: AsyncIterable<readonly Row[]>): Promise<string> =>
  withTemporaryFolder(async (folder) => {
    let text = '';
    for await (const piece of jsonOf(run, rows, join(folder, 'rows'))) text += piece;
    return text;
  });

async function* pagesOf(...pages: Row[][]) {
  yield* pages;
}

test('a page is of one batch and holds no more than it should; each row comes once, with members of one file and quotes in names', async () => {
  const names: Name[] = [
    ...([
      ['b', '', '2'],
      ['a', '', '1'],
      ["c'd", '2', '1'],
      ["c'd", '1', '1'],
    ] as const),
    ...([
      ["c'd", '3', '1'],
      ['é', '', '2'],
      ['a/b', '', '2'],
    ] as const),
  ];
  await withLake(names, async (lake) => {
    const pages: string[][] = [];
    for await (const page of readResults(lake, { runId: 'run-1', documents: 7 }, 2))
      pages.push(page.map((row) => `${row.source_path}${row.archive_path}`));
    expect(pages).toEqual([['a', "c'd1"], ["c'd2", "c'd3"], ['a/b', 'b'], ['é']]);
    expect(lake.asked).toHaveLength(5);
  });
});

test('a run of a page is one question', async () => {
  await withLake([['a', '', '1']], async (lake) => {
    const pages: Row[][] = [];
    for await (const page of readResults(lake, { runId: 'run-1', documents: 1 }, 1)) pages.push(page);
    expect(pages).toHaveLength(1);
    expect(lake.asked).toHaveLength(1);
  });
});

test('whatever the names, the batches and the size of a page: the document has each row once, in the order of bytes', async () => {
  const name = fc.string({ unit: fc.constantFrom('a', 'b', '/', "'", 'ä', '€', '\uffee', '😀'), maxLength: 3 });
  const drawn = fc.asyncProperty(
    fc.uniqueArray(fc.tuple(name, name, fc.constantFrom('1', '2', '3')), {
      maxLength: 12,
      selector: ([path, inside]) => `${path}\n${inside}`,
    }),
    fc.integer({ min: 1, max: 5 }),
    async (names, pageRows) => {
      await withLake(names, async (lake) => {
        const text = await textOf(readResults(lake, { runId: 'run-1', documents: names.length }, pageRows));
        const { results } = JSON.parse(text) as { results: Row[] }; // what is tested
        const bytes = ([path, inside]: readonly [string, string, ...unknown[]]) => Buffer.from(`${path}\0${inside}`);
        expect(results.map((row) => `${row.source_path}\n${row.archive_path}`)).toEqual(
          names.toSorted((a, b) => Buffer.compare(bytes(a), bytes(b))).map(([path, inside]) => `${path}\n${inside}`),
        );
      });
    },
  );
  await fc.assert(drawn, { numRuns: 25 });
});

test('the document of --json is the same in pieces as at once', async () => {
  const rows = ['c', 'a\u202e', 'b'].map((path): Row => ({ source_path: path, archive_path: '' }));
  const counts = { runId: 'run-1', documents: 7, labelled: 5, review: 1, failed: 1, costUsd: 0.25 };
  const whole = JSON.stringify({ ...counts, results: [rows[1], rows[2], rows[0]] });
  expect(await textOf(pagesOf(rows.slice(0, 1), rows.slice(1)))).toBe(`${whole.replace('\u202e', '\\u202e')}\n`);
  expect(await textOf(pagesOf())).toBe(`${JSON.stringify({ ...counts, results: [] })}\n`);
});

test('the table has the lines of all pages in path order', () => {
  const shown = new ShownResults('in');
  const row = (source_path: string): Row => ({ source_path, status: 'failed', failure_code: 'x', warnings_json: null });
  shown.add([row('in/c'), row('in/😀')]);
  shown.add([row('in/a'), row('in/\uffee')]);
  const lines = shown.table(run, 120).split('\n').slice(2, 6);
  expect(lines.map((line) => line.split(' ')[0])).toEqual(['a', 'c', '\uffee', '😀']);
});
