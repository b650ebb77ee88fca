// A flood of uploads: what it costs storage, and how many runs it becomes.
import { expect, test } from 'vitest';
import { inspectConfig } from '../../shared/config.ts';
import { takeInUpload } from '../../shared/intake/uploads.ts';
import { sealWindow } from '../../shared/pipeline/sealed-window.ts';
import type { PipelineServices } from '../../shared/pipeline/services.ts';
import { MemoryLake } from '../fakes/memory-lake.ts';
import { fakeWorld } from '../fakes/pipeline.ts';

const AT_ONCE = 50;

async function flood(settings: Record<string, string> = {}) {
  let now = Date.UTC(2026, 10, 23, 12);
  const lake = new MemoryLake('lake', () => now);
  const landing = new MemoryLake('landing', () => now);
  const world = await fakeWorld();
  const { config } = inspectConfig({ LAKE: 'UseDevelopmentStorage=true', UPLOAD_WINDOW_SECONDS: '2', ...settings });
  if (config === undefined) throw new Error('bad settings');
  const sleepers: (() => void)[] = [];
  const services: PipelineServices = {
    ...world.services,
    config,
    lake,
    sources: { landing, imports: world.imports },
    clock: { now: () => now, sleep: () => new Promise((resolve) => sleepers.push(resolve)) },
  };
  const starts = new Map<string, number>();
  const runs = {
    async start({ runId }: { runId: string }) {
      starts.set(runId, (starts.get(runId) ?? 0) + 1);
    },
  };
  /** Deliver events in groups of AT_ONCE, one each `stepMs`. */
  async function deliver(paths: readonly string[], stepMs: number): Promise<PromiseSettledResult<void>[]> {
    const results: PromiseSettledResult<void>[] = [];
    for (let from = 0; from < paths.length; from += AT_ONCE) {
      const calls = paths.slice(from, from + AT_ONCE).map((path) => takeInUpload(services, runs, path));
      let isOver = false;
      const settled = Promise.allSettled(calls).finally(() => {
        isOver = true;
      });
      while (!isOver) {
        await new Promise(setImmediate); // whoever can go on has: the others sleep
        for (const wake of sleepers.splice(0)) wake();
      }
      results.push(...(await settled));
      now += stepMs;
    }
    return results;
  }
  const names = async (count: number) => {
    const paths = Array.from({ length: count }, (_, i) => `in/${i}.txt`);
    for (const path of paths) await landing.write(path, path);
    return paths;
  };
  const planned = async () =>
    (await Promise.all([...starts.keys()].map((runId) => sealWindow(lake, runId.slice('upload-'.length))))).flatMap(
      (sources) => sources.map(({ path }) => path),
    );
  return { lake, landing, starts, deliver, names, planned, wait: (ms: number) => (now += ms) };
}

test('uploads: a thousand cost one call of storage each, and few for their groups', async () => {
  const { lake, landing, starts, deliver, names } = await flood();
  const paths = await names(1000);
  await deliver(paths, 100);
  expect(landing.calls.stat).toBe(1000);
  const { read, write, stat, list } = lake.calls;
  expect(write).toBeLessThanOrEqual(1000 + 2 * 20 + 2 * starts.size); // claims; marker and record of 20 groups
  expect(read + stat + list).toBeLessThanOrEqual(5 * 20);
  expect([...starts.values()].reduce((a, b) => a + b)).toBeLessThanOrEqual(20);
});

test('uploads: ten thousand in twenty seconds are at most ten runs; afterwards windows are short again', async () => {
  const { starts, deliver, names, planned, wait } = await flood();
  const paths = await names(10_000);
  await deliver(paths, 100);
  expect((await planned()).sort()).toEqual(paths.toSorted());
  expect(starts.size).toBeLessThanOrEqual(10);
  const before = starts.size;
  wait(10_000);
  await deliver((await names(10_001)).slice(-1), 2000);
  expect([...starts.keys()].slice(before)).toEqual([expect.stringMatching(/-2s$/)]);
});

test('uploads: a flood that a busy host notices at 70 a second is few runs too', async () => {
  const { starts, deliver, names, planned } = await flood();
  const paths = await names(10_000);
  await deliver(paths, 700);
  expect((await planned()).sort()).toEqual(paths.toSorted());
  expect(starts.size).toBeLessThanOrEqual(10);
});

test('uploads: with a window of 0 each upload of a group has a run of its own', async () => {
  const { starts, deliver, names, planned } = await flood({ UPLOAD_WINDOW_SECONDS: '0' });
  await deliver(await names(300), 100);
  expect(starts.size).toBe(300);
  expect(await planned()).toHaveLength(300);
});

test('uploads: a file that cannot be looked at fails alone; a group that dies is delivered again and loses nobody', async () => {
  const { lake, landing, deliver, names, planned } = await flood();
  const paths = await names(50);
  landing.beforeCall = (_, path) => {
    if (path === 'in/7.txt') throw new Error('died');
  };
  const results = await deliver(paths, 0);
  expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(1);
  landing.beforeCall = undefined;
  let left = 30;
  lake.beforeCall = () => {
    if (left-- <= 0) throw new Error('died');
  };
  const more = (await names(100)).slice(50);
  expect((await deliver(more, 0)).every(({ status }) => status === 'rejected')).toBe(true);
  lake.beforeCall = undefined;
  const again = await deliver([...more, 'in/7.txt'], 0);
  expect(again.every(({ status }) => status === 'fulfilled')).toBe(true);
  expect((await planned()).sort()).toEqual([...paths, ...more].sort());
});
