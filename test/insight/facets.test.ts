import { afterEach, beforeEach, expect, test } from 'vitest';
import { listResultsSchema, resultFilterSchema } from '../../shared/api/decisions.ts';
import { parseRequest } from '../../shared/api/problem.ts';
import { countFacets } from '../../shared/insight/facets.ts';
import { listResults } from '../../shared/insight/results.ts';
import { id, openTestTables, resultRow, type TestTables } from '../fakes/tables.ts';

let world: TestTables;
beforeEach(async () => {
  world = openTestTables();
  await world.add('results', [
    resultRow({ document_id: id(1), source_path: 'in/Große_Rechnung 100%.pdf', confidence: 0.2 }),
    resultRow({ document_id: id(2), source_path: 'in/post.zip', archive_path: 'Rechnung/b.txt', confidence: 0.5 }),
    resultRow({
      document_id: id(3),
      label: 'Customs',
      decided_by: 'llm',
      media_type: 'application/pdf',
      confidence: 0.8,
    }),
    resultRow({
      document_id: id(4),
      label: 'Customs',
      status: 'review',
      decided_by: null,
      failure_code: 'llm.unsure',
      confidence: null,
    }),
    resultRow({
      document_id: id(5),
      label: null,
      status: 'failed',
      decided_by: null,
      failure_code: 'extract.empty',
      media_type: null,
      confidence: null,
    }),
  ]);
});
afterEach(() => world.close());

const ids = async (filter: Record<string, string>) => {
  const { results } = await listResults(world.query, parseRequest(listResultsSchema, filter));
  return results.map((row) => String(row.document_id)[0]).sort();
};
const facets = (filter: Record<string, string> = {}) =>
  countFacets(world.query, parseRequest(resultFilterSchema, filter));

test('search: a part of the path or of the path in an archive is found in either case; wildcards mean themselves', async () => {
  expect(await ids({ search: 'rechnung' })).toEqual(['1', '2']);
  expect(await ids({ search: 'GROSSE' })).toEqual([]);
  expect(await ids({ search: 'GROßE_R' })).toEqual(['1']);
  expect(await ids({ search: '0%.' })).toEqual(['1']);
  for (const nothing of ['in_post', '%zip', "' OR ''='", '\\', '.*'])
    expect(await ids({ search: nothing }), nothing).toEqual([]);
  await expect(ids({ search: 'x'.repeat(201) })).rejects.toThrow(/search/);
});

test('search: a file of a source is found by the path of its original', async () => {
  const source = {
    source: 'tax',
    source_name: 'Clients/Müller #1/Bescheid.docx',
    source_path: 'sources/tax/d/0a1b.docx',
  };
  await world.add('results', [resultRow({ document_id: id(6), ...source })]);
  expect(await ids({ search: 'MÜLLER #1/bescheid' })).toEqual(['6']);
  expect(await ids({ search: '0a1b' })).toEqual(['6']);
});

test('confidence: both bounds are included, and decisions without one are left out', async () => {
  expect(await ids({ minConfidence: '0.5' })).toEqual(['2', '3']);
  expect(await ids({ maxConfidence: '0.5' })).toEqual(['1', '2']);
  expect(await ids({ minConfidence: '0.3', maxConfidence: '0.79' })).toEqual(['2']);
  for (const wrong of ['1.1', '-1', 'x']) await expect(ids({ minConfidence: wrong })).rejects.toThrow(/minConfidence/);
});

test('facets: every decision counts once in each list that it has a value for', async () => {
  expect(await facets()).toEqual({
    total: 5,
    labels: [
      { label: 'Customs', documents: 2 },
      { label: 'VAT', documents: 2 },
    ],
    statuses: [
      { status: 'labelled', documents: 3 },
      { status: 'failed', documents: 1 },
      { status: 'review', documents: 1 },
    ],
    decidedBy: [
      { decidedBy: 'model', documents: 2 },
      { decidedBy: 'llm', documents: 1 },
    ],
    codes: [
      { code: 'extract.empty', documents: 1 },
      { code: 'llm.unsure', documents: 1 },
    ],
    mediaTypes: [
      { mediaType: 'text/plain', documents: 3 },
      { mediaType: 'application/pdf', documents: 1 },
    ],
  });
});

test('facets: the filter holds for every count, and what fits nothing is zero', async () => {
  expect(await facets({ status: 'labelled', search: 'zip' })).toMatchObject({
    total: 1,
    labels: [{ label: 'VAT', documents: 1 }],
    statuses: [{ status: 'labelled', documents: 1 }],
    codes: [],
  });
  expect(await facets({ run: 'r9' })).toEqual({
    total: 0,
    labels: [],
    statuses: [],
    decidedBy: [],
    codes: [],
    mediaTypes: [],
  });
});
