// Workbooks as people read them, and zip members of rarer methods and names.
import { crc32 } from 'node:zlib';
import * as library from '@e965/xlsx';
import { afterAll, describe, expect, test } from 'vitest';
import { unpackRare } from '../../../shared/documents/archives/rare-methods.ts';
import { Extractor } from '../../../shared/documents/extract.ts';
import { cellText } from '../../../shared/documents/formats/cell-text.ts';
import { silentLogger } from '../../../shared/ports.ts';
import { xlsx, zip } from '../fixtures.ts';

const extractor = new Extractor({ logger: silentLogger, slots: 1 });
afterAll(() => extractor.close());
const read = async (name: string, bytes: Uint8Array) => (await extractor.extract({ name, bytes }))[0];

describe('cells: dates', () => {
  const cell = (v: number, z: string, w?: string) =>
    cellText({ t: 'n', v, z, ...(w === undefined ? {} : { w }) }, false);
  test.each([
    ['day first with dots', cell(45731, 'dd.mm.yyyy'), '2025-03-15 (15.03.2025)'],
    ['with a time', cell(45733.604166667, 'dd.mm.yyyy hh:mm'), '2025-03-17 14:30 (17.03.2025 14:30)'],
    ['short, of any country', cell(12453, 'm/d/yy', '2/3/34'), '1934-02-03'],
    ['ISO', cell(45731, 'yyyy\\-mm\\-dd', '2025-03-15'), '2025-03-15'],
    ['with words', cell(45731, '[$-409]mmmm d, yyyy', 'March 15, 2025'), '2025-03-15 (March 15, 2025)'],
    ['of the far East', cell(45731, 'yyyy"年"m"月"d"日"', '2025年3月15日'), '2025-03-15 (2025年3月15日)'],
    ['a month', cell(45731, 'mmm-yy', 'Mar-25'), '2025-03-15'],
    ['a time alone', cell(0.5, 'hh:mm', '12:00'), '12:00'],
    ['hours worked', cell(1.5, '[h]:mm', '36:00'), '36:00'],
    ['before the leap day that never was', cell(59, 'dd.mm.yyyy'), '1900-02-28 (28.02.1900)'],
    ['no date: colours and units', cell(1200, '[Red]#,##0.00 "d"', '1,200.00 d'), '1,200.00 d'],
    ['no date: scientific', cell(1.5, '0.00E+00', '1.50E+00'), '1.50E+00'],
    ['no date: a percentage', cell(0.19, '0.00%', '19.00%'), '19.00%'],
  ])('%s', (_name, text, expected) => {
    expect(text).toBe(expected);
  });

  test('serial numbers of 1904', () => {
    expect(cellText({ t: 'n', v: 44376, z: 'dd.mm.yyyy' }, true)).toBe('2025-06-30 (30.06.2025)');
  });
});

test('cells: integers with all their digits, other numbers as shown', () => {
  expect(cellText({ t: 'n', v: 4006381333931, z: 'General', w: '4.00638E+12' }, false)).toBe('4006381333931');
  expect(cellText({ t: 'n', v: 1 / 3, z: 'General', w: '0.333333333' }, false)).toBe('0.333333333');
  expect(cellText({ t: 'n', v: -412.5, z: '#,##0.00', w: '-412.50' }, false)).toBe('-412.50');
});

