import { expect, test } from 'vitest';
import { markReached } from '../../cli/offer-training.ts';

test('offer: a training is offered at 20, 50, 100, 200, 500 … decisions, once each, and for a jump over several the last', () => {
  const offered: number[] = [];
  for (let n = 1; n <= 1000; n++) if (markReached(n - 1, n) !== undefined) offered.push(n);
  expect(offered).toEqual([20, 50, 100, 200, 500, 1000]);
  expect(markReached(0, 19)).toBeUndefined();
  expect(markReached(10, 120)).toBe(100);
  expect(markReached(20, 49)).toBeUndefined();
});
