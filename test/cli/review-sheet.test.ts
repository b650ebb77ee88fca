// Documents as a table to fill in, and back.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { writeReviewSheet } from '../../cli/commands/review-sheet.ts';
import type { ReviewItem } from '../../shared/api/answers.ts';
import { readDataset } from '../../shared/training/dataset.ts';

const root = mkdtempSync(join(tmpdir(), 'sluice-sheet-'));
afterAll(() => rmSync(root, { recursive: true }));

test('what is written can be filled in and read again; cells are no formulas, and a text is one line', async () => {
  const file = join(root, 'review.csv');
  const item = (documentId: string, path: string, label: string | null) =>
    ({ documentId, path, archivePath: '', label }) as ReviewItem; // what the table shows of it
  const items = [item('a'.repeat(64), 'in/=cmd.txt', 'Rent'), item('b'.repeat(64), 'b.txt', null)];
  await writeReviewSheet(file, items, (id) => (id.startsWith('a') ? '=1+1\n\n "two", lines' : null));
  const written = readFileSync(file, 'utf8');
  expect(written.split('\r\n')).toEqual([
    '\ufeffdocument_id,label,proposed,path,text',
    `${'a'.repeat(64)},,Rent,in/=cmd.txt,"'=1+1 ""two"", lines"`,
    `${'b'.repeat(64)},,,b.txt,`,
    '',
  ]);
  writeFileSync(file, written.replace(',,Rent', ',Mietverträge,Rent'));
  const rows = [];
  for await (const row of readDataset(
    { name: file, bytes: readFileSync(file) },
    { text: 'document_id', label: 'label' },
  ))
    rows.push('text' in row ? [row.text[0], row.label] : row);
  expect(rows).toEqual([
    ['a', 'Mietverträge'],
    ['b', null],
  ]);
});
