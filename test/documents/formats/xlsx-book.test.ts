// Workbooks of XML parts as we read them ourselves: what the workbook library says of the same values, and the forms that programs write.
import { SSF } from '@e965/xlsx';
import { describe, expect, test } from 'vitest';
import { builtInFormat, NumberFormats } from '../../../shared/documents/formats/number-format.ts';
import { generalNumber, plainFormat, plainTextFormat } from '../../../shared/documents/formats/plain-format.ts';
import { columnRange, edgeLines } from '../../../shared/documents/formats/sheet-marks.ts';
import { TagScan, toScan } from '../../../shared/documents/formats/tag-scan.ts';
import { readWorkbook } from '../../../shared/documents/formats/workbook.ts';
import { defaultExtractLimits } from '../../../shared/documents/limits.ts';
import { MEDIA } from '../../../shared/documents/media-type.ts';
import fc from '../../fakes/property.ts';
import { type SheetParts, sheetPackage } from '../packages.ts';

async function read(rows: string, more: SheetParts = {}, maxCells = 1000) {
  const limits = { ...defaultExtractLimits, maxCells };
  const context = { name: 'a.xlsx', mediaType: MEDIA.xlsx, limits, localOcr: false, progress: () => undefined };
  return await readWorkbook(sheetPackage(rows, more), context);
}
const textOf = async (rows: string, more: SheetParts = {}) => (await read(rows, more)).parts.join('\n');

