import { expect, test } from 'vitest';
import { MAX_PAGE_CHARS } from '../../../shared/documents/pages/limits.ts';
import { wordsOf } from '../../../shared/documents/pages/read-words.ts';
import fc from '../../fakes/property.ts';

const word = fc.record({
  text: fc.stringMatching(/^[a-z]{1,12}$/),
  x: fc.nat(1600),
  y: fc.nat(2200),
  width: fc.nat(300),
  height: fc.nat(60),
  isLineEnd: fc.boolean(),
});

test('read words: each word stands in the text where its box says, in units whatever the width of the image', () => {
  fc.assert(
    fc.property(fc.array(word, { maxLength: 40 }), fc.integer({ min: 1, max: 4000 }), (seen, widthPx) => {
      const { text, words } = wordsOf(seen, widthPx);
      expect(words.map(([from, to]) => text.slice(from, to))).toEqual(seen.map((one) => one.text));
      expect(words.map(([, , x]) => (x * widthPx) / 1000)).toEqual(seen.map(({ x }) => expect.closeTo(x, 6)));
      expect(text.split('\n')).toHaveLength(seen.filter(({ isLineEnd }) => isLineEnd).length + 1);
    }),
  );
});

test('read words: a page of more than the most ends with a whole word', () => {
  const long = { text: 'x'.repeat(1000), x: 0, y: 0, width: 1, height: 1, isLineEnd: false };
  const { text, words } = wordsOf(
    Array.from({ length: 100 }, () => long),
    1000,
  );
  expect(text.length).toBeLessThanOrEqual(MAX_PAGE_CHARS + 1);
  expect(text.trim().split(' ')).toHaveLength(words.length);
});
