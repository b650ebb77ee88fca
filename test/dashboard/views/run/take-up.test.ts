import { expect, test } from 'vitest';
import { takeUpOf } from '../../../../dashboard/src/views/run/take-up.ts';
import { rerunRequestSchema } from '../../../../shared/api/runs.ts';

test('take-up: a requested run is its request once more', () => {
  const request = { source: { kind: 'prefix', container: 'imports', prefix: 'a' } };
  expect(takeUpOf({ request, rerunOf: null })).toEqual({ path: 'runs', body: request });
});

test('take-up: a re-run is asked of the run it repeats, in a form the API takes', () => {
  const again = takeUpOf({ request: { only: 'all', from: 'score', runId: 'run 1' }, rerunOf: 'run 1' });
  expect(again?.path).toBe('runs/run%201/rerun');
  expect(rerunRequestSchema.safeParse(again?.body).success).toBe(true);
});

test('take-up: a run of uploads has no request', () => {
  expect(takeUpOf({ request: null, rerunOf: null })).toBeUndefined();
});