describe('numbers', () => {
  const numbers = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer({ min: -1e9, max: 1e9 }).map((n) => n / 100),
  );
  // From eleven digits before the point on the library cuts, Excel rounds.
  const isOfElevenDigits = (x: number) => Math.abs(x) >= 1e10 && Math.abs(x) < 1e11;
  test('in the usual format as the library shows them', () => {
    fc.assert(
      fc.property(numbers, (x) => {
        fc.pre(!isOfElevenDigits(x) && !(Number.isInteger(x) && Math.abs(x) >= 1e11));
        expect(generalNumber(x)).toBe(SSF.format('General', x).replace(/^-0$/, '0'));
      }),
    );
    expect(generalNumber(12_345_678_901.7)).toBe('12345678902');
    expect(generalNumber(4_006_381_333_931)).toBe('4006381333931');
  });

  const trimmed = (text: string) => text.replace(/\s+/g, ' ').trim();
  test.each([
    '0',
    '0.00',
    '#,##0',
    '0.0%',
    '\\(#,##0\\)',
    '#,##0.00_);\\(#,##0.00\\)',
    '#,##0;[Red]-#,##0',
    '"$"#,##0.00;[Red]-"$"#,##0.00',
    '_("$"* #,##0_);_("$"* \\(#,##0\\);_("$"* "-"??_);_(@_)',
    '_(* #,##0.00_);_(* \\(#,##0.00\\);_(* "-"??_);_(@_)',
    '"** "#,##0;"** "\\-#,##0;"**";"** "@',
    '0.000" kg"',
    '#,##0;;',
  ])('in %s as the library shows them', (code) => {
    const show = plainFormat(code);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e9 }), fc.constantFrom(1, 7, 8, 100, 1000), (n, by) => {
        // Halves that memory holds a little smaller are halves to Excel.
        fc.pre(by !== 1000 || n % 5 !== 0);
        expect(trimmed(show?.(n / by) ?? '?')).toBe(trimmed(SSF.format(code, n / by)));
        // Of a negative half the library tells the smaller one, Excel the larger; a minus stands before all else, and not before zeros.
        if (by === 8 || code === '\\(#,##0\\)') return;
        const negative = trimmed(SSF.format(code, -n / by));
        expect(trimmed(show?.(-n / by) ?? '?')).toBe(
          code.includes(';') ? negative : negative.replace(/^-(?=[^1-9]*$)/, ''),
        );
      }),
    );
  });

  test.each([
    'dd.mm.yyyy',
    '[h]:mm',
    '0.0#',
    '#',
    '# ?/?',
    '0.00E+00',
    '0,',
    '[>9]0;1',
    '0"a"0',
    'General;-0',
    '0;0;0;0;0',
    '0E',
    '?',
    '?/?',
    '???;-???',
    '0;"-"?',
  ])('%s is left to the library', (code) => {
    expect(plainFormat(code)).toBeUndefined();
  });

  test.each([
    ['0.00', 1.005, '1.01'],
    ['0.00', 2.675, '2.68'],
    ['0.00', -0.285, '-0.29'],
    ['0.00', 1.00499, '1.00'],
    ['#,##0', 1.5e22, '15,000,000,000,000,000,000,000'],
    ['[$-407]#,##0.00 "€"', 1234.5, '1,234.50 €'],
    ['#,##0.00 [$€-407]', 1.005, '1.01 €'],
    ['[$-409]0', 7, '7'],
    ['0.00', 1e21, '1000000000000000000000.00'],
  ])('in %s, %d as a person sees it', (code, value, expected) => {
    expect(plainFormat(code)?.(value)).toBe(expected);
  });

  test.each([
    [';;;', ''],
    ['0;-0;0;"No. "@', 'No. x'],
    ['0;-0;0;@" (old)"', 'x (old)'],
    ['0;"a "@', 'a x'],
    ['_(* #,##0_);_(* \\(#,##0\\);_(* "-"_);_(@_)', 'x'],
    ['@', 'x'],
    ['0.00', 'x'],
  ])('texts in %s, with no library at hand', async (code, expected) => {
    const formats = await NumberFormats.open([code], false);
    expect(formats.text('x', 0).trim()).toBe(expected);
    expect(plainTextFormat(code)?.('x').trim() ?? 'x').toBe(expected);
  });

  test.each([
    ['000-00-0000', -1234.567, '-000-00-1235'],
    ['# ?/?', -0.004, '0'],
    ['# ?/?', -2.5, '-2 1/2'],
    ['[<100]0.0#;[>=1000]#,##0;0', -1234.5, '-1234.5'],
    ['[Red][<0]0.0#;0', -1234.5, '1234.5'],
    ['0.0#;(0.0#)', -1.5, '(1.5)'],
  ])('in %s, %d has the minus that a person sees', async (code, value, expected) => {
    expect((await NumberFormats.open([code], false)).number(value, 0)).toBe(expected);
  });

  test('hours below nothing are told', async () => {
    const formats = await NumberFormats.open(['[h]:mm', 'h:mm'], true);
    expect([0, 1].map((style) => formats.number(-1.25, style))).toEqual(['-30:00', '-6:00']);
  });

  test('a language is no currency to the library either', async () => {
    const formats = await NumberFormats.open(['[$-407]0.0# "€"', '[$kr-41D] 0.0#', '[$-407]d. mmm'], false);
    expect([0, 1].map((style) => formats.number(1.5, style))).toEqual(['1.5 €', 'kr 1.5']);
    expect(formats.number(45_731, 2)).toBe('2025-03-15');
  });

  test('numbers without an end are none', async () => {
    const formats = await NumberFormats.open(['0', 'yyyy', '0%'], false);
    expect([0, 1, 2].map((style) => formats.number(Number.POSITIVE_INFINITY, style))).toEqual(['', '', '']);
    expect(formats.number(1e307, 2)).toBe('1e+307');
  });

  test('formats that files do not write out are the library’s', () => {
    const table = SSF.get_table() as Record<number, string>;
    for (const [id, code] of Object.entries(table)) if (Number(id) < 50) expect(builtInFormat(Number(id))).toBe(code);
  });
});

