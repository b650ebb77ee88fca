// Word, PowerPoint and OpenDocument: documents inside documents, choices, scans, what nobody sees.
import { afterAll, describe, expect, test } from 'vitest';
import { Extractor } from '../../../shared/documents/extract.ts';
import { silentLogger } from '../../../shared/ports.ts';
import { docx, paragraph, pptx, relations, xlsx, type ZipEntry, zip } from '../fixtures.ts';
import { ole } from '../ole.ts';
import { greyPng } from '../pictures.ts';

const extractor = new Extractor({ logger: silentLogger, slots: 1 });
afterAll(() => extractor.close());
const readAll = (name: string, bytes: Uint8Array) => extractor.extract({ name, bytes });
const textOf = async (name: string, bytes: Uint8Array) => (await readAll(name, bytes))[0]?.text ?? '';

const W = 'http://schemas.openxmlformats.org/wordprocessingml/2006/main';
const R = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';

/** A docx with any parts: relation id → [kind, part name, content]. */
function word(
  body: string,
  parts: Readonly<Record<string, readonly [string, string, string | Uint8Array]>> = {},
): Buffer {
  const entries: ZipEntry[] = Object.values(parts).map(([, name, content]) => ({ name: `word/${name}`, content }));
  return zip([
    { name: '[Content_Types].xml', content: '<Types/>' },
    { name: '_rels/.rels', content: relations({ r1: ['officeDocument', 'word/document.xml'] }) },
    {
      name: 'word/document.xml',
      content: `<w:document xmlns:w="${W}" xmlns:r="${R}" xmlns:wp="wp" xmlns:a="a" xmlns:v="v" xmlns:w14="w14"><w:body>${body}</w:body></w:document>`,
    },
    {
      name: 'word/_rels/document.xml.rels',
      content: relations(
        Object.fromEntries(Object.entries(parts).map(([id, [kind, name]]) => [id, [kind, name] as const])),
      ),
    },
    ...entries,
  ]);
}

const workbook = xlsx('<row r="1"><c t="inlineStr"><is><t>Royalties</t></is></c><c><v>41</v></c></row>');
const packaged = (label: string, data: string) => {
  const string = (text: string) => Buffer.concat([Buffer.from(text, 'latin1'), Buffer.alloc(1)]);
  const number = (n: number) => Buffer.from([n & 255, n >> 8, 0, 0]);
  const temporary = string('C:\\Temp\\x');
  const body = Buffer.concat([
    Buffer.from([2, 0]),
    string(label),
    string(`C:\\Users\\ada\\${label}`),
    Buffer.from([0, 0, 3, 0]),
    number(temporary.length),
    temporary,
    number(data.length),
    Buffer.from(data),
  ]);
  return Buffer.concat([number(body.length), body]);
};

describe('word: documents inside', () => {
  const chunk = (id: string) => `${paragraph('Letter')}<w:altChunk r:id="${id}"/>`;
  test.each([
    ['HTML', 'chunk.html', '<p>Halvorsen <b>Shipping</b>', 'Halvorsen Shipping'],
    ['RTF', 'afchunk.rtf', String.raw`{\rtf1 Halvorsen Shipping}`, 'Halvorsen Shipping'],
    [
      'a saved page',
      'afchunk.mht',
      'MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n<p>Halvorsen Shipping',
      'Halvorsen Shipping',
    ],
    ['Word', 'afchunk2.docx', docx(paragraph('Halvorsen Shipping')), 'Halvorsen Shipping'],
  ])('a part that Word shows as %s', async (_name, part, content, expected) => {
    const documents = await readAll('a.docx', word(chunk('c'), { c: ['aFChunk', part, content] }));
    expect(documents.map((d) => [d.archivePath, d.text])).toEqual([
      ['', 'Letter'],
      [part, expected],
    ]);
  });

  test.each([
    ['a package as it is', 'package', 'embeddings/Sheet.xlsx', workbook, 'Sheet.xlsx', 'Data\nRoyalties\t41'],
    [
      'a package in OLE',
      'oleObject',
      'embeddings/oleObject1.bin',
      ole({ Package: workbook }),
      'oleObject1.xlsx',
      'Data\nRoyalties\t41',
    ],
    [
      'a packaged file',
      'oleObject',
      'embeddings/oleObject1.bin',
      ole({ '\x01Ole10Native': packaged('rent.csv', 'a;b\n1;2') }),
      'rent.csv',
      'a\tb\n1\t2',
    ],
  ])('%s is a member', async (_name, kind, part, content, path, expected) => {
    const documents = await readAll('a.docx', word(paragraph('See below'), { e: [kind, part, content] }));
    expect(documents.map((d) => [d.archivePath, d.text])).toEqual([
      ['', 'See below'],
      [path, expected],
    ]);
  });

  test('equations, links and the data of charts are no members', async () => {
    const bytes = word(paragraph('Text'), {
      e: ['oleObject', 'embeddings/oleObject1.bin', ole({ 'Equation Native': Buffer.alloc(40) })],
    });
    expect((await readAll('a.docx', bytes)).map((d) => d.archivePath)).toEqual(['']);
  });
});

