import { describe, expect, test } from 'vitest';
import { nameOf } from '../../../../dashboard/src/result-row.ts';
import { toListRow, whyOf } from '../../../../dashboard/src/views/documents/list-row.ts';
import type { Decision } from '../../../../shared/api/answers.ts';

const row = (values: Partial<Decision>): Decision =>
  ({
    documentId: 'd1',
    runId: 'r1',
    path: 'mail/box.zip',
    archivePath: '',
    status: 'labelled',
    decidedBy: 'model',
    evidence: [],
    ...values,
  }) as Decision; // the columns these functions read

const term = (name: string, weight: number, runnerUpWeight: number) => ({ term: name, weight, runnerUpWeight });

describe('documents list: why', () => {
  test('of the model are the first three terms that speak for the label', () => {
    const evidence = [term('a', 1, 0), term('b', 0.1, 0.2), term('c', 0.5, 0), term('d', 0.4, 0), term('e', 0.3, 0)];
    expect(whyOf(row({ evidence: evidence }))).toEqual({ kind: 'terms', text: 'a, c, d' });
  });

  test('of the LLM is its quote in one line, or the terms where it gave none', () => {
    expect(whyOf(row({ decidedBy: 'llm', quote: 'total\n  due' }))).toEqual({ kind: 'quote', text: 'total due' });
    const evidence = [term('a', 1, 0)];
    expect(whyOf(row({ decidedBy: 'llm', quote: null, evidence: evidence }))).toEqual({
      kind: 'terms',
      text: 'a',
    });
  });

  test('of failures and of documents in review is the message, else the code', () => {
    expect(whyOf(row({ status: 'failed', message: 'Damaged.' })).text).toBe('Damaged.');
    expect(whyOf(row({ status: 'review', code: 'llm.unsure' })).text).toBe('llm.unsure');
  });

  test('of people, copies and erased documents says so', () => {
    expect(whyOf(row({ decidedBy: 'human' })).kind).toBe('human');
    expect(whyOf(row({ decidedBy: 'duplicate' })).kind).toBe('copy');
    expect(whyOf(row({ status: 'failed', code: 'document.erased' })).kind).toBe('erased');
  });

  test('long texts are cut', () => {
    expect(whyOf(row({ status: 'failed', message: 'x'.repeat(1000) })).text).toHaveLength(220);
  });
});

describe('documents list: names', () => {
  test('a file of a source has the name of its original', () => {
    const landed = { path: 'sources/tax/0a1b/2c3d.docx', originalPath: 'Clients/Bescheid.docx' };
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
    const kept = toListRow(row({ evidence: [term('a', 1, 0)], topLabels: [] }));
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
