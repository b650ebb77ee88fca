import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { listResultsSchema } from '../../shared/api/decisions.ts';
import { parseRequest, RequestError } from '../../shared/api/problem.ts';
import { compareRuns } from '../../shared/insight/compare-runs.ts';
import { csvCell } from '../../shared/insight/csv-cell.ts';
import { exportResults } from '../../shared/insight/export-results.ts';
import { documentHistory, listResults } from '../../shared/insight/results.ts';
import { readParquet } from '../../shared/lake/parquet.ts';
import { resultsTable } from '../../shared/lake/tables.ts';
import { id, NOON, openTestTables, resultRow, type TestTables } from '../fakes/tables.ts';

let world: TestTables;
beforeEach(() => {
  world = openTestTables();
});
afterEach(() => world.close());

const list = (filter: Record<string, string | number> = {}) =>
  listResults(world.query, parseRequest(listResultsSchema, filter));
const at = (minutes: number) => new Date(NOON + minutes * 60_000).toISOString();
const read = async (body: AsyncIterable<Uint8Array>) => {
  const parts: Uint8Array[] = [];
  for await (const part of body) parts.push(part);
  return Buffer.concat(parts);
};

test('results: an empty lake gives an empty page', async () => {
  expect(await list()).toEqual({ results: [], next: null });
});

test('results: pages cover every latest decision once, newest first, also when rows arrive in between', async () => {
  // two documents share each moment, so that time alone does not order them
  const rows = Array.from({ length: 7 }, (_, i) => resultRow({ document_id: id(i), processed_at: at(i >> 1) }));
  await world.add('results', rows);
  const seen: unknown[] = [];
  let cursor: string | null = null;
  do {
    const page = await list(cursor === null ? { limit: 2 } : { limit: 2, cursor });
    seen.push(...page.results.map((row) => row.document_id));
    if (cursor === null) await world.add('results', [resultRow({ document_id: id('f'), processed_at: at(60) })]);
    cursor = page.next;
  } while (cursor !== null);
  expect(seen).toEqual([6, 5, 4, 3, 2, 1, 0].map(id));
});

test.each([
  ['oldest', [0, 1, 2, 3, 4, 5]],
  ['unsure', [3, 0, 4, 1, 5, 2]], // equals: the newest first; without confidence last
  ['sure', [4, 1, 0, 3, 5, 2]],
  ['label', [5, 3, 4, 1, 0, 2]],
  ['path', [5, 4, 3, 2, 1, 0]],
] as const)('results: in the order %s pages cover every decision once', async (sort, expected) => {
  const confidence = [0.5, 0.9, null, 0.1, 0.9, null];
  const label = ['Zoll', 'Customs', null, 'acts', 'customs', 'Acts'];
  await world.add(
    'results',
    confidence.map((value, i) =>
      resultRow({
        ...{ document_id: id(i), confidence: value, label: label[i] ?? null },
        ...{ processed_at: at(i), source_path: `${9 - i}.txt` },
      }),
    ),
  );
  const seen: unknown[] = [];
  let cursor: string | null = null;
  do {
    const page = await list({ limit: 2, sort, ...(cursor === null ? {} : { cursor }) });
    expect(page.results[0]).not.toHaveProperty('sorted_by');
    seen.push(...page.results.map((row) => row.document_id));
    cursor = page.next;
  } while (cursor !== null);
  expect(seen).toEqual(expected.map(id));
  const { next } = await list({ limit: 2, sort });
  await expect(list({ limit: 2, cursor: next ?? '' })).rejects.toThrow('cursor');
});