describe('word: choices', () => {
  const field = (data: string) =>
    `<w:r><w:fldChar w:fldCharType="begin"><w:ffData>${data}</w:ffData></w:fldChar></w:r><w:r><w:instrText> FORM </w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>`;
  const words = (text: string) => `<w:r><w:t xml:space="preserve">${text}</w:t></w:r>`;
  const list = (chosen: string) =>
    field(`<w:ddList>${chosen}<w:listEntry w:val="Malta"/><w:listEntry w:val="Luxembourg"/></w:ddList>`);
  test.each([
    ['a list', `${words('Seat: ')}${list('<w:result w:val="1"/>')}`, 'Seat: Luxembourg'],
    ['a list at its first entry', `${words('Seat: ')}${list('')}`, 'Seat: Malta'],
    ['a list at its default', `${words('Seat: ')}${list('<w:default w:val="1"/>')}`, 'Seat: Luxembourg'],
    ['a checked box', `${field('<w:checkBox><w:checked/></w:checkBox>')}${words('yes')}`, '[x] yes'],
    ['a box checked at first', `${field('<w:checkBox><w:default w:val="1"/></w:checkBox>')}${words('yes')}`, '[x] yes'],
    [
      'a box unchecked since',
      `${field('<w:checkBox><w:default w:val="1"/><w:checked w:val="0"/></w:checkBox>')}${words('yes')}`,
      '[ ] yes',
    ],
    [
      'a content control',
      `<w:sdt><w:sdtPr><w14:checkbox><w14:checked w14:val="1"/></w14:checkbox></w:sdtPr><w:sdtContent>${words('☒')}</w:sdtContent></w:sdt>${words('yes')}`,
      '[x] yes',
    ],
    [
      'an unchecked content control',
      `<w:sdt><w:sdtPr><w14:checkbox><w14:checked w14:val="0"/></w14:checkbox></w:sdtPr><w:sdtContent>${words('☐')}</w:sdtContent></w:sdt>${words('yes')}`,
      '[ ] yes',
    ],
    ['a tick of Wingdings', `<w:r><w:sym w:font="Wingdings" w:char="F0FE"/></w:r>${words(' yes')}`, '[x] ☑ yes'],
    ['an empty box of Wingdings', `<w:r><w:sym w:font="Wingdings" w:char="F06F"/></w:r>${words(' yes')}`, '[ ] ☐ yes'],
    [
      'a letter in Wingdings',
      `<w:r><w:rPr><w:rFonts w:ascii="Wingdings"/></w:rPr><w:t>þ</w:t></w:r>${words(' yes')}`,
      '[x] ☑ yes',
    ],
    ['a cross of Wingdings 2', `<w:r><w:sym w:font="Wingdings 2" w:char="F051"/></w:r>${words(' yes')}`, '[x] ☒ yes'],
  ])('%s', async (_name, runs, expected) => {
    expect(await textOf('a.docx', word(`<w:p>${runs}</w:p>`))).toBe(expected);
  });
});

