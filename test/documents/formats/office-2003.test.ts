// What Word and Excel of 2002 and 2003 write as one XML file, and RTF of their time: marks, shapes, fields without data.
import { afterAll, describe, expect, test } from 'vitest';
import { Extractor } from '../../../shared/documents/extract.ts';
import { silentLogger } from '../../../shared/ports.ts';
import { docx, zip } from '../fixtures.ts';

const extractor = new Extractor({ logger: silentLogger, slots: 1 });
afterAll(() => extractor.close());
const read = async (name: string, content: string | Uint8Array) =>
  (await extractor.extract({ name, bytes: Buffer.from(content as string) }))[0];
const textOf = async (name: string, content: string | Uint8Array) => (await read(name, content))?.text ?? '';

describe('excel as one XML file', () => {
  const workbook = (styles: string, sheets: string) =>
    `<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:x="urn:schemas-microsoft-com:office:excel" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Styles>${styles}</Styles>${sheets}</Workbook>`;
  const style = (id: string, format: string) => `<Style ss:ID="${id}"><NumberFormat ss:Format="${format}"/></Style>`;

  test('hidden sheets, columns and rows are marked, headers are read, page numbers are none', async () => {
    const sheets = `<Worksheet ss:Name="R&amp;D"><Table><Column ss:Width="9"/><Column ss:Hidden="1" ss:Span="1"/><Row><Cell><Data ss:Type="String">Net</Data></Cell><Cell ss:Index="4"><Data ss:Type="Number">9</Data></Cell></Row><Row ss:Hidden="1"><Cell><Data ss:Type="String">old</Data></Cell></Row></Table><x:WorksheetOptions><x:PageSetup><x:Header x:Data="&amp;CConfidential Heron"/><x:Footer x:Data="&amp;LPage &amp;P"/></x:PageSetup></x:WorksheetOptions></Worksheet><Worksheet ss:Name="B"><Table><Row><Cell><Data ss:Type="String">inner</Data></Cell></Row></Table><WorksheetOptions xmlns="urn:schemas-microsoft-com:office:excel"><Visible>SheetHidden</Visible></WorksheetOptions></Worksheet>`;
    expect(await textOf('a.xml', workbook('', sheets))).toBe(
      'R&D\nConfidential Heron\n(hidden columns: B–C)\nNet\t\t\t9\nold (hidden)\nB (hidden)\ninner',
    );
  });

  test('formats by name lose no number; formulas without a result are counted', async () => {
    const cells = `<Row><Cell ss:StyleID="e"><Data ss:Type="Number">-1234.5</Data></Cell><Cell ss:StyleID="d"><Data ss:Type="DateTime">2024-03-05T00:00:00.000</Data></Cell><Cell ss:StyleID="h"><Data ss:Type="DateTime">1900-01-02T01:30:00.000</Data></Cell><Cell ss:Formula="=R1C1"/></Row>`;
    const found = await read(
      'a.xml',
      workbook(
        style('e', 'Euro Currency') + style('d', 'Short Date') + style('h', '[h]:mm'),
        `<Worksheet ss:Name="A"><Table>${cells}</Table></Worksheet>`,
      ),
    );
    expect(found?.text).toBe('A\n-1234.5\t2024-03-05\t49:30');
    expect(found?.warnings).toEqual([expect.stringMatching(/^formulas: 1 /)]);
  });
});

const HIDING = '<w:style w:type="character" w:styleId="H"><w:rPr><w:vanish/></w:rPr></w:style>';
const SIGNS = '<w:style w:type="character" w:styleId="W"><w:rPr><w:rFonts w:ascii="Wingdings 2"/></w:rPr></w:style>';
const BASED = '<w:style w:type="character" w:styleId="B"><w:basedOn w:val="H"/></w:style>';
const run = (style: string, text: string) => `<w:r><w:rPr><w:rStyle w:val="${style}"/></w:rPr><w:t>${text}</w:t></w:r>`;
const STYLED = `<w:p>${run('X', 'Open ')}${run('H', 'secret')}${run('B', 'secret')}${run('W', '\uf052')}${run('X', ' resident')}</w:p>`;

