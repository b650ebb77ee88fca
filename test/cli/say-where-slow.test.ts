import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { sayWhereSlow } from '../../cli/console.ts';

let said = '';
beforeEach(() => {
  said = '';
  vi.useFakeTimers();
  vi.spyOn(process.stderr, 'write').mockImplementation((piece) => {
    said += String(piece);
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

test('work that takes long is named while it goes on, once, and gives its result', async () => {
  const work = Promise.withResolvers<number>();
  const result = sayWhereSlow('reading a scan …', work.promise, 1500);
  await vi.advanceTimersByTimeAsync(1499);
  expect(said).toBe('');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(said.split('reading a scan …')).toHaveLength(2);
  work.resolve(7);
  expect(await result).toBe(7);
});

test('work that is quick or fails leaves no word behind', async () => {
  expect(await sayWhereSlow('reading …', Promise.resolve(7))).toBe(7);
  await expect(sayWhereSlow('reading …', Promise.reject(new Error('no')))).rejects.toThrow('no');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(said).toBe('');
});
