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

test('of each file the newest decision, when it was made, and nothing of what waits for people or lies inside of it', async () => {
  const results = tables.tables.get('results')!;
  const decisions = lakeDecisions(results);
  expect(await decisions.of('tax')).toEqual(new Map());
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
  expect(await decisions.of('tax')).toEqual(
    new Map([
      ['sources/tax/d/plain.docx', { label: 'invoice', confidence: 0.88, at: NOON }],
      ['sources/tax/d/again.docx', { label: 'contract', confidence: 0.88, at: NOON + 300_000 }],
    ]),
  );
  // A person decides what was doubted.
  await tables.add('results', [row('doubted', { decided_by: 'human', confidence: null, processed_at: at(9) })]);
  expect(await decisions.version()).not.toBe(before);
  expect((await decisions.of('tax')).get('sources/tax/d/doubted.docx')).toEqual({
    ...{ label: 'invoice', confidence: 1, at: NOON + 540_000 },
  });
});