describe('word as one XML file', () => {
  const word = (body: string) =>
    `<?xml version="1.0"?><w:wordDocument xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml" xmlns:aml="aml"><w:styles>${HIDING}${SIGNS}${BASED}</w:styles><w:body>${body}</w:body></w:wordDocument>`;
  test('styles hide text and show signs, as in later files', async () => {
    expect(await textOf('a.xml', word(STYLED))).toBe('Open [x] ☑ resident');
    const styles = `<w:styles xmlns:w="w">${HIDING}${SIGNS}${BASED}</w:styles>`;
    const rels = (type: string, target: string) =>
      `<Relationships><Relationship Id="r1" Type="x/${type}" Target="${target}"/></Relationships>`;
    const packed = zip([
      { name: '_rels/.rels', content: rels('officeDocument', 'word/document.xml') },
      { name: 'word/_rels/document.xml.rels', content: rels('styles', 'styles.xml') },
      { name: 'word/styles.xml', content: styles },
      { name: 'word/document.xml', content: `<w:document xmlns:w="w"><w:body>${STYLED}</w:body></w:document>` },
    ]);
    expect(await textOf('a.docx', packed)).toBe('Open [x] ☑ resident');
  });

  test('headers of every section are read once, behind the text; comments stand on lines of their own', async () => {
    const section =
      '<w:pPr><w:sectPr><w:hdr w:type="odd"><w:p><w:r><w:t>Acme</w:t></w:r></w:p></w:hdr></w:sectPr></w:pPr>';
    const comment =
      '<aml:annotation w:type="Word.Comment"><aml:content><w:p><w:r><w:t>why?</w:t></w:r></w:p></aml:content></aml:annotation>';
    const body = `<w:p>${section}<w:r><w:t>Lease</w:t></w:r>${comment}</w:p><w:p>${section}<w:r><w:t>Rent</w:t></w:r></w:p>`;
    expect(await textOf('a.xml', word(body))).toBe('Lease\nwhy?\n\nRent\n\nAcme');
  });
});

describe('rtf: shapes and fields', () => {
  test.each([
    [
      'a text box, once',
      String.raw`Before{\shp{\*\shpinst\shpleft0{\sp{\sn shapeType}{\sv 202}}{\shptxt Penalty of 900\par}}{\shprslt{\*\do\dptxbx{\dptxbxtext Penalty of 900\par}}}}after\par`,
      'Before\nPenalty of 900\nafter',
    ],
    [
      'text boxes in a group',
      String.raw`{\shpgrp{\*\shpinst{\sp{\sn groupLeft}{\sv 0}}{\shp{\*\shpinst{\shptxt One\par}}}{\shp{\*\shpinst{\shptxt Two\par}}}}}`,
      'One\nTwo',
    ],
    ['a text box of Word 95', String.raw`A{\*\do\dobxpage\dptxbx{\dptxbxtext Old box\par}}B`, 'A\nOld box\nB'],
    [
      'a check box whose data are missing',
      String.raw`{\field{\*\fldinst { FORMCHECKBOX }}{\fldrslt {}}}agreed`,
      '[ ] agreed',
    ],
    [
      'a phonetic guide',
      String.raw`{\field{\*\fldinst { EQ \\* jc3 \\o\\al(\\s\\up 10(\u12363\'3f),\u28450\'3f\u23383\'3f)}}{\fldrslt {}}} end`,
      '漢字 end',
    ],
    ['a hidden field', String.raw`a{\v{\field{\*\fldinst FORMCHECKBOX}{\fldrslt }}}b`, 'ab'],
  ])('%s', async (_name, body, expected) => {
    expect(await textOf('a.rtf', `{\\rtf1\\ansi ${body}}`)).toBe(expected);
  });

  test('the same equation in a Word package', async () => {
    const code = (type: string) => `<w:r><w:fldChar w:fldCharType="${type}"/></w:r>`;
    const body = `<w:p>${code('begin')}<w:r><w:instrText> EQ \\f(1,4) </w:instrText></w:r>${code('separate')}${code('end')}<w:r><w:t> share</w:t></w:r></w:p>`;
    expect(await textOf('a.docx', docx(body))).toBe('1/4 share');
  });
});
