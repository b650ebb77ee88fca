// What lies over the cells of a workbook, and cells whose letters are signs.
import { afterAll, describe, expect, test } from 'vitest';
import { Extractor } from '../../../shared/documents/extract.ts';
import { cellText } from '../../../shared/documents/formats/cell-text.ts';
import { silentLogger } from '../../../shared/ports.ts';
import { relations, xlsx } from '../fixtures.ts';
import { emf } from '../metafiles.ts';
import { ole } from '../ole.ts';
import { sheetPackage, textRow } from '../packages.ts';
import { greyPng } from '../pictures.ts';

const extractor = new Extractor({ logger: silentLogger, slots: 1 });
afterAll(() => extractor.close());
const readAll = (bytes: Uint8Array) => extractor.extract({ name: 'a.xlsx', bytes });
const textOf = async (bytes: Uint8Array) => (await readAll(bytes))[0]?.text;
const FORM = textRow('Form');

describe('form controls of sheets', () => {
  const control = (kind: string, caption: string, state = '') =>
    `<v:shape id="s" type="#_x0000_t201"><v:textbox><div><font face="Segoe UI">${caption}</font></div></v:textbox><x:ClientData ObjectType="${kind}">${state}</x:ClientData></v:shape>`;
  const sheet = (shapes: string) =>
    sheetPackage(FORM, {
      parts: [{ name: 'xl/drawings/vmlDrawing1.vml', content: `<xml xmlns:v="v" xmlns:x="x">${shapes}</xml>` }],
    });
  test.each([
    [
      'a box that is checked',
      control('Checkbox', 'Nonresident alien', '<x:Checked>1</x:Checked>'),
      '[x] Nonresident alien',
    ],
    ['a box that is not', control('Checkbox', 'Trust'), '[ ] Trust'],
    ['an option', control('Radio', 'Quarterly', '<x:Checked>1</x:Checked>'), '[x] Quarterly'],
    ['a button', control('Button', 'Send to the office'), 'Send to the office'],
    ['a note: the cell has it', control('Note', 'why?'), undefined],
  ])('%s', async (_name, shapes, expected) => {
    expect(await textOf(sheet(shapes))).toBe(
      ['Data\nForm', ...(expected === undefined ? [] : ['', expected])].join('\n'),
    );
  });
});

describe('comments in threads', () => {
  const thread = (text: string) => [
    {
      name: 'xl/threadedComments/threadedComment1.xml',
      content: `<ThreadedComments><threadedComment ref="A1"><text>${text}</text></threadedComment></ThreadedComments>`,
    },
  ];
  test('are read where no note of old says the same', async () => {
    expect(await textOf(sheetPackage(FORM, { parts: thread('audit wants proof') }))).toBe(
      'Data\nForm\n\naudit wants proof',
    );
    expect(await textOf(sheetPackage(textRow('audit wants proof'), { parts: thread('audit wants proof') }))).toBe(
      'Data\naudit wants proof',
    );
  });

  test('what Excel says of them in the note of old is no comment', () => {
    const t =
      '[Kommentarthread]\n\nIhre Version gestattet Ihnen das Lesen. Weitere Informationen: https://go.microsoft.com/fwlink/?linkid=870924\n\nKommentar:\n    audit wants proof';
    expect(cellText({ t: 's', v: 'Rent', w: 'Rent', c: [{ t }] }, false)).toBe('Rent audit wants proof');
  });
});

describe('letters that are signs', () => {
  const styles =
    '<fonts><font><name val="Calibri"/></font><font><name val="Wingdings"/></font></fonts><fills><fill/></fills><borders><border/></borders><cellXfs><xf fontId="0"/><xf fontId="1"/></cellXfs>';
  test('cells in Wingdings', async () => {
    const rows = `<row r="1"><c r="A1" s="1" t="inlineStr"><is><t>þ</t></is></c><c r="B1" s="0" t="inlineStr"><is><t>þing</t></is></c></row>`;
    expect(await textOf(sheetPackage(rows, { styles }))).toBe('Data\n[x] ☑\tþing');
  });

  test('runs of a cell in Wingdings', () => {
    const r = '<r><rPr><rFont val="Wingdings"/></rPr><t>o</t></r><r><t xml:space="preserve"> Trust &amp; Co</t></r>';
    expect(cellText({ t: 's', v: 'o Trust & Co', w: 'o Trust & Co', r }, false)).toBe('[ ] ☐ Trust & Co');
  });
});

test('a number in powers keeps its digits and its form', () => {
  expect(cellText({ t: 'n', v: 123456, z: '0.00E+00', w: '1.23E+05' }, false)).toBe('123456 (1.23E+05)');
});

describe('documents, scans and drawings on sheets', () => {
  const inner = xlsx('<row r="1"><c r="A1" t="inlineStr"><is><t>Royalties</t></is></c></row>');
  const object = (content: Buffer) =>
    sheetPackage(FORM, {
      targets: { o: ['oleObject', '../embeddings/oleObject1.bin'] },
      parts: [{ name: 'xl/embeddings/oleObject1.bin', content }],
    });
  test.each([
    ['a package', ole({ Package: inner }), 'oleObject1.xlsx'],
    ['a package as it is', inner, 'oleObject1.bin'],
  ])('%s is a member', async (_name, content, path) => {
    expect((await readAll(object(content))).map((d) => [d.archivePath, d.text])).toEqual([
      ['', 'Data\nForm'],
      [path, 'Data\nRoyalties'],
    ]);
  });

  test('a sheet of a scan alone needs OCR, beside little text it is doubtful', async () => {
    const media = [{ name: 'xl/media/image1.png', content: greyPng(900, 400) }];
    expect((await readAll(sheetPackage('', { parts: media })))[0]?.code).toBe('extract.needs-ocr');
    const [found] = await readAll(sheetPackage(textRow('See the scan of the receipt'), { parts: media }));
    expect(found?.warnings).toEqual(['needs-ocr: 1 picture(s) not read']);
  });

  test('words of a drawing are read, those of an object’s preview are not', async () => {
    const drawing = (name: string, part: string) => [
      { name: `xl/drawings/${name}`, content: '<xdr:wsDr xmlns:xdr="x"/>' },
      { name: `xl/drawings/_rels/${name}.rels`, content: relations({ i: ['image', `../media/${part}`] }) },
      { name: `xl/media/${part}`, content: emf([part]) },
    ];
    const parts = [...drawing('drawing1.xml', 'plan.emf'), ...drawing('vmlDrawing1.vml', 'preview.emf')];
    expect(await textOf(sheetPackage(FORM, { parts }))).toBe('Data\nForm\n\nplan.emf');
  });
});