test('results: paths of the greatest length, odd labels and no confidence are paged as any', async () => {
  const long = (last: string) => `in/${'長'.repeat(1010)}${last}`;
  const labels = ["o'x", '100%', '\\', '"', 'a\0b', '\u{1f600}', null, 'ÄB'];
  const confidence = [0, null, 1e-12, null, 0, 1, 0.1234567891, 0.1234567892];
  await world.add(
    'results',
    labels.map((label, i) =>
      resultRow({
        ...{ document_id: id(i), label, confidence: confidence[i] ?? null },
        ...{ processed_at: at(i % 3), source_path: i < 4 ? long(String(i)) : `in/${label}` },
      }),
    ),
  );
  for (const sort of ['oldest', 'unsure', 'sure', 'label', 'path'] as const) {
    const whole = (await list({ sort })).results.map((row) => row.document_id);
    const seen: unknown[] = [];
    let cursor: string | null = null;
    do {
      const page = await list({ limit: 1, sort, ...(cursor === null ? {} : { cursor }) });
      seen.push(...page.results.map((row) => row.document_id));
      cursor = page.next;
    } while (cursor !== null && seen.length < 20);
    expect(seen, sort).toEqual(whole);
    expect(new Set(seen).size, sort).toBe(labels.length);
    if (sort === 'sure') expect(seen.slice(-2).sort()).toEqual([id(1), id(3)]);
  }
  expect((await list({ label: 'a\0b' })).results).toHaveLength(1);
  expect((await list({ search: 'A\0B' })).results).toHaveLength(1);
});

test('results: filters by run, label, status, code, path, media type and time; without a run only the latest decision counts', async () => {
  await world.add('results', [
    resultRow({ document_id: id(1), label: 'VAT', processed_at: at(0) }),
    resultRow({ document_id: id(1), label: 'Customs', run_id: 'r2', processed_at: at(5) }),
    resultRow({
      document_id: id(2),
      status: 'failed',
      label: null,
      failure_code: 'extract.empty',
      source_path: "o'x/%",
    }),
    resultRow({ document_id: id(3), media_type: 'application/pdf', decided_by: 'llm', processed_at: at(9) }),
  ]);
  const ids = async (filter: Record<string, string>) =>
    (await list(filter)).results.map((row) => String(row.document_id)[0]).sort();
  expect(await ids({ label: 'VAT' })).toEqual(['3']);
  expect(await ids({ label: 'VAT', run: 'r1' })).toEqual(['1', '3']);
  expect(await ids({ status: 'failed' })).toEqual(['2']);
  expect(await ids({ code: 'extract.empty' })).toEqual(['2']);
  expect(await ids({ path: "o'x/%" })).toEqual(['2']);
  expect(await ids({ path: '%' })).toEqual([]);
  expect(await ids({ mediaType: 'application/pdf', decidedBy: 'llm' })).toEqual(['3']);
  expect(await ids({ from: at(5), to: at(9) })).toEqual(['1']);
  expect(await ids({ label: "' OR 1=1 --" })).toEqual([]);
});

test('results: a cursor that was not given out is a wrong field, not an error of the server', async () => {
  const made = ['["a","b","c"]', '["1","b","c"]', '["Jan 1 2020","b","c"]', '["+020260-01-01T00:00:00Z","b","c"]'];
  for (const cursor of ['x', ...made.map((text) => Buffer.from(text).toString('base64url'))])
    await expect(list({ cursor })).rejects.toThrow(RequestError);
});

test('results: a document shows all its decisions and what people said', async () => {
  await world.add('results', [
    resultRow({ document_id: id(1), processed_at: at(0) }),
    resultRow({ document_id: id(1), run_id: 'r2', label: 'Customs', processed_at: at(1) }),
  ]);
  await world.add('feedback', [
    { feedback_id: 'f', document_id: id(1), label: 'Customs', created_at: at(2), run_date: '2026-11-23' },
  ]);
  const history = await documentHistory(world.query, id(1));
  expect(history.latest.label).toBe('Customs');
  expect(history.history.map((row) => row.run_id)).toEqual(['r2', 'r1']);
  expect(history.feedback).toHaveLength(1);
  await expect(documentHistory(world.query, id(9))).rejects.toMatchObject({ code: 'document.not-found' });
});

test('export: CSV and Parquet hold every row; too many are refused rather than cut', async () => {
  await world.add('results', [
    resultRow({ document_id: id(1), source_path: '=cmd("x"),1.txt' }),
    resultRow({ document_id: id(2), source_path: 'b.txt', confidence: 0.25 }),
  ]);
  const csv = (await read((await exportResults(world.query, {}, 'csv')).body)).toString('utf8').split('\r\n');
  expect(csv[0]?.split(',')).toEqual(resultsTable.columns.map((column) => column.name));
  expect(csv).toHaveLength(4);
  expect(csv[1]).toContain(`"'=cmd(""x""),1.txt"`);
  const folder = await mkdtemp(join(tmpdir(), 'sluice-test-export-'));
  try {
    await writeFile(join(folder, 'x.parquet'), await read((await exportResults(world.query, {}, 'parquet')).body));
    const rows = await readParquet(join(folder, 'x.parquet'));
    expect(rows.map((row) => row.confidence)).toEqual([0.9, 0.25]);
  } finally {
    await rm(folder, { recursive: true });
  }
  await expect(exportResults(world.query, {}, 'csv', 1)).rejects.toThrow(RequestError);
});