describe('cells', () => {
  const formats =
    '<numFmts><numFmt numFmtId="164" formatCode="dd.mm.yyyy"/><numFmt numFmtId="165" formatCode="&quot;No. &quot;@"/><numFmt numFmtId="166" formatCode=";;;"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="166"/></cellXfs>';
  test.each([
    ['a number', '<c r="A1"><v>12.50</v></c>', '12.5'],
    ['a date', '<c r="A1" s="1"><v>45731</v></c>', '2025-03-15 (15.03.2025)'],
    ['a date in ISO', '<c r="A1" s="1" t="d"><v>2025-03-15T00:00:00</v></c>', '2025-03-15 (15.03.2025)'],
    ['a date in ISO without a format', '<c r="A1" t="d"><v>2025-03-15T14:30:00</v></c>', '2025-03-15 14:30:00'],
    ['the last day of a February', '<c r="A1" s="1" t="d"><v>1900-02-28</v></c>', '1900-02-28 (28.02.1900)'],
    ['a text behind what its format adds', '<c r="A1" s="2" t="str"><v>17</v></c>', 'No. 17'],
    ['what its format hides', '<c r="A1" s="3" t="str"><v>17</v></c><c r="B1"><v>1</v></c>', '\t1'],
    ['a truth', '<c r="A1" t="b"><v>1</v></c>', 'TRUE'],
    ['an error', '<c r="A1" t="e"><v>#DIV/0!</v></c>', '#DIV/0!'],
    ['CDATA and a comment', '<c r="A1" t="str"><v><![CDATA[a<b]]><!-- x --> &amp; c</v></c>', 'a<b & c'],
    ['characters that XML cannot hold', '<c r="A1" t="inlineStr"><is><t>a_x0009_b</t></is></c>', 'a b'],
    [
      'runs without how they are read aloud',
      '<c r="A1" t="inlineStr"><is><r><t>東</t></r><r><t>京</t></r><rPh sb="0" eb="1"><t>トウ</t></rPh></is></c>',
      '東京',
    ],
    ['other prefixes and quotes', "<x:c r='A1' s = '1'><x:v>45731</x:v></x:c>", '2025-03-15 (15.03.2025)'],
    ['cells without addresses', '<c><v>1</v></c><c/><c><v>3</v></c>', '1\t\t3'],
    ['an address that is none', '<c r="A1"><v>1</v></c><c r="ZZZZ1"><v>2</v></c>', '1\t2'],
    ['a value that points nowhere', '<c r="A1" t="s"><v>9</v></c><c r="B1"><v>1</v></c>', '\t1'],
    ['a cell that is written twice', '<c r="B1"><v>7</v></c><c r="A1"><v>5</v></c><c r="A1"><v>6</v></c>', '6\t7'],
    ['a declaration and comments in a text', '<c r="A1" t="str"><v>a<!b <!--<!-- >c<!-- d -->e</v></c>', 'ace'],
    ['what a later version adds', '<c r="A1"><v>1</v><extLst><ext><v>9</v></ext></extLst></c>', '1'],
  ])('%s', async (_name, cells, expected) => {
    // B2 holds the columns in place.
    const rows = `<row r="1">${cells}</row><row r="2"><c r="A2"><v>0</v></c></row>`;
    expect(await textOf(rows, { styles: formats })).toBe(`Data\n${expected}\n0\n`);
  });

  test('rows and cells out of their order stand in it', async () => {
    const rows =
      '<row r="3"><c r="B3"><v>4</v></c><c r="A3"><v>3</v></c></row><row r="1"><c r="A1"><v>1</v></c></row><row><c><v>2</v></c></row>';
    expect(await textOf(rows)).toBe('Data\n1\n2\n3\t4\n');
  });

  test('an empty workbook, a sheet that is cut off', async () => {
    expect(await textOf('')).toBe('');
    expect(await textOf('<row r="1"><c r="A1"><v>7</v></c><c r="B1"><v>8<!--')).toBe('Data\n7\n');
  });

  test('cells far to the right cost what cells cost', async () => {
    const rows = Array.from({ length: 20_000 }, (_, i) => `<row><c r="XFD${i + 1}"><v>1</v></c></row>`);
    const { parts } = await read(rows.join(''), {}, 20_000);
    expect(parts[0]).toBe(`Data\n${'1\n'.repeat(20_000)}`);
  });

  test('a row of more than is kept is refused', async () => {
    const strings = { name: 'xl/sharedStrings.xml', content: `<sst><si><t>${'y'.repeat(4_000_000)}</t></si></sst>` };
    const row = `<row>${'<c t="s"><v>0</v></c>'.repeat(150)}</row>`;
    await expect(read(row, { parts: [strings] })).rejects.toMatchObject({ code: 'extract.too-large' });
  });

  test('what follows the last cell that is read is not looked at', async () => {
    const found = await read('<row><c><v>1</v></c><c><v>2</v></c></row>', {}, 1);
    expect(found.parts[0]).toBe('Data\n1\n');
  });

  test('more cells than are read are told, and not held', async () => {
    const rows = `<row r="1">${'<c><v>5</v></c>'.repeat(50)}</row>`;
    const { parts, warnings } = await read(rows, {}, 3);
    expect(parts[0]).toBe('Data\n5\t5\t5\n');
    expect(warnings).toEqual(['workbook: only the first 3 cells were read']);
  });
});

