import { describe, expect, test } from 'vitest';
import { nameOf, type ResultRow } from '../../../../dashboard/src/result-row.ts';
import { toListRow, whyOf } from '../../../../dashboard/src/views/documents/list-row.ts';

const row = (values: Partial<ResultRow>): ResultRow =>
  ({
    document_id: 'd1',
    run_id: 'r1',
    source_path: 'mail/box.zip',
    archive_path: '',
    status: 'labelled',
    decided_by: 'model',
    evidence_json: '[]',
    ...values,
  }) as ResultRow; // the columns these functions read

const term = (name: string, weight: number, runner_up_weight: number) => ({ term: name, weight, runner_up_weight });

describe('documents list: why', () => {
  test('of the model are the first three terms that speak for the label', () => {
    const evidence = [term('a', 1, 0), term('b', 0.1, 0.2), term('c', 0.5, 0), term('d', 0.4, 0), term('e', 0.3, 0)];
    expect(whyOf(row({ evidence_json: JSON.stringify(evidence) }))).toEqual({ kind: 'terms', text: 'a, c, d' });
  });

  test('of the LLM is its quote in one line, or the terms where it gave none', () => {
    expect(whyOf(row({ decided_by: 'llm', llm_quote: 'total\n  due' }))).toEqual({ kind: 'quote', text: 'total due' });
    const evidence = JSON.stringify([term('a', 1, 0)]);
    expect(whyOf(row({ decided_by: 'llm', llm_quote: null, evidence_json: evidence }))).toEqual({
      kind: 'terms',
      text: 'a',
    });
  });

  test('of failures and of documents in review is the message, else the code', () => {
    expect(whyOf(row({ status: 'failed', failure_message: 'Damaged.' })).text).toBe('Damaged.');
    expect(whyOf(row({ status: 'review', failure_code: 'llm.unsure' })).text).toBe('llm.unsure');
  });

  test('of people, copies and erased documents says so', () => {
    expect(whyOf(row({ decided_by: 'human' })).kind).toBe('human');
    expect(whyOf(row({ decided_by: 'duplicate' })).kind).toBe('copy');
    expect(whyOf(row({ status: 'failed', failure_code: 'document.erased' })).kind).toBe('erased');
  });

  test('long texts are cut', () => {
    expect(whyOf(row({ status: 'failed', failure_message: 'x'.repeat(1000) })).text).toHaveLength(220);
  });
});

describe('documents list: names', () => {
  test('a file of a source has the name of its original', () => {
    const landed = { source_path: 'sources/tax/0a1b/2c3d.docx', source_name: 'Clients/Bescheid.docx' };
    expect(toListRow(row(landed))).toMatchObject({ name: 'Bescheid.docx', folder: 'Clients' });
  });

  test('name, folder and archives are told apart', () => {
    expect(nameOf('a/b/c.pdf', '')).toEqual({ name: 'c.pdf', folder: 'a/b', archive: '' });
    expect(nameOf('c.pdf', null)).toEqual({ name: 'c.pdf', folder: '', archive: '' });
    expect(nameOf('a/x.zip', 'in/y.zip!/z.txt')).toEqual({ name: 'z.txt', folder: 'a', archive: 'x.zip ▸ in/y.zip' });
    expect(nameOf('a/x.zip', 'Legal/Term sheet.docx')).toEqual({
      name: 'Term sheet.docx',
      folder: 'a',
      archive: 'x.zip ▸ Legal',
    });
    expect(nameOf('', '')).toEqual({ name: '(erased)', folder: '', archive: '' });
  });

  test('a row keeps what the list shows and nothing else', () => {
    const kept = toListRow(row({ evidence_json: JSON.stringify([term('a', 1, 0)]), top_labels_json: '[]' }));
    expect(Object.keys(kept).sort()).toEqual([
      'archive',
      'at',
      'confidence',
      'decidedBy',
      'documentId',
      'folder',
      'label',
      'name',
      'runId',
      'status',
      'why',
    ]);
  });
});
