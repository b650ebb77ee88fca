import iconv from 'iconv-lite';
import PDFDocument from 'pdfkit';
import { afterAll, describe, expect, test } from 'vitest';
import { Extractor } from '../../shared/documents/extract.ts';
import { withPdf } from '../../shared/documents/formats/pdfium.ts';
import type { OcrRequest } from '../../shared/documents/ocr.ts';
import { RetryableError } from '../../shared/errors.ts';
import { silentLogger } from '../../shared/ports.ts';
import { pdf, scannedPdf, sevenZip, xlsx, zip } from './fixtures.ts';

const extractor = new Extractor({ logger: silentLogger, slots: 1 });
afterAll(() => extractor.close());
const read = async (name: string, content: string | Uint8Array) =>
  (await extractor.extract({ name, bytes: Buffer.from(content) }))[0];

describe('pdf', () => {
  const lines = 'Alpha one first\nBeta two second\nGamma three third';
  test.each([
    ['upright', { matrix: (i: number) => `1 0 0 1 72 ${700 - 20 * i}` }],
    ['turned page, text upright as shown', { rotate: 90, matrix: (i: number) => `0 1 -1 0 ${100 + 20 * i} 72` }],
    ['text running up', { matrix: (i: number) => `0 1 -1 0 ${100 + 20 * i} 72` }],
    ['text running down', { matrix: (i: number) => `0 -1 1 0 ${400 - 20 * i} 700` }],
    ['upside down', { matrix: (i: number) => `-1 0 0 -1 500 ${100 + 20 * i}` }],
    ['sideways on a turned page', { rotate: 90, matrix: (i: number) => `1 0 0 1 72 ${700 - 20 * i}` }],
    ['sideways the other way', { rotate: 270, matrix: (i: number) => `1 0 0 1 72 ${700 - 20 * i}` }],
  ])('keeps the order of lines: %s', async (_name, options) => {
    expect((await read('a.pdf', pdf([lines], options)))?.text).toBe(lines);
  });

  test('form values, notes and embedded files are read', async () => {
    const document = new PDFDocument();
    const chunks: Buffer[] = [];
    document.on('data', (chunk: Buffer) => chunks.push(chunk));
    const ended = new Promise((resolve) => document.on('end', resolve));
    document.font('Helvetica').text('Claim form');
    document.initForm();
    document.formText('name', 72, 200, 200, 20, { value: 'Ada Lovelace' });
    document.formCombo('country', 72, 240, 200, 20, { select: ['Chile', 'Peru'], value: 'Peru' });
    document.note(72, 300, 20, 20, 'Check the country');
    document.file(Buffer.from('the attached statement'), { name: 'statement.txt' });
    document.end();
    await ended;
    const documents = await extractor.extract({ name: 'a.pdf', bytes: Buffer.concat(chunks) });
    expect(documents.map((d) => [d.archivePath, d.text])).toEqual([
      ['', 'Claim form\nAda Lovelace\nPeru\nCheck the country'],
      ['statement.txt', 'the attached statement'],
    ]);
  });

  test('accents that TeX sets apart are composed', async () => {
    expect((await read('a.pdf', pdf(['f\xc8ur die Pr\xc8ufung'])))?.text).toBe('für die Prüfung');
  });
});

