// HTML, XML, RTF and JSON-like wrappings: documents inside, choices, what nobody sees.
import { afterAll, describe, expect, test } from 'vitest';
import { Extractor } from '../../../shared/documents/extract.ts';
import { silentLogger } from '../../../shared/ports.ts';
import { docx, paragraph, pdf } from '../fixtures.ts';
import { ole } from '../ole.ts';
import { greyPng } from '../pictures.ts';

const extractor = new Extractor({ logger: silentLogger, slots: 1 });
afterAll(() => extractor.close());
const readAll = (name: string, content: string | Uint8Array) =>
  extractor.extract({ name, bytes: Buffer.from(content as string) });
const textOf = async (name: string, content: string | Uint8Array) => (await readAll(name, content))[0]?.text ?? '';

describe('html', () => {
  test.each([
    [
      'the option chosen',
      '<p>Status <select><option>Single<option selected>Married</select> since 2019',
      'Status Married since 2019',
    ],
    [
      'the first option of a list that drops down',
      '<p>Status <select><option>Single</option><option>Married</option></select>',
      'Status Single',
    ],
    ['no option of an open list', '<p>Pick <select multiple><option>Single<option>Married</select> any', 'Pick any'],
    [
      'boxes and buttons',
      '<p><input type=checkbox checked> resident <input type="radio"> trust',
      '[x] resident [ ] trust',
    ],
    [
      'a page within the page',
      '<p>Report<iframe srcdoc="&lt;p&gt;Ledger &lt;b&gt;Sandnes&lt;/b&gt;"></iframe>',
      'Report\n\nLedger Sandnes',
    ],
    [
      'words of a drawing',
      '<p>See<svg><text x="1">Duty chart</text><text>by quarter</text></svg>',
      'See Duty chart by quarter',
    ],
    ['what stands for an object', '<p>See <object data="x.pdf">annual statement</object>', 'See annual statement'],
    [
      'empty cells',
      '<table><tr><td>Rent<td><td>900<tr><td colspan=2>Total<td>900</table>',
      'Rent\t\t900\n\nTotal\t\t900',
    ],
    [
      'no file name as a description',
      '<p>Text <img src=a alt="IMG_0012.jpg"><img src=b alt="Chart of duties">',
      'Text Chart of duties',
    ],
    [
      'nothing of what is hidden',
      '<p>a<select hidden><option selected>b</select><div style="display:none">c</div>',
      'a',
    ],
  ])('%s', async (_name, html, expected) => {
    expect(await textOf('a.html', `<html><body>${html}`)).toBe(expected);
  });

  test('pages within pages end somewhere', async () => {
    let html = 'innermost';
    for (let i = 0; i < 8; i++)
      html = `<iframe srcdoc="${html.replaceAll('&', '&amp;').replaceAll('"', '&quot;')}"></iframe>`;
    expect((await readAll('a.html', `<html><body><p>Top${html}`))[0]).toMatchObject({ status: 'ok', text: 'Top' });
  });

  test('a drawing of its own gives its words', async () => {
    const svg =
      '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0L10 10"/><text>Group structure</text></svg>';
    expect(await textOf('a.svg', svg)).toBe('Group structure');
  });
});

