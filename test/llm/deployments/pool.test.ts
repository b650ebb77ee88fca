import { expect, test } from 'vitest';
import { Pool } from '../../../shared/llm/deployments/pool.ts';
import { deployment, documents, Stage } from '../stage.ts';

const big = { tpm: 1_000_000, rpm: 6000 };

test('pool: documents never go to a deployment outside the allowed residency', async () => {
  const stage = await Stage.open({
    deployments: [
      deployment({ ...big, name: 'us', model: 'us', residency: 'us', priority: 0 }),
      deployment({ ...big, name: 'eu', model: 'eu', residency: 'eu', priority: 1 }),
    ],
    settings: { residency: ['eu'] },
    servers: { eu: { outages: [{ fromMs: Date.UTC(2026, 0, 15, 9) + 500, toMs: Date.UTC(2026, 0, 15, 9, 2) }] } },
  });
  const outcome = await stage.clock.run(stage.finish(stage.instance(), 'r', 'b0', documents(80)));
  expect(outcome.answers.filter((a) => a.outcome === 'failed')).toEqual([]);
  expect(stage.core.stats().us).toBeUndefined();
  const nowhere = await Stage.open({ settings: { residency: ['mars'] } });
  await expect(nowhere.clock.run(nowhere.finish(nowhere.instance(), 'r', 'b0', documents(1)))).rejects.toThrow(
    /residency/,
  );
});

test('pool: the preferred deployment takes the work, the other one what does not fit its quota', async () => {
  const stage = await Stage.open({
    servers: { first: { tpm: 30_000, rpm: 600 }, second: big },
    deployments: [
      deployment({ name: 'first', model: 'first', tpm: 30_000, rpm: 600, priority: 0 }),
      deployment({ ...big, name: 'second', model: 'second', priority: 1 }),
    ],
    settings: { packDocuments: 4 },
  });
  const few = await stage.clock.run(stage.finish(stage.instance(), 'r', 'few', documents(4)));
  expect(few.answers.every((a) => a.deployment === 'first')).toBe(true);
  const many = await stage.clock.run(stage.finish(stage.instance(), 'r', 'many', documents(400, { from: 10 })));
  const used = Map.groupBy(many.answers, (a) => a.deployment);
  expect(used.get('first')?.length).toBeGreaterThan(0);
  expect(used.get('second')?.length).toBeGreaterThan(used.get('first')?.length ?? 0);
  expect(stage.core.stats().first?.throttled).toBe(0);
});

test('pool: a provisioned deployment is used until it refuses; then that request spills over', async () => {
  const stage = await Stage.open({
    servers: { ptu: { tpm: 40_000, rpm: 6000, window: 'bucket' }, payg: big },
    deployments: [
      deployment({ name: 'ptu', model: 'ptu', tpm: 40_000, kind: 'provisioned', priority: 0 }),
      deployment({ ...big, name: 'payg', model: 'payg', priority: 1 }),
    ],
    settings: { packDocuments: 4 },
  });
  const outcome = await stage.clock.run(stage.finish(stage.instance(), 'r', 'b0', documents(200)));
  const used = Map.groupBy(outcome.answers, (a) => a.deployment);
  expect(outcome.answers.filter((a) => a.outcome === 'failed')).toEqual([]);
  expect(stage.core.stats().ptu?.throttled).toBeGreaterThan(0);
  expect(used.get('ptu')?.length).toBeGreaterThan(0);
  expect(used.get('payg')?.length).toBeGreaterThan(0);
});

test('pool: calls in flight per deployment and process stay within the setting', async () => {
  const stage = await Stage.open({
    server: { ...big, latencyMs: 20_000, latencySpread: 0 },
    deployments: [deployment(big)],
    settings: { concurrency: 3, packDocuments: 2 },
  });
  const deps = stage.instance();
  let most = 0;
  let now = 0;
  const create = deps.createClient;
  const counted = {
    ...deps,
    createClient: (d: Parameters<NonNullable<typeof create>>[0]) => ({
      async send(...args: Parameters<ReturnType<NonNullable<typeof create>>['send']>) {
        most = Math.max(most, ++now);
        try {
          return await create!(d).send(...args);
        } finally {
          now--;
        }
      },
    }),
  };
  await stage.clock.run(
    Promise.all([0, 1].map((b) => stage.finish(counted, 'r', `b${b}`, documents(20, { from: b * 20 })))),
  );
  expect(most).toBe(3);
});

test('pool: a process begins with few calls in flight and has all of them after the ramp', async () => {
  const stage = await Stage.open({
    deployments: [deployment({ ...big, kind: 'provisioned' })], // not paced, so that only the slots limit
    settings: { concurrency: 40, rampMs: 30_000 },
  });
  const pool = new Pool({
    ...stage.instance(),
    createClient: () => ({ send: () => Promise.reject(new Error('unused')) }),
  });
  const start = stage.clock.now();
  /** Slots that are given at a moment, when those before are still held. */
  const taken = async (atMs: number, most: number): Promise<number> => {
    await stage.clock.sleep(Math.max(0, start + atMs - stage.clock.now()));
    let count = 0;
    while (count < most && (await pool.take(1, stage.clock.now())).kind === 'go') count++;
    return count;
  };
  await stage.clock.run(
    (async () => {
      expect(await taken(0, 100)).toBe(8);
      expect(await taken(15_000, 100)).toBeGreaterThanOrEqual(15); // 24 in all
      await taken(31_000, 100);
      expect(pool.members[0]?.inFlight).toBe(40);
    })(),
  );
});
