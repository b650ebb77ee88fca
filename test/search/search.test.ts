// The index over real Delta tables and Parquet files on a lake in memory.
import { readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { searchSchema } from '../../shared/api/decisions.ts';
import { parseRequest } from '../../shared/api/problem.ts';
import { listResults } from '../../shared/insight/results.ts';
import { Pace } from '../../shared/pace.ts';
import { runPaths, searchPaths } from '../../shared/paths.ts';
import { extractedColumns } from '../../shared/pipeline/extracted.ts';
import { parquetFiles } from '../../shared/pipeline/lake-files.ts';
import { silentLogger } from '../../shared/ports.ts';
import { forgetInSearch } from '../../shared/search/forget.ts';
import { RowKeys } from '../../shared/search/row-keys.ts';
import { matchedFilter, searchDocuments } from '../../shared/search/search.ts';
import { SearchIndex, toMerge } from '../../shared/search/search-index.ts';
import { readSegments } from '../../shared/search/segment-list.ts';
import { extractedRow, id, NOON, openTestTables, resultRow, type TestTables } from '../fakes/tables.ts';

let world: TestTables;
let search: SearchIndex;
const clock = { now: () => NOON, sleep: () => new Promise<void>((resolve) => setTimeout(resolve, 20_000).unref()) };

beforeEach(() => {
  world = openTestTables();
  search = openIndex();
});
afterEach(() => {
  search.close();
  world.close();
});

const openIndex = () =>
  new SearchIndex(
    { lake: world.lake, parquet: parquetFiles(world.lake), clock, logger: silentLogger },
    [...world.tables.values()],
    new Pace(clock),
  );
const lakeOf = (index: SearchIndex = search) => ({
  services: { lake: world.lake, clock },
  search: index,
  newest: () => Promise.reject(new Error('not asked')),
});
const find = async (text: string, more: Record<string, string | number> = {}, index = search) =>
  await searchDocuments(lakeOf(index), parseRequest(searchSchema, { text, ...more }));
const found = async (text: string, more: Record<string, string | number> = {}) =>
  (await find(text, more)).results.map(({ decision }) => decision.documentId);

let runs = 0;
/** A run that has read these texts; ids are one digit. */
async function decide(
  texts: Record<string, string>,
  given: Record<string, string | number | null> = {},
): Promise<string> {
  const runId = `r${++runs}`;
  const rows = Object.entries(texts).map(([digit, text]) =>
    extractedRow({ document_id: id(digit), text, content_sha256: `${digit}${text.length}` }),
  );
  await parquetFiles(world.lake).write(
    runPaths.extracted(runId, 'b00000'),
    extractedColumns,
    rows.map((row) => ({ ...row })),
  );
  await world.add(
    'results',
    rows.map((row) =>
      resultRow({
        document_id: row.document_id,
        run_id: runId,
        content_sha256: row.content_sha256,
        chars: row.text.length,
        processed_at: new Date(NOON + runs * 60_000).toISOString(),
        ...given,
      }),
    ),
  );
  return runId;
}
const segments = async () => (await readSegments(world.lake)).segments;

test('search: an empty lake finds nothing and has nothing to index', async () => {
  expect(await find('zoll')).toEqual({ results: [], next: null, total: 0, indexed: 0, waiting: 0 });
  expect(world.lake.paths()).toEqual([]);
});

test('search: words together, beginnings, phrases, umlauts, and without a word', async () => {
  await decide({
    1: 'Der Steuerbescheid für Herrn Müller liegt im Werk.',
    2: 'Die Steuer im alten Werk, Entwurf.',
    3: 'Zollanmeldung und Rechnung 88210 aus Straßburg',
    4: "drop table results; ' OR 1=1 --",
  });
  expect((await found('steuer')).sort()).toEqual([id(1), id(2)]);
  expect(await found('steuer -entwurf')).toEqual([id(1)]);
  expect(await found('"im werk"')).toEqual([id(1)]);
  expect(await found('MUELLER')).toEqual([id(1)]);
  expect(await found('zo*')).toEqual([id(3)]);
  expect(await found('"steuer"')).toEqual([id(2)]);
  expect(await found('strassburg 88210')).toEqual([id(3)]);
  expect(await found('steuer zoll')).toEqual([]);
  expect(await found("' OR 1=1 --")).toEqual([id(4)]);
  const [first] = (await find('steuer müller')).results;
  expect(first?.foundIn).toEqual(['text']);
  expect(first?.fragments[0]?.marks.map(([from, to]) => first.fragments[0]?.text.slice(from, to))).toEqual([
    'Steuerbescheid',
    'Müller',
  ]);
});

test('search: who holds the word oftener and in fewer words is first; pages hold each document once', async () => {
  const filler = 'wort '.repeat(300);
  await decide({ 1: `zoll ${filler}`, 2: 'zoll zoll zoll', 3: `${filler} zoll zoll`, 4: filler });
  const seen: unknown[] = [];
  let cursor: string | null = null;
  do {
    const page = await find('zoll', { limit: 1, ...(cursor === null ? {} : { cursor }) });
    expect(page.total).toBe(3);
    seen.push(...page.results.map(({ decision }) => decision.documentId));
    cursor = page.next;
  } while (cursor !== null);
  expect(seen).toEqual([id(2), id(3), id(1)]);
});

test('search: reasons, quotes, warnings and notes of people are found, and can be searched alone', async () => {
  await decide({ 1: 'kurz' }, { llm_quote: 'gemäß Lieferschein', evidence_json: '[{"term":"fracht","weight":1}]' });
  await decide({ 2: 'fracht' }, { warnings_json: '["pages.unread: two"]', failure_message: 'unsicher' });
  await world.add('feedback', [
    {
      feedback_id: 'f',
      document_id: id(2),
      label: 'VAT',
      note: 'siehe Ordner',
      created_at: new Date(NOON).toISOString(),
      run_date: '2026-11-23',
    },
  ]);
  expect((await found('fracht')).sort()).toEqual([id(1), id(2)]);
  expect(await found('fracht', { in: 'reasons' })).toEqual([id(1)]);
  expect(await found('fracht', { in: 'text' })).toEqual([id(2)]);
  expect(await found('gemaess lieferschein')).toEqual([id(1)]);
  expect(await found('ordner')).toEqual([id(2)]);
  expect((await find('unread unsicher')).results[0]?.foundIn).toEqual(['reason']);
});

test('search: filters hold beside the words, in the list and in files too', async () => {
  await decide({ 1: 'zoll', 2: 'zoll' });
  await decide({ 3: 'zoll' }, { label: 'Customs' });
  expect(await found('zoll', { label: 'Customs' })).toEqual([id(3)]);
  const { view, filter } = await matchedFilter(lakeOf(), { text: 'zoll', label: 'VAT' });
  const { results } = await listResults(view.query, { ...filter, limit: 10, cursor: undefined });
  expect(results.map((row) => row.document_id).sort()).toEqual([id(1), id(2)]);
});

test('search: a word that is called like a table is a word', async () => {
  await decide({ 1: 'feedback on llm_calls and runs' });
  expect(await found('feedback runs')).toEqual([id(1)]);
});

test('search: only what is new is read; a decision that leaves the text alone reads no text', async () => {
  const runId = await decide({ 1: 'zoll', 2: 'rechnung' });
  expect(await found('zoll')).toEqual([id(1)]);
  await decide({ 3: 'zoll' });
  const reads: string[] = [];
  world.lake.beforeCall = (method, path) => {
    if (method === 'read' && path.startsWith('runs/')) reads.push(path);
  };
  expect((await found('zoll')).sort()).toEqual([id(1), id(3)]);
  expect(reads).toEqual([runPaths.extracted('r'.concat(String(runs)), 'b00000')]);
  // Decided by hand: another row about the same text.
  await world.add('results', [
    resultRow({
      document_id: id(1),
      run_id: runId,
      decided_by: 'human',
      label: 'Customs',
      content_sha256: '14',
      chars: 4,
      processed_at: new Date(NOON + 3_600_000).toISOString(),
    }),
  ]);
  reads.length = 0;
  expect((await find('zoll', { label: 'Customs' })).total).toBe(1);
  expect(reads).toEqual([]);
});

test('search: a document that was replaced is found by what it says now', async () => {
  await decide({ 1: 'zoll' });
  await found('zoll');
  await decide({ 1: 'rechnung lang' });
  expect(await found('zoll')).toEqual([]);
  expect(await found('rechnung')).toEqual([id(1)]);
});

test('search: an erased document is not found, and no file of the index holds it; the others are indexed again', async () => {
  await decide({ 1: 'geheimwort zoll', 2: 'zoll' });
  expect(await found('geheimwort')).toEqual([id(1)]);
  const [before] = await segments();
  const tombstone = {
    content_sha256: null,
    source_etag: null,
    chars: null,
    failure_code: 'document.erased',
    label: null,
    status: 'failed',
  };
  await world.add('results', [
    resultRow({ document_id: id(1), ...tombstone, processed_at: new Date(NOON + 7_200_000).toISOString() }),
  ]);
  await forgetInSearch({ lake: world.lake }, 'document_id', new Set([id(1)]));
  expect(world.lake.paths().filter((path) => path.startsWith('search-index/'))).toEqual([searchPaths.list]);
  expect(await found('geheimwort')).toEqual([]);
  expect(await found('zoll')).toEqual([id(2)]);
  const [after] = await segments();
  expect(after?.id).not.toBe(before?.id);
  expect((await find('zoll')).waiting).toBe(0);
});

test('search: a segment that was written around an erasure goes at the next look', async () => {
  await decide({ 1: 'geheimwort', 2: 'zoll' });
  await found('zoll');
  const tombstone = {
    content_sha256: null,
    source_etag: null,
    chars: null,
    failure_code: 'document.erased',
    label: null,
    status: 'failed',
  };
  await world.add('results', [
    resultRow({ document_id: id(1), ...tombstone, processed_at: new Date(NOON + 7_200_000).toISOString() }),
  ]);
  const [before] = await segments(); // nobody has taken it out
  await decide({ 3: 'zoll' });
  expect((await found('zoll')).sort()).toEqual([id(2), id(3)]);
  expect((await segments()).map(({ id: segment }) => segment)).not.toContain(before?.id);
});

test('search: texts of a run that is forgotten leave the index', async () => {
  const runId = await decide({ 1: 'zoll' });
  await found('zoll');
  await world.lake.deleteFolder(runPaths.extractedFolder(runId));
  await forgetInSearch({ lake: world.lake }, 'run_id', new Set([runId]));
  expect(await found('zoll')).toEqual([]);
  expect((await find('zoll')).waiting).toBe(0);
});

test('search: files of the index that are gone are indexed again', async () => {
  await decide({ 1: 'zoll' });
  await found('zoll');
  const [segment] = await segments();
  await world.lake.deleteFolder(searchPaths.segment(segment?.id ?? ''));
  const other = openIndex();
  try {
    expect((await find('zoll', {}, other)).total).toBe(1);
  } finally {
    other.close();
  }
});

test('search: a file of the index that is damaged is indexed again; a local copy that was cleared away is fetched again', async () => {
  await decide({ 1: 'zoll' });
  await found('zoll');
  const [segment] = await segments();
  const folders = readdirSync(tmpdir()).filter((name) => name.startsWith(`sluice-of-${process.pid}-`));
  for (const folder of folders) rmSync(join(tmpdir(), folder, 'segments'), { recursive: true, force: true });
  expect(await found('zoll')).toEqual([id(1)]);
  expect(await segments()).toEqual([segment]);
  for (const path of [searchPaths.postings, searchPaths.entries, searchPaths.texts]) {
    const [before] = await segments();
    await world.lake.write(path(before?.id ?? ''), '\xffnot of ours, and longer than a trailer is');
    const other = openIndex();
    try {
      expect((await find('zoll', {}, other)).total).toBe(1);
    } finally {
      other.close();
    }
    expect((await segments()).map(({ id: now }) => now)).not.toContain(before?.id);
  }
});

test('search: many small segments become one, which finds the same', async () => {
  for (let i = 1; i <= 9; i++) {
    await decide({ [i]: `zoll nummer${i} und mehr worte` });
    await search.refresh();
  }
  expect((await segments()).length).toBeLessThanOrEqual(2);
  expect((await find('zoll')).total).toBe(9);
  const [hit] = (await find('nummer7')).results;
  expect(hit?.decision.documentId).toBe(id(7));
  expect(hit?.fragments[0]?.text).toBe('zoll nummer7 und mehr worte');
});

test('search: a segment that goes while it is merged, as when two processes merge at once, is left out and loses nothing', async () => {
  for (let i = 1; i <= 7; i++) {
    await decide({ [i]: `zoll nummer${i}` });
    await search.refresh();
  }
  await decide({ 8: 'zoll nummer8' });
  let gone = '';
  world.lake.beforeCall = (method, path) => {
    if (gone !== '' || method !== 'read' || !path.endsWith('/texts.bin')) return;
    gone = searchPaths.segmentOf(path);
    void world.lake.deleteFolder(searchPaths.segment(gone));
  };
  await search.refresh();
  expect([(await find('zoll')).total, (await segments()).some(({ id }) => id === gone)]).toEqual([8, false]);
  expect(gone).not.toBe('');
});

test('search: an index that cannot be brought up to date answers from what there is', async () => {
  await decide({ 1: 'zoll' });
  await search.refresh();
  await decide({ 2: 'zoll' });
  world.lake.beforeCall = (method, path) => {
    if (method === 'write' && path.startsWith(searchPaths.root)) throw new Error('no room');
  };
  expect(await find('zoll')).toMatchObject({ total: 1, indexed: 1, waiting: 1 });
});

test('search: more decisions than the memory has room for are refused with a code', async () => {
  await decide({ 1: 'zoll', 2: 'amt', 3: 'zoll' });
  const results = world.tables.get('results')!;
  const paths = [...((await results.snapshot())?.files.keys() ?? [])].map((path) => `${results.path}/${path}`);
  const take = (maxRows: number) => new RowKeys(results, maxRows).take(paths.map(decodeURIComponent), { areAll: true });
  expect((await take(3)).map(({ flags }) => flags.length)).toEqual([3]);
  await expect(take(2)).rejects.toMatchObject({ code: 'search.too-large' });
});

test('merge: eight of about one size, unless they would be too large together', () => {
  const segment = (words: number, i: number) => ({ id: `${i}`, entries: 1, words, bytes: 1 });
  expect(toMerge(Array.from({ length: 7 }, (_, i) => segment(100, i)))).toEqual([]);
  expect(toMerge(Array.from({ length: 9 }, (_, i) => segment(100, i)))).toHaveLength(8);
  expect(toMerge(Array.from({ length: 9 }, (_, i) => segment(1_100_000, i)))).toEqual([]);
});

test('search: texts that share what is rare in one are like it, the same text most of all', async () => {
  const letter = 'sehr geehrte damen und herren anbei die umsatzsteuervoranmeldung für oktober samt belegliste';
  await decide({
    1: letter,
    2: letter.replace('oktober', 'november'),
    3: 'sehr geehrte damen und herren der mietvertrag für das lager endet',
    4: 'ganz anderes',
  });
  const page = await searchDocuments(lakeOf(), parseRequest(searchSchema, { like: id(1), similarity: 0.7 }));
  expect(page.results.map(({ decision }) => decision.documentId)).toEqual([id(1), id(2)]);
  expect(page.results[0]?.similarity).toBeCloseTo(1);
  const { view, filter } = await matchedFilter(lakeOf(), { like: id(1), similarity: 0.7, status: 'labelled' });
  const { results } = await listResults(view.query, { ...filter, limit: 10, cursor: undefined });
  expect(results.map((row) => row.document_id).sort()).toEqual([id(1), id(2)]);
  await expect(matchedFilter(lakeOf(), { like: id(1), text: 'zoll' })).rejects.toThrow(/one of the two/);
  for (const stray of [{ similarity: 0.7 }, { in: 'text' } as const])
    await expect(matchedFilter(lakeOf(), stray)).rejects.toThrow(/needs (like|text)/);
  await expect(searchDocuments(lakeOf(), parseRequest(searchSchema, { like: id(9) }))).rejects.toThrow(
    /no text is kept/,
  );
  for (const both of [{}, { like: id(1), text: 'zoll' }])
    expect(() => parseRequest(searchSchema, both)).toThrow(/one of the two/);
});
