import { expect, test } from 'vitest';
import type { DeploymentConfig } from '../../../shared/llm/deployments/deployment.ts';
import { LessonBook } from '../../../shared/llm/deployments/lessons.ts';
import type { StateTable } from '../../../shared/ports.ts';
import { MemoryStateTable } from '../../fakes/memory-state-table.ts';

const config = { name: 'small', baseUrl: 'http://llm', model: 'm' } as unknown as DeploymentConfig; // `as`: what names its lessons
const DAY_MS = 24 * 3_600_000;

function world() {
  let now = 0;
  let writes = 0;
  const table = new MemoryStateTable();
  const state: StateTable = {
    get: (key) => table.get(key),
    delete: (key) => table.delete(key),
    compareAndSwap: async (...of) => {
      writes++;
      return await table.compareAndSwap(...of);
    },
  };
  const clock = { now: () => now, sleep: async () => {} };
  return {
    open: () => new LessonBook(config, state, clock),
    wait: (ms: number) => {
      now += ms;
    },
    writes: () => writes,
  };
}

test('lessons: thought that hardly moves is not told for every answer', async () => {
  const { open, writes } = world();
  const book = open();
  for (let i = 0; i < 1000; i++) await book.noteThought(i % 2);
  expect(writes()).toBeLessThanOrEqual(2);
  for (let i = 0; i < 50; i++) await book.noteThought(800);
  expect(book.current.thoughtTokens).toBeGreaterThan(700);
  expect(writes()).toBeLessThan(45);
});

test('lessons: measuring thought keeps no lesson alive; a mended server is asked the plain way again', async () => {
  const { open, wait } = world();
  const book = open();
  await book.learn({ hasNoSystemRole: true });
  for (let day = 0; day < 40; day++) {
    wait(DAY_MS);
    await book.noteThought(day % 2 === 0 ? 100 : 900);
  }
  const later = open();
  await later.load();
  expect(later.current.hasNoSystemRole).toBeUndefined();
  await later.noteThought(500);
  expect(later.current).toEqual({ thoughtTokens: 500 });
});
