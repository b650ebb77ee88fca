// Word, Excel and PowerPoint of 97 to 2003: what is not seen, choices, rows, documents and scans inside.
import { deflateSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { Extractor } from '../../../shared/documents/extract.ts';
import { silentLogger } from '../../../shared/ports.ts';
import {
  artRecord,
  artText,
  biff,
  blankFormula,
  DELETED,
  type DocRun,
  doc,
  ELSEWHERE,
  formData,
  formField,
  HIDDEN,
  hiddenColumns,
  hiddenRow,
  IN_TABLE,
  label,
  listOf,
  pngBlip,
  property,
  rowCells,
  sheetHeader,
  symbol,
  textBox,
  xls,
} from '../binary-office.ts';
import { xlsx } from '../fixtures.ts';
import { ole, streamOf } from '../ole.ts';
import { greyPng } from '../pictures.ts';

const extractor = new Extractor({ logger: silentLogger, slots: 1 });
afterAll(() => extractor.close());
const readAll = (name: string, bytes: Uint8Array) => extractor.extract({ name, bytes });
const textOf = async (name: string, bytes: Uint8Array) => (await readAll(name, bytes))[0]?.text ?? '';

const workbook = xlsx('<row r="1"><c t="inlineStr"><is><t>Royalties</t></is></c><c><v>41</v></c></row>');
const FIELD = (instruction: string, properties: Buffer): DocRun[] => [
  { text: `\x13 ${instruction} ` },
  { text: '\x01', properties },
  { text: '\x14\x15' },
];

describe('doc: what a person sees', () => {
  const before = { text: 'Margin of ' };
  const after = { text: ' holds' };
  test.each<[string, DocRun[], string]>([
    [
      'deleted text is gone',
      [before, { text: '4.8 ', properties: DELETED }, { text: '5.2' }, after],
      'Margin of 5.2 holds',
    ],
    ['hidden text is gone', [before, { text: 'secret', properties: HIDDEN }, after], 'Margin of holds'],
    [
      'text shown again is not',
      [before, { text: '5.2', properties: property(0x083c, 0) }, after],
      'Margin of 5.2 holds',
    ],
    [
      'a hidden field hides itself alone',
      [before, { text: '\x13 XE "margin" \x15', properties: HIDDEN }, after],
      'Margin of holds',
    ],
    [
      'the result of a field whose code is hidden',
      [before, { text: '\x13 REF a ', properties: HIDDEN }, { text: '\x145.2\x15' }, after],
      'Margin of 5.2 holds',
    ],
    [
      'a sign of Wingdings in place of a bracket',
      [{ text: '(', properties: symbol(1, 0xf0fe) }, { text: ' resident' }],
      '[x] ☑ resident',
    ],
    [
      'letters of Wingdings',
      [{ text: '\uf0a8', properties: property(0x4a4f, 1, 0) }, { text: ' other' }],
      '[ ] ☐ other',
    ],
    ['letters of a font of words stay', [{ text: 'Arial', properties: property(0x4a4f, 0, 0) }], 'Arial'],
  ])('%s', async (_name, runs, expected) => {
    expect(await textOf('a.doc', doc(runs, { fonts: ['Arial', 'Wingdings'] }))).toBe(expected);
  });

  test('a piece that is deleted as a whole', async () => {
    const bytes = doc([{ text: 'Gone' }], { modifier: (0x41 << 1) | (1 << 8) });
    expect((await readAll('a.doc', bytes))[0]?.code).toBe('extract.empty');
  });

  test('cells keep their columns, rows their lines', async () => {
    const rows: DocRun[] = [
      { text: '4711\x07\x07900\x07' },
      { text: '\x07', endsRow: true },
      { text: '4712\x0735\x07\x07' },
      { text: '\x07', endsRow: true },
      { text: 'Total\r' },
    ];
    expect(await textOf('a.doc', doc(rows))).toBe('4711\t\t900\n4712\t35\nTotal');
  });

  const cells = (text: string): DocRun => ({ text, paragraph: IN_TABLE });
  const rowOf = (text: string, ...edges: number[]): DocRun[] => [
    cells(text),
    { text: '\x07', endsRow: true, paragraph: rowCells(...edges) },
  ];
  test('a cell merged across columns covers them; another table has columns of its own', async () => {
    const rows = [
      ...rowOf('Account\x07Debit\x07Credit\x07', 0, 2000, 4000, 6000),
      ...rowOf('Total\x07900\x07', 10, 4015, 6000),
      ...rowOf('35\x07', 4000, 6000),
      { text: 'Next\r' },
      ...rowOf('A\x07B\x07', 0, 1000, 3000),
      ...rowOf('C\x07D\x07', 0, 1000, 3000),
    ];
    expect(await textOf('a.doc', doc(rows))).toBe('Account\tDebit\tCredit\nTotal\t\t900\n\t\t35\nNext\nA\tB\nC\tD');
  });

  test('rows described outside their page, and deleted ones, leave the columns of the others in place', async () => {
    const far = { text: '\x07', endsRow: true, paragraph: ELSEWHERE };
    const gone = (run: DocRun) => ({ ...run, properties: DELETED });
    const rows = [
      cells('Account\x07Debit\x07Credit\x07'),
      far,
      ...rowOf('Gone\x07\x07', 0, 1000, 6000).map(gone),
      ...rowOf('Total\x07900\x07', 0, 4000, 6000),
    ];
    expect(await textOf('a.doc', doc(rows, { data: listOf(rowCells(0, 2000, 4000, 6000)) }))).toBe(
      'Account\tDebit\tCredit\nTotal\t\t900',
    );
  });

  test.each([
    ['a box that was ticked', 'FORMCHECKBOX', formData(1, 1, 0), '[x] VAT'],
    ['a box that was cleared', 'FORMCHECKBOX', formData(1, 0, 1), '[ ] VAT'],
    ['a box as at first', 'FORMCHECKBOX', formData(1, 25, 1), '[x] VAT'],
    ['a list', 'FORMDROPDOWN', formData(2, 1, 0, ['Malta', 'Luxembourg']), 'Luxembourg VAT'],
    ['a list as at first', 'FORMDROPDOWN', formData(2, 25, 0, ['Malta', 'Luxembourg']), 'Malta VAT'],
  ])('%s', async (_name, instruction, data, expected) => {
    expect(await textOf('a.doc', doc([...FIELD(instruction, formField(0)), { text: ' VAT' }], { data }))).toBe(
      expected,
    );
  });

  test('a watermark', async () => {
    expect(await textOf('a.doc', doc([{ text: 'Agreement' }], { art: artText('TERMINATED') }))).toBe(
      'Agreement\nTERMINATED',
    );
  });

  test('a damaged table of runs costs no text', async () => {
    const bytes = doc([{ text: 'Agreement', properties: DELETED }, { text: ' holds' }]);
    const table = bytes.indexOf(Buffer.from([0x00, 0x04, 0, 0, 0x1e, 0x04, 0, 0]));
    expect(table).toBeGreaterThan(0);
    bytes.writeUInt32LE(0x3fffff, table + 8);
    expect(await textOf('a.doc', bytes)).toBe('Agreement holds');
  });
});

describe('documents and scans inside', () => {
  const inner = doc([{ text: 'Halvorsen Shipping' }]);
  const packaged = { Package: workbook };
  const inPool = { 'ObjectPool/_1/Package': workbook };
  test.each<[string, string, Buffer, string, string]>([
    ['doc: a package', 'a.doc', doc([{ text: 'Letter' }], { streams: inPool }), 'object-1.xlsx', 'Data\nRoyalties\t41'],
    [
      'doc: a document of its own',
      'a.doc',
      doc([{ text: 'Letter' }], {
        streams: {
          'ObjectPool/_2/WordDocument': streamOf(inner, 'WordDocument'),
          'ObjectPool/_2/0Table': streamOf(inner, '0Table'),
        },
      }),
      'object-1.doc',
      'Halvorsen Shipping',
    ],
    [
      'xls: a package',
      'a.xls',
      xls('Data', [label(0, 0, 'Letter')], { streams: { 'MBD0012/Package': workbook } }),
      'object-1.xlsx',
      'Data\nRoyalties\t41',
    ],
    [
      'ppt: a packed object',
      'a.ppt',
      ppt(artRecord(0x1011, 1, packed(ole(packaged)))),
      'object-1.xlsx',
      'Data\nRoyalties\t41',
    ],
    [
      'ppt: an object as it is',
      'a.ppt',
      ppt(artRecord(0x1011, 0, ole(packaged))),
      'object-1.xlsx',
      'Data\nRoyalties\t41',
    ],
  ])('%s', async (_name, name, bytes, path, expected) => {
    const [own, member] = await readAll(name, bytes);
    expect(own?.text).toContain('Letter');
    expect([member?.archivePath, member?.text]).toEqual([path, expected]);
  });

  const scan = greyPng(1000, 1400);
  test.each([
    ['doc', 'a.doc', doc([{ text: '\x01' }], { data: Buffer.concat([Buffer.alloc(68), pngBlip(scan)]) })],
    ['ppt', 'a.ppt', ole({ 'PowerPoint Document': Buffer.alloc(8), Pictures: pngBlip(scan) })],
    ['xls', 'a.xls', xls('Data', [], { globals: inPieces(pngBlip(scan)) })],
  ])('%s: a pasted scan needs OCR', async (_kind, name, bytes) => {
    expect((await readAll(name, bytes)).map((d) => d.code)).toEqual(['extract.needs-ocr']);
  });
});

test('ppt: comments stand in the binary tags of their slide; who wrote them is left out', async () => {
  const string = (instance: number, text: string) => artRecord(4026, instance, Buffer.from(text, 'utf16le'));
  const comment = artRecord(12000, 0, Buffer.concat([string(0, 'Ann'), string(1, 'Move this'), string(2, 'A')]), 15);
  const blob = artRecord(5003, 0, comment);
  const tags = artRecord(5000, 0, artRecord(5002, 0, Buffer.concat([string(0, '___PPT10'), blob]), 15), 15);
  const slide = artRecord(1006, 0, Buffer.concat([artRecord(4000, 0, Buffer.from('Letter', 'utf16le')), tags]), 15);
  expect(await textOf('a.ppt', ole({ 'PowerPoint Document': slide }))).toBe('Letter\n\nMove this');
});

describe('xls: around the cells', () => {
  test('headers and hidden rows and columns are told', async () => {
    const bytes = xls('Ledger', [
      sheetHeader('&LKirchner && Sons&RPage &P'),
      hiddenColumns(1, 2),
      hiddenRow(1),
      label(0, 0, 'Seen'),
      label(1, 0, 'Unseen'),
    ]);
    expect(await textOf('a.xls', bytes)).toBe(
      'Ledger\nKirchner & Sons\tPage\n(hidden columns: B–C)\nSeen\nUnseen (hidden)',
    );
  });

  test('text boxes are read, unless a cell says the same', async () => {
    const boxes = [textBox('Penalty of 900 – März'), textBox('Second box'), textBox('Seen')];
    expect(await textOf('a.xls', xls('Ledger', [label(0, 0, 'Seen'), ...boxes]))).toBe(
      'Ledger\nSeen\n\nPenalty of 900 – März\n\nSecond box',
    );
  });

  test('formulas of which none has a result are counted', async () => {
    const [found] = await readAll('a.xls', xls('Ledger', [label(0, 0, 'Sum'), blankFormula(0, 1), blankFormula(1, 1)]));
    expect(found?.warnings).toEqual([
      'formulas: 2 formula(s) hold no result, the program that wrote them did not calculate',
    ]);
  });
});

function ppt(more: Buffer): Buffer {
  const text = artRecord(4000, 0, Buffer.from('Letter', 'utf16le'));
  return ole({ 'PowerPoint Document': Buffer.concat([artRecord(1006, 0, text, 15), more]) });
}

function packed(storage: Buffer): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(storage.length);
  return Buffer.concat([size, deflateSync(storage)]);
}

/** A drawing in records of at most 8,224 bytes. */
function inPieces(drawing: Buffer): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < drawing.length; at += 8224)
    pieces.push(biff(at === 0 ? 0xeb : 0x3c, drawing.subarray(at, at + 8224)));
  return pieces;
}
