import fc from 'fast-check';
import { expect, test } from 'vitest';
import { takeIn } from '../../shared/intake/window.ts';
import { sealWindow } from '../../shared/pipeline/sealed-window.ts';
import type { Clock } from '../../shared/ports.ts';
import { MemoryLake } from '../fakes/memory-lake.ts';

function clockAt(start: number): Clock & { set(ms: number): void } {
  let now = start;
  return {
    now: () => now,
    sleep: async () => {},
    set: (ms) => {
      now = ms;
    },
  };
}

const upload = (name: string, etag = 'e1') => ({ path: name, etag, sizeBytes: 10 });

test('intake: uploads of one window share a run, the next window gets another', async () => {
  const lake = new MemoryLake('lake');
  const clock = clockAt(60_000);
  const a = await takeIn(lake, clock, 10, upload('a'));
  clock.set(69_999);
  const b = await takeIn(lake, clock, 10, upload('b'));
  clock.set(70_000);
  const c = await takeIn(lake, clock, 10, upload('c'));
  expect(b.windowId).toBe(a.windowId);
  expect(c.windowId).not.toBe(a.windowId);
  expect(a.closesAt).toBe(71_000);
});

test('intake: an event delivered five times, even much later, belongs to one window', async () => {
  const lake = new MemoryLake('lake');
  const clock = clockAt(1_000_000);
  const windows = new Set<string>();
  for (let i = 0; i < 5; i++) {
    clock.set(1_000_000 + i * 3_600_000);
    windows.add((await takeIn(lake, clock, 10, upload('a'))).windowId);
  }
  expect(windows.size).toBe(1);
});

test('intake: a replaced file is a new upload', async () => {
  const lake = new MemoryLake('lake');
  const clock = clockAt(0);
  const first = await takeIn(lake, clock, 0, upload('a', 'e1'));
  const second = await takeIn(lake, clock, 0, upload('a', 'e2'));
  expect(second.windowId).not.toBe(first.windowId);
});

test('intake: within a window the newest content of a path is planned once', async () => {
  const lake = new MemoryLake('lake');
  const clock = clockAt(0);
  const { windowId } = await takeIn(lake, clock, 10, upload('a', 'e1'));
  await takeIn(lake, clock, 10, upload('a', 'e2'));
  expect(await sealWindow(lake, windowId)).toHaveLength(1);
});

test('intake: whatever the order of uploads, redeliveries and seals, every upload is planned and none twice', async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('upload' as const), name: fc.integer({ min: 0, max: 8 }).map((n) => `f${n}`) }),
    fc.record({ kind: fc.constant('seal' as const) }),
    fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 8000 }) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const lake = new MemoryLake('lake');
      const clock = clockAt(0);
      const windows = new Set<string>();
      const planned = new Map<string, string[]>();
      const seal = async (id: string) =>
        planned.set(
          id,
          (await sealWindow(lake, id)).map((s) => s.path),
        );
      const names = new Set<string>();
      for (const s of steps) {
        if (s.kind === 'wait') clock.set(clock.now() + s.ms);
        else if (s.kind === 'upload') {
          names.add(s.name);
          windows.add((await takeIn(lake, clock, 5, upload(s.name))).windowId);
        } else for (const id of windows) if (!planned.has(id)) await seal(id);
      }
      for (const id of windows) if (!planned.has(id)) await seal(id);
      expect([...planned.values()].flat().sort()).toEqual([...names].sort());
    }),
    { numRuns: 200 },
  );
});

test('intake: an upload that comes after the seal moves to a later window', async () => {
  const lake = new MemoryLake('lake');
  const clock = clockAt(0);
  const early = await takeIn(lake, clock, 5, upload('a'));
  await sealWindow(lake, early.windowId);
  const late = await takeIn(lake, clock, 5, upload('b')); // the clock of this instance still says the same window
  expect(late.windowId).not.toBe(early.windowId);
  expect(late.closesAt).toBeGreaterThan(early.closesAt);
  expect((await sealWindow(lake, late.windowId)).map((s) => s.path)).toEqual(['b']);
});