describe('charsets', () => {
  const sentence = 'Die Prüfung der Rechnung für März ergab keine Mängel, über die zu berichten wäre.';
  test.each([
    ['utf-8 with BOM', Buffer.from(`\ufeff${sentence}`)],
    ['utf-16le with BOM', Buffer.from(`\ufeff${sentence}`, 'utf16le')],
    ['utf-16le without BOM', Buffer.from(sentence, 'utf16le')],
    ['utf-16be without BOM', Buffer.from(sentence, 'utf16le').swap16()],
    ['windows-1252', Buffer.from(sentence, 'latin1')],
  ])('%s', async (_name, bytes) => {
    expect((await read('a.txt', bytes))?.text).toBe(sentence);
  });

  test.each([
    ['Chinese', '增值税发票管理办法适用于所有企业。\n请在月底之前提交纳税申报表。'],
    ['Japanese', '税務申告書の提出期限は来月末です、請求書の内容をご確認ください。'],
    ['Korean', '부가가치세 신고서를 월말까지 제출해 주시기 바랍니다.'],
    ['Russian', 'Налоговая декларация ООО «Vega GmbH» должна быть представлена до конца месяца.'],
    ['Greek', 'η φορολογική δήλωση πρέπει να υποβληθεί μέχρι το τέλος του μήνα.'],
    ['Arabic', 'يجب تقديم الإقرار الضريبي قبل نهاية الشهر. يرجى مراجعة الفواتير.'],
    ['Hebrew', 'יש להגיש את הצהרת המס עד סוף החודש. נא לבדוק את החשבוניות.'],
    ['Thai', 'ต้องยื่นแบบแสดงรายการภาษีภายในสิ้นเดือน กรุณาตรวจสอบใบแจ้งหนี้'],
    ['Hindi', 'कर विवरणी माह के अंत तक जमा करनी होगी। कृपया चालान की जाँच करें।'],
    ['Vietnamese', 'Tờ khai thuế phải được nộp trước cuối tháng. Vui lòng kiểm tra hóa đơn.'],
  ])('UTF-16 without BOM, %s', async (_script, content) => {
    const little = Buffer.from(content, 'utf16le');
    expect((await read('a.txt', little))?.text).toBe(content);
    expect((await read('a.txt', Buffer.from(little).swap16()))?.text).toBe(content);
  });

  test.each([
    ['shift_jis', '税務申告書の提出期限は来月末です。請求書の内容をご確認ください。'],
    ['gbk', '增值税发票管理办法适用于所有企业。请在月底之前提交纳税申报表。'],
    ['big5', '增值稅發票管理辦法適用於所有企業。請在月底之前提交納稅申報表。'],
    ['euc-kr', '부가가치세 신고서를 월말까지 제출해 주시기 바랍니다. 세금계산서를 확인하십시오.'],
    ['windows-1251', 'Налоговая декларация должна быть представлена до конца месяца.'],
    ['koi8-r', 'Налоговая декларация должна быть представлена до конца месяца.'],
    ['cp866', 'Налоговая декларация должна быть представлена до конца месяца.'],
    ['iso-8859-2', 'Deklarację podatkową należy złożyć do końca miesiąca, a należności zapłacić później.'],
    ['windows-1253', 'Η φορολογική δήλωση πρέπει να υποβληθεί μέχρι το τέλος του μήνα.'],
    [
      'windows-1254',
      'Vergi beyannamesi ayın sonuna kadar verilmelidir. Şirketin faturaları ışığında değerlendirme yapılacaktır.',
    ],
    ['windows-1255', 'יש להגיש את הצהרת המס עד סוף החודש. נא לבדוק את החשבוניות.'],
    ['windows-1256', 'يجب تقديم الإقرار الضريبي قبل نهاية الشهر. يرجى مراجعة الفواتير.'],
    ['windows-1257', 'Mokesčių deklaracija turi būti pateikta iki mėnesio pabaigos. Patikrinkite sąskaitas faktūras.'],
    ['windows-874', 'ต้องยื่นแบบแสดงรายการภาษีภายในสิ้นเดือน กรุณาตรวจสอบใบแจ้งหนี้'],
    ['cp850', sentence],
    ['macintosh', sentence],
  ])('%s, undeclared', async (charset, content) => {
    expect((await read('a.txt', iconv.encode(content, charset)))?.text).toBe(content);
  });

  test('html: the declared charset is believed when the bytes are not UTF-8', async () => {
    const bytes = Buffer.from(
      '<html><head><meta charset="windows-1251"></head><body>\xcf\xf0\xe8\xe2\xe5\xf2</body></html>',
      'latin1',
    );
    expect((await read('a.html', bytes))?.text).toBe('Привет');
  });

  test('EBCDIC is recognised', async () => {
    const table: Record<string, number> = { ' ': 0x40, '.': 0x4b };
    for (const [i, letter] of [...'abcdefghi'].entries()) table[letter] = 0x81 + i;
    for (const [i, letter] of [...'jklmnopqr'].entries()) table[letter] = 0x91 + i;
    for (const [i, letter] of [...'stuvwxyz'].entries()) table[letter] = 0xa2 + i;
    const line = 'the quick brown fox jumps over the lazy dog. ';
    expect((await read('a.txt', Buffer.from([...line.repeat(5)].map((c) => table[c] ?? 0x40))))?.text).toBe(
      line.repeat(5).trim(),
    );
  });
});

