import { expect, test } from 'vitest';
import { stepsOf } from '../../../../dashboard/src/views/models/training-steps.ts';

test('a training that has not begun to fit is reading', () => {
  expect(stepsOf({ fit: null, iteration: 0, objective: null }).map(({ state, detail }) => [state, detail])).toEqual([
    ['now', null],
    ['ahead', null],
    ['ahead', null],
  ]);
});

test('a fit shows its iteration and objective, what came before is done', () => {
  const steps = stepsOf({ fit: 'final', iteration: 12, objective: 0.031234 });
  expect(steps.map(({ state }) => state)).toEqual(['done', 'done', 'now']);
  expect(steps[2]?.detail).toBe('iteration 12, objective 0.0312');
  const byLabel = stepsOf({ fit: 'check', iteration: 12, labels: 77, objective: -0.2 });
  expect(byLabel[1]?.detail).toBe('12 of 77 labels');
});