describe('word: what nobody sees, and what stands on the frame of the page', () => {
  test('prompts of controls and hidden text are no content', async () => {
    const prompt =
      '<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent><w:r><w:t>Click to enter text</w:t></w:r></w:sdtContent></w:sdt>';
    const filled = '<w:sdt><w:sdtPr/><w:sdtContent><w:r><w:t>Brookfield</w:t></w:r></w:sdtContent></w:sdt>';
    const hidden =
      '<w:r><w:rPr><w:vanish/></w:rPr><w:t>SECRET</w:t></w:r><w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t> shown</w:t></w:r>';
    expect(await textOf('a.docx', word(`<w:p>${prompt}${filled}${hidden}</w:p>`))).toBe('Brookfield shown');
  });

  test('the words of a watermark are read', async () => {
    const mark = `<w:hdr xmlns:w="${W}" xmlns:v="v"><w:p><w:r><w:pict><v:shape><v:textpath string="TERMINATED"/></v:shape></w:pict></w:r></w:p></w:hdr>`;
    expect(await textOf('a.docx', word(paragraph('Agreement'), { h: ['header', 'header1.xml', mark] }))).toBe(
      'TERMINATED\n\nAgreement',
    );
  });

  test('empty cells, and the columns of wide ones, keep their place', async () => {
    const cell = (text: string, properties = '') => `<w:tc><w:tcPr>${properties}</w:tcPr>${paragraph(text)}</w:tc>`;
    const rows = [
      cell('Account') + cell('Debit') + cell('Credit'),
      cell('Rent') + cell('') + cell('900'),
      cell('Total', '<w:gridSpan w:val="2"/>') + cell('900'),
    ];
    expect(await textOf('a.docx', word(`<w:tbl>${rows.map((row) => `<w:tr>${row}</w:tr>`).join('')}</w:tbl>`))).toBe(
      'Account\tDebit\tCredit\nRent\t\t900\nTotal\t\t900',
    );
  });
});

describe('pictures', () => {
  const scan = greyPng(900, 400);
  const shown = (cx: number, cy: number, description = 'scan0001.png') =>
    `<w:p><w:r><w:drawing><wp:inline><wp:extent cx="${cx}" cy="${cy}"/><wp:docPr id="1" name="Picture 1" descr="${description}"/><a:blip r:embed="i"/></wp:inline></w:drawing></w:r></w:p>`;
  const page = (body: string, image: Uint8Array = scan) => word(body, { i: ['image', 'media/image1.png', image] });

  test('a document of a scan alone needs OCR', async () => {
    expect((await readAll('a.docx', page(shown(5_000_000, 3_000_000))))[0]).toMatchObject({
      code: 'extract.needs-ocr',
    });
  });

  test('a scan beside text is told in a warning; beside little text it is doubtful', async () => {
    const text = paragraph('The lease of the premises is renewed. '.repeat(10));
    expect((await readAll('a.docx', page(text + shown(5_000_000, 3_000_000))))[0]?.warnings).toEqual([
      'pictures: 1 picture(s) not read',
    ]);
    const little = paragraph('Please see the scanned letter');
    expect((await readAll('a.docx', page(little + shown(5_000_000, 3_000_000))))[0]?.warnings).toEqual([
      'needs-ocr: 1 picture(s) not read',
    ]);
  });

  test.each([
    ['shown small', page(paragraph('Some text of it') + shown(900_000, 400_000))],
    ['of few pixels', page(paragraph('Some text of it') + shown(5_000_000, 3_000_000), greyPng(100, 80))],
  ])('a logo is no scan: %s', async (_name, bytes) => {
    expect((await readAll('a.docx', bytes))[0]?.warnings).toEqual([]);
  });

  test('they go to the engine one by one, and their words become the text', async () => {
    const asked: string[] = [];
    const withEngine = new Extractor({
      logger: silentLogger,
      slots: 1,
      ocr: {
        recognize: async ({ mediaType, pages }) => {
          asked.push(`${mediaType} ${pages}`);
          return ['Words of the picture'];
        },
      },
    });
    const [read] = await withEngine.extract({
      name: 'a.docx',
      bytes: page(paragraph('Cover') + shown(5_000_000, 3_000_000)),
    });
    await withEngine.close();
    expect(asked).toEqual(['image/png null']);
    expect(read).toMatchObject({ text: 'Cover\n\nWords of the picture', warnings: ['ocr: 1 picture(s) read'] });
  });

  test.each([
    'scan0001.png',
    'Picture 3',
    'A text on a white background&#10;Description automatically generated',
    'Ein Bild. Automatisch generierte Beschreibung',
    'C:\\Users\\ada\\logo.jpg',
  ])('what a program wrote of a picture is no text: %s', async (description) => {
    expect(await textOf('a.docx', page(paragraph('Text') + shown(900_000, 400_000, description)))).toBe('Text');
  });

  test('what a person wrote of it is', async () => {
    expect(await textOf('a.docx', page(paragraph('Text') + shown(900_000, 400_000, 'Chart of duties')))).toContain(
      'Chart of duties',
    );
  });
});

