import { expect, test } from 'vitest';
import { askOf, LINES, lineOf } from '../../../../dashboard/src/views/review/lines.ts';
import { reviewQueueSchema } from '../../../../shared/api/decisions.ts';

test('the route of the queue takes every line of the page', () => {
  const asked = LINES.map((line) => reviewQueueSchema.parse(askOf(lineOf(line))));
  expect(asked.map(({ queue, order }) => (queue === 'waiting' ? order : queue))).toEqual(LINES);
});

test('an address of no line shows the least certain first', () => {
  expect([undefined, '', 'newest', 'toString'].map(lineOf)).toEqual(Array(4).fill('uncertain'));
});
