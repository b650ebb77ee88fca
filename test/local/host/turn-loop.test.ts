// A turn that a full disk does not take is run again when there is room; so is what its timers and activities were to store.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DurableTimers } from '../../../local/host/durable-timers.ts';
import { InstanceStore } from '../../../local/host/instances.ts';
import type { HostLog } from '../../../local/host/log.ts';
import { TaskHub } from '../../../local/host/task-hub.ts';
import { TurnLoop, type TurnLoopDeps } from '../../../local/host/turn-loop.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

let folder: string;
let hub: TaskHub;
let instances: InstanceStore;
const clock = new VirtualClock();
let told: (event: string) => void;
let log: HostLog;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-turns-'));
  hub = new TaskHub(join(folder, 'hub.sqlite'));
  instances = new InstanceStore(hub);
  told = () => {};
  log = { debug() {}, info() {}, warn() {}, error: (event: string) => told(event) } as unknown as HostLog; // what the loop calls
});
afterEach(() => {
  hub.close();
  rmSync(folder, { recursive: true, force: true });
});

const pages = () => Number(hub.all('PRAGMA page_count')[0]?.page_count);
const leaveRoomFor = (more: number) => hub.all(`PRAGMA max_page_count=${pages() + more}`);
/** Resolves at the next error that is told. */
const nextError = () => new Promise<string>((resolve) => (told = resolve));

test('turns: one that a full disk does not take is run again when there is room', async () => {
  instances.create({ id: 'x', name: 'o', version: null, input: null }, 1);
  let runs = 0;
  let end: (id: string) => void = () => {};
  const ended = new Promise<string>((resolve) => {
    end = resolve;
  });
  const loop = new TurnLoop({
    ...{ hub, instances, clock, log, onEnded: (id: string) => end(id) },
    settings: {},
    registry: { find: () => ({}), problemWith: () => undefined },
    invoker: {
      invoke: async () => {
        runs++;
        return { raw: { isDone: true, actions: [], output: 'x'.repeat(200_000) } };
      },
    },
  } as unknown as TurnLoopDeps); // an orchestrator that ends at once needs no more of them
  leaveRoomFor(2);
  const failed = nextError();
  loop.start();
  expect(await clock.run(failed)).toBe('durable.turn-failed');
  expect(instances.find('x')).toMatchObject({ status: 'Pending', turns: 0 });
  leaveRoomFor(1000);
  expect(await clock.run(ended)).toBe('x');
  expect(instances.find('x')?.status).toBe('Completed');
  expect(runs).toBe(2);
  await loop.stop();
});

test('timers: a full disk holds them up until there is room, and loses none', async () => {
  instances.create({ id: 'x', name: 'o', version: null, input: null }, 1);
  let wake: () => void = () => {};
  const timers = new DurableTimers({ hub, clock, instances, log, wake: () => wake() });
  const executionId = instances.find('x')?.executionId ?? '';
  hub.transaction(() => {
    for (let i = 0; i < 400; i++) timers.add('x', executionId, i, clock.now() - 1);
  });
  leaveRoomFor(0);
  const failed = nextError();
  const fired = new Promise<void>((resolve) => {
    wake = () => {
      if (Number(hub.get('SELECT COUNT(*) AS n FROM inbox')?.n) === 400) resolve();
    };
  });
  timers.start();
  expect(await clock.run(failed)).toBe('durable.timers-wait');
  expect(hub.get('SELECT COUNT(*) AS n FROM timer')?.n).toBe(400);
  leaveRoomFor(1000);
  await clock.run(fired);
  await new Promise((resolve) => setImmediate(resolve));
  expect([hub.get('SELECT COUNT(*) AS n FROM timer')?.n, hub.get('SELECT COUNT(*) AS n FROM inbox')?.n]).toEqual([
    0, 400,
  ]);
  timers.stop();
});