describe('xml: files in base64', () => {
  const csv = Buffer.from('a;b\n1;2').toString('base64');
  const long = Buffer.from(docx(paragraph('Statement of Kupferberg'))).toString('base64');
  test.each([
    [
      'UBL',
      `<Invoice xmlns:cbc="c"><cbc:ID>RE-88</cbc:ID><cbc:EmbeddedDocumentBinaryObject mimeCode="text/csv" filename="a.csv">${csv}</cbc:EmbeddedDocumentBinaryObject></Invoice>`,
      'a.csv',
      'a\tb\n1\t2',
    ],
    [
      'FatturaPA',
      `<p:FatturaElettronica xmlns:p="f"><Numero>RE-88</Numero><Allegati><NomeAttachment>ore.csv</NomeAttachment><Attachment>${csv}</Attachment></Allegati></p:FatturaElettronica>`,
      'ore.csv',
      'a\tb\n1\t2',
    ],
    [
      'an element of any name',
      `<order><no>RE-88</no><blob>${long.replace(/.{76}/g, '$&\n')}</blob></order>`,
      'embedded-1',
      'Statement of Kupferberg',
    ],
  ])('%s: a member, and no words', async (_name, xml, path, expected) => {
    const [own, file] = await readAll('a.xml', `<?xml version="1.0"?>${xml}`);
    expect(own?.text).toContain('RE-88');
    expect(own?.text).not.toMatch(/[A-Za-z0-9+/=]{40}|YTti/);
    expect([file?.archivePath, file?.text]).toEqual([path, expected]);
  });

  test('certificates and digests are no words; short identifiers and numbers are', async () => {
    const xml = `<?xml version="1.0"?><a><X509Certificate>${Buffer.alloc(300, 'z9').toString('base64')}</X509Certificate><id>ABCdef0123456789</id><n>${'1234567890'.repeat(8)}</n></a>`;
    expect(await textOf('a.xml', xml)).toBe(`ABCdef0123456789\n${'1234567890'.repeat(8)}`);
  });
});

describe('xml: documents in one file', () => {
  const part = (name: string, xml: string) =>
    `<pkg:part pkg:name="${name}"><pkg:xmlData>${xml}</pkg:xmlData></pkg:part>`;
  test('a flat Word package is read as Word', async () => {
    const body =
      '<w:document xmlns:w="w"><w:body><w:p><w:r><w:t>Dividend of Larch</w:t></w:r><w:del><w:r><w:delText>REJECTED</w:delText></w:r></w:del></w:p></w:body></w:document>';
    const rels =
      '<Relationships><Relationship Id="r1" Type="x/officeDocument" Target="word/document.xml"/></Relationships>';
    const image = `<pkg:part pkg:name="/word/media/i.png"><pkg:binaryData>${greyPng(40, 40).toString('base64')}</pkg:binaryData></pkg:part>`;
    const xml = `<?xml version="1.0"?><?mso-application progid="Word.Document"?><pkg:package xmlns:pkg="http://schemas.microsoft.com/office/2006/xmlPackage">${part('/_rels/.rels', rels)}${part('/word/document.xml', body)}${image}</pkg:package>`;
    expect(await textOf('a.xml', xml)).toBe('Dividend of Larch');
  });

  test('a flat presentation is read as one', async () => {
    const slide =
      '<p:sld xmlns:p="p" xmlns:a="a"><p:sp><a:p><a:r><a:t>Group structure</a:t></a:r></a:p></p:sp></p:sld>';
    const xml = `<?xml version="1.0"?><pkg:package xmlns:pkg="http://schemas.microsoft.com/office/2006/xmlPackage">${part('/ppt/slides/slide1.xml', slide)}</pkg:package>`;
    expect(await textOf('a.xml', xml)).toBe('Group structure');
  });

  test('Word 2003: text and tables, no deletions, no pictures as words', async () => {
    const xml = `<?xml version="1.0"?><w:wordDocument xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml" xmlns:aml="aml"><w:body><w:p><w:r><w:t>Lease of Harbour Lane</w:t></w:r><aml:annotation w:type="Word.Deletion"><aml:content><w:r><w:delText>GONE</w:delText></w:r></aml:content></aml:annotation><w:pict><w:binData w:name="wordml://1.png">${greyPng(40, 40).toString('base64')}</w:binData></w:pict></w:p></w:body></w:wordDocument>`;
    expect(await textOf('a.xml', xml)).toBe('Lease of Harbour Lane');
  });

  test('flat OpenDocument: text, no pictures as words; a large one is a scan', async () => {
    const flat = (body: string) =>
      `<?xml version="1.0"?><office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="t" xmlns:draw="d" xmlns:svg="s"><office:body><office:text>${body}</office:text></office:body></office:document>`;
    const image = (size: number) =>
      `<text:p><draw:frame svg:width="12cm" svg:height="9cm"><draw:image><office:binary-data>${greyPng(size, size).toString('base64')}</office:binary-data></draw:image></draw:frame></text:p>`;
    expect(await textOf('a.fodt', flat(`<text:p>Board minutes</text:p>${image(40)}`))).toBe('Board minutes');
    expect((await readAll('a.fodt', flat(image(500))))[0]?.code).toBe('extract.needs-ocr');
  });
});

