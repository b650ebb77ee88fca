import { expect, test } from 'vitest';
import { fragmentsOf } from '../../shared/search/highlight.ts';
import { parseTextQuery } from '../../shared/search/text-query.ts';
import fc from '../fakes/property.ts';

const marked = (text: string, asked: string) =>
  fragmentsOf(text, parseTextQuery(asked)).map(({ text: part, marks }) =>
    marks.map(([from, to]) => part.slice(from, to)),
  );

test('fragments: marks what was meant, umlauts, beginnings and phrases included', () => {
  expect(
    marked('Herr Müller zahlt die Rechnungen im Werk, nicht im Büro oder Werk.', 'mueller rechnung "im werk"'),
  ).toEqual([['Müller', 'Rechnungen', 'im Werk']]);
});

test('fragments: words that stand far apart have one each, in the order of the text', () => {
  const text = `Zoll ${'x '.repeat(500)} Rechnung ${'y '.repeat(500)} Ende`;
  const found = fragmentsOf(text, parseTextQuery('rechnung zoll'));
  expect(found.map(({ isBeginning }) => isBeginning)).toEqual([true, false]);
  expect(marked(text, 'rechnung zoll')).toEqual([['Zoll'], ['Rechnung']]);
  expect(found.every(({ text: part }) => part.length < 260)).toBe(true);
});

test('fragments: nothing where nothing stands', () => expect(marked('ganz anders', 'zoll')).toEqual([]));

test('fragments: are pieces of the text, and every mark is a word of it', () => {
  const text = fc.array(fc.constantFrom('zoll', 'Zölle', '😀', 'a', '\n', 'rechnung ', ' '), { maxLength: 300 });
  fc.assert(
    fc.property(text, (parts) => {
      const whole = parts.join(' ');
      for (const { text: part, marks } of fragmentsOf(whole, parseTextQuery('zoll rechnung'))) {
        expect(whole).toContain(part);
        expect(part.isWellFormed()).toBe(true);
        for (const [from, to] of marks) expect(part.slice(from, to)).toMatch(/^(zoll|Zölle|rechnung)$/);
      }
    }),
    { numRuns: 50 },
  );
});
