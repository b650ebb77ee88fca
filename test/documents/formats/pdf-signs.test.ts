// Boxes and ticks that a PDF paints as text of a symbol font.
import { afterAll, describe, expect, test } from 'vitest';
import { Extractor } from '../../../shared/documents/extract.ts';
import { candidatesIn, signOf } from '../../../shared/documents/formats/pdf-signs.ts';
import { silentLogger } from '../../../shared/ports.ts';
import fc from '../../fakes/property.ts';
import { pdfFile } from '../fixtures.ts';

const extractor = new Extractor({ logger: silentLogger, slots: 1 });
afterAll(() => extractor.close());

/** Lines of a sign in one font and words in another. */
function signs(font: string, lines: readonly (readonly [sign: string, words: string])[]): Buffer {
  const content = lines
    .map(
      ([sign, words], i) =>
        `BT /F2 12 Tf 72 ${700 - 20 * i} Td (${sign}) Tj ET BT /F1 12 Tf 92 ${700 - 20 * i} Td (${words}) Tj ET`,
    )
    .join(' ');
  return pdfFile([
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> /F2 << /Type /Font ${font} >> >> >> >>`,
    `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
  ]);
}
const textOf = async (bytes: Uint8Array) => (await extractor.extract({ name: 'a.pdf', bytes }))[0]?.text;

describe('pdf: boxes painted as text', () => {
  test.each([
    [
      'Wingdings',
      signs('/Subtype /TrueType /BaseFont /Wingdings /Encoding /WinAnsiEncoding', [
        ['\\376', 'resident'],
        ['o', 'trust'],
        ['x', 'partnership'],
      ]),
      '[x] ☑ resident\n[ ] ☐ trust\n[x] ☒ partnership',
    ],
    [
      'a part of Wingdings 2',
      signs('/Subtype /TrueType /BaseFont /ABCDEF+Wingdings2 /Encoding /WinAnsiEncoding', [
        ['R', 'resident'],
        ['\\243', 'trust'],
      ]),
      '[x] ☑ resident\n[ ] ☐ trust',
    ],
    [
      'ZapfDingbats',
      signs('/Subtype /Type1 /BaseFont /ZapfDingbats', [
        ['4', 'resident'],
        ['o', 'trust'],
      ]),
      '[x] ✔ resident\n[ ] ❏ trust',
    ],
    ['an ordinary font', signs('/Subtype /Type1 /BaseFont /Courier', [['o', 'trust']]), 'o trust'],
  ])('%s', async (_name, bytes, expected) => {
    expect(await textOf(bytes)).toBe(expected);
  });

  test.each([
    ['CAAAAA+OpenSymbol', '\uf0fe', '[x] ☑ '],
    ['CAAAAA+OpenSymbol', '\uf052', '[x] ☑ '],
    ['Wingdings-Regular', '\uf0a8', '[ ] ☐ '],
    ['Broken', '\uf0fe', undefined], // letters nobody can decode stay so: the page is judged by them
    ['Helvetica', '✔', undefined],
  ])('%s: %j is %j', (font, char, expected) => {
    expect(signOf(font, char)).toBe(expected);
  });
});

test('asked for their font are private characters, dingbats and what stands alone', () => {
  const pattern = /[\uf021-\uf0ff\u2713-\u2718\u274f-\u2752]|(?<!\S)[!-~\xa1-\xff](?!\S)/g;
  const unit = fc.oneof(
    fc.constantFrom(
      ' ',
      '\n',
      '\r\n',
      '\t',
      '\xa0',
      '\x85',
      '\u2003',
      '\ufeff',
      '\0',
      'x',
      'þ',
      '\u2713',
      '\u2752',
      '\uf0fe',
      '\uf020',
    ),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  );
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 40 }), (text) => {
      expect(candidatesIn(text)).toEqual([...text.matchAll(pattern)].map(({ index }) => index));
    }),
    { numRuns: 1000 },
  );
});
