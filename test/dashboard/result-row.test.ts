import { expect, test } from 'vitest';
import { leadingTerms } from '../../dashboard/src/result-row.ts';

test('the leading terms are those that spoke more for the label than for its runner-up, the strongest first as they are stored', () => {
  const evidence = [
    { term: 'lease', weight: 0.7, runnerUpWeight: 0.1 },
    { term: 'but', weight: -0.1, runnerUpWeight: 0 },
    { term: 'year', weight: 0.3, runnerUpWeight: 0.4 },
    { term: 'rent', weight: 0.2, runnerUpWeight: 0 },
  ];
  expect(leadingTerms({ evidence }, 5)).toEqual(['lease', 'rent']);
  expect(leadingTerms({ evidence }, 1)).toEqual(['lease']);
  expect(leadingTerms({ evidence: [] }, 1)).toEqual([]);
});
