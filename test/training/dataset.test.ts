// Reading labelled rows: formats, gzip, bad rows with their lines.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { readCsv } from '../../shared/csv.ts';
import { writeParquet } from '../../shared/lake/parquet.ts';
import { type DatasetColumns, type DatasetRow, readDataset } from '../../shared/training/dataset.ts';
import fc from '../fakes/property.ts';

const read = async (
  name: string,
  content: string | Uint8Array,
  columns: DatasetColumns = { text: 'text', label: 'label', id: 'id' },
): Promise<DatasetRow[]> => {
  const rows: DatasetRow[] = [];
  for await (const row of readDataset({ name, bytes: Buffer.from(content as Uint8Array) }, columns)) rows.push(row);
  return rows;
};

describe('readDataset', () => {
  test('jsonl: bad lines are told with their number and the others are read', async () => {
    const lines = [
      '{"text":"a","label":"x","id":7}',
      'nonsense',
      '',
      '[1]',
      '{"label":"x"}',
      '{"text":" "}',
      '{"text":"b"}',
    ];
    expect(await read('rows.jsonl', lines.join('\r\n'))).toEqual([
      { line: 1, text: 'a', label: 'x', id: '7' },
      { line: 2, problem: 'is no JSON' },
      { line: 4, problem: 'is no JSON object' },
      { line: 5, problem: 'has no "text"' },
      { line: 6, problem: '"text" is empty' },
      { line: 7, text: 'b', label: null, id: null },
    ]);
  });

  test('jsonl: a byte order mark, no line end at the end, and texts beyond ASCII', async () => {
    const text = '\ufeff{"text":"größe 日本"}\n\n{"text":"Ende"}';
    expect((await read('rows.ndjson', text)).map((row) => ('text' in row ? [row.line, row.text] : row))).toEqual([
      [1, 'größe 日本'],
      [3, 'Ende'],
    ]);
  });

  test('csv: quotes, line breaks in fields, wrong field counts, gzip and a byte order mark', async () => {
    const csv = '\ufefftext,label\r\n"say ""hi"",\nthere",x\r\nshort\r\nlast,y';
    expect(await read('ROWS.CSV.GZ', gzipSync(csv), { text: 'text', label: 'label' })).toEqual([
      { line: 2, text: 'say "hi",\nthere', label: 'x', id: null },
      { line: 4, problem: 'has 1 fields; the header has 2' },
      { line: 5, text: 'last', label: 'y', id: null },
    ]);
  });

  test('csv: a quote that never closes spoils its line only', async () => {
    expect(await read('rows.csv', 'text,label\n"open,x\nfine,y\n', { text: 'text', label: 'label' })).toEqual([
      { line: 2, problem: 'has a quote that never closes' },
      { line: 3, text: 'fine', label: 'y', id: null },
    ]);
  });

  test('parquet: columns by name', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-test-'));
    try {
      const file = join(folder, 'x.parquet');
      await writeParquet(
        file,
        [
          { name: 'body', type: 'string' },
          { name: 'class', type: 'integer' },
        ],
        [
          { body: 'a', class: 3 },
          { body: null, class: 1 },
        ],
      );
      const bytes = await readFile(file);
      expect(await read('x.parquet', bytes, { text: 'body', label: 'class' })).toEqual([
        { line: 1, text: 'a', label: '3', id: null },
        { line: 2, problem: 'has no "body"' },
      ]);
      await expect(read('x.parquet', bytes, { text: 'missing' })).rejects.toMatchObject({ code: 'request.invalid' });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('an unknown ending, a missing csv column and a broken gzip are refused', async () => {
    for (const [name, content] of [
      ['rows.docx', ''],
      ['rows.csv', 'a,b\n1,2'],
      ['rows.jsonl.gz', 'no gzip'],
    ] as const)
      await expect(read(name, content)).rejects.toMatchObject({ code: 'request.invalid' });
  });
});

test('csv: records come back from any way of quoting them', () => {
  const field = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' ', 'é') });
  fc.assert(
    fc.property(fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { maxLength: 6 }), (records) => {
      const text = records.map((r) => r.map((f) => `"${f.replaceAll('"', '""')}"`).join(',')).join('\r\n');
      expect([...readCsv(text)].map((r) => r.fields)).toEqual(records);
    }),
  );
});

test('csv: as a spreadsheet saves it where a comma is the decimal sign, in Windows-1252 or UTF-16', async () => {
  const columns = { text: 'document_id', label: 'label' };
  const text = 'document_id;label;text\r\na1;Kündigungen;"eins, zwei"\r\n';
  const expected = [{ line: 2, text: 'a1', label: 'Kündigungen', id: null }];
  expect(await read('a.csv', text, columns)).toEqual(expected);
  expect(await read('a.csv', Buffer.from(text, 'latin1'), columns)).toEqual(expected);
  expect(await read('a.csv', Buffer.from(`\ufeff${text.replaceAll(';', '\t')}`, 'utf16le'), columns)).toEqual(expected);
  await expect(read('a.csv', 'id;label\r\n1;x\r\n', columns)).rejects.toThrow('no column "document_id"');
});
