import { expect, test } from 'vitest';
import { parseTextQuery } from '../../shared/search/text-query.ts';
import { fold, wordsOf } from '../../shared/search/words.ts';
import fc from '../fakes/property.ts';

const terms = (text: string) => [...wordsOf(text)].map(({ term }) => term);

test('words: case, accents, umlauts however written, ß, ligatures and full width make no difference', () => {
  for (const written of ['Müller', 'MÜLLER', 'mueller', 'Mu\u0308ller', 'Muller']) expect(fold(written)).toBe('muller');
  expect(fold('Straße')).toBe(fold('STRASSE'));
  expect(fold('Čapek')).toBe('capek');
  expect(fold('ﬁnance')).toBe('finance');
  expect(fold('Ａｂｃ１')).toBe('abc1');
  expect(fold('Rech\u00adnung')).toBe('rechnung');
  expect(fold('neue')).toBe('neue'); // no ü after a vowel
});

test('words: numbers with signs are several words, scripts without blanks one a character', () => {
  expect(terms('INV-88210/3')).toEqual(['inv', '88210', '3']);
  expect(terms('東京 tax')).toEqual(['東', '京', 'tax']);
});

test('words: each stands where it says, whatever the text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      let free = 0;
      for (const { term, from, to } of wordsOf(text)) {
        expect(from).toBeGreaterThanOrEqual(free);
        expect(term.length).toBeLessThanOrEqual(64);
        expect(fold(text.slice(from, to))).toBe(term);
        free = to;
      }
    }),
  );
});

test('question: words, beginnings, phrases, and what must not be there', () => {
  expect(parseTextQuery('Steuer tax "im Werk" zo* -Entwurf -"a b" INV-88210')).toEqual({
    must: [
      { terms: ['steuer'], isBeginning: true },
      { terms: ['tax'], isBeginning: false },
      { terms: ['im', 'werk'], isBeginning: false },
      { terms: ['zo'], isBeginning: true },
      { terms: ['inv', '88210'], isBeginning: false },
    ],
    not: [
      { terms: ['entwurf'], isBeginning: false },
      { terms: ['a', 'b'], isBeginning: false },
    ],
  });
  expect(parseTextQuery('„im Werk“').must).toEqual([{ terms: ['im', 'werk'], isBeginning: false }]);
  expect(parseTextQuery('"offen bleibt').must).toEqual([{ terms: ['offen', 'bleibt'], isBeginning: false }]);
});

test.each([
  ['', /no word/],
  ['-nur -nein', /no word/],
  ['% _ \\', /no word/],
  ['z*', /2 letters/],
  ['w '.repeat(1) + Array.from({ length: 30 }, (_, i) => `w${i}`).join(' '), /at most 24/],
])('question: refused are those without words and those with too many', (typed, message) => {
  expect(() => parseTextQuery(typed)).toThrow(message);
});
