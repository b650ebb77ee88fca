import { describe, expect, test } from 'vitest';
import {
  columnsOf,
  EMPTY_FORM,
  guessColumns,
  problemsOf,
  trainRequest,
  uploadPath,
} from '../../../../dashboard/src/views/models/train-form.ts';
import { trainedOn } from '../../../../dashboard/src/views/models/trained-on.ts';
import { trainRequestSchema } from '../../../../shared/api/training.ts';

describe('columns of a labelled file', () => {
  test('a CSV names them in its first line, quoted or not', () => {
    expect(columnsOf('a.csv', '\uFEFFid,"the ""text"", long",label\r\n1,x,y')).toEqual([
      'id',
      'the "text", long',
      'label',
    ]);
    expect(columnsOf('a.CSV', 'only')).toEqual(['only']);
  });

  test('JSON lines name them in their first row', () => {
    expect(columnsOf('a.jsonl', '{"body":"x","category":"y"}\n{"z":1}')).toEqual(['body', 'category']);
    expect(columnsOf('a.jsonl', '{"body":"cut off')).toEqual([]);
    expect(columnsOf('a.jsonl', '[1]')).toEqual([]);
  });

  test('Parquet does not tell at its beginning', () => {
    expect(columnsOf('a.parquet', 'PAR1')).toEqual([]);
  });

  test('usual names are picked, what fits already is kept', () => {
    expect(guessColumns(['Body', 'Category'], EMPTY_FORM)).toEqual({ textColumn: 'Body', labelColumn: 'Category' });
    expect(guessColumns(['text', 'body', 'label'], EMPTY_FORM)).toEqual({ textColumn: 'text', labelColumn: 'label' });
    expect(guessColumns(['a', 'b'], EMPTY_FORM)).toEqual({ textColumn: 'text', labelColumn: 'label' });
  });
});

describe('a training form', () => {
  const filled = { ...EMPTY_FORM, fileName: 'labels.jsonl' };

  test('needs a file or the decisions', () => {
    expect(problemsOf(EMPTY_FORM).fileName).toContain('Choose a labelled file');
    expect(problemsOf({ ...EMPTY_FORM, decisions: true })).toEqual({});
    expect(problemsOf(filled)).toEqual({});
  });

  test('refuses other files, missing columns and shares out of range', () => {
    expect(problemsOf({ ...filled, fileName: 'labels.xlsx' }).fileName).toBe(
      'Must be a .jsonl, .csv or .parquet file.',
    );
    expect(Object.keys(problemsOf({ ...filled, labelColumn: ' ', precision: '100', confidence: 'x' }))).toEqual([
      'labelColumn',
      'precision',
      'confidence',
    ]);
  });

  test('becomes a request that the API takes', () => {
    const request = trainRequest(
      { ...filled, precision: '98,5', guarantee: true, promote: true, taxonomyVersion: 'tax-1' },
      'training/x-labels.jsonl',
    );
    expect(trainRequestSchema.parse(request)).toMatchObject({
      sources: ['training/x-labels.jsonl'],
      precision: 0.985,
      confidence: 0.95,
      guarantee: true,
      promote: true,
      taxonomyVersion: 'tax-1',
    });
  });

  test('without a file names no source and no columns', () => {
    expect(trainRequest({ ...EMPTY_FORM, decisions: true }, null)).toEqual({
      decisions: true,
      precision: 0.95,
      confidence: 0.95,
      guarantee: false,
      promote: false,
    });
  });

  test('puts files under names without separators or dots before them', () => {
    const at = new Date('2025-05-03T10:11:12.345Z');
    expect(uploadPath('my labels (1).csv', at)).toBe('training/20250503T101112-my-labels-1-.csv');
    expect(uploadPath('../../x.csv', at)).toBe('training/20250503T101112-x.csv');
    expect(uploadPath('Größe.jsonl', at)).toBe('training/20250503T101112-Größe.jsonl');
  });
});

describe('what a model was trained on', () => {
  test('counts documents and says who labelled them', () => {
    expect(trainedOn({ rows: 1234 })).toBe('1,234 documents');
    expect(trainedOn({ rows: 300, rowsHuman: 210, rowsLlm: 90 })).toBe(
      '300 documents, 210 decided by people, 90 by the LLM',
    );
  });

  test('an import without a record says nothing', () => {
    expect(trainedOn({ origin: 'spark' })).toBeNull();
  });
});
