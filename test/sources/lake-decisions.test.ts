// What write-back reads of the real table of results.
import { afterAll, expect, test } from 'vitest';
import { lakeDecisions } from '../../shared/sources/lake-decisions.ts';
import { NOON, openTestTables, resultRow } from '../fakes/tables.ts';

const tables = openTestTables();
afterAll(() => tables.close());

const at = (minutes: number): string => new Date(NOON + minutes * 60_000).toISOString();
const row = (name: string, over: object) =>
  resultRow({
    document_id: name,
    ...{
      source: 'tax',
      source_path: `sources/tax/d/${name}.docx`,
      label: 'invoice',
      confidence: 0.876,
      processed_at: at(0),
    },
    ...over,
  });

test('decisions on files, when they were made; what waits for people is none, and what lies inside of a file is left out', async () => {
  const results = tables.tables.get('results')!;
  const decisions = lakeDecisions(results);
  const said = async (): Promise<string[]> => {
    const found: string[] = [];
    for await (const { path, at: then, value } of decisions.of('tax'))
      found.push(`${path.slice(14, -5)} ${(then - NOON) / 60_000} ${value?.label} ${value?.confidence}`);
    return found.sort();
  };
  expect(await said()).toEqual([]);
  await tables.add('results', [
    row('plain', {}),
    row('again', { label: 'letter' }),
    row('again', { label: 'contract', run_id: 'r2', processed_at: at(5) }),
    row('doubted', {}),
    row('doubted', { run_id: 'r2', status: 'review', label: null, processed_at: at(5) }),
    row('packed', { archive_path: 'inside.txt' }),
    row('elsewhere', { source: 'other' }),
    row('upload', { source: null }),
  ]);
  const before = await decisions.version();
  const first = [
    ...['again 0 letter 0.88', 'again 5 contract 0.88', 'doubted 0 invoice 0.88', 'doubted 5 undefined undefined'],
    'plain 0 invoice 0.88',
  ];
  expect(await said()).toEqual(first);
  // A person decides what was doubted.
  await tables.add('results', [row('doubted', { decided_by: 'human', confidence: null, processed_at: at(9) })]);
  expect(await decisions.version()).not.toBe(before);
  expect(await said()).toEqual([...first, 'doubted 9 invoice 1'].sort());
});
