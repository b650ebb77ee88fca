import { expect, test } from 'vitest';
import { ChargeScale } from '../../../shared/llm/deployments/charge-scale.ts';
import { defaultLlmSettings } from '../../../shared/llm/deployments/deployment.ts';
import { SharedQuota } from '../../../shared/llm/deployments/quota.ts';
import { seededRandom } from '../../../shared/ports.ts';
import { MemoryStateTable } from '../../fakes/memory-state-table.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

function world(change: { tpm?: number; rpm?: number; isPaced?: boolean } = {}) {
  const clock = new VirtualClock();
  const state = new MemoryStateTable();
  const quota = (seed: number) =>
    new SharedQuota({
      name: 'd',
      tpm: 60_000,
      rpm: 6000,
      isPaced: true,
      ...change,
      settings: defaultLlmSettings,
      state,
      clock,
      random: seededRandom(seed),
    });
  return { clock, state, quota };
}

test('quota: five processes together never exceed the limit in any 60 s', async () => {
  const { clock, quota } = world();
  const sent: { at: number; charge: number }[] = [];
  const start = clock.now();
  const worker = async (seed: number): Promise<void> => {
    const own = quota(seed);
    const random = seededRandom(seed + 50);
    while (clock.now() < start + 200_000) {
      const charge = 100 + Math.floor(random.next() * 500);
      const grant = await own.acquire(charge, Number.POSITIVE_INFINITY);
      if (grant.kind === 'go') sent.push({ at: clock.now(), charge });
    }
  };
  await clock.run(Promise.all([1, 2, 3, 4, 5].map(worker)));
  for (const { at } of sent) {
    const sum = sent.filter((s) => s.at > at - 60_000 && s.at <= at).reduce((total, s) => total + s.charge, 0);
    expect(sum).toBeLessThanOrEqual(60_000);
  }
  const steady = sent
    .filter((s) => s.at >= start + 60_000 && s.at < start + 180_000)
    .reduce((total, s) => total + s.charge, 0);
  expect(steady / 120_000).toBeGreaterThan(0.96);
});

test('quota: requests are spaced for slices of 10 s as well', async () => {
  const { clock, quota } = world({ rpm: 60, tpm: 10_000_000 });
  const own = quota(1);
  const sent: number[] = [];
  await clock.run(
    (async () => {
      for (let i = 0; i < 60; i++) {
        await own.acquire(10, Number.POSITIVE_INFINITY);
        sent.push(clock.now());
      }
    })(),
  );
  for (const at of sent) expect(sent.filter((s) => s >= at && s < at + 10_000).length).toBeLessThanOrEqual(10);
});

test('quota: who cannot wait long enough is told when to come back, and takes no slot', async () => {
  const { clock, state, quota } = world({ tpm: 1000 });
  const own = quota(1);
  const start = clock.now();
  await clock.run(own.acquire(500, Number.POSITIVE_INFINITY));
  const before = JSON.stringify(await state.get('llm-quota-d'));
  const refused = await clock.run(own.acquire(100, start + 5000));
  expect(refused.kind).toBe('wait');
  if (refused.kind === 'wait') expect(refused.until).toBeGreaterThan(start + 20_000);
  expect(JSON.stringify(await state.get('llm-quota-d'))).toBe(before);
});

test('quota: somebody short of time is answered at once although others sleep for their slot', async () => {
  const { clock, quota } = world({ tpm: 1000 });
  const own = quota(1);
  await clock.run(own.acquire(900, Number.POSITIVE_INFINITY));
  const patient = own.acquire(100, Number.POSITIVE_INFINITY);
  await clock.run(clock.sleep(100));
  const asked = clock.now();
  expect((await clock.run(own.acquire(100, asked + 1000))).kind).toBe('wait');
  expect(clock.now()).toBe(asked);
  expect((await clock.run(patient)).kind).toBe('go');
});

test('quota: after a refusal no process sends before its end', async () => {
  const { clock, quota } = world();
  const [a, b] = [quota(1), quota(2)];
  await clock.run(a.acquire(100, Number.POSITIVE_INFINITY));
  const until = clock.now() + 30_000;
  await clock.run(a.block(until, true));
  await clock.run(b.acquire(100, Number.POSITIVE_INFINITY));
  expect(clock.now()).toBeGreaterThanOrEqual(until);
});

test('quota: a lower limit named by the service is followed, a higher one than configured is not', async () => {
  const { clock, state, quota } = world();
  const own = quota(1);
  const limitOf = async () => ((await state.get('llm-quota-d'))?.value as { limit: number } | undefined)?.limit;
  const ask = async (limit: string) => {
    const grant = await clock.run(own.acquire(100, Number.POSITIVE_INFINITY));
    if (grant.kind === 'go') own.observe(grant, { 'x-ratelimit-limit-tokens': limit });
    await clock.run(own.acquire(100, Number.POSITIVE_INFINITY));
    return limitOf();
  };
  expect(await ask('30000')).toBe(30_000);
  expect(await ask('90000')).toBe(60_000);
  for (const nonsense of ['-1', '0', 'NaN', '']) expect(await ask(nonsense)).toBe(60_000);
});

test('quota: one lease serves many requests, so the state table is asked rarely', async () => {
  const { clock, state, quota } = world({ tpm: 6_000_000, rpm: 60_000 });
  const own = quota(1);
  await clock.run(Promise.all(Array.from({ length: 200 }, () => own.acquire(1000, Number.POSITIVE_INFINITY))));
  expect(state.operations).toBeLessThan(20);
});

test('quota: a provisioned deployment is not paced', async () => {
  const { clock, state, quota } = world({ isPaced: false, tpm: 10 });
  const own = quota(1);
  const start = clock.now();
  await clock.run(Promise.all(Array.from({ length: 50 }, () => own.acquire(1000, Number.POSITIVE_INFINITY))));
  expect(clock.now()).toBe(start);
  expect(state.operations).toBe(0);
});

test('charge scale: learns the charge of a sliding window from its readings, and never falls below 1', () => {
  for (const [truth, expected] of [
    [1.1, 1.1],
    [0.7, 1],
  ] as const) {
    const scale = new ChargeScale();
    const sent: { at: number; charge: number }[] = [];
    for (let i = 0; i < 300; i++) {
      const at = i * 1000;
      sent.push({ at, charge: 100 });
      const used = sent.filter((s) => s.at > at - 60_000).reduce((sum, s) => sum + s.charge * truth, 0);
      scale.observe({ stamp: (i + 1) * 100, at, remaining: 10_000 - used }, 10_000);
    }
    expect(scale.value ?? 1).toBeGreaterThan(expected - 0.02);
    expect(scale.value ?? 1).toBeLessThan(expected + 0.04);
  }
});
