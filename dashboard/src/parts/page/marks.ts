// Where the terms and the quote of a decision stand on the picture of a page.

import type { Evidence } from '../../../../shared/api/answers.ts';
import type { PagePlaces } from '../../../../shared/api/insights.ts';
import { planHighlights } from '../../highlight.ts';

export interface Mark {
  kind: 'label' | 'runner-up' | 'quote';
  x: number;
  y: number;
  width: number;
  height: number;
}

/** In units of the picture; words of one kind that follow one another on a line are one mark. */
export function marksOf(places: PagePlaces, evidence: readonly Evidence[], quote: string | null): Mark[] {
  const marks: Mark[] = [];
  let from = 0;
  for (const { text, side, isQuote } of planHighlights(places.text, evidence, quote)) {
    const to = from + text.length;
    // The quote lies below the terms in it.
    if (isQuote) add(marks, places, from, to, 'quote');
    if (side !== undefined) add(marks, places, from, to, side);
    from = to;
  }
  return marks.sort((a, b) => Number(b.kind === 'quote') - Number(a.kind === 'quote'));
}

export const hasQuote = (marks: readonly Mark[]): boolean => marks.some(({ kind }) => kind === 'quote');

function add(marks: Mark[], { words }: PagePlaces, from: number, to: number, kind: Mark['kind']): void {
  for (const [start = 0, end = 0, x = 0, y = 0, width = 0, height = 0] of words) {
    const [first, last] = [Math.max(from, start), Math.min(to, end)];
    if (first >= last) continue;
    const share = width / (end - start);
    const mark = { kind, x: x + (first - start) * share, y, width: (last - first) * share, height };
    const before = marks.findLast((one) => one.kind === kind);
    if (before !== undefined && follows(before, mark)) before.width = mark.x + mark.width - before.x;
    else marks.push(mark);
  }
}

const follows = (a: Mark, b: Mark): boolean =>
  Math.abs(a.y - b.y) < a.height / 2 && b.x >= a.x && b.x - (a.x + a.width) < a.height;
