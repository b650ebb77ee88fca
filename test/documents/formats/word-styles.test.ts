import { expect, test } from 'vitest';
import { StyleSheet, withoutUnused } from '../../../shared/documents/formats/word-styles.ts';
import { parseMarkup } from '../../../shared/documents/markup.ts';
import fc from '../../fakes/property.ts';

const styles = (xml: string) => {
  const sheet = new StyleSheet();
  parseMarkup(xml, sheet, { xml: true, maxElements: 10_000 });
  return { characters: [...sheet.characters], paragraphs: [...sheet.paragraphs] };
};
const shortened = (xml: string) => withoutUnused(Buffer.from(xml)).toString();

const piece = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('paragraph', 'character', 'table', 'numbering'),
      fc.constantFrom('a', 'b', 'ü', 'd'),
      fc.nat(3),
    )
    .map(([type, id, n]) => {
      const more = [
        '',
        '<w:rPr><w:vanish/></w:rPr>',
        '<w:basedOn w:val="a"/>',
        '<w:pPr><w:numPr><w:numId w:val="4"/></w:numPr></w:pPr>',
      ];
      return `<w:style w:type="${type}" w:styleId="${id}">${more[n]}<w:tblStylePr><w:rPr/></w:tblStylePr></w:style>`;
    }),
  fc.constantFrom('<w:docDefaults/>', ' \n', '<w:style w:type="table"/>', '<w:styleX w:type="table"></w:styleX>'),
);

test('word styles: what is left out changes nothing that is read', () => {
  fc.assert(
    fc.property(fc.boolean(), fc.array(piece, { maxLength: 12 }), (hasNames, pieces) => {
      const names = '<w:latentStyles w:count="2"><w:lsdException w:name="x"/></w:latentStyles>';
      const xml = `<?xml version="1.0"?><w:styles xmlns:w="w">${hasNames ? names : ''}${pieces.join('')}</w:styles>`;
      const less = shortened(xml);
      expect(styles(less)).toEqual(styles(xml));
      expect(less).not.toContain('lsdException');
    }),
  );
});

test('word styles: those of tables and names of others are left out; what is written otherwise stays', () => {
  const table = '<w:style w:type="table" w:styleId="t"><w:name w:val="Grid"/></w:style>';
  const other = '<w:style w:styleId="p" w:type="paragraph"><w:rPr><w:vanish/></w:rPr></w:style>';
  const xml = `<w:styles><w:latentStyles><w:lsdException/></w:latentStyles>${table}${other}${table}</w:styles>`;
  expect(shortened(xml)).toBe(`<w:styles>${other}</w:styles>`);
  for (const same of [
    `<w:styles><!-- ${table} -->${other}</w:styles>`,
    `<w:styles>${other}<w:style w:type="table">${other}`,
    xml.replaceAll('w:', 's:'),
    '',
  ])
    expect(shortened(same)).toBe(same);
});
