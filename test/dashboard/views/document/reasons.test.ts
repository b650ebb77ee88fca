import { describe, expect, test } from 'vitest';
import {
  byPull,
  rivalsOf,
  sentencesOf,
  storyOf,
  versionsOf,
} from '../../../../dashboard/src/views/document/reasons.ts';
import type { Decision, FeedbackRecord } from '../../../../shared/api/answers.ts';

const term = (name: string, weight: number, runnerUpWeight: number) => ({ term: name, weight, runnerUpWeight });
const row = (values: Partial<Decision>) => ({ topLabels: [], contentSha256: null, ...values }) as Decision; // the columns read here
const said = (label: string) => ({ feedbackId: label, label }) as FeedbackRecord; // as above
const rivals = { label: 'Customs', runnerUp: 'VAT' };

describe('document: reasons', () => {
  test('terms are sorted by their pull to either side', () => {
    const sorted = byPull([term('a', 0.1, 0), term('b', 0, 0.9), term('c', 0.5, -0.1)]);
    expect(sorted.map((one) => one.term)).toEqual(['b', 'c', 'a']);
  });

  test('are told in words for both sides, the three strongest terms of each', () => {
    const evidence = [term('a', 0.1, 0), term('b', 0.2, 0), term('c', 0.5, 0), term('d', 0.4, 0), term('x', 0, 0.3)];
    expect(sentencesOf(evidence, rivals)).toEqual([
      '“c”, “d”, and “b” speak most for Customs rather than VAT.',
      '“x” speaks for VAT.',
    ]);
    expect(sentencesOf([term('a', 1, 0)], rivals)).toEqual(['“a” speaks most for Customs rather than VAT.']);
    expect(sentencesOf([term('a', 1, 1)], rivals)).toEqual([]);
  });

  test('need a label and a second one', () => {
    const two = [
      { label: 'Customs', probability: 0.8 },
      { label: 'VAT', probability: 0.1 },
    ];
    expect(rivalsOf(row({ topLabels: two }))).toEqual(rivals);
    expect(rivalsOf(row({ topLabels: two.slice(1) }))).toBeUndefined();
    expect(rivalsOf(row({}))).toBeUndefined();
  });
});

describe('document: story', () => {
  test('each decision of a person carries what that person said', () => {
    const history = [
      row({ decidedBy: 'human', label: 'B' }),
      row({ decidedBy: 'model', label: 'X' }),
      row({ decidedBy: 'human', label: 'A' }),
      row({ decidedBy: 'llm', label: 'Y' }),
    ];
    const story = storyOf({ history, feedback: [said('B'), said('A')] });
    expect(story.map(({ feedback }) => feedback?.label)).toEqual(['B', undefined, 'A', undefined]);
  });

  test('a decision on another content than the one before says so', () => {
    const history = ['s2', 's2', 's1'].map((contentSha256) => row({ contentSha256 }));
    expect(storyOf({ history, feedback: [] }).map(({ isNewContent }) => isNewContent)).toEqual([false, true, false]);
    expect(versionsOf(history)).toBe(2);
    expect(versionsOf([row({})])).toBe(0);
  });
});