describe('rtf', () => {
  const rtf = (body: string) =>
    `{\\rtf1\\ansi\\ansicpg1252{\\fonttbl{\\f0 Arial;}{\\f1\\fcharset2{\\*\\panose 05000000}Wingdings;}}${body}}`;
  const form = (fields: string) => `{\\field{\\*\\fldinst FORM {\\*\\formfield{${fields}}}}{\\fldrslt }}`;
  test.each([
    ['deleted text', String.raw`price {\deleted EUR 4}{\revised EUR 5}\par`, 'price EUR 5'],
    ['deleted text until plain', String.raw`price \deleted EUR 4\plain EUR 5\par`, 'price EUR 5'],
    ['a checked box', `${form(String.raw`\fftype1\ffres1`)}yes`, '[x] yes'],
    ['a box checked at first', `${form(String.raw`\fftype1\ffres25\ffdefres1`)}yes`, '[x] yes'],
    ['an unchecked box', `${form(String.raw`\fftype1\ffres0\ffdefres1`)}yes`, '[ ] yes'],
    ['a list', `Seat: ${form(String.raw`\fftype2\ffres1{\*\ffl Malta}{\*\ffl Luxembourg}`)}`, 'Seat: Luxembourg'],
    ['a tick of Wingdings', String.raw`{\f1\'fe} yes`, '[x] ☑ yes'],
    ['a tick before a word', String.raw`{\f1\'fe}yes`, '[x] ☑ yes'],
    ['a tick by its number', String.raw`{\f1\u-3842 ?} yes`, '[x] ☑ yes'],
    [
      'a watermark',
      String.raw`Agreement{\shp{\*\shpinst{\sp{\sn gtextUNICODE}{\sv TERMINATED}}}}`,
      'Agreement\nTERMINATED',
    ],
  ])('%s', async (_name, body, expected) => {
    expect(await textOf('a.rtf', rtf(body))).toBe(expected);
  });

  test('HTML that Outlook wraps keeps its letters, breaks and cells', async () => {
    const body = String.raw`\fromhtml1 {\*\htmltag64 <p>}Frau M{\*\htmltag84 &uuml;}\htmlrtf \'fc\htmlrtf0 ller, A {\*\htmltag84 &lt;} B{\*\htmltag116 <br>}\htmlrtf \line \htmlrtf0 133{\*\htmltag84 &nbsp;}8150{\*\htmltag72 </p>}{\*\htmltag1 <table><tr><td>}Netto{\*\htmltag1 </td><td></td><td>}Brutto{\*\htmltag1 </td></tr></table>}`;
    expect(await textOf('a.rtf', `{\\rtf1\\ansi\\ansicpg1252${body}}`)).toBe(
      'Frau Müller, A < B\n133 8150\n\nNetto\t\tBrutto',
    );
  });

  test('an embedded object is a member, a pasted scan needs OCR', async () => {
    const number = (n: number) => Buffer.from([n & 255, (n >> 8) & 255, n >> 16, 0]);
    const storage = ole({ Package: docx(paragraph('Inner letter')) });
    const object = Buffer.concat([
      number(0x501),
      number(2),
      number(5),
      Buffer.from('Word\0'),
      number(0),
      number(0),
      number(storage.length),
      storage,
    ]);
    const documents = await readAll(
      'a.rtf',
      rtf(
        `See {\\object\\objemb{\\*\\objdata ${object.toString('hex').replace(/.{64}/g, '$&\n')}}{\\result {\\pict 00}}}`,
      ),
    );
    expect(documents.map((d) => [d.archivePath, d.text])).toEqual([
      ['', 'See'],
      ['object-1.docx', 'Inner letter'],
    ]);
    const scan = rtf(
      `{\\*\\shppict{\\pict\\pngblip\\picwgoal9000\\pichgoal6000 ${greyPng(900, 400).toString('hex')}}}`,
    );
    expect((await readAll('a.rtf', scan))[0]?.code).toBe('extract.needs-ocr');
  });
});

