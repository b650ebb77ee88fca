import { expect, test } from 'vitest';
import { sha256Hex } from '../../shared/ids.ts';
import { takeIn, takeInGroup } from '../../shared/intake/window.ts';
import { intakePaths } from '../../shared/paths.ts';
import { sealWindow } from '../../shared/pipeline/sealed-window.ts';
import type { Clock } from '../../shared/ports.ts';
import { MemoryLake } from '../fakes/memory-lake.ts';
import fc from '../fakes/property.ts';

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

test('intake: whatever the order of groups, deaths at any call, redeliveries and seals, every upload is planned and none twice', async () => {
  const names = fc.uniqueArray(fc.integer({ min: 0, max: 8 }), { minLength: 1, maxLength: 5 });
  const step = fc.oneof(
    fc.record({ kind: fc.constant('group' as const), names, diesAfter: fc.option(fc.nat(14), { nil: Infinity }) }),
    fc.record({ kind: fc.constant('seal' as const), diesAfter: fc.option(fc.nat(4), { nil: Infinity }) }),
    fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 8000 }) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), fc.constantFrom(0, 5), async (steps, seconds) => {
      const lake = new MemoryLake('lake');
      const clock = clockAt(0);
      const uploaded = new Set<string>();
      const windows = new Set<string>();
      const seal = async () => {
        for (const id of windows) await sealWindow(lake, id);
      };
      const deliver = async (group: string[]) => {
        for (const name of group) uploaded.add(name);
        const taken = await takeInGroup(
          lake,
          clock,
          seconds,
          group.map((name) => upload(name)),
        );
        for (const { windowId } of taken) windows.add(windowId);
      };
      const dying = async (calls: number, work: () => Promise<void>) => {
        let left = calls;
        lake.beforeCall = () => {
          if (left-- <= 0) throw new Error('died');
        };
        await work().catch((error: Error) => expect(error.message).toBe('died'));
        lake.beforeCall = undefined;
      };
      for (const s of steps) {
        if (s.kind === 'wait') clock.set(clock.now() + s.ms);
        else if (s.kind === 'seal') await dying(s.diesAfter, seal);
        else await dying(s.diesAfter, () => deliver(s.names.map((n) => `f${n}`)));
      }
      await deliver([...uploaded]); // what was not answered is delivered again
      await seal();
      const plans = await Promise.all([...windows].map((id) => sealWindow(lake, id)));
      expect(plans.flatMap((plan) => plan.map(({ path }) => path)).sort()).toEqual([...uploaded].sort());
    }),
    { numRuns: 300, seed: 13 },
  );
});

test('intake: processes that get the same events at once, while windows are sealed, plan every upload once', async () => {
  const group = fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(fc.array(group, { minLength: 2, maxLength: 5 }), fc.scheduler(), async (groups, scheduler) => {
      const lake = new MemoryLake('lake');
      const raced = new Proxy(lake, {
        get(target, key) {
          const value = Reflect.get(target, key);
          if (!['write', 'readIfExists'].includes(String(key)))
            return typeof value === 'function' ? value.bind(target) : value;
          return async (...given: unknown[]) => {
            await scheduler.schedule(Promise.resolve(), String(key));
            return value.apply(target, given);
          };
        },
      });
      const clock = clockAt(0);
      const slow = {
        ...clock,
        async sleep() {
          await scheduler.schedule(Promise.resolve(), 'sleep');
          clock.set(clock.now() + 6000); // a whole window later
        },
      };
      const first = (await takeIn(lake, clock, 5, upload('seed'))).windowId;
      const windows = new Set([first]);
      const work = groups.map(async (names) => {
        const taken = await takeInGroup(
          raced,
          slow,
          5,
          names.map((n) => upload(`f${n}`)),
        );
        for (const { windowId } of taken) windows.add(windowId);
      });
      const all = Promise.all([...work, sealWindow(raced, first)]);
      await scheduler.waitFor(all);
      const plans = await Promise.all([...windows].map((id) => sealWindow(lake, id)));
      const expected = new Set(['seed', ...groups.flat().map((n) => `f${n}`)]);
      expect(plans.flatMap((plan) => plan.map(({ path }) => path)).sort()).toEqual([...expected].sort());
    }),
    { numRuns: 200, seed: 13 },
  );
});