describe('workbooks: sheets', () => {
  const book = (bookType: 'xlsx' | 'biff8' | 'ods') => {
    const sheet = library.utils.aoa_to_sheet([
      ['Account', 'Debit', 'Credit'],
      ['4711 Rent', null, 900],
      [null, 350, null],
    ]);
    sheet.D2 = { t: 'n', v: 45731, z: 'dd.mm.yyyy' };
    sheet['!ref'] = 'A1:D3';
    const hidden = library.utils.aoa_to_sheet([['secret rate']]);
    const file = library.utils.book_new();
    library.utils.book_append_sheet(file, sheet, 'Ledger');
    library.utils.book_append_sheet(file, hidden, 'Rates');
    file.Workbook = { Sheets: [{ Hidden: 0 }, { Hidden: 1 }] };
    return Buffer.from(library.write(file, { type: 'buffer', bookType }) as Uint8Array);
  };
  test.each([
    ['a.xlsx', 'xlsx'],
    ['a.xls', 'biff8'],
  ] as const)('%s: empty cells keep the columns, dates are dates, hidden sheets are marked', async (name, type) => {
    expect((await read(name, book(type)))?.text).toBe(
      'Ledger\nAccount\tDebit\tCredit\n4711 Rent\t\t900\t2025-03-15 (15.03.2025)\n\t350\nRates (hidden)\nsecret rate',
    );
  });

  test('formulas without a result are counted; headers, footers and hidden rows and columns are told', async () => {
    const plain = xlsx(
      '<row r="1"><c r="A1" t="inlineStr"><is><t>Item</t></is></c><c r="B1"><f>SUM(B2:B3)</f><v></v></c></row><row r="2" hidden="1"><c r="A2"><v>7</v></c><c r="B2"><f>A2*2</f><v>14</v></c></row><row r="3"><c r="A3"><f>A2</f></c></row>',
      {},
      '<headerFooter><oddHeader>&amp;L&amp;"Arial,Bold"Northgate &amp;&amp; Sons&amp;RPage &amp;P</oddHeader><oddFooter>&amp;CConfidential</oddFooter></headerFooter>',
    );
    const found = await read('a.xlsx', plain);
    expect(found?.text).toBe('Data\nNorthgate & Sons\tPage\nConfidential\nItem\n7\t14 (hidden)');
    expect(found?.warnings).toEqual([
      'formulas: 2 formula(s) hold no result, the program that wrote them did not calculate',
    ]);
  });
});

describe('workbooks: hidden parts', () => {
  test('xlsb: columns, rows and sheets are marked', async () => {
    const file = library.utils.book_new();
    const sheet = library.utils.aoa_to_sheet([['Net', 'old', 900], ['secret'], ['Tax', 'x', 12]]);
    sheet['!cols'] = [{}, { hidden: true }];
    sheet['!rows'] = [{}, { hidden: true }];
    library.utils.book_append_sheet(file, sheet, 'Ledger');
    library.utils.book_append_sheet(file, library.utils.aoa_to_sheet([['rate']]), 'Rates');
    file.Workbook = { Sheets: [{ Hidden: 0 }, { Hidden: 1 }] };
    const bytes = Buffer.from(library.write(file, { type: 'buffer', bookType: 'xlsb' }) as Uint8Array);
    expect((await read('a.xlsb', bytes))?.text).toBe(
      'Ledger\n(hidden columns: B)\nNet\told\t900\nsecret (hidden)\nTax\tx\t12\nRates (hidden)\nrate',
    );
  });

  const table = (name: string, style: string, rows: string) =>
    `<table:table table:name="${name}" table:style-name="${style}"><table:table-column/><table:table-column table:visibility="collapse" table:number-columns-repeated="2"/>${rows}</table:table>`;
  const row = (visibility: string, text: string, more = '') =>
    `<table:table-row table:visibility="${visibility}"><table:table-cell office:value-type="string"><text:p>${text}</text:p></table:table-cell>${more}</table:table-row>`;
  const styles = `<style:style style:name="off" style:family="table"><style:table-properties table:display="false"/></style:style>`;
  const content = (body: string) =>
    `<?xml version="1.0"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"><office:automatic-styles>${styles}</office:automatic-styles><office:body><office:spreadsheet>${body}</office:spreadsheet></office:body></office:document-content>`;
  const ods = (body: string) =>
    zip([
      { name: 'mimetype', content: 'application/vnd.oasis.opendocument.spreadsheet', store: true },
      { name: 'content.xml', content: content(body) },
      { name: 'styles.xml', content: '<office:document-styles xmlns:office="o"/>' },
      {
        name: 'META-INF/manifest.xml',
        content:
          '<manifest:manifest xmlns:manifest="m"><manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>',
      },
    ]);
  test('ods: columns, rows (filtered ones too) and sheets are marked; formulas without a result are counted', async () => {
    const formula = '<table:table-cell table:formula="of:=A1*2"/>';
    const shown = table(
      'Ledger',
      'on',
      row('visible', 'Net', formula) + row('collapse', 'old') + row('filter', 'other'),
    );
    const found = await read('a.ods', ods(shown + table('Rates', 'off', row('visible', 'rate'))));
    expect(found?.text).toBe(
      'Ledger\n(hidden columns: B–C)\nNet\nold (hidden)\nother (hidden)\nRates (hidden)\n(hidden columns: B–C)\nrate',
    );
    expect(found?.warnings).toEqual([expect.stringMatching(/^formulas: 1 /)]);
  });
});

