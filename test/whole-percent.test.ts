import { expect, test } from 'vitest';
import { percent, sure } from '../dashboard/src/format.ts';
import { wholePercent } from '../shared/whole-percent.ts';

test('a confidence in hundredths keeps its number, any other is told downwards', () => {
  for (let hundredths = 0; hundredths <= 100; hundredths++) expect(wholePercent(hundredths / 100)).toBe(hundredths);
  expect([0.999, 0.9987, 0.005, 0.1899].map(wholePercent)).toEqual([99, 99, 0, 18]);
});

test('the page and the terminal say the same of a confidence', () => {
  expect([0.999, 0.57, 1].map(sure)).toEqual(['99%', '57%', '100%']);
  expect(percent(0.999)).toBe('100%'); // a share of anything else is rounded
});