describe('rtf', () => {
  test('unicode with fallback, code pages by font, hidden parts gone', async () => {
    const rtf = String.raw`{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}{\f1\fcharset204 Times;}}{\*\generator x;}{\info{\title no}}caf\'e9 \u8364?5 {\f1\'cf\'f0} {\v gone}\b bold\b0\par next\tab cell\~x{\field{\*\fldinst HYPERLINK "u"}{\fldrslt link}}}`;
    expect((await read('a.rtf', rtf))?.text).toBe('café €5 Пр bold\nnext\tcell xlink');
  });

  test('a cut file gives its text and a warning', async () => {
    expect(await read('a.rtf', String.raw`{\rtf1 some text {\b more`)).toMatchObject({
      status: 'ok',
      text: 'some text more',
      warnings: ['rtf: the file is cut off; its text up to the cut was read'],
    });
  });
});

describe('opendocument and epub', () => {
  const odt = (content: string, manifest = '') =>
    zip([
      { name: 'mimetype', content: 'application/vnd.oasis.opendocument.text', store: true },
      { name: 'content.xml', content },
      { name: 'META-INF/manifest.xml', content: `<manifest>${manifest}</manifest>` },
    ]);

  test('odt: paragraphs, cells, notes; deleted text is gone', async () => {
    const content =
      '<o:document><o:body><o:text><text:tracked-changes><text:p>deleted</text:p></text:tracked-changes><text:h>Title</text:h><text:p>a<text:s text:c="2"/>b<text:tab/>c</text:p><table:table><table:table-row><table:table-cell><text:p>x</text:p></table:table-cell><table:table-cell><text:p>y</text:p></table:table-cell></table:table-row></table:table></o:text></o:body></o:document>';
    expect((await read('a.odt', odt(content)))?.text.split(/\s+/)).toEqual(['Title', 'a', 'b', 'c', 'x', 'y']);
  });

  test('an encrypted package says so', async () => {
    expect((await read('a.odt', odt('garbage', '<manifest:encryption-data/>')))?.code).toBe('extract.encrypted');
  });

  test('epub chapters come in the order of the spine', async () => {
    const book = zip([
      { name: 'mimetype', content: 'application/epub+zip', store: true },
      {
        name: 'META-INF/container.xml',
        content: '<container><rootfiles><rootfile full-path="OEBPS/book.opf"/></rootfiles></container>',
      },
      {
        name: 'OEBPS/book.opf',
        content:
          '<package><manifest><item id="a" href="z.xhtml"/><item id="b" href="a%20b.xhtml"/></manifest><spine><itemref idref="a"/><itemref idref="b"/></spine></package>',
      },
      { name: 'OEBPS/a b.xhtml', content: '<html><body><p>second</p></body></html>' },
      { name: 'OEBPS/z.xhtml', content: '<html><body><p>first</p></body></html>' },
    ]);
    expect(await read('a.epub', book)).toMatchObject({ mediaType: 'application/epub+zip', text: 'first\n\nsecond' });
  });
});

describe('workbooks', () => {
  test('cells as displayed under their sheet name', async () => {
    const rows =
      '<row r="1"><c r="A1" t="inlineStr"><is><t>Net</t></is></c><c r="B1"><v>1.5</v></c></row><row r="3"><c r="A3" t="b"><v>1</v></c></row>';
    expect(await read('a.xlsx', xlsx(rows))).toMatchObject({ status: 'ok', text: 'Data\nNet\t1.5\nTRUE' });
  });
});

describe('7z', () => {
  test('members are documents', async () => {
    const documents = await extractor.extract({
      name: 'a.7z',
      bytes: sevenZip({ 'a.txt': 'alpha text', 'b/c.txt': 'beta' }),
    });
    expect(documents.map((d) => [d.archivePath, d.text])).toEqual([
      ['a.txt', 'alpha text'],
      ['b/c.txt', 'beta'],
    ]);
  });
});

describe('mail folders', () => {
  test('each message of an mbox is a document', async () => {
    const message = (n: number) =>
      `From ada@example.com Mon Jun  1 10:0${n}:00 2026\nFrom: ada@example.com\nTo: bob@example.com\nSubject: Note ${n}\nDate: Mon, 1 Jun 2026 10:00:00 +0000\n\nBody ${n}\n>From here on\n\n`;
    const documents = await extractor.extract({ name: 'box.mbox', bytes: Buffer.from(message(1) + message(2)) });
    expect(documents.map((d) => [d.archivePath, d.text.includes('Subject: Note')])).toEqual([
      ['message-1.eml', true],
      ['message-2.eml', true],
    ]);
    expect(documents[0]?.text).toMatch(/Body 1\nFrom here on$/);
  });
});

