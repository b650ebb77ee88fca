import { expect, test } from 'vitest';
import { runQueue } from '../../../dashboard/src/drop/queue.ts';

/** Resolves by hand. */
function gate() {
  const waiting: (() => void)[] = [];
  return { wait: () => new Promise<void>((done) => waiting.push(done)), waiting };
}
const settle = async () => {
  for (let i = 0; i < 10; i++) await Promise.resolve();
};

test('queue: no more are in work than allowed, and all are done', async () => {
  const { wait, waiting } = gate();
  const done: number[] = [];
  const all = runQueue(
    [1, 2, 3, 4, 5],
    2,
    new AbortController().signal,
    async (n) => {
      await wait();
      done.push(n);
    },
    () => undefined,
  );
  const seen: number[] = [];
  while (done.length < 5) {
    await settle();
    seen.push(waiting.length);
    waiting.shift()?.();
    await settle();
  }
  await all;
  expect(Math.max(...seen)).toBe(2);
  expect(done).toEqual([1, 2, 3, 4, 5]);
});

test('queue: a failure is told and the others go on', async () => {
  const failed: unknown[] = [];
  const done: number[] = [];
  const work = async (n: number) => {
    if (n === 2) throw new Error('no');
    done.push(n);
  };
  await runQueue([1, 2, 3], 1, new AbortController().signal, work, (n, error) => failed.push([n, String(error)]));
  expect(done).toEqual([1, 3]);
  expect(failed).toEqual([[2, 'Error: no']]);
});

test('queue: after the signal nothing is begun, and what it broke off is no failure', async () => {
  const abort = new AbortController();
  const begun: number[] = [];
  const failed: number[] = [];
  const work = async (n: number) => {
    begun.push(n);
    abort.abort();
    throw new Error('aborted');
  };
  await runQueue([1, 2, 3], 1, abort.signal, work, (n) => failed.push(n));
  expect(begun).toEqual([1]);
  expect(failed).toEqual([]);
});
