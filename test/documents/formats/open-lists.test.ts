// OpenDocument: numbers of lists and headings, what styles and fields hide, what stands over and around the cells of a sheet.
import { afterAll, describe, expect, test } from 'vitest';
import { Extractor } from '../../../shared/documents/extract.ts';
import { silentLogger } from '../../../shared/ports.ts';
import { emf } from '../metafiles.ts';
import { type OpenParts, openPackage } from '../packages.ts';

const extractor = new Extractor({ logger: silentLogger, slots: 1 });
afterAll(() => extractor.close());
const textOf = async (name: string, bytes: Uint8Array) => (await extractor.extract({ name, bytes }))[0]?.text;
const odt = (body: string, parts?: OpenParts) => textOf('a.odt', openPackage('text', body, parts));

const numbered = (level: number, format: string, more = '') =>
  `<text:list-level-style-number text:level="${level}" style:num-format="${format}" ${more}/>`;
const styleOf = (name: string, levels: string) => `<text:list-style style:name="${name}">${levels}</text:list-style>`;
const list = (items: string, more = 'text:style-name="L"') => `<text:list ${more}>${items}</text:list>`;
const item = (text: string, inner = '', more = '') =>
  `<text:list-item ${more}><text:p>${text}</text:p>${inner}</text:list-item>`;
const CLAUSES = styleOf(
  'L',
  numbered(1, '1', 'style:num-prefix="§ "') + numbered(2, 'a', 'text:display-levels="2" style:num-suffix=")"'),
);

describe('opendocument: numbers of lists', () => {
  test.each([
    [
      'levels, with the numbers above them',
      list(item('Parties', list(item('Seller') + item('Buyer'), '')) + item('Term')),
      '§ 1 Parties\n1.a) Seller\n1.b) Buyer\n§ 2 Term',
    ],
    [
      'a list that goes on, one that begins anew, one that says where',
      list(item('one')) +
        list(item('two'), 'text:style-name="L" text:continue-numbering="true"') +
        list(item('first')) +
        list(item('seven', '', 'text:start-value="7"')),
      '§ 1 one\n§ 2 two\n§ 1 first\n§ 7 seven',
    ],
    [
      'the second paragraph of an item, and a header, have none',
      list(`${item('one', '<text:p>more</text:p>')}<text:list-header><text:p>Head</text:p></text:list-header>`),
      '§ 1 one\nmore\nHead',
    ],
  ])('%s', async (_name, body, expected) => {
    expect(await odt(body, { automatic: CLAUSES })).toBe(expected);
  });

  test('headings by the outline; bullets are no text unless they are boxes', async () => {
    const styles = `<office:styles><text:outline-style>${numbered(1, '1').replaceAll('list-', 'outline-')}${numbered(2, 'I', 'text:display-levels="2"').replaceAll('list-', 'outline-')}</text:outline-style></office:styles>`;
    const heading = (level: number, text: string) => `<text:h text:outline-level="${level}">${text}</text:h>`;
    expect(await odt(heading(1, 'Scope') + heading(2, 'Goods') + heading(1, 'Price'), { styles })).toBe(
      '1 Scope\n1.I Goods\n2 Price',
    );
    const bullet = (char: string, font: string) =>
      styleOf(
        'L',
        `<text:list-level-style-bullet text:level="1" text:bullet-char="${char}"><style:text-properties style:font-name="${font}"/></text:list-level-style-bullet>`,
      );
    expect(await odt(list(item('resident')), { automatic: bullet('\uf0fe', 'Wingdings') })).toBe('[x] ☑ resident');
    expect(await odt(list(item('dot')), { automatic: bullet('•', 'OpenSymbol') })).toBe('dot');
  });
});