test('export: cells that a spreadsheet would run are made text; numbers stay numbers', () => {
  expect(['=1', '+1', '-1', '@x', 'a,b', 'say "x"', -1, null, true].map((value) => csvCell(value))).toEqual([
    "'=1",
    "'+1",
    "'-1",
    "'@x",
    '"a,b"',
    '"say ""x"""',
    '-1',
    '',
    'true',
  ]);
});

test('export: a formula sign in full width, or behind blanks, quotes and marks that do not show, is made text as well', () => {
  const signs = ['=', '+', '-', '@', '\uFF1D', '\uFF0B', '\uFF0D', '\uFF20', '\u2212', '\uFE66'];
  const leads = ['', ' ', '\u00A0', '\u3000', '\u200B', '\uFEFF', '\u202E', '\u0001', '"', "'", ' \t\u2003'];
  for (const sign of signs)
    for (const lead of leads) {
      const cell = csvCell(`${lead}${sign}SUM(A1)`).replace(/^"/, '');
      expect(cell.startsWith("'"), JSON.stringify(lead + sign)).toBe(true);
    }
  for (const text of ['a=1', '10-K report.pdf', 'Q1 (+5 %).xlsx', ' plain', '2025-01-31', '“quoted”'])
    expect(csvCell(text)).toBe(text);
  expect(csvCell('\nsecond line')).toBe(`"'\nsecond line"`);
});

test('compare: every shared document is the same or one flip with one reason; human decisions do not count', async () => {
  const pair = (digit: number, a: object, b: object) => [
    resultRow({ document_id: id(digit), ...a }),
    resultRow({ document_id: id(digit), run_id: 'r2', ...b }),
  ];
  await world.add('results', [
    ...pair(1, {}, { confidence: 0.99 }),
    ...pair(2, {}, { label: 'Customs', model_version: 'v2' }),
    ...pair(3, {}, { label: 'Customs', content_sha256: 'other', model_version: 'v2' }),
    ...pair(
      4,
      { status: 'review', decided_by: null, failure_code: 'llm.unsure' },
      { decided_by: 'llm', prompt_version: 'p1' },
    ),
    ...pair(5, { status: 'failed', label: null, decided_by: null, failure_code: 'extract.timeout' }, {}),
    ...pair(
      6,
      { decided_by: 'llm', prompt_version: 'p1' },
      { decided_by: 'llm', prompt_version: 'p2', label: 'Customs' },
    ),
    ...pair(
      7,
      { status: 'review', label: 'VAT', decided_by: null },
      { status: 'review', label: 'Customs', decided_by: null },
    ),
    resultRow({ document_id: id(8) }),
    resultRow({ document_id: id(9), run_id: 'r2' }),
    resultRow({ document_id: id(1), run_id: 'r2', decided_by: 'human', label: 'Customs', processed_at: at(9) }),
  ]);
  const found = await compareRuns(world.query, 'r1', 'r2');
  expect(found.documents).toEqual({ a: 8, b: 8, shared: 7, same: 2 });
  expect(found.flipped).toBe(5);
  expect(found.byReason).toEqual({ model: 1, content: 1, route: 1, reading: 1, prompt: 1 });
  expect(found.byLabel).toEqual([
    { from: 'VAT', to: 'Customs', documents: 3 },
    { from: 'failed', to: 'VAT', documents: 1 },
    { from: 'review', to: 'VAT', documents: 1 },
  ]);
  expect(found.flips.map((flip) => [flip.documentId[0], flip.before.label, flip.after.label])).toContainEqual([
    '2',
    'VAT',
    'Customs',
  ]);
  await expect(compareRuns(world.query, 'r1', 'nope')).rejects.toMatchObject({ code: 'run.not-found' });
});
