import { expect, test } from 'vitest';
import { breakLines, pagesOf, SHEET, setPage } from '../../../shared/documents/pages/set-text.ts';
import fc from '../../fakes/property.ts';

const widthOf = (char: string) => (char === ' ' ? 0.3 : /[iIl.,]/.test(char) ? 0.28 : 0.6);
const letters = fc.constantFrom(
  'a',
  'i',
  'ü',
  'שלום',
  ' ',
  ' ',
  '\t',
  '\n',
  '漢',
  '😀',
  '-',
  'wwwwwwwwwwwwwwwwwwwwwwwwwwwww',
);
const texts = fc.array(letters, { maxLength: 400 }).map((parts) => parts.join(''));

test('text on pages: nothing of it is lost, nothing stands outside the column or upon another word', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const lines = breakLines(text, widthOf, 100);
      const pages = Array.from({ length: pagesOf(lines) }, (_, i) => setPage(lines, i));
      const told = pages.map(({ words }) => words.text).join('\n');
      expect(told.replace(/\s/g, '')).toBe(text.replace(/\s/g, ''));
      for (const { runs, words } of pages) {
        expect(runs.length).toBe(words.words.length);
        for (const [i, [from, to, x, y, width, height]] of words.words.entries()) {
          expect(words.text.slice(from, to)).not.toMatch(/\s/);
          expect(to).toBeGreaterThan(from);
          expect(x + width).toBeLessThanOrEqual(1000 * (1 - SHEET.margin / SHEET.width) + 2);
          expect(y + height).toBeLessThanOrEqual((1000 * (SHEET.height - SHEET.margin)) / SHEET.width + 2);
          const others = words.words.filter((other, j) => j !== i && other[3] === y);
          expect(others.every(([, , left, , across]) => left + across <= x + 2 || left >= x + width - 2)).toBe(true);
        }
      }
    }),
  );
});

test('text on pages: a text of more pages than are drawn ends with the last of them', () => {
  const lines = breakLines('line\n'.repeat(10_000), widthOf, 3);
  expect(pagesOf(lines)).toBe(3);
  expect(pagesOf(breakLines('', widthOf, 3))).toBe(1);
});

test('text on pages: cells stand at stops, words of a right-to-left script from right to left', () => {
  const [first, second, third] = breakLines('a\tb\nlong cell that passes a stop\tb\nשלום עולם x', widthOf, 1);
  expect(first?.[1]?.x).toBe(SHEET.tab);
  expect((second?.at(-1)?.x ?? 1) % SHEET.tab).toBe(0);
  const { words } = setPage([third ?? []], 0);
  const [shalom, olam, latin] = words.words.map(([from, to, x]) => ({ word: words.text.slice(from, to), x }));
  expect([shalom?.word, olam?.word, latin?.word]).toEqual(['שלום', 'עולם', 'x']);
  expect(olam?.x).toBeLessThan(shalom?.x ?? 0);
  expect(latin?.x).toBeGreaterThan(shalom?.x ?? 0);
});