describe('zip: rarer methods and names', () => {
  /** Info-ZIP Unicode Path: version, checksum of the name it stands for, the name in UTF-8. */
  const unicodePath = (name: string, of: Buffer) => {
    const body = Buffer.concat([Buffer.from([1, 0, 0, 0, 0]), Buffer.from(name)]);
    body.writeUInt32LE(crc32(of), 1);
    return Buffer.concat([Buffer.from([0x75, 0x70, body.length, 0]), body]);
  };
  test('a name in a Unicode path field is the name, unless the field was made for another', async () => {
    const [first, second] = [Buffer.from('Pr\x81fung.txt', 'latin1'), Buffer.from('b.txt')];
    const entry = (name: Buffer, content: string, of: Buffer) => ({
      name,
      content,
      extra: unicodePath(`${content}.txt`, of),
    });
    const bytes = zip([entry(first, 'Prüfung 東京', first), entry(second, 'stale', first)]);
    const members = await extractor.extract({ name: 'a.zip', bytes });
    expect(members.map((d) => [d.archivePath, d.text])).toEqual([
      ['Prüfung 東京.txt', 'Prüfung 東京'],
      ['b.txt', 'stale'],
    ]);
  });

  const text = 'Warehouse ledger of Novara. '.repeat(4).slice(0, 100);
  // Made by Python's zipfile.
  test.each([
    [
      'bzip2',
      'UEsDBC4AAAAMAAhUfV1a50fZTwAAAGQAAAAFAAAAYS50eHRCWmg5MUFZJlNZtQBmMQAACZeAQAEAAQCAJ8SbACAAUKYACaCKiPU9QemklyyFMsOcOHb2EBYaCAoLdB0Hi2FvAUuwlfxdyRThQkLUAZjEUEsBAi4DLgAAAAwACFR9XVrnR9lPAAAAZAAAAAUAAAAAAAAAAAAAAIABAAAAAGEudHh0UEsFBgAAAAABAAEAMwAAAHIAAAAAAA==',
    ],
    [
      'LZMA',
      'UEsDBD8AAgAOAAhUfV1a50fZMwAAAGQAAAAFAAAAYS50eHQJBAUAXQAAgAAAK5hKRmcp5EhjL3Fc92+tQbj4j/vATHomsH+bUoIWcwvSKgf//7zGgABQSwECPwM/AAIADgAIVH1dWudH2TMAAABkAAAABQAAAAAAAAAAAAAAgAEAAAAAYS50eHRQSwUGAAAAAAEAAQAzAAAAVgAAAAAA',
    ],
  ])('%s in an archive', async (_name, archive) => {
    expect((await read('a.zip', Buffer.from(archive, 'base64')))?.text).toBe(text);
  });

  // Made by zstd and xz from the same text.
  const ZSTD = 'KLUv/QRYHQEA4FdhcmVob3VzZSBsZWRnZXIgb2YgTm92YXJhLiABANSj0wngqBXD';
  const XZ =
    '/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4ABjACNdACuYSkZnKeRIYy9xXPdvrUG4+I/7wEx6JrB/m1KCFnMLQvAAAADCfpQH73e6LwABP2RWOocyH7bzfQEAAAAABFla';
  test.each([
    ['Zstandard', 93, ZSTD],
    ['xz', 95, XZ],
  ])('%s', async (_name, method, packed) => {
    const bytes = Buffer.from(packed, 'base64');
    expect(String(await unpackRare(bytes, method, 100, crc32(text), 1000))).toBe(text);
    await expect(unpackRare(bytes, method, 100, crc32(text), 99)).rejects.toMatchObject({ code: 'extract.too-large' });
  });

  test('a method nobody knows is unsupported', async () => {
    await expect(unpackRare(Buffer.alloc(9), 77, 9, 0, 99)).rejects.toMatchObject({ code: 'extract.unsupported' });
  });
});
