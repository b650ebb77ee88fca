// Numbers before the paragraphs of Word and PowerPoint: they stand in no text, a person sees and cites them.
import { afterAll, describe, expect, test } from 'vitest';
import { Extractor } from '../../../shared/documents/extract.ts';
import { numberText } from '../../../shared/documents/formats/word-lists.ts';
import { silentLogger } from '../../../shared/ports.ts';
import { run, shape, slidePackage, slideParagraph, W, wordPackage, wordParagraph } from '../packages.ts';

const extractor = new Extractor({ logger: silentLogger, slots: 1 });
afterAll(() => extractor.close());
const textOf = async (name: string, bytes: Uint8Array) => (await extractor.extract({ name, bytes }))[0]?.text;

const level = (at: number, format: string, text: string, more = '') =>
  `<w:lvl w:ilvl="${at}"><w:start w:val="1"/><w:numFmt w:val="${format}"/><w:lvlText w:val="${text}"/>${more}</w:lvl>`;
const abstract = (id: number, levels: string) => `<w:abstractNum w:abstractNumId="${id}">${levels}</w:abstractNum>`;
const list = (id: number, of: number, more = '') =>
  `<w:num w:numId="${id}"><w:abstractNumId w:val="${of}"/>${more}</w:num>`;
const CLAUSES = abstract(
  0,
  level(0, 'upperRoman', 'Article %1') + level(1, 'decimal', '%1.%2', '<w:isLgl/>') + level(2, 'lowerLetter', '(%3)'),
);
const item = (text: string, at = 0, id = 1) =>
  wordParagraph(run(text), `<w:numPr><w:ilvl w:val="${at}"/><w:numId w:val="${id}"/></w:numPr>`);
const numbered = (body: string, numbering: string, styles?: string) =>
  wordPackage(
    body,
    { n: ['numbering', 'numbering.xml'], ...(styles === undefined ? {} : { s: ['styles', 'styles.xml'] as const }) },
    [
      { name: 'word/numbering.xml', content: `<w:numbering xmlns:w="${W}">${numbering}</w:numbering>` },
      ...(styles === undefined
        ? []
        : [{ name: 'word/styles.xml', content: `<w:styles xmlns:w="${W}">${styles}</w:styles>` }]),
    ],
  );

describe('word: numbers of lists', () => {
  test.each([
    [
      'levels, with the numbers above them as decimals where they are legal',
      item('Parties') + item('Seller', 1) + item('Heirs', 2) + item('Buyer', 1) + item('Rent') + item('Sum', 1),
      CLAUSES + list(1, 0),
      'Article I Parties\n1.1 Seller\n(a) Heirs\n1.2 Buyer\nArticle II Rent\n2.1 Sum',
    ],
    [
      'two lists of a kind count on, one that says where it starts does not',
      item('one') + item('two', 0, 2) + item('five', 0, 3) + item('three', 0, 1),
      abstract(0, level(0, 'decimal', '%1.')) +
        list(1, 0) +
        list(2, 0) +
        list(3, 0, '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/></w:lvlOverride>'),
      '1. one\n2. two\n5. five\n3. three',
    ],
    [
      'bullets are no text, unless they are boxes',
      item('dot') + item('ticked', 1) + item('open', 2),
      abstract(
        0,
        level(0, 'bullet', '\uf0b7', '<w:rPr><w:rFonts w:ascii="Symbol"/></w:rPr>') +
          level(1, 'bullet', '\uf0fe', '<w:rPr><w:rFonts w:ascii="Wingdings"/></w:rPr>') +
          level(2, 'bullet', '\uf06f', '<w:rPr><w:rFonts w:ascii="Wingdings"/></w:rPr>'),
      ) + list(1, 0),
      'dot\n[x] ☑ ticked\n[ ] ☐ open',
    ],
    [
      'a deleted paragraph takes no number',
      item('one') +
        wordParagraph(
          '<w:del><w:r><w:delText>gone</w:delText></w:r></w:del>',
          '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr><w:rPr><w:del/></w:rPr>',
        ) +
        item('two'),
      abstract(0, level(0, 'decimal', '§ %1')) + list(1, 0),
      '§ 1 one\n\n§ 2 two',
    ],
    ['a list that is switched off', item('plain', 0, 0), CLAUSES + list(1, 0), 'plain'],
  ])('%s', async (_name, body, numbering, expected) => {
    expect(await textOf('a.docx', numbered(body, numbering))).toBe(expected);
  });

  test('headings are numbered by their style, those based on it too', async () => {
    const styles =
      '<w:style w:type="paragraph" w:styleId="H1"><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>' +
      '<w:style w:type="paragraph" w:styleId="H2"><w:basedOn w:val="H1"/><w:pPr><w:numPr><w:ilvl w:val="1"/></w:numPr></w:pPr></w:style>';
    const heading = (style: string, text: string) => wordParagraph(run(text), `<w:pStyle w:val="${style}"/>`);
    const numbering =
      abstract(0, level(0, 'decimal', '%1', '<w:pStyle w:val="H1"/>') + level(1, 'decimal', '%1.%2')) + list(1, 0);
    expect(
      await textOf(
        'a.docx',
        numbered(heading('H1', 'Scope') + heading('H2', 'Goods') + heading('H1', 'Price'), numbering, styles),
      ),
    ).toBe('1 Scope\n1.1 Goods\n2 Price');
  });

  test('Word 2003 keeps the numbers with the text', async () => {
    const labelled = (label: string, text: string) =>
      `<w:p><w:pPr><w:listPr><w:ilvl w:val="0"/><wx:t wx:val="${label}"/></w:listPr></w:pPr><w:r><w:t>${text}</w:t></w:r></w:p>`;
    const xml = `<?xml version="1.0"?><w:wordDocument xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml" xmlns:wx="wx"><w:body>${labelled('§ 4', 'Term')}${labelled('·', 'dot')}</w:body></w:wordDocument>`;
    expect(await textOf('a.xml', Buffer.from(xml))).toBe('§ 4 Term\ndot');
  });

  test.each([
    [4, 'upperRoman', 'IV'],
    [28, 'lowerLetter', 'bb'],
    [7, 'decimalZero', '07'],
    [3, 'chineseCounting', '3'],
    [9_999_999, 'lowerRoman', '9999999'],
  ])('%d as %s', (n, format, expected) => {
    expect(numberText(n, format)).toBe(expected);
  });
});

