import { expect, test } from 'vitest';
import { numberingOf, wholeNumbering } from '../../../shared/documents/formats/word-numbering.ts';
import { stylesOf, type WordStyles, wholeSheet } from '../../../shared/documents/formats/word-styles.ts';
import { XmlBlocks } from '../../../shared/documents/formats/xml-blocks.ts';
import fc from '../../fakes/property.ts';

const MAX_ELEMENTS = 10_000;
const IDS = ['a', 'b', 'ü', 'd', 'e', 'a&b', 'x', ''];
const id = fc.constantFrom('a', 'b', 'ü', 'd', 'e', 'a&amp;b');

const property = fc.oneof(
  fc.constantFrom(
    '<w:rPr><w:vanish/></w:rPr>',
    '<w:rPr><w:vanish w:val="0"/></w:rPr>',
    '<w:rPr><w:rFonts w:ascii="Wingdings"/></w:rPr>',
    '<w:rPr><w:rFonts w:asciiTheme="minor"/></w:rPr>',
    '<w:pPr><w:numPr><w:ilvl w:val="2"/><w:numId w:val="4"/></w:numPr></w:pPr>',
    '<w:name w:val="Body Text"/><w:uiPriority w:val="9"/>',
    '<w:tblStylePr><w:rPr/></w:tblStylePr>',
    '<w:rsid w:val="00AB"/>',
    '\n  ',
  ),
  id.map((base) => `<w:basedOn w:val="${base}"/>`),
  id.map((base) => `<w:basedOn  w:val='${base}' />`),
);
const style = fc
  .tuple(fc.constantFrom('paragraph', 'character', 'table', 'numbering'), id, fc.array(property, { maxLength: 4 }))
  .map(([type, name, properties]) => `<w:style w:type="${type}" w:styleId="${name}">${properties.join('')}</w:style>`);
/** As no program writes it. */
const other = fc.constantFrom(
  '<w:style w:type="table"/>',
  '<w:style w:type="character" w:styleId="x"/>',
  "<w:style w:type='paragraph' w:styleId='x'><w:rPr><w:vanish/></w:rPr></w:style>",
  '<w:style w:type="paragraph" w:styleId = "x"><w:rPr><w:vanish/></w:rPr></w:style >',
  '<w:style\n w:styleId="x"\tw:type="character"><w:rPr><w:vanish/></w:rPr></w:style>',
  '<w:styleX w:type="table" w:styleId="x"></w:styleX>',
  '<v:style v:type="paragraph" v:styleId="x"><v:rPr><v:vanish/></v:rPr></v:style>',
  '<!-- <w:style w:type="paragraph" w:styleId="x"><w:rPr><w:vanish/></w:rPr></w:style> -->',
  '<w:style w:type="paragraph" w:styleId="x"><w:rPr><w:vanish/>',
);

const said = ({ characters, paragraphs }: WordStyles) => ({
  character: (of: string) => characters.get(of),
  paragraph: (of: string) => paragraphs.get(of),
});

test('word styles: those that are asked for are as all of them read together say, in whatever order', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof({ weight: 8, arbitrary: style }, { weight: 1, arbitrary: other }), { maxLength: 10 }),
      fc.array(fc.tuple(fc.constantFrom('character' as const, 'paragraph' as const), fc.constantFrom(...IDS)), {
        maxLength: 12,
      }),
      (styles, asked) => {
        const xml = Buffer.from(`<?xml version="1.0"?><w:styles xmlns:w="w"><w:docDefaults/>${styles.join('')}`);
        const [some, whole] = [said(stylesOf(xml, MAX_ELEMENTS)), said(wholeSheet(xml, MAX_ELEMENTS))];
        for (const [kind, of] of asked) expect([kind, of, some[kind](of)]).toEqual([kind, of, whole[kind](of)]);
      },
    ),
    { numRuns: 2000 },
  );
});

