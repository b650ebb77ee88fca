import { expect, test } from 'vitest';
import { boundHeapGrowth } from '../shared/heap.ts';

test('heap: it doubles at most between two collections, unless the process was started with a measure of its own', () => {
  const set: string[] = [];
  boundHeapGrowth(['--max-semi-space-size=16'], (flag) => set.push(flag));
  boundHeapGrowth(['--max-semi-space-size=16', '--heap-growing-percent=20'], (flag) => set.push(flag));
  expect(set).toEqual(['--heap-growing-percent=100']);
});
