import { expect, test } from 'vitest';
import type { TracedTerm } from '../../shared/features/lexical.ts';
import { explainTerms } from '../../shared/models/lexical-evidence.ts';

const pair = (first: string, second: string, bucket: number, more: Partial<TracedTerm> = {}): TracedTerm => ({
  ...{ term: `${first} ${second}`, bucket, count: 1, parts: new Map(), words: [first, second] },
  ...more,
});

test('evidence: a pair that stands only across punctuation is no reason, and what shares its bucket keeps its own share', () => {
  const terms = [pair('to', 'tax', 1, { isApart: true }), pair('value', 'added', 1), pair('of', 'the', 2)];
  const buckets = new Map([
    [1, { weight: 2, runnerUp: 0 }],
    [2, { weight: 9, runnerUp: 0 }],
  ]);
  expect(explainTerms(terms, buckets, 8)).toEqual([
    { term: 'value added', weight: 1, runner_up_weight: 0, collision: true },
  ]);
});
