import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DurableTimers } from '../../../local/host/durable-timers.ts';
import { InstanceStore } from '../../../local/host/instances.ts';
import type { HostLog } from '../../../local/host/log.ts';
import { TaskHub } from '../../../local/host/task-hub.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

const log = { error() {} } as unknown as HostLog; // nothing fails here

test('timers: a clock that is set back an hour delays a timer by no more than the longest sleep', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-timers-'));
  const hub = new TaskHub(join(folder, 'hub.sqlite'));
  const clock = new VirtualClock();
  let woken: () => void = () => {};
  const fired = new Promise<void>((resolve) => {
    woken = resolve;
  });
  const timers = new DurableTimers({ hub, clock, log, instances: new InstanceStore(hub), wake: () => woken() });
  hub.transaction(() => timers.add('i', 'e', 1, clock.now() + 90_000));
  timers.start();
  const begun = clock.now();
  await new Promise((resolve) => setImmediate(resolve));
  clock.setBack(3_600_000);
  await clock.run(fired);
  expect(clock.now() - (begun - 3_600_000)).toBeLessThanOrEqual(90_000 + 60_000);
  timers.stop();
  hub.close();
  rmSync(folder, { recursive: true, force: true });
});

test('timers: a clock that was set back while the host was down delays a timer no longer than it was to wait', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-timers-'));
  const hub = new TaskHub(join(folder, 'hub.sqlite'));
  const clock = new VirtualClock();
  let woken: () => void = () => {};
  const timersOf = () => new DurableTimers({ hub, clock, log, instances: new InstanceStore(hub), wake: () => woken() });
  hub.transaction(() => timersOf().add('i', 'e', 1, clock.now() + 90_000));
  clock.setBack(24 * 3_600_000);
  const fired = new Promise<void>((resolve) => {
    woken = resolve;
  });
  const begun = clock.now();
  const timers = timersOf();
  timers.start();
  await clock.run(fired);
  expect(clock.now() - begun).toBeLessThanOrEqual(90_000);
  timers.stop();
  hub.close();
  rmSync(folder, { recursive: true, force: true });
});
