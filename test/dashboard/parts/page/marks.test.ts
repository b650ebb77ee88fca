import { describe, expect, test } from 'vitest';
import { hasQuote, marksOf } from '../../../../dashboard/src/parts/page/marks.ts';
import type { PagePlaces } from '../../../../shared/api/insights.ts';

/** Words of 100 units each, a line of them every 20 units. */
function places(...lines: string[]): PagePlaces {
  const words: number[][] = [];
  let text = '';
  for (const [row, line] of lines.entries()) {
    for (const [column, word] of line.split(' ').entries()) {
      words.push([text.length, text.length + word.length, column * 110, row * 20, 100, 18]);
      text += `${word} `;
    }
    text = `${text.trimEnd()}\n`;
  }
  return { page: 1, pages: 1, kind: 'pdf', width: 1000, height: 1414, text, words };
}
const term = (word: string, weight = 1) => ({ term: word, weight, runnerUpWeight: 0 });

describe('marks', () => {
  test('terms are marked where they stand, each for its side', () => {
    const marks = marksOf(places('tax due', 'no invoice'), [term('tax'), term('invoice', -1)], null);
    expect(marks).toEqual([
      { kind: 'label', x: 0, y: 0, width: 100, height: 18 },
      { kind: 'runner-up', x: 110, y: 20, width: 100, height: 18 },
    ]);
  });

  test('a quote over two lines is one mark a line, below the terms in it', () => {
    const marks = marksOf(places('we lend you', 'the sum now'), [term('lend')], '“lend you the  sum”');
    expect(marks).toEqual([
      { kind: 'quote', x: 110, y: 0, width: 210, height: 18 },
      { kind: 'quote', x: 0, y: 20, width: 210, height: 18 },
      { kind: 'label', x: 110, y: 0, width: 100, height: 18 },
    ]);
    expect(hasQuote(marks)).toBe(true);
  });

  test('of a word that is marked in part, that part; of a page that is an image, nothing', () => {
    const [mark] = marksOf(places('tax-free'), [term('tax')], null);
    expect(mark).toMatchObject({ x: 0, width: 37.5 });
    expect(marksOf({ ...places(), text: '', words: [] }, [term('tax')], 'quote')).toEqual([]);
  });
});
