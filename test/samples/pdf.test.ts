import { afterAll, expect, test } from 'vitest';
import { toPdf } from '../../samples/generator/pdf.ts';
import { Extractor } from '../../shared/documents/extract.ts';
import { silentLogger } from '../../shared/ports.ts';

const extractor = new Extractor({ logger: silentLogger, slots: 1 });
afterAll(() => extractor.close());
const blocks = (text: string) => [{ kind: 'paragraph' as const, lines: [text] }];
const textOf = async (bytes: Buffer) => (await extractor.extract({ name: 'a.pdf', bytes }))[0]?.text;

test('sample PDFs: letters outside the built-in fonts are written as they are', async () => {
  const text = 'Granat Szkło Deutschland GmbH, Zażółć gęślą jaźń, Ελλάδα, Москва';
  expect(await textOf(await toPdf(blocks(text), { letterhead: 'Szkło' }))).toBe(`Szkło\n${text}`);
});

test('sample PDFs: what no font can write is refused', () => {
  expect(() => toPdf(blocks('税務署'))).toThrow('U+7a0e cannot be written');
});

test('sample PDFs: the same blocks give the same bytes, whatever the font', async () => {
  expect((await toPdf(blocks('Szkło'))).equals(await toPdf(blocks('Szkło')))).toBe(true);
});
