// The promises of the stage under load, in virtual time: minutes of traffic in seconds.
import { describe, expect, test, vi } from 'vitest';
import type { WindowModel } from '../../local/emulators/openai-limits.ts';
import { classifyDocuments } from '../../shared/llm/classify.ts';
import { readLedger } from '../../shared/llm/money/ledger.ts';
import type { LlmDeps } from '../../shared/llm/runtime.ts';
import { mortal } from './mortal.ts';
import { deployment, documents, Stage, taxonomy } from './stage.ts';

vi.setConfig({ testTimeout: 180_000 });
const MINUTE = 60_000;

/** Keep processes busy with batches until a moment; each has `activities` batches in work. */
async function load(
  stage: Stage,
  processes: readonly LlmDeps[],
  options: { untilMs: number; activities?: number; batch?: number; words?: number },
): Promise<number> {
  let next = 0;
  const size = options.batch ?? 120;
  const activity = async (deps: LlmDeps): Promise<void> => {
    while (stage.clock.now() < options.untilMs) {
      const number = next++;
      const docs = documents(size, { words: options.words ?? 40, from: number * size });
      await stage.finish(deps, 'run', `b${number}`, docs, { activityMs: 120_000 });
    }
  };
  await Promise.all(processes.flatMap((deps) => Array.from({ length: options.activities ?? 2 }, () => activity(deps))));
  return next;
}

/** Charged share of the limit and share of refusals between two moments. */
function measure(
  stage: Stage,
  fromMs: number,
  toMs: number,
  tpm: number,
  name = 'sim',
): { used: number; refused: number; requests: number } {
  const seen = stage.core.admissions.filter((a) => a.deployment === name && a.at >= fromMs && a.at < toMs);
  const charged = seen.filter((a) => a.admitted).reduce((sum, a) => sum + a.charge, 0);
  return {
    used: charged / (tpm * ((toMs - fromMs) / MINUTE)),
    refused: seen.filter((a) => !a.admitted).length / Math.max(1, seen.length),
    requests: seen.length,
  };
}

const quota = { tpm: 100_000, rpm: 1200 };
const small = { packDocuments: 4, leaseMs: 2000 };

describe('scenario 1: steady load', () => {
  for (const window of ['fixed60', 'sliding60', 'bucket'] satisfies WindowModel[])
    test(`three processes use at least 97 % of a ${window} quota with less than 0.5 % refusals`, async () => {
      const stage = await Stage.open({
        server: { ...quota, window },
        deployments: [deployment(quota)],
        settings: small,
      });
      const start = stage.clock.now();
      await stage.clock.run(
        load(stage, [stage.instance(), stage.instance(), stage.instance()], { untilMs: start + 30 * MINUTE }),
      );
      const { used, refused, requests } = measure(stage, start + MINUTE, start + 29 * MINUTE, quota.tpm);
      expect(requests).toBeGreaterThan(1500);
      expect(used).toBeGreaterThanOrEqual(0.97);
      expect(refused).toBeLessThan(0.005);
    });
});

test('scenario 2: when the limit is halved, the new limit is used to 95 % within two minutes', async () => {
  const start = Date.UTC(2026, 0, 15, 9);
  const cuts = [{ fromMs: start + 5 * MINUTE, toMs: start + 15 * MINUTE, factor: 0.5 }];
  const stage = await Stage.open({ server: { ...quota, cuts }, deployments: [deployment(quota)], settings: small });
  await stage.clock.run(load(stage, [stage.instance(), stage.instance()], { untilMs: start + 20 * MINUTE }));
  const cut = measure(stage, start + 7 * MINUTE, start + 15 * MINUTE, quota.tpm / 2);
  expect(cut.used).toBeGreaterThanOrEqual(0.95);
  expect(cut.refused).toBeLessThan(0.01);
  const after = measure(stage, start + 17 * MINUTE, start + 20 * MINUTE, quota.tpm);
  expect(after.used).toBeGreaterThanOrEqual(0.95);
});

