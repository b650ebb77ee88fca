// Conformance of the durable engine across time and process deaths.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually, HostProcess, type HostProcessOptions, localOnly, temporaryFolder } from './host-process.ts';

let folder: ReturnType<typeof temporaryFolder>;
let hosts: HostProcess[];

beforeEach(() => {
  folder = temporaryFolder();
  hosts = [];
});

afterEach(async () => {
  for (const host of hosts) await host.kill();
  folder.remove();
});

async function start(options: Partial<HostProcessOptions> = {}): Promise<HostProcess> {
  const env = { ACTIVITY_LOG: join(folder.path, 'activities.log') };
  const host = await HostProcess.start({ app: 'durable', hub: join(folder.path, 'hub.sqlite'), env, ...options });
  hosts.push(host);
  return host;
}

function activityLines(prefix: string): string[] {
  const file = join(folder.path, 'activities.log');
  return existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line.startsWith(prefix))
    : [];
}

localOnly("only the local host's clock can be moved")(
  'long timer: ten days pass in milliseconds on an injected clock, and the orchestrator sees ten days',
  async () => {
    const host = await start({ clocked: true });
    const id = await host.begin('longTimer');
    await host.until(id, (status) => status.runtimeStatus === 'Running');
    await host.advance(9 * 86_400_000);
    expect((await host.status(id)).runtimeStatus).toBe('Running');
    await host.advance(86_400_000);
    expect((await host.until(id)).output).toBe(10);
  },
);

localOnly("only the local host's clock can be moved")(
  'timer: survives a restart and fires when its time has passed meanwhile',
  async () => {
    const first = await start({ clocked: true });
    const id = await first.begin('longTimer');
    await first.until(id, (status) => status.runtimeStatus === 'Running');
    await first.kill();
    const second = await start({ clocked: true });
    expect((await second.status(id)).runtimeStatus).toBe('Running');
    await second.advance(11 * 86_400_000);
    expect((await second.until(id)).output).toBe(11); // a day late: time is that of the turn, never before the timer
  },
);

test('timer: fires after a restart, though the host was killed while it ran', async () => {
  const first = await start();
  const id = await first.begin('shortTimer', 1500);
  await first.until(id, (status) => status.runtimeStatus === 'Running');
  await first.kill();
  expect((await (await start()).until(id)).output).toBe(true);
});

test('kill -9 in the middle of an activity: the restart runs it again and completes', async () => {
  const first = await start();
  const id = await first.begin('slowChain', 60_000);
  await eventually(() => activityLines('begin 1')[0]);
  await first.kill();
  const env = { ACTIVITY_LOG: join(folder.path, 'activities.log'), SLOW_MS: '1' };
  const second = await start({ env });
  expect((await second.until(id)).output).toEqual([1, 2]);
  expect(activityLines('begin 1')).toHaveLength(2);
  expect(activityLines('end 1')).toHaveLength(1);
});

test('kill -9 in the middle of a fan-out of 200 activities: the restart completes with every result', async () => {
  const first = await start();
  const id = await first.begin('slowFanOut', { count: 200, ms: 20 });
  await eventually(() => (activityLines('end').length >= 60 ? true : undefined));
  await first.kill();
  const endedBefore = activityLines('end').length;
  expect(endedBefore).toBeLessThan(200);
  const second = await start();
  const status = await second.until(id);
  expect(status.output).toEqual(Array.from({ length: 200 }, (_, i) => i));
  // at-least-once: at most the 16 that were running, and those whose result was not stored yet, ran twice
  expect(activityLines('end').length).toBeLessThanOrEqual(200 + 32);
});

test('SIGTERM: the running activity finishes, its result is kept, and a restart resumes after it', async () => {
  const first = await start();
  const id = await first.begin('slowChain', 400);
  await eventually(() => activityLines('begin 1')[0]);
  expect(await first.stop()).toBe(0);
  expect(activityLines('end 1')).toHaveLength(1);
  expect(activityLines('begin 2')).toHaveLength(0);
  const second = await start();
  expect((await second.until(id)).output).toEqual([1, 2]);
  expect(activityLines('begin 1')).toHaveLength(1);
});

localOnly("--grace is the local host's")(
  'SIGTERM with an activity that does not end: the host leaves after the grace time',
  async () => {
    const host = await start({ flags: ['--grace', '100'] });
    await host.begin('slowChain', 60_000);
    await eventually(() => activityLines('begin 1')[0]);
    expect(await host.stop()).toBe(0);
    expect(activityLines('end 1')).toHaveLength(0);
  },
);

test('two hosts run side by side on free ports, each with its own hub', async () => {
  const [one, two] = [await start(), await start({ hub: join(folder.path, 'other.sqlite') })];
  expect(one.port).not.toBe(two.port);
  expect((await one.complete('chain', 1)).output).toBe(4);
  expect((await two.complete('chain', 2)).output).toBe(5);
});

localOnly('several hosts share a hub of the real engine: test/real-engine/engine.test.ts')(
  'a second process on the same hub is refused with a clear message, and the first is not disturbed',
  async () => {
    const first = await start();
    await expect(start()).rejects.toThrow(/hub\.sqlite is in use by another host process/);
    expect((await first.complete('chain', 1)).output).toBe(4);
  },
);

localOnly('over the channel of a forked Node process')('the host ends when its parent disconnects', async () => {
  const host = await start();
  const exited = new Promise((resolve) => host.child.once('exit', resolve));
  host.child.disconnect();
  expect(await exited).toBe(0);
});

test('critical sections: ten orchestrations increment one entity under a lock without losing an update', async () => {
  const host = await start({ flags: ['--replay-schema', '3'] });
  const ids = await Promise.all(Array.from({ length: 10 }, () => host.begin('critical', 'shared')));
  const seen = await Promise.all(ids.map(async (id) => (await host.until(id)).output));
  expect(seen.map(Number).toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(await (await host.durable('entities/counter/shared')).json()).toBe(10);
});

localOnly('the real engine keeps the lock of a terminated holder for ever: it was waited for three minutes')(
  'critical sections: a terminated holder gives its lock back',
  async () => {
    const host = await start({ flags: ['--replay-schema', '3'] });
    const holder = await host.begin('lockAndWait', 'held');
    await host.until(holder, (status) => status.customStatus === 'locked');
    const next = await host.begin('critical', 'held');
    await host.post(`instances/${holder}/terminate?reason=stuck`);
    expect((await host.until(next)).runtimeStatus).toBe('Completed');
  },
);