test('comments stand with their cells, those of threads in place of the notes that say so', async () => {
  const note = (ref: string, text: string) =>
    `<comment ref="${ref}" authorId="0"><text><r><t>${text}</t></r></text></comment>`;
  const found = await textOf('<row r="1"><c r="A1"><v>1</v></c></row>', {
    targets: {
      c: ['comments', '../comments1.xml'],
      t: ['threadedComment', '../threadedComments/threadedComment1.xml'],
    },
    parts: [
      {
        name: 'xl/comments1.xml',
        content: `<comments><commentList>${note('A1', '[Threaded] old')}${note('C4', 'prüfen')}</commentList></comments>`,
      },
      {
        name: 'xl/threadedComments/threadedComment1.xml',
        content: '<ThreadedComments><threadedComment ref="A1"><text>warum?</text></threadedComment></ThreadedComments>',
      },
    ],
  });
  expect(found).toBe('Data\n1 warum?\n\t\tprüfen\n');
});

test('columns beyond the last one are the last one, headers said twice are one', () => {
  expect(columnRange(2, Number.POSITIVE_INFINITY)).toBe('B–XFD');
  expect(columnRange(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY)).toBe('XFD');
  expect(edgeLines(['&LDraft', '&CDraft', '&LOther'])).toEqual(['Draft', 'Other']);
});

describe('tags', () => {
  test('hostile XML is passed in one pass, whatever it is', () => {
    const pieces = fc.constantFrom(
      '<',
      '>',
      '/',
      '"',
      "'",
      '=',
      ' ',
      'a',
      ':',
      '<!--',
      '-->',
      '<![CDATA[',
      ']]>',
      '<?',
      '?>',
      '&#x41;',
      '<b c="d">',
      '</b>',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 60 }), (xml) => {
        const text = xml.join('');
        let tags = 0;
        for (const scan = new TagScan(text); scan.next(); tags++) {
          scan.attribute('c');
          expect(scan.at).toBeGreaterThan(0);
          if (tags % 3 === 2) scan.skip();
        }
        expect(tags).toBeLessThanOrEqual(text.length);
      }),
    );
  });

  test('names of attributes in the values of others are none', () => {
    const scan = new TagScan(`<a name="x state='hidden' r:id='9'" r:id="1"/>`);
    scan.next();
    expect([scan.attribute('state'), scan.attribute(':id')]).toEqual([undefined, '1']);
  });

  test('attributes by name, local name and in either quotes, never part of another', () => {
    const scan = new TagScan(toScan(Buffer.from(`<x:a xr:id = 'r1' data-id="no" id="ü &amp; >" n="1"/>`)));
    expect(scan.next()).toBe(true);
    expect([scan.name, scan.isEmpty, scan.attribute('id'), scan.attribute(':id'), scan.attribute('d')]).toEqual([
      'a',
      true,
      'ü & >',
      'r1',
      undefined,
    ]);
  });
});