test('scenario 3: one poison document in 1,000 is quarantined at the price of at most 2·log2(K) further calls', async () => {
  const poisoned = await Stage.open({
    server: { tpm: 5_000_000, rpm: 6000 },
    deployments: [deployment({ tpm: 5_000_000, rpm: 6000 })],
  });
  const docs = documents(1000, { poisonEvery: 1000 });
  const outcome = await poisoned.clock.run(poisoned.finish(poisoned.instance(), 'r', 'b0', docs));
  expect(outcome.answers.length).toBe(1000);
  const rejected = outcome.answers.filter((a) => a.code === 'llm.rejected');
  expect(rejected.map((a) => a.id)).toEqual(['d999']);
  expect(outcome.answers.filter((a) => a.outcome === 'failed')).toEqual(rejected);
  const packs = Math.ceil(1000 / 8);
  expect(outcome.calls).toBeLessThanOrEqual(packs + 2 * Math.log2(8));
});

test('poison: 1 % of refused documents lose nothing but themselves', async () => {
  const stage = await Stage.open({
    server: { tpm: 5_000_000, rpm: 6000 },
    deployments: [deployment({ tpm: 5_000_000, rpm: 6000 })],
  });
  const docs = documents(1000, { poisonEvery: 100 });
  const outcome = await stage.clock.run(stage.finish(stage.instance(), 'r', 'b0', docs));
  const failed = outcome.answers.filter((a) => a.outcome === 'failed');
  expect(failed.map((a) => a.code)).toEqual(Array.from({ length: 10 }, () => 'llm.rejected'));
  expect(failed.map((a) => a.id)).toEqual(docs.filter((d) => d.text.endsWith('POISON')).map((d) => d.id));
});

test('scenario 4: a process killed every minute costs no document, and repeats no more calls than were in flight', async () => {
  const stage = await Stage.open({
    server: { ...quota, latencyMs: 3000 },
    deployments: [deployment(quota)],
    settings: small,
  });
  const start = stage.clock.now();
  const docs = documents(3000, { words: 40 });
  let kills = 0;
  let inFlight = 0;
  const living = async (): Promise<void> => {
    for (;;) {
      const process = mortal(stage.instance());
      const work = stage.finish(process.deps, 'r', 'b0', docs).then(
        () => 'done',
        (error: unknown) => (process.isDead() ? 'killed' : Promise.reject(error)),
      );
      const executioner = stage.clock.sleep(MINUTE).then(async () => {
        if (kills >= 5 || process.isDead()) return;
        process.kill();
        kills++;
        const runtime = await import('../../shared/llm/runtime.ts').then((m) => m.runtimeOf(process.deps));
        inFlight += runtime.inFlight.size;
      });
      if ((await work) === 'done') return;
      await executioner;
    }
  };
  await stage.clock.run(living());
  expect(kills).toBe(5);
  const outcome = await stage.clock.run(stage.finish(stage.instance(), 'r', 'b0', docs));
  expect(new Set(outcome.answers.map((a) => a.id)).size).toBe(3000);
  expect(outcome.answers.every((a) => a.outcome !== 'failed')).toBe(true);
  const repeated = stage.core.billing.length - new Set(stage.core.billing.map((b) => b.promptHash)).size;
  expect(repeated).toBeLessThanOrEqual(inFlight);
  expect(inFlight).toBeGreaterThan(0);
  expect(stage.clock.now()).toBeGreaterThan(start + 5 * MINUTE);
  const unknown = (await readLedger(stage.lake, 'r', 'b0')).filter((row) => row.outcome === 'unknown');
  expect(unknown.length).toBeLessThanOrEqual(inFlight);
});

test('scenario 5: an outage of a region fails over within 5 s and loses nothing', async () => {
  const start = Date.UTC(2026, 0, 15, 9);
  const outage = { fromMs: start + 2 * MINUTE, toMs: start + 12 * MINUTE };
  const stage = await Stage.open({
    server: quota,
    servers: { west: { outages: [outage] } },
    deployments: [
      deployment({ ...quota, name: 'west', model: 'west', priority: 0 }),
      deployment({ ...quota, name: 'north', model: 'north', priority: 1 }),
    ],
    settings: small,
  });
  const batches = await stage.clock.run(load(stage, [stage.instance()], { untilMs: start + 15 * MINUTE }));
  const north = stage.core.billing.filter(
    (b) => b.deployment === 'north' && b.at >= outage.fromMs && b.at < outage.fromMs + 5000,
  );
  expect(north.length).toBeGreaterThan(0);
  const gaps = stage.core.billing
    .filter((b) => b.at >= outage.fromMs - 5000 && b.at <= outage.toMs)
    .map((b, i, all) => b.at - (all[i - 1]?.at ?? b.at));
  expect(Math.max(...gaps)).toBeLessThan(5000);
  let failed = 0;
  for (let b = 0; b < batches; b++)
    failed += (await readLedger(stage.lake, 'run', `b${b}`)).filter((r) => r.outcome === 'unknown').length;
  expect(failed).toBe(0);
  expect(measure(stage, outage.fromMs + MINUTE, outage.toMs, quota.tpm, 'north').used).toBeGreaterThan(0.95);
  expect(stage.core.billing.some((b) => b.deployment === 'west' && b.at > outage.toMs)).toBe(true);
});