describe('powerpoint', () => {
  const P = 'xmlns:p="p" xmlns:a="a"';
  const extended = (more: readonly ZipEntry[], targets: Readonly<Record<string, readonly [string, string]>>) => {
    // The slide of the fixture has no relations of its own: a later entry of that name adds them.
    const base = pptx([{ text: 'Group structure' }]);
    return Buffer.concat([
      addEntries(base, [{ name: 'ppt/slides/_rels/slide1.xml.rels', content: relations(targets) }, ...more]),
    ]);
  };

  test('embedded workbooks are members, words of the layout are read once, prompts are not', async () => {
    const shape = (text: string, placeholder = '') =>
      `<p:sp><p:nvSpPr><p:nvPr>${placeholder}</p:nvPr></p:nvSpPr><p:txBody><a:p><a:r><a:t>${text}</a:t></a:r></a:p></p:txBody></p:sp>`;
    const layout = `<p:sldLayout ${P}>${shape('Strictly private')}${shape('Click to edit', '<p:ph type="title"/>')}</p:sldLayout>`;
    const documents = await readAll(
      'a.pptx',
      extended(
        [
          { name: 'ppt/slideLayouts/slideLayout1.xml', content: layout },
          { name: 'ppt/embeddings/oleObject1.bin', content: ole({ Package: workbook }) },
        ],
        { l: ['slideLayout', '../slideLayouts/slideLayout1.xml'], o: ['oleObject', '../embeddings/oleObject1.bin'] },
      ),
    );
    expect(documents.map((d) => [d.archivePath, d.text])).toEqual([
      ['', 'Group structure\n\nStrictly private'],
      ['oleObject1.xlsx', 'Data\nRoyalties\t41'],
    ]);
  });
});