describe('what is not the document', () => {
  test('a rights-management notice is not taken for the content', async () => {
    expect(
      (await read('a.pdf', pdf(['This PDF file is protected. You need Azure Information Protection to view it.'])))
        ?.code,
    ).toBe('extract.encrypted');
  });

  test('plain text under the name of a package is a lost file', async () => {
    expect((await read('a.docx', 'see ../other.docx'))?.code).toBe('extract.corrupt');
  });

  test('a mail without a body is empty, its attachments are not', async () => {
    const bytes = Buffer.from(
      'From: a@example.com\r\nTo: b@example.com\r\nSubject: scan\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\nContent-Type: text/plain; name=n.txt\r\nContent-Disposition: attachment; filename=n.txt\r\n\r\nthe note\r\n--B--\r\n',
    );
    const documents = await extractor.extract({ name: 'm.eml', bytes });
    expect(documents.map((d) => [d.archivePath, d.code ?? d.text])).toEqual([
      ['', 'extract.empty'],
      ['n.txt', 'the note'],
    ]);
  });
});

describe('page images', () => {
  const scan = () =>
    Buffer.from(
      pdf(['%IMAGE%', 'A page with a text layer of its own'])
        .toString('latin1')
        .replace('BT /F1 12 Tf 1 0 0 1 72 720 Tm (%IMAGE%) Tj ET', 'BI /W 1 /H 1 /BPC 8 /CS /G ID \xff EI'.padEnd(49)),
      'latin1',
    );

  test('are counted in a warning when the rest has text', async () => {
    expect(await read('a.pdf', scan())).toMatchObject({
      status: 'ok',
      pages: 2,
      warnings: ['needs-ocr: 1 page(s) not read (1)'],
    });
  });

  test('go to the engine, and only they', async () => {
    const asked: OcrRequest['pages'][] = [];
    const engine = {
      async recognize({ pages }: OcrRequest) {
        asked.push(pages);
        return ['read from the image'];
      },
    };
    const withOcr = new Extractor({ logger: silentLogger, slots: 1, ocr: engine });
    const [document] = await withOcr.extract({ name: 'a.pdf', bytes: scan() });
    await withOcr.close();
    expect(asked).toEqual([[1]]);
    expect(document).toMatchObject({
      status: 'ok',
      text: 'read from the image\n\nA page with a text layer of its own',
      warnings: ['ocr: 1 page(s) read from images'],
    });
  });

  test.each([0, 1, 2])('are read locally, %i quarter turns from upright', async (quarters) => {
    const words = 'Notice of assessment\nThe tax for the year is due\nwithin thirty days of receipt';
    const source = pdf([words], { matrix: (line) => `3 0 0 3 40 ${600 - 60 * line}` });
    const drawn = await withPdf(source, async (document) =>
      document.page(0, (page) => page.render(110, 4_000_000, quarters)),
    );
    const withOcr = new Extractor({ logger: silentLogger, slots: 1, ocr: 'local' });
    const [document] = await withOcr.extract({ name: 'scan.pdf', bytes: scannedPdf(drawn ?? Buffer.alloc(0)) });
    await withOcr.close();
    expect(document).toMatchObject({ status: 'ok', text: words, warnings: ['ocr: 1 page(s) read from images'] });
  });

  test('an engine that fails costs the images only', async () => {
    const engine = {
      async recognize(): Promise<string[]> {
        throw new RetryableError('extract.ocr-unavailable', 'ocr: no answer');
      },
    };
    const withOcr = new Extractor({ logger: silentLogger, slots: 1, ocr: engine });
    const png = Buffer.from('\x89PNG\r\n\x1a\n0000', 'latin1');
    const [[partly], [image]] = await Promise.all([
      withOcr.extract({ name: 'a.pdf', bytes: scan() }),
      withOcr.extract({ name: 'a.png', bytes: png }),
    ]);
    await withOcr.close();
    expect(partly).toMatchObject({ status: 'ok', text: 'A page with a text layer of its own' });
    expect(partly?.warnings).toContain('ocr: the service failed (extract.ocr-unavailable)');
    expect(image?.code).toBe('extract.ocr-unavailable');
  });
});
