import { describe, expect, test } from 'vitest';
import { planHighlights } from '../../dashboard/src/highlight.ts';

const speaksFor = (term: string) => ({ term, weight: 0.5, runnerUpWeight: -0.1 });
const speaksAgainst = (term: string) => ({ term, weight: -0.2, runnerUpWeight: 0.4 });
const marked = (parts: ReturnType<typeof planHighlights>) =>
  parts.filter(({ side }) => side !== undefined).map(({ text, side }) => [text, side]);

describe('highlight: terms', () => {
  test('marks whole tokens in any case, by the side they speak for', () => {
    const parts = planHighlights('The Invoice total, an invoice', [speaksFor('invoice'), speaksAgainst('the')]);
    expect(marked(parts)).toEqual([
      ['The', 'runner-up'],
      ['Invoice', 'label'],
      ['invoice', 'label'],
    ]);
  });

  test('leaves tokens alone that only contain a term, where the term stands as a token elsewhere', () => {
    expect(marked(planHighlights('value value. devalue', [speaksFor('value')]))).toEqual([['value', 'label']]);
  });

  test('a term with punctuation is the token with it', () => {
    expect(marked(planHighlights('value value. devalue', [speaksFor('value.')]))).toEqual([['value.', 'label']]);
  });

  test('a term found as no token is looked for between word boundaries', () => {
    expect(marked(planHighlights('(Rotterdam), Rotterdamer', [speaksFor('rotterdam')]))).toEqual([
      ['Rotterdam', 'label'],
    ]);
  });

  test('words of a term are marked together within a sentence; across punctuation only where they stand so alone', () => {
    const parts = planHighlights('To: tax. A letter (to tax) here, no: tax', [speaksFor('to tax')]);
    expect(marked(parts)).toEqual([['to tax', 'label']]);
    expect(marked(planHighlights('To: tax', [speaksFor('to tax')]))).toEqual([['To: tax', 'label']]);
  });

  test('a term of two words is marked as one, before a term of one word in it', () => {
    const parts = planHighlights('a Transfer\npricing study', [
      speaksFor('transfer pricing'),
      speaksAgainst('transfer'),
    ]);
    expect(marked(parts)).toEqual([['Transfer\npricing', 'label']]);
  });

  test('terms that are patterns elsewhere are taken as they are', () => {
    expect(
      marked(planHighlights('cost (a+b)* [x] 5-4', [speaksFor('(a+b)*'), speaksFor('[x]'), speaksFor('5-4')])),
    ).toEqual([
      ['(a+b)*', 'label'],
      ['[x]', 'label'],
      ['5-4', 'label'],
    ]);
  });

  test('the parts put together are the text', () => {
    const text = 'İstanbul — ﬁnal\u00a0invoice 😀 INVOICE\r\n\n end';
    const parts = planHighlights(text, [speaksFor('invoice'), speaksAgainst('😀'), speaksFor('end')], 'invoice 😀');
    expect(parts.map(({ text: part }) => part).join('')).toBe(text);
  });

  test('an empty text has no parts, a text without evidence has one', () => {
    expect(planHighlights('', [speaksFor('a')])).toEqual([]);
    expect(planHighlights('some text', [])).toEqual([{ text: 'some text' }]);
  });
});

describe('highlight: quote', () => {
  const quoted = (text: string, quote: string) =>
    planHighlights(text, [], quote)
      .filter(({ isQuote }) => isQuote)
      .map((part) => part.text)
      .join('');

  test('is found whatever its line breaks and case', () => {
    expect(quoted('Bill: Technopark 3\nInvoice  to Alpen AG', 'technopark 3 invoice to')).toBe(
      'Technopark 3\nInvoice  to',
    );
  });

  test('is found whatever its quotation marks and dashes', () => {
    expect(quoted('the “arm’s length” price — 5–7 %', '"arm\'s length" price - 5-7 %')).toBe(
      'arm’s length” price — 5–7 %',
    );
  });

  test('that is not in the text marks nothing', () => {
    expect(quoted('some text', 'another text')).toBe('');
    expect(quoted('some text', '…')).toBe('');
  });

  test('and a term in it are both told', () => {
    expect(planHighlights('pay the invoice now', [speaksFor('invoice')], 'the invoice')).toEqual([
      { text: 'pay ' },
      { text: 'the ', isQuote: true },
      { text: 'invoice', side: 'label', isQuote: true },
      { text: ' now' },
    ]);
  });
});
