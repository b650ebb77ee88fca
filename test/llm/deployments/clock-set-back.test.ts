// A clock that is set back an hour holds nobody for that hour.
import { expect, test } from 'vitest';
import { Breaker } from '../../../shared/llm/deployments/breaker.ts';
import { defaultLlmSettings } from '../../../shared/llm/deployments/deployment.ts';
import { SharedQuota } from '../../../shared/llm/deployments/quota.ts';
import { Refusals } from '../../../shared/llm/deployments/refusals.ts';
import { seededRandom } from '../../../shared/ports.ts';
import { MemoryStateTable } from '../../fakes/memory-state-table.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

function world() {
  const clock = new VirtualClock();
  const state = new MemoryStateTable();
  const quota = (seed: number) =>
    new SharedQuota({
      name: 'd',
      tpm: 60_000,
      rpm: 6000,
      isPaced: true,
      settings: defaultLlmSettings,
      state,
      clock,
      random: seededRandom(seed),
    });
  return { clock, quota };
}

test('quota: slots and refusals that were promised before are kept for as long as they were promised, not for an hour more', async () => {
  for (const isFresh of [false, true]) {
    const { clock, quota } = world();
    const own = quota(1);
    await clock.run(own.acquire(3000, Number.POSITIVE_INFINITY));
    await clock.run(own.block(clock.now() + 20_000, false));
    clock.setBack(HOUR_MS);
    const next = isFresh ? quota(2) : own;
    const asked = clock.now();
    if (!isFresh) expect(next.earliest() - asked).toBeLessThanOrEqual(MINUTE_MS);
    const grant = await clock.run(next.acquire(100, asked + 5 * MINUTE_MS));
    expect([grant.kind, clock.now() - asked >= 19_000, clock.now() - asked <= MINUTE_MS]).toEqual(['go', true, true]);
  }
});

test('quota: a clock that differs by seconds from that of the record’s writer moves nothing', async () => {
  const { clock, quota } = world();
  await clock.run(quota(1).block(clock.now() + 20_000, false));
  clock.setBack(5000);
  const asked = clock.now();
  await clock.run(quota(2).acquire(100, Number.POSITIVE_INFINITY));
  expect(clock.now() - asked).toBeGreaterThanOrEqual(25_000 - defaultLlmSettings.leaseMs);
});

test('breaker and refusals: what is closed opens after its time', () => {
  const clock = new VirtualClock();
  const breaker = new Breaker(clock);
  for (let i = 0; i < 20; i++) breaker.fail(true);
  const waitMs = breaker.opensAt() - clock.now();
  expect(waitMs).toBeGreaterThan(0);
  clock.setBack(HOUR_MS);
  expect(breaker.opensAt() - clock.now()).toBeLessThanOrEqual(waitMs);
  const refusals = new Refusals(clock);
  for (let i = 0; i < 50; i++) refusals.note('content-filter', true);
  expect(refusals.isStopped()).toBe(true);
  clock.setBack(HOUR_MS);
  expect(refusals.isStopped()).toBe(true); // its ten minutes begin again
  clock.setBack(-11 * MINUTE_MS);
  expect(refusals.isStopped()).toBe(false);
});