describe('opendocument: what nobody sees', () => {
  const hiding = (name: string, more = '') =>
    `<style:style style:name="${name}" style:family="text" ${more}><style:text-properties text:display="none"/></style:style>`;
  const span = (style: string) => `<text:p>Seen<text:span text:style-name="${style}"> secret</text:span></text:p>`;
  test.each([
    ['a named style', span('Secret'), { styles: `<office:styles>${hiding('Secret')}</office:styles>` }],
    [
      'a style based on one',
      span('T1'),
      {
        styles: `<office:styles>${hiding('Secret')}</office:styles>`,
        automatic: '<style:style style:name="T1" style:family="text" style:parent-style-name="Secret"/>',
      },
    ],
    [
      'a field that is shown nowhere',
      '<text:p>Seen<text:variable-set text:display="none"> secret</text:variable-set></text:p>',
      {},
    ],
    [
      'hidden text whose condition holds',
      '<text:p>Seen<text:hidden-text text:is-hidden="true"> secret</text:hidden-text></text:p>',
      {},
    ],
  ])('%s', async (_name, body, parts) => {
    expect(await odt(body, parts)).toBe('Seen');
  });

  test('a style of the header part of the same name hides nothing in the text', async () => {
    const styles = `<office:automatic-styles>${hiding('T1')}</office:automatic-styles>`;
    expect(await odt(span('T1'), { styles })).toBe('Seen secret');
  });

  test('a hidden slide is marked; its footer is read', async () => {
    const slide =
      '<presentation:footer-decl presentation:name="f">Private 2025</presentation:footer-decl><draw:page draw:style-name="d" presentation:use-footer-name="f"><draw:frame><draw:text-box><text:p>Backup figures</text:p></draw:text-box></draw:frame></draw:page>';
    const automatic =
      '<style:style style:name="d" style:family="drawing-page"><style:drawing-page-properties presentation:visibility="hidden"/></style:style>';
    expect(await textOf('a.odp', openPackage('presentation', slide, { automatic }))).toBe(
      'Private 2025\n(hidden)\nBackup figures',
    );
  });
});

describe('ods: around the cells', () => {
  const sheet = (before: string, cell = '') =>
    `<table:table table:name="Data">${before}<table:table-row><table:table-cell office:value-type="string"><text:p>Cell</text:p>${cell}</table:table-cell></table:table-row></table:table>`;
  const ods = (body: string, parts?: OpenParts) => textOf('a.ods', openPackage('spreadsheet', body, parts));
  test.each([
    [
      'a text box',
      sheet(
        '<table:shapes><draw:frame><draw:text-box><text:p>Box</text:p></draw:text-box></draw:frame></table:shapes>',
      ),
      'Box',
    ],
    [
      'a check box',
      sheet(
        '<office:forms><form:form><form:checkbox form:label="resident" form:current-state="checked"/></form:form></office:forms>',
      ),
      '[x] resident',
    ],
  ])('%s', async (_name, body, expected) => {
    expect(await ods(body)).toBe(`Data\nCell\n\n${expected}`);
  });

  test('a shape in a cell is read with it, once', async () => {
    expect(await ods(sheet('', '<draw:custom-shape><text:p>Shape</text:p></draw:custom-shape>'))).toBe(
      'Data\nCell Shape',
    );
  });

  test('header and footer, without numbers of pages and the name of the sheet', async () => {
    const edge = (kind: string, text: string) => `<style:${kind}><text:p>${text}</text:p></style:${kind}>`;
    const styles = `<office:master-styles><style:master-page>${edge('header', 'Kirchner &amp; Sons')}${edge('footer', 'Page <text:page-number>1</text:page-number>')}</style:master-page><style:master-page>${edge('header', '<text:sheet-name>???</text:sheet-name>')}</style:master-page></office:master-styles>`;
    expect(await ods(sheet(''), { styles })).toBe('Kirchner & Sons\n\nData\nCell');
  });
});

test('opendocument: words of a metafile are text', async () => {
  const picture =
    '<text:p>Letter<draw:frame svg:width="12cm" svg:height="9cm"><draw:image xlink:href="Pictures/1.emf"/></draw:frame></text:p>';
  expect(await odt(picture, { more: [{ name: 'Pictures/1.emf', content: emf(['Minutes']) }] })).toBe(
    'Letter\n\nMinutes',
  );
});
