// What only the engine of Azure has or does at size: several hosts on one task hub, and a wide fan-out in one history.
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { HostProcess, isRealEngine, temporaryFolder } from '../conformance/host-process.ts';

const folder = temporaryFolder();
const hosts: HostProcess[] = [];

async function start(hub: string, log: string): Promise<HostProcess> {
  mkdirSync(join(folder.path, log), { recursive: true });
  const env = { ACTIVITY_LOG: join(folder.path, log, 'activities.log') };
  const host = await HostProcess.start({ app: 'durable', hub: join(folder.path, hub), env });
  hosts.push(host);
  return host;
}

const endsIn = (log: string): string[] => {
  const file = join(folder.path, log, 'activities.log');
  return existsSync(file) ? (readFileSync(file, 'utf8').match(/^end \d+$/gm) ?? []) : [];
};

describe.skipIf(!isRealEngine)('the real engine', () => {
  afterAll(async () => {
    for (const host of hosts) await host.kill();
    folder.remove();
  });

  test('two hosts on one hub share the work, see the same instances, and the second goes on when the first is killed', async () => {
    const [one, two] = [await start('shared', 'one'), await start('shared', 'two')];
    const id = await one.begin('slowFanOut', { count: 120, ms: 200 });
    expect((await two.until(id)).output).toEqual(Array.from({ length: 120 }, (_, i) => i));
    expect(endsIn('one').length).toBeGreaterThan(0);
    expect(endsIn('two').length).toBeGreaterThan(0);
    // The engine promises "at least once": while the partitions find their owners some activities run on both (23 of 120 were seen to).
    expect(new Set([...endsIn('one'), ...endsIn('two')]).size).toBe(120);
    const timer = await one.begin('shortTimer', 1000);
    await one.kill();
    expect((await two.until(timer)).output).toBe('fired');
    const next = await two.begin('slowChain', 10);
    expect((await two.until(next)).output).toEqual([1, 2]);
  });

  test('a fan-out of 4,000 activities in one history ends with every result in its place', async () => {
    const host = await start('wide', 'wide');
    const { output } = await host.complete('fanOut', 4000);
    expect(output).toEqual(Array.from({ length: 4000 }, (_, i) => i + 1));
  });
});
