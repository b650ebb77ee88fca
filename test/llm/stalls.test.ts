// Processes that stall now and then, as on a machine with too little processor time: what they send comes late and together.
import { expect, test, vi } from 'vitest';
import type { LlmDeps } from '../../shared/llm/runtime.ts';
import { type LakeStore, seededRandom } from '../../shared/ports.ts';
import { deployment, documents, Stage } from './stage.ts';

vi.setConfig({ testTimeout: 180_000 });
const MINUTE = 60_000;

/** Every fiftieth write begins a stall of one to three seconds. */
function stalling(deps: LlmDeps, seed: number): LlmDeps {
  const random = seededRandom(seed);
  let stalledUntil = 0;
  const store: LakeStore = new Proxy(deps.store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function' || name !== 'write')
        return typeof member === 'function' ? member.bind(target) : member;
      return async (...args: unknown[]) => {
        const now = deps.clock.now();
        if (random.next() < 0.02) stalledUntil = Math.max(stalledUntil, now + 1000 + random.next() * 2000);
        if (stalledUntil > now) await deps.clock.sleep(stalledUntil - now);
        return Reflect.apply(member, target, args);
      };
    },
  });
  return { ...deps, store };
}

test('stalls: two processes that send late now and then are hardly refused, and use more than nine tenths of the quota', async () => {
  const quota = { tpm: 150_000, rpm: 3000 };
  const stage = await Stage.open({
    server: { ...quota, window: 'sliding60', latencyMs: 600 },
    deployments: [deployment(quota)],
  });
  const start = stage.clock.now();
  let next = 0;
  const activity = async (deps: LlmDeps): Promise<void> => {
    while (stage.clock.now() < start + 12 * MINUTE) {
      const number = next++;
      await stage.finish(deps, 'r', `b${number}`, documents(60, { words: 60, from: number * 60 }));
    }
  };
  const hosts = [stalling(stage.instance(), 1), stalling(stage.instance(), 11)];
  await stage.clock.run(Promise.all(hosts.flatMap((deps) => [activity(deps), activity(deps), activity(deps)])));
  const steady = stage.core.admissions.filter((a) => a.at >= start + 2 * MINUTE && a.at < start + 12 * MINUTE);
  const charged = steady.filter((a) => a.admitted).reduce((sum, a) => sum + a.charge, 0);
  expect(steady.length).toBeGreaterThan(800);
  expect(steady.filter((a) => !a.admitted).length / steady.length).toBeLessThan(0.001);
  expect(charged / (quota.tpm * 10)).toBeGreaterThan(0.92);
});
