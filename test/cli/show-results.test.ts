// The table of decisions: what was not read stands beside why.
import { expect, test } from 'vitest';
import { ShownResults } from '../../cli/show-results.ts';
import type { RunStatus } from '../../shared/api/runs.ts';
import type { Row } from '../../shared/lake/tables.ts';

const run = {
  documents: 3,
  labelled: 1,
  review: 1,
  failed: 1,
  asked: 0,
  costUsd: 0,
  quote: null,
} as unknown as RunStatus; // what the table reads
const row = (members: Partial<Row>): Row => ({
  source_path: 'in/a.pdf',
  archive_path: '',
  status: 'labelled',
  label: 'invoice',
  confidence: 0.973,
  decided_by: 'model',
  failure_code: null,
  evidence_json: '[{"term":"total"},{"term":"vat"}]',
  warnings_json: null,
  ...members,
});
const lines = (rows: Row[]) => {
  const shown = new ShownResults('in');
  shown.add(rows);
  return shown.table(run, 200).split('\n');
};

test('results: a warning is told by its kind, once, behind the reason; no warning leaves the cell as it is', () => {
  const warnings = JSON.stringify(['needs-ocr: 2 page(s)', 'needs-ocr: more', 'formulas: 3 formula(s)']);
  const [, , doubtful, plain] = lines([row({ warnings_json: warnings }), row({ source_path: 'in/b.pdf' })]);
  expect(doubtful).toMatch(/a\.pdf.*97 %.*total, vat \(! needs-ocr, formulas\)$/);
  expect(plain).toMatch(/b\.pdf.*total, vat$/);
});

test('results: a failed document tells its code and its warnings', () => {
  const failed = row({ status: 'failed', failure_code: 'extract.needs-ocr', warnings_json: '["pdf: 1 damaged"]' });
  expect(lines([failed]).find((line) => line.includes('a.pdf'))).toMatch(/extract\.needs-ocr \(! pdf\)$/);
});

test('results: a file of a source is shown by the path of its original, not by the ids it landed under', () => {
  const landed = row({ source_path: 'sources/tax/0a1b/2c3d.docx', source_name: 'Clients/Bescheid.docx' });
  expect(lines([landed]).find((line) => line.includes('total, vat'))).toMatch(/^Clients\/Bescheid\.docx /);
});