test('scenario 6: after a refusal has passed, twenty workers do not arrive as a herd', async () => {
  const big = { tpm: 400_000, rpm: 4800 };
  const stage = await Stage.open({
    server: { ...big, latencyMs: 500 },
    deployments: [deployment(big)],
    settings: small,
  });
  const start = stage.clock.now();
  const work = load(
    stage,
    Array.from({ length: 20 }, () => stage.instance()),
    { untilMs: start + 4 * MINUTE, activities: 1 },
  );
  const refusal = stage.clock
    .sleep(2 * MINUTE)
    .then(() =>
      stage.core.configure('sim', { cuts: [{ fromMs: start, toMs: start + 2 * MINUTE + 20_000, factor: 0.02 }] }),
    );
  await stage.clock.run(Promise.all([work, refusal]));
  const refusals = stage.core.admissions.filter((a) => !a.admitted);
  expect(refusals.length).toBeGreaterThan(0);
  const perSecond = big.tpm / 60;
  // Look at every second after the limit is back: never more than 1.2 times the rate, one request being the grain.
  for (let second = 20; second < 100; second++) {
    const from = start + 2 * MINUTE + second * 1000;
    const sum = stage.core.admissions
      .filter((a) => a.at >= from && a.at < from + 1000)
      .reduce((total, a) => total + a.charge, 0);
    expect(sum).toBeLessThanOrEqual(perSecond * 1.2 + 1000);
  }
});

test('scenario 7: five more deliveries of a finished batch call nobody', async () => {
  const stage = await Stage.open();
  const docs = documents(50);
  const deps = stage.instance();
  const first = await stage.clock.run(stage.finish(deps, 'r', 'b0', docs));
  const requests = stage.core.stats().sim?.requests;
  for (let i = 0; i < 5; i++)
    expect(await stage.clock.run(stage.finish(i % 2 === 0 ? deps : stage.instance(), 'r', 'b0', docs))).toEqual(first);
  expect(stage.core.stats().sim?.requests).toBe(requests);
});

test('scenario 8: hostile headers never bring a call sooner than our own backoff', async () => {
  // The service's real limit is a third of what is configured, and its headers lie.
  const stage = await Stage.open({
    server: { tpm: 30_000, rpm: 1200, headers: 'hostile' },
    deployments: [deployment(quota)],
    settings: small,
  });
  const start = stage.clock.now();
  const docs = documents(400, { words: 40 });
  const outcome = await stage.clock.run(stage.finish(stage.instance(), 'r', 'b0', docs));
  expect(outcome.answers.filter((a) => a.outcome === 'failed')).toEqual([]);
  const admissions = stage.core.admissions;
  const refusals = admissions.filter((a) => !a.admitted);
  expect(refusals.length).toBeGreaterThan(3);
  for (const refusal of refusals) {
    // What left before the refusal arrived (5 ms) does not count.
    const tooSoon = admissions.filter((a) => a.at > refusal.at + 20 && a.at < refusal.at + 500);
    expect(tooSoon).toEqual([]);
  }
  expect(stage.clock.now()).toBeGreaterThan(start);
});