test('word: what a style of the whole paragraph hides is no content; what its run shows again is', async () => {
  const styles = `<w:style w:type="paragraph" w:styleId="Hid"><w:rPr><w:vanish/></w:rPr></w:style><w:style w:type="paragraph" w:styleId="Sub"><w:basedOn w:val="Hid"/></w:style>`;
  const hidden = (style: string, own = '') => wordParagraph(run('secret', own), `<w:pStyle w:val="${style}"/>`);
  const body = wordParagraph(run('Open')) + hidden('Hid') + hidden('Sub') + hidden('Hid', '<w:vanish w:val="0"/>');
  expect(await textOf('a.docx', numbered(body, '', styles))).toBe('Open\n\nsecret');
});

describe('powerpoint: what stands before a paragraph', () => {
  const number = (kind: string, at = 0) =>
    `<a:buAutoNum type="${kind}"/>`.replace('/>', at > 0 ? ` startAt="${at}"/>` : '/>');
  const lined = (text: string, properties: string, at = 0) =>
    slideParagraph(text, properties).replace('<a:pPr>', `<a:pPr lvl="${at}">`);
  test('numbers go on over the levels below them and end at a paragraph without one', async () => {
    const text = [
      lined('Parties', number('arabicPeriod')),
      lined('Seller', number('alphaLcParenR'), 1),
      lined('Buyer', number('alphaLcParenR'), 1),
      '<a:p><a:pPr><a:buAutoNum type="arabicPeriod"/></a:pPr></a:p>',
      lined('Term', number('arabicPeriod')),
      lined('Note', ''),
      lined('Rent', number('arabicPeriod')),
      lined('Dues', number('romanUcParenBoth', 4)),
    ];
    expect(await textOf('a.pptx', slidePackage(shape(text.join(''))))).toBe(
      '1. Parties\na) Seller\nb) Buyer\n\n2. Term\nNote\n1. Rent\n(IV) Dues',
    );
  });

  test('bullets and letters of Wingdings are boxes', async () => {
    const bullet = (char: string) => `<a:buFont typeface="Wingdings"/><a:buChar char="${char}"/>`;
    const text =
      slideParagraph('resident', bullet('þ')) +
      slideParagraph('abroad', bullet('o')) +
      slideParagraph('dot', '<a:buChar char="•"/>');
    const run =
      '<a:p><a:r><a:rPr><a:sym typeface="Wingdings"/></a:rPr><a:t>þ</a:t></a:r><a:r><a:t> agreed</a:t></a:r></a:p>';
    expect(await textOf('a.pptx', slidePackage(shape(text + run)))).toBe(
      '[x] ☑ resident\n[ ] ☐ abroad\ndot\n[x] ☑ agreed',
    );
  });
});