test('a text that carries a uuencoded file gives it as a member', async () => {
  const documents = await readAll('a.txt', 'Ledger below\nbegin 644 b.txt\n-=&AE(&QE9&=E<@IO9@``\n`\nend\n');
  expect(documents.map((d) => d.archivePath)).toEqual(['', 'b.txt']);
  expect(documents[0]?.text).toBe('Ledger below');
});

describe('files that text carries', () => {
  const file = Buffer.from(pdf(['Royalty report'])).toString('base64');
  const folded = file.replace(/.{60}/g, '$&\r\n ');
  const readAll = async (name: string, text: string) =>
    (await extractor.extract({ name, bytes: Buffer.from(text) })).map((d) => [d.archivePath, d.text]);

  test('an attachment of a calendar is a member, its lines are unfolded', async () => {
    const text = `BEGIN:VCALENDAR\r\nATTACH;FMTTYPE=application/pdf;ENCODING=BASE64;VALUE=BINARY;X-FILENAME=r.pdf:${folded}\r\nLOCATION:Room 4\\, no\r\n rth\r\nEND:VCALENDAR\r\n`;
    expect(await readAll('a.ics', text)).toEqual([
      ['', 'BEGIN:VCALENDAR\nLOCATION:Room 4, north\nEND:VCALENDAR'],
      ['r.pdf', 'Royalty report'],
    ]);
  });

  test('the portrait of a vCard is no words', async () => {
    const text = `BEGIN:VCARD\r\nFN:Ada\r\nPHOTO;ENCODING=b;TYPE=JPEG:${folded}\r\nLOGO:data:image/png;base64,${folded}\r\nEND:VCARD\r\n`;
    expect(await readAll('a.vcf', text)).toEqual([['', 'BEGIN:VCARD\nFN:Ada\nEND:VCARD']]);
  });

  test('a document behind a link of the page itself is a member; a scan needs OCR', async () => {
    const scan = greyPng(1000, 1400).toString('base64');
    expect(await readAll('a.html', `<p>See <a href="data:application/pdf;base64,${file}">this</a></p>`)).toEqual([
      ['', 'See this'],
      ['embedded-1.pdf', 'Royalty report'],
    ]);
    const page = Buffer.from(`<html><img src="data:image/png;base64,${scan}"></html>`);
    expect((await extractor.extract({ name: 'a.html', bytes: page })).map((d) => d.code)).toEqual([
      'extract.needs-ocr',
    ]);
  });

  test('notebooks are JSON: their pictures are no words', async () => {
    const notebook = `{"cells": [{"source": ["# Ledger"], "png": "${Buffer.alloc(200, 7).toString('base64')}"}]}`;
    expect(await readAll('a.ipynb', notebook)).toEqual([['', 'cells:\nsource: # Ledger']]);
  });
});

test('html: columns below a cell that spans rows stay columns', async () => {
  const page = '<html><table><tr><td rowspan=2>A<td>1<tr><td>2<tr><td>B<td>3</table></html>';
  const [found] = await extractor.extract({ name: 'a.html', bytes: Buffer.from(page) });
  expect(found?.text.split(/\n+/)).toEqual(['A\t1', '\t2', 'B\t3']);
});