test('overload: a run of ten times the quota waits and ends with no failed document', async () => {
  const tiny = { tpm: 20_000, rpm: 60 };
  const stage = await Stage.open({ server: tiny, deployments: [deployment(tiny)], settings: { packDocuments: 8 } });
  const start = stage.clock.now();
  const deps = [stage.instance(), stage.instance()];
  const outcomes = await stage.clock.run(
    Promise.all(
      Array.from({ length: 8 }, (_, b) =>
        stage.finish(deps[b % 2] ?? stage.instance(), 'r', `b${b}`, documents(125, { words: 100, from: b * 125 }), {
          activityMs: 60_000,
        }),
      ),
    ),
  );
  const answers = outcomes.flatMap((o) => o.answers);
  expect(answers.length).toBe(1000);
  expect(answers.filter((a) => a.outcome === 'failed')).toEqual([]);
  const minutes = (stage.clock.now() - start) / MINUTE;
  expect(minutes).toBeGreaterThan(9); // ten minutes' worth of quota was asked for at once
  for (let m = 0; m < minutes; m += 1) {
    const sent = stage.core.admissions.filter(
      (a) => a.admitted && a.at >= start + m * MINUTE && a.at < start + (m + 1) * MINUTE,
    );
    expect(sent.reduce((sum, a) => sum + a.charge, 0)).toBeLessThanOrEqual(tiny.tpm);
  }
});

test('double delivery: two activities on one batch at the same time share the work and ask nothing twice', async () => {
  const stage = await Stage.open({ server: { latencyMs: 2000 } });
  const docs = documents(40);
  const request = () => ({
    runId: 'r',
    batchId: 'b0',
    taxonomy,
    documents: docs,
    deadlineMs: stage.clock.now() + 120_000,
  });
  const [a, b] = [stage.instance(), stage.instance()];
  const statuses: string[] = [];
  const deliver = async (deps: typeof a): Promise<void> => {
    const outcome = await classifyDocuments(request(), deps);
    statuses.push(outcome.status);
    if (outcome.status === 'done') return;
    await stage.clock.sleep(outcome.retryAt - stage.clock.now());
    await stage.finish(deps, 'r', 'b0', docs);
  };
  await stage.clock.run(Promise.all([deliver(a), deliver(b)]));
  expect(statuses).toContain('waiting');
  expect(new Set(stage.core.billing.map((e) => e.promptHash)).size).toBe(stage.core.billing.length);
});

test('outage: an endpoint that is away for longer than we wait sends documents to review, and is tried again later', async () => {
  const start = Date.UTC(2026, 0, 15, 9);
  const outages = [{ fromMs: start, toMs: start + 50 * MINUTE }];
  const stage = await Stage.open({ server: { ...quota, outages }, deployments: [deployment(quota)], settings: small });
  const deps = stage.instance();
  const docs = documents(40);
  const away = await stage.clock.run(stage.finish(deps, 'r', 'b0', docs));
  expect(away.answers.map((a) => a.code)).toEqual(docs.map(() => 'llm.unavailable'));
  expect(away.answers.every((a) => a.outcome === 'review')).toBe(true);
  expect(stage.clock.now() - start).toBeGreaterThan(30 * MINUTE);
  expect(stage.core.stats().sim?.requests).toBeLessThan(40); // the breaker spares a dead endpoint
  await stage.clock.run(stage.clock.sleep(30 * MINUTE));
  const back = await stage.clock.run(stage.finish(deps, 'r', 'b1', docs));
  expect(back.answers.filter((a) => a.code === 'llm.unavailable')).toEqual([]);
});

test('outage: a short one costs waiting, not documents', async () => {
  const start = Date.UTC(2026, 0, 15, 9);
  const stage = await Stage.open({
    server: { ...quota, outages: [{ fromMs: start + 2000, toMs: start + 10 * MINUTE }] },
    deployments: [deployment(quota)],
    settings: small,
  });
  const outcome = await stage.clock.run(stage.finish(stage.instance(), 'r', 'b0', documents(200)));
  expect(outcome.answers.filter((a) => a.outcome === 'failed' || a.code === 'llm.unavailable')).toEqual([]);
});

test('configuration: a refusing endpoint stops the stage after a few calls, and the documents wait for people', async () => {
  const stage = await Stage.open();
  let calls = 0;
  const refusing = {
    ...stage.instance(),
    createClient: () => ({
      async send() {
        calls++;
        return {
          status: 401,
          headers: {},
          body: { error: { code: '401', message: 'Access denied due to invalid subscription key' } },
        };
      },
    }),
  };
  const outcome = await stage.clock.run(stage.finish(refusing, 'r', 'b0', documents(200)));
  expect(outcome.answers.every((a) => a.outcome === 'review' && a.code === 'llm.configuration')).toBe(true);
  expect(calls).toBeLessThanOrEqual(16);
  expect(outcome.costNanoUsd).toBe(0n);
});