test('word styles: a style may be based on one that stands behind it, as built-in styles are on those of a user', () => {
  const style = (name: string, base: string, more = '') =>
    `<w:style w:type="paragraph" w:styleId="${name}"><w:basedOn w:val="${base}"/>${more}</w:style>`;
  const hidden = '<w:rPr><w:vanish/></w:rPr>';
  const list = '<w:pPr><w:numPr><w:ilvl w:val="1"/><w:numId w:val="4"/></w:numPr></w:pPr>';
  const xml = Buffer.from(
    `<w:styles>${style('a', 'b')}${style('b', 'c', hidden)}${style('c', 'Normal', list)}${style('x', 'y', hidden)}${style('y', 'x')}${style('z', 'z')}</w:styles>`,
  );
  const wanted = { hides: true, font: '', list: '4', level: 1 };
  for (const { paragraphs } of [stylesOf(xml, MAX_ELEMENTS), wholeSheet(xml, MAX_ELEMENTS)]) {
    expect([paragraphs.get('a'), paragraphs.get('b')]).toEqual([wanted, wanted]);
    expect(paragraphs.get('c')).toEqual({ ...wanted, hides: false });
    expect([paragraphs.get('x')?.hides, paragraphs.get('y')?.hides, paragraphs.get('z')]).toEqual([
      true,
      true,
      undefined,
    ]);
  }
});

test('word styles: of many that end in a circle or in nothing each is looked at a few times', () => {
  const end = 3000;
  for (const base of ['s0', 's1', 'none']) {
    const styles = Array.from(
      { length: end },
      (_, i) =>
        `<w:style w:type="paragraph" w:styleId="s${i}">${i === 0 ? `<w:basedOn w:val="${base}"/><w:rPr><w:vanish/></w:rPr>` : `<w:basedOn w:val="s${i - 1}"/>`}</w:style>`,
    );
    const { paragraphs } = wholeSheet(Buffer.from(`<w:styles>${styles.join('')}</w:styles>`), 1_000_000);
    const { own } = paragraphs;
    const look = own.get.bind(own);
    let looks = 0;
    own.get = (id) => {
      looks += 1;
      return look(id);
    };
    for (let i = end - 1; i >= 0; i--) expect(paragraphs.get(`s${i}`)?.hides).toBe(true);
    expect(looks).toBeLessThan(end * 3);
  }
});

test('word styles: a long chain of styles is followed without depth', () => {
  const styles = Array.from(
    { length: 9000 },
    (_, i) =>
      `<w:style w:type="paragraph" w:styleId="s${i}">${i === 0 ? '<w:rPr><w:vanish/></w:rPr>' : `<w:basedOn w:val="s${i - 1}"/>`}</w:style>`,
  );
  const xml = Buffer.from(`<w:styles>${styles.join('')}</w:styles>`);
  expect(stylesOf(xml, 1_000_000).paragraphs.get('s8999')?.hides).toBe(true);
});

test('blocks: as programs write them they are found, with letters of any script; otherwise there are none', () => {
  const blocks = (xml: string) => XmlBlocks.of(Buffer.from(xml), ['num', 'abstractNum']);
  const usual = blocks('<w:abstractNum w:abstractNumId="1">é</w:abstractNum><w:num w:x="" w:numId="ü"><w:a/></w:num>');
  expect(usual?.find('abstractNum', '1')).toEqual({
    at: 0,
    xml: '<w:abstractNum w:abstractNumId="1">é</w:abstractNum>',
  });
  expect(usual?.find('num', 'ü')?.xml).toBe('<w:num w:x="" w:numId="ü"><w:a/></w:num>');
  expect([usual?.count('num'), usual?.find('num', '1'), usual?.find('w', '1')]).toEqual([1, undefined, undefined]);
  for (const xml of [
    '',
    '<num numId="1"></num>',
    '<w:num w:numId="1"/><w:num w:numId="1"/>',
    '<w:num w:numId="&amp;"/>',
  ])
    expect(blocks(xml)).toBeUndefined();
  expect(blocks('<w:num w:numId="1"/><w:num w:numId="2"></w:num>')?.find('num', '1')).toBeNull();
});

test('blocks: an id is one of an attribute, and the name of its tag ends before it', () => {
  const blocks = (xml: string) => XmlBlocks.of(Buffer.from(xml), ['num']);
  for (const xml of [
    '<w:numId="1"></w:num>',
    '<w:numId= w:numId="1"></w:num>',
    'w:numId="1"',
    '<w:num><w:x w:numId="1"/>',
  ])
    expect(blocks(xml)).toBeUndefined();
  expect(blocks('<w:num w:durableId="7" w:numId="1"></w:num>')?.find('num', '1')?.at).toBe(0);
  expect(blocks('<w:num w:numId="1" x:numId="2"></w:num>')).toBeUndefined();
});