test('intake: markers and claims of an earlier version keep their place', async () => {
  const lake = new MemoryLake('lake');
  const clock = clockAt(0);
  const { windowId } = await takeIn(lake, clock, 5, upload('new'));
  const claimId = sha256Hex('old\0e1');
  await lake.write(intakePaths.claim(claimId), JSON.stringify({ windowId, closesAt: 6000 }));
  await lake.write(intakePaths.marker(windowId, claimId), JSON.stringify(upload('old')));
  expect((await takeIn(lake, clock, 5, upload('old'))).windowId).toBe(windowId);
  expect((await sealWindow(lake, windowId)).map(({ path }) => path).sort()).toEqual(['new', 'old']);
  await lake.write(intakePaths.seal('before'), '{"sealed":true}');
  const olderId = sha256Hex('older\0e1');
  await lake.write(intakePaths.claim(olderId), JSON.stringify({ windowId: 'before', closesAt: 0 }));
  await lake.write(intakePaths.marker('before', olderId), JSON.stringify(upload('older')));
  expect((await takeIn(lake, clock, 5, upload('older'))).windowId).toBe('before');
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

test('intake: a damaged claim or marker holds up its own upload only, which moves to another window', async () => {
  const lake = new MemoryLake('lake');
  const clock = clockAt(1_000_000);
  const [a, b] = [upload('a'), upload('b')];
  const [{ windowId = '' } = {}] = await takeInGroup(lake, clock, 10, [a]);
  const claim = intakePaths.claim(sha256Hex(`a\0${a.etag}`));
  for (const damage of ['', 'null', '{"windowId":']) {
    await lake.write(claim, damage);
    const joined = await takeInGroup(lake, clock, 10, [a, b]);
    expect(joined.map((window) => window.windowId)).toContain(windowId);
  }
  for await (const { path } of lake.list(intakePaths.window(windowId))) await lake.write(path, '');
  clock.set(1_020_000);
  const moved = await takeInGroup(lake, clock, 10, [a]);
  expect(moved).toHaveLength(1);
  expect(moved[0]?.windowId).not.toBe(windowId);
  expect(await sealWindow(lake, moved[0]?.windowId ?? '')).toEqual([a]);
});

test('intake: a damaged marker, list or seal stops no window: the others are planned, and the marker is told and noted as lost', async () => {
  for (const damage of ['', '{"uploads":', 'null', '"x"', '[]', '{"uploads":[{"path":1}]}', '{"uploads":"a"}']) {
    const lake = new MemoryLake('lake');
    const clock = clockAt(0);
    const { windowId } = await takeIn(lake, clock, 10, upload('a'));
    let marker = '';
    for await (const { path } of lake.list(intakePaths.window(windowId))) marker = path;
    await takeIn(lake, clock, 10, upload('b'));
    await lake.write(marker, damage);
    await lake.write(intakePaths.seal(windowId), damage);
    const told: unknown[] = [];
    const logger = { error: (_: string, fields: unknown) => void told.push(fields) };
    expect(await sealWindow(lake, windowId, logger)).toEqual([upload('b')]);
    expect(told).toEqual([{ record: marker }]);
    const id = marker.slice(marker.lastIndexOf('/') + 1, -'.json'.length);
    expect(await lake.stat(intakePaths.lostMarker(windowId, id))).toBeDefined();
    expect((await takeIn(lake, clock, 10, upload('b'))).windowId).toBe(windowId);
    await lake.write(intakePaths.list(windowId), damage);
    expect(await sealWindow(lake, windowId)).toEqual([upload('b')]);
    const moved = await takeIn(lake, clock, 10, upload('a'));
    expect(await sealWindow(lake, moved.windowId)).toEqual([upload('a')]);
  }
});

test('intake: after the clock was set back an hour an upload waits for no sealed window, and no run for an end far ahead', async () => {
  const lake = new MemoryLake('lake');
  const clock = clockAt(3_600_000);
  for (let at = 0; at < 3_600_000; at += 10_000) {
    clock.set(3_600_000 + at);
    const { windowId } = await takeIn(lake, clock, 10, upload(`before-${at}`));
    await sealWindow(lake, windowId);
  }
  const late = await takeIn(lake, clock, 10, upload('late'));
  clock.set(3_600_000);
  let slept = 0;
  const counting: Clock = {
    ...clock,
    sleep: async (ms) => {
      slept += ms;
    },
  };
  const joined = await takeIn(lake, counting, 10, upload('after'));
  expect(slept).toBeLessThanOrEqual(5000);
  expect(joined.closesAt).toBeLessThanOrEqual(clock.now() + 61_000);
  expect(await sealWindow(lake, joined.windowId)).toEqual([upload('after')]);
  const again = await takeIn(lake, counting, 10, upload('late'));
  expect(again).toEqual({ windowId: late.windowId, closesAt: clock.now() + 61_000 });
});
