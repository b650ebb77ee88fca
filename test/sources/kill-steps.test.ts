// What `npm run bench source-kills -- --every` does at each of the 2,000 steps of a round of 300 files: here at each of a small one and at some of it.
import { expect, test } from 'vitest';
import { killSteps } from '../../bench/library/kill-steps.ts';

test('29 a round of a few files, ended before each of its steps, is ended by another process: none is lost, none lands twice', async () => {
  const found = await killSteps(5, () => true);
  expect(found).toMatchObject({ lost: 0, doubled: 0, kills: found.steps });
  expect(found.steps).toBeGreaterThan(5 * 6);
  expect(found.mostRepeated).toBeLessThanOrEqual(4); // what was in hand
});

test('29 so is one of 300 files, ended at 6 of its steps', async () => {
  const found = await killSteps(300, (step, steps) => step % Math.ceil(steps / 6) === 5);
  expect(found).toMatchObject({ lost: 0, doubled: 0, kills: 6, states: 6 });
  expect(found.steps).toBeGreaterThan(300 * 6);
  expect(found.mostRepeated).toBeLessThanOrEqual(4);
});