describe('rtf: tables', () => {
  const row = (ends: number[], cells: string[], left = 0) => {
    const look = `\\trowd\\trleft${left}${ends.map((end) => `\\cellx${end}`).join('')}`;
    return `${look}\\pard\\intbl ${cells.map((cell) => `${cell}\\cell `).join('')}{${look}\\row}`;
  };
  const text = async (body: string) =>
    (await extractor.extract({ name: 'a.rtf', bytes: Buffer.from(`{\\rtf1\\ansi ${body}}`) }))[0]?.text;

  test('cells merged across columns cover them, those merged downwards are empty below', async () => {
    const table = [
      row([2000, 4000, 6000], ['Account', 'Debit', 'Credit']),
      row([4010, 6000], ['Total', '900']),
      row([2000, 4000, 6000], ['Rent', '', '35']),
      row([6000], ['7'], 4000),
    ];
    expect(await text(table.join(''))).toBe('Account\tDebit\tCredit\nTotal\t\t900\nRent\t\t35\n\t\t7');
  });

  test('each table has columns of its own; a row that is described once is like the one before', async () => {
    const tables = `${row([1000, 3000, 5000], ['a', 'b', 'c'])}\\pard Between\\par ${row([3000, 5000], ['d', 'e'])}\\pard\\intbl f\\cell g\\cell\\row \\pard End`;
    expect(await text(tables)).toBe('a\tb\tc\nBetween\nd\te\nf\tg\nEnd');
  });
});

test('rtf: notes and headers stand on lines of their own', async () => {
  const rtf = String.raw`{\rtf1{\header Acme}Body{\footnote See 4} text{\*\annotation why?}}`;
  const [found] = await extractor.extract({ name: 'a.rtf', bytes: Buffer.from(rtf) });
  expect(found?.text).toBe('Acme\nBody\nSee 4\ntext\nwhy?');
});

test('opendocument, flat: hidden text is gone, signs of Wingdings are told, an object in base64 is a member', async () => {
  const object = docx(paragraph('Kestrel')).toString('base64');
  const flat = `<?xml version="1.0"?><office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"><office:automatic-styles><style:style style:name="H"><style:text-properties text:display="none"/></style:style><style:style style:name="W"><style:text-properties style:font-name="Wingdings"/></style:style></office:automatic-styles><office:body><office:text><text:p>Open <text:span text:style-name="H">secret</text:span><text:span text:style-name="W">\uf0fe</text:span> resident <draw:object-ole><office:binary-data>${object}</office:binary-data></draw:object-ole></text:p></office:text></office:body></office:document>`;
  const found = await extractor.extract({ name: 'a.fodt', bytes: Buffer.from(flat) });
  expect(found.map((d) => d.text)).toEqual(['Open [x] ☑ resident', 'Kestrel']);
});

describe('json: files in base64', () => {
  const file = Buffer.from(pdf(['Royalty report of Pemberton Labs'])).toString('base64');
  const members = async (value: unknown) =>
    (await extractor.extract({ name: 'a.json', bytes: Buffer.from(JSON.stringify(value)) })).map((d) => [
      d.archivePath,
      d.text,
    ]);
  test.each([
    [
      'of its own object',
      { note: 'see', file: { fileName: 'report.pdf', content: file } },
      'report.pdf',
      'note: see\nfile:\nfileName: report.pdf',
    ],
    ['in a data address', { note: 'see', url: `data:application/pdf;base64,${file}` }, 'embedded-1.pdf', 'note: see'],
    ['in a list', { note: 'see', files: [file] }, 'embedded-1', 'note: see\nfiles:'],
  ])('%s', async (_name, value, path, text) => {
    const found = await members(value);
    expect(found.map(([, words]) => words)).toEqual([
      text.replace(/\nfiles:$/, ''),
      'Royalty report of Pemberton Labs',
    ]);
    expect(found[1]?.[0]).toBe(path);
  });

  test('digests and identifiers stay words, other base64 is none', async () => {
    const digest = 'a3f5'.repeat(16);
    expect(await members({ digest, key: Buffer.alloc(200, 7).toString('base64'), id: 'INV-4711' })).toEqual([
      ['', `digest: ${digest}\nid: INV-4711`],
    ]);
  });
});