// Each took the square of what is repeated: half a minute for these.
test.each([
  ['ids without a tag', 'Id= '],
  ['a name without an end', 'xId='],
  ['a base without an end', '<w:basedOn '],
  ['a list without an end', '<w:abstractNumId '],
])('blocks: %s, however many', (_, piece) => {
  const much = piece.repeat(100_000);
  const inside = (tag: string) =>
    `<w:${tag} w:${tag}Id="a" w:type="paragraph"><w:rPr><w:vanish/></w:rPr>${much}</w:${tag}>`;
  expect(stylesOf(Buffer.from(`<w:styles><${much}`), MAX_ELEMENTS).paragraphs.get('a')).toBeUndefined();
  expect(numberingOf(Buffer.from(`<w:numbering>${much}`), MAX_ELEMENTS).get('a')).toBeUndefined();
  expect(stylesOf(Buffer.from(inside('style')), MAX_ELEMENTS).paragraphs.get('a')).toEqual(
    wholeSheet(Buffer.from(inside('style')), MAX_ELEMENTS).paragraphs.get('a'),
  );
  expect(numberingOf(Buffer.from(inside('num')), MAX_ELEMENTS).get('a')).toEqual(
    wholeNumbering(inside('num'), MAX_ELEMENTS).get('a'),
  );
});

const level = fc
  .tuple(
    fc.nat(9),
    fc.constantFrom(
      '',
      '<w:start w:val="3"/>',
      '<w:numFmt w:val="upperRoman"/>',
      '<w:lvlText w:val="%1."/>',
      '<w:pStyle w:val="H"/>',
    ),
  )
  .map(([at, more]) => `<w:lvl w:ilvl="${at}">${more}</w:lvl>`);
const listId = fc.constantFrom('1', '2', '3', '10');
const abstract = fc
  .tuple(listId, fc.array(level, { maxLength: 3 }))
  .map(
    ([of, levels]) =>
      `<w:abstractNum w:abstractNumId="${of}" w15:restart="0"><w:nsid w:val="1"/>${levels.join('')}</w:abstractNum>`,
  );
const override = fc
  .tuple(fc.nat(9), fc.oneof(level, fc.constant('<w:startOverride w:val="7"/>')))
  .map(([at, what]) => `<w:lvlOverride w:ilvl="${at}">${what}</w:lvlOverride>`);
const num = fc
  .tuple(listId, listId, fc.array(override, { maxLength: 2 }))
  .map(
    ([of, base, overrides]) => `<w:num w:numId="${of}"><w:abstractNumId w:val="${base}"/>${overrides.join('')}</w:num>`,
  );
const strange = fc.constantFrom(
  '<w:num w:numId="3"/>',
  '<w:num w:numId="3"></w:num>',
  "<w:num w:numId='2'><w:abstractNumId w:val='1'/></w:num>",
  '<w:num w:numId="2"><w:abstractNumId w:val="1"/><w:abstractNumId w:val="2"/></w:num>',
);

test('word lists: those that are asked for are as all of them read together say', () => {
  fc.assert(
    fc.property(
      fc.array(abstract, { maxLength: 4 }),
      fc.array(fc.oneof({ weight: 8, arbitrary: num }, { weight: 1, arbitrary: strange }), { maxLength: 4 }),
      fc.array(fc.constantFrom('1', '2', '3', '10', '4', ''), { maxLength: 6 }),
      (abstracts, nums, asked) => {
        const xml = `<w:numbering xmlns:w="w">${abstracts.join('')}${nums.join('')}</w:numbering>`;
        const [some, whole] = [numberingOf(Buffer.from(xml), MAX_ELEMENTS), wholeNumbering(xml, MAX_ELEMENTS)];
        expect(some.size).toBe(whole.size);
        for (const of of asked) expect([of, some.get(of)]).toEqual([of, whole.get(of)]);
      },
    ),
    { numRuns: 2000 },
  );
});