/** The zip with further members. */
function addEntries(base: Buffer, more: readonly ZipEntry[]): Buffer {
  const extra = zip(more);
  const [from, to] = [directoryOf(base), directoryOf(extra)];
  const moved = Buffer.from(extra.subarray(to.at, to.end));
  for (let at = 0; at < moved.length; at += 46 + moved.readUInt16LE(at + 28))
    moved.writeUInt32LE(moved.readUInt32LE(at + 42) + from.at, at + 42);
  const directory = Buffer.concat([base.subarray(from.at, from.end), moved]);
  const end = Buffer.from(base.subarray(from.end));
  end.writeUInt16LE(from.count + to.count, 8);
  end.writeUInt16LE(from.count + to.count, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(from.at + to.at, 16);
  return Buffer.concat([base.subarray(0, from.at), extra.subarray(0, to.at), directory, end]);
}

function directoryOf(file: Buffer): { at: number; end: number; count: number } {
  const end = file.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  return { at: file.readUInt32LE(end + 16), end, count: file.readUInt16LE(end + 10) };
}

describe('opendocument', () => {
  const odt = (body: string, more: readonly ZipEntry[] = []) =>
    zip([
      { name: 'mimetype', content: 'application/vnd.oasis.opendocument.text', store: true },
      {
        name: 'content.xml',
        content: `<office:document-content xmlns:office="o" xmlns:text="t" xmlns:table="tb" xmlns:draw="d" xmlns:form="f" xmlns:svg="s" xmlns:xlink="x"><office:body><office:text>${body}</office:text></office:body></office:document-content>`,
      },
      { name: 'META-INF/manifest.xml', content: '<manifest/>' },
      ...more,
    ]);
  const object = (name: string, kind = 'object') =>
    `<text:p>Below<draw:frame svg:width="10cm" svg:height="8cm"><draw:${kind} xlink:href="./${name}"/></draw:frame></text:p>`;

  test('an object of OpenDocument is read in place, another is a member', async () => {
    const inner =
      '<office:document-content xmlns:office="o" xmlns:text="t" xmlns:table="tb"><office:body><table:table><table:table-row><table:table-cell><text:p>Kestrel</text:p></table:table-cell><table:table-cell/><table:table-cell><text:p>41</text:p></table:table-cell></table:table-row></table:table></office:body></office:document-content>';
    expect(await textOf('a.odt', odt(object('Object 1'), [{ name: 'Object 1/content.xml', content: inner }]))).toBe(
      'Below\n\nKestrel\t\t41',
    );
    const documents = await readAll(
      'a.odt',
      odt(object('Object 2', 'object-ole'), [{ name: 'Object 2', content: ole({ Package: workbook }) }]),
    );
    expect(documents.map((d) => d.text)).toEqual(['Below', 'Data\nRoyalties\t41']);
  });

  test('form fields within the text say what was chosen; a master page asks for nothing', async () => {
    const field = (type: string, parameters: Record<string, string>[]) =>
      `<field:fieldmark text:name="f" field:type="vnd.oasis.opendocument.field.${type}">${parameters
        .map(({ name, value }) => `<field:param field:name="${name}" field:value="${value}"/>`)
        .join('')}</field:fieldmark>`;
    const box = (value: string) => field('FORMCHECKBOX', [{ name: 'Checkbox_Checked', value }]);
    const list = field('FORMDROPDOWN', [
      { name: 'Dropdown_ListEntry', value: 'monthly' },
      { name: 'Dropdown_ListEntry', value: 'quarterly' },
      { name: 'Dropdown_Selected', value: '1' },
    ]);
    const text = `<text:p>${box('true')} resident ${box('false')} abroad, pays ${list}</text:p>`;
    expect(await textOf('a.odt', odt(text))).toBe('[x] resident [ ] abroad, pays quarterly');
    const prompt =
      '<draw:frame presentation:class="title" presentation:placeholder="true"><draw:text-box><text:p>Click here</text:p></draw:text-box></draw:frame>';
    expect(await textOf('a.odt', odt(`${prompt}<text:p>Report</text:p>`))).toBe('Report');
    const place = (kind: string, words: string) =>
      `<draw:frame presentation:class="${kind}"><draw:text-box><text:p>${words}</text:p></draw:text-box></draw:frame>`;
    const master = `<office:document-styles><office:master-styles><style:master-page>${place('title', 'Click here')}${place('footer', 'Confidential')}</style:master-page></office:master-styles></office:document-styles>`;
    expect(await textOf('a.odt', odt('<text:p>Report</text:p>', [{ name: 'styles.xml', content: master }]))).toBe(
      'Confidential\n\nReport',
    );
  });

  test('a chart gives its title and values, not the addresses of its cells nor the gaps among its values', async () => {
    const cell = (words: string, value = words) =>
      `<table:table-cell office:value="${value}"><text:p>${words}</text:p><draw:g><svg:desc>Visible.A1:Visible.A1</svg:desc></draw:g></table:table-cell>`;
    const chart = `<office:document-content><office:body><office:chart><chart:chart><chart:title><text:p>Royalties</text:p></chart:title><table:table table:name="local-table"><table:table-row>${cell('41')}${cell('NaN')}</table:table-row></table:table></chart:chart></office:chart></office:body></office:document-content>`;
    expect(await textOf('a.odt', odt(object('Object 1'), [{ name: 'Object 1/content.xml', content: chart }]))).toBe(
      'Below\n\nRoyalties\n41',
    );
  });

  test('choices of forms, hidden sections, scans', async () => {
    const form =
      '<office:forms><form:form><form:checkbox form:label="resident" form:current-state="checked"/><form:radio form:label="trust"/><form:text form:current-value="Ada"/></form:form></office:forms>';
    expect(
      await textOf(
        'a.odt',
        odt(`${form}<text:section text:display="none"><text:p>SPECIMEN</text:p></text:section><text:p>Form</text:p>`),
      ),
    ).toBe('[x] resident\n[ ] trust\nAda\nForm');
    const scan = odt(object('Pictures/1.png', 'image').replace('Below', ''), [
      { name: 'Pictures/1.png', content: greyPng(900, 400) },
    ]);
    expect((await readAll('a.odt', scan))[0]?.code).toBe('extract.needs-ocr');
  });
});
