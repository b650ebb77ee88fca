// Prices, budgets, cache and calibrated confidence.

import { expect, test } from 'vitest';
import { AnswerCache, documentKey } from '../../../shared/llm/cache.ts';
import { calibrated, fitConfidence } from '../../../shared/llm/confidence.ts';
import { nanoPerMillion, pooledModelVersion } from '../../../shared/llm/deployments/deployment.ts';
import { Budget, ceilings } from '../../../shared/llm/money/budget.ts';
import { readLedger } from '../../../shared/llm/money/ledger.ts';
import { costNano, costNanoAtMost, priceOn } from '../../../shared/llm/money/price.ts';
import { seededRandom } from '../../../shared/ports.ts';
import { MemoryLake } from '../../fakes/memory-lake.ts';
import { MemoryStateTable } from '../../fakes/memory-state-table.ts';
import fc from '../../fakes/property.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';
import { type BudgetRecord, countedNano, deployment, documents, price, Stage } from '../stage.ts';

test('price: exact to the nano-dollar, cached and written tokens at their own price, reasoning not twice', () => {
  const usage = {
    promptTokens: 1_000_000,
    cachedTokens: 400_000,
    cacheWriteTokens: 100_000,
    completionTokens: 1000,
    reasoningTokens: 900,
  };
  expect(costNano(price, usage)).toBe(500_000n * 400n + 400_000n * 100n + 100_000n * 400n + 1000n * 1600n);
  expect(nanoPerMillion(0.0375)).toBe(37_500_000n);
  expect(nanoPerMillion(1e-9)).toBe(1n);
  for (const wrong of [Number.NaN, -1, Number.POSITIVE_INFINITY]) expect(() => nanoPerMillion(wrong)).toThrow(/price/);
});

test('price: the newest in force counts, and none is an error instead of nothing', () => {
  const prices = [
    { ...price, id: 'old', effectiveFrom: '2025-01-01' },
    { ...price, id: 'new', effectiveFrom: '2026-02-01' },
  ];
  expect(priceOn(deployment({ prices }), Date.UTC(2026, 0, 31, 23, 59)).id).toBe('old');
  expect(priceOn(deployment({ prices }), Date.UTC(2026, 1, 1)).id).toBe('new');
  expect(() => priceOn(deployment({ prices }), Date.UTC(2024, 0, 1))).toThrow(/no price/);
});

test('price: no call costs more than was set aside for it', () => {
  fc.assert(
    fc.property(fc.nat(100_000), fc.nat(10_000), fc.double({ min: 0, max: 1, noNaN: true }), (prompt, out, share) => {
      const cachedTokens = Math.floor(prompt * share);
      const cost = costNano(price, {
        promptTokens: prompt,
        cachedTokens,
        cacheWriteTokens: prompt - cachedTokens,
        completionTokens: out,
        reasoningTokens: 0,
      });
      expect(cost <= costNanoAtMost(price, prompt, out)).toBe(true);
    }),
  );
});

test('pool: deployments of different models are refused, their answers would mix in the cache', () => {
  expect(() => pooledModelVersion([deployment({ modelVersion: 'a' }), deployment({ modelVersion: 'b' })])).toThrow(
    /one model version/,
  );
});

test('budget: processes that reserve at the same time never exceed the ceiling; settling twice counts once', async () => {
  const state = new MemoryStateTable();
  const clock = new VirtualClock();
  const limits = ceilings({ runId: 'r', runUsd: 1e-6, dayUsd: 5e-7, nowMs: clock.now() });
  const budgets = [1, 2, 3].map((seed) => new Budget(limits, { state, clock, random: seededRandom(seed) }));
  const funded = await clock.run(
    Promise.all(Array.from({ length: 30 }, (_, i) => budgets[i % 3]!.reserve(`c${i}`, 50n, 1000))),
  );
  const taken = funded.map(({ kind }) => kind === 'taken');
  expect(taken.filter(Boolean).length).toBe(10); // the day's 500 nano-dollars
  const first = taken.indexOf(true);
  await clock.run(budgets[0]!.settle(`c${first}`, 10n));
  await clock.run(budgets[1]!.settle(`c${first}`, 10n));
  expect(await clock.run(budgets[2]!.reserve('next', 40n, 1000))).toEqual({ kind: 'taken' });
  expect(await clock.run(budgets[2]!.reserve('over', 1n, 1000))).toMatchObject({ kind: 'reserved' });
  // What one ceiling refused is not kept under the other.
  const run = (await state.get('llm-budget-run-r'))?.value as BudgetRecord;
  expect(countedNano(run)).toBe(500);
});

test('budget: money that is only set aside is waited for, money that is spent is not', async () => {
  const state = new MemoryStateTable();
  const clock = new VirtualClock();
  const limits = ceilings({ runId: 'r', runUsd: 1e-6, dayUsd: 1, nowMs: clock.now() });
  const budget = new Budget(limits, { state, clock, random: seededRandom(1) });
  await clock.run(budget.reserve('a', 600n, 60_000));
  for (const ask of [() => budget.reserve('b', 600n, 60_000), () => budget.probe(600n)]) {
    const funding = await clock.run(ask());
    expect(funding.kind).toBe('reserved');
    if (funding.kind === 'reserved') expect(funding.until).toBeGreaterThanOrEqual(clock.now() + 2000);
  }
  expect(await clock.run(budget.reserve('c', 1001n, 60_000))).toEqual({ kind: 'spent' });
  await clock.run(clock.sleep(40_000));
  // The longer money has been set aside, the later one asks again, but never after its time is over.
  const later = await clock.run(budget.probe(600n));
  expect(later.kind === 'reserved' && later.until - clock.now()).toBeGreaterThanOrEqual(9000);
  await clock.run(budget.settle('a', 400n));
  expect(await clock.run(budget.probe(600n))).toEqual({ kind: 'taken' });
  expect(await clock.run(budget.probe(601n))).toEqual({ kind: 'spent' });
  expect(await clock.run(budget.left())).toBe(600n);
});

test('budget: what a dead process has set aside counts as spent when its time is over, and is still settled by name', async () => {
  const state = new MemoryStateTable();
  const clock = new VirtualClock();
  const limits = ceilings({ runId: 'r', runUsd: 1e-6, nowMs: clock.now() });
  const budget = new Budget(limits, { state, clock, random: seededRandom(1) });
  await clock.run(budget.reserve('dead', 600n, 60_000));
  expect((await clock.run(budget.reserve('b', 600n, 60_000))).kind).toBe('reserved');
  await clock.run(clock.sleep(15 * 60_000));
  expect(await clock.run(budget.reserve('b', 600n, 60_000))).toEqual({ kind: 'spent' });
  expect(await clock.run(budget.left())).toBe(400n);
  await clock.run(budget.settle('dead', 100n));
  expect(await clock.run(budget.left())).toBe(900n);
  // A day of crashes does not fill the record, and nothing of it is forgotten.
  for (let i = 0; i < 300; i++) {
    await clock.run(budget.reserve(`lost-${i}`, 1n, 0));
    await clock.run(clock.sleep(15 * 60_000));
  }
  expect(await clock.run(budget.left())).toBe(600n);
  const record = (await state.get('llm-budget-run-r'))?.value as BudgetRecord;
  expect(Object.keys(record.open).length).toBeLessThan(110);
});

test('budget: when the money is spent the rest goes to review, the least certain documents having been asked first', async () => {
  const stage = await Stage.open();
  const docs = documents(80).map((d, i) => ({
    ...d,
    topLabels: [
      { label: 'Invoices', probability: 0.5 + i / 400 },
      { label: 'Customs', probability: 0.3 },
    ],
  }));
  const outcome = await stage.clock.run(stage.finish(stage.instance(), 'r', 'b0', docs, { runUsd: 0.004 }));
  const spent = outcome.answers.filter((a) => a.code === 'llm.budget-spent');
  expect(spent.length).toBeGreaterThan(8);
  expect(spent.length).toBeLessThan(72);
  expect(spent.every((a) => a.outcome === 'review')).toBe(true);
  expect(Number(outcome.costNanoUsd)).toBeLessThanOrEqual(0.004 * 1e9);
  const asked = outcome.answers.filter((a) => a.code !== 'llm.budget-spent').map((a) => Number(a.id.slice(1)));
  const left = spent.map((a) => Number(a.id.slice(1)));
  const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  expect(mean(asked)).toBeLessThan(mean(left));
  const ledger = await readLedger(stage.lake, 'r', 'b0');
  expect(ledger.reduce((sum, row) => sum + row.cost_nano_usd, 0)).toBe(Number(outcome.costNanoUsd));
});

test('cache: answers are found by the full key; refusals are forgotten after a week', async () => {
  const lake = new MemoryLake();
  const clock = new VirtualClock();
  const keys = ['a', 'b', 'c'].map((text) => documentKey(text, 'p1'));
  const result = { kind: 'result', result: { label: 1, confidence: 0.9, quote: null, quoteVerified: null } } as const;
  const refused = { kind: 'failed', code: 'llm.rejected' } as const;
  await new AnswerCache(lake, 'p1', clock).keep(
    'r/b0',
    new Map([
      [keys[0]!, { decision: result, deployment: 'd' }],
      [keys[1]!, { decision: refused, deployment: 'd' }],
    ]),
  );
  const fresh = new AnswerCache(lake, 'p1', clock);
  const hits = await fresh.lookup(keys);
  expect([...hits.keys()]).toEqual([keys[0], keys[1]]);
  expect(hits.get(keys[0]!)?.decision).toEqual(result);
  expect((await new AnswerCache(lake, 'p2', clock).lookup(keys)).size).toBe(0);
  await clock.run(clock.sleep(8 * 24 * 3_600_000));
  expect([...(await fresh.lookup(keys)).keys()]).toEqual([keys[0]]);
});

test('cache: a miss costs one listing, not one request a document', async () => {
  const lake = new MemoryLake();
  const cache = new AnswerCache(lake, 'p1', new VirtualClock());
  await cache.lookup(Array.from({ length: 500 }, (_, i) => documentKey(`${i}`, 'p1')));
  expect(lake.calls.read).toBe(0);
  expect(lake.calls.list).toBe(1);
});

test('confidence: what is stated alike is as often right whatever the order of the answers', () => {
  const stated = Array.from({ length: 60 }, (_, i) => ({ confidence: i < 40 ? 0.9 : 0.5, isRight: i % 2 === 0 }));
  const rightFirst = [...stated].sort((a, b) => Number(b.isRight) - Number(a.isRight));
  const rightLast = [...rightFirst].reverse();
  expect(fitConfidence(rightFirst)).toEqual(fitConfidence(rightLast));
  expect(calibrated(fitConfidence(rightLast), 0.9)).toBeCloseTo(0.5, 2);
});

test('confidence: the curve is rising, needs enough answers, and moves boasts towards the truth', () => {
  expect(fitConfidence(Array.from({ length: 29 }, () => ({ confidence: 0.9, isRight: true })))).toEqual([]);
  expect(calibrated([], 0.7)).toBe(0.7);
  const random = seededRandom(9);
  const answers = Array.from({ length: 2000 }, () => {
    const confidence = 0.5 + random.next() / 2;
    return { confidence, isRight: random.next() < confidence - 0.2 };
  });
  const curve = fitConfidence(answers);
  expect(calibrated(curve, 0.95)).toBeGreaterThan(0.66);
  expect(calibrated(curve, 0.95)).toBeLessThan(0.84);
  fc.assert(
    fc.property(
      fc.array(fc.record({ confidence: fc.double({ min: 0, max: 1, noNaN: true }), isRight: fc.boolean() }), {
        minLength: 30,
        maxLength: 200,
      }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (sample, a, b) => {
        const fitted = fitConfidence(sample);
        const [low, high] = a < b ? [a, b] : [b, a];
        expect(calibrated(fitted, low)).toBeLessThanOrEqual(calibrated(fitted, high) + 1e-12);
        expect(calibrated(fitted, a)).toBeGreaterThan(0);
        expect(calibrated(fitted, a)).toBeLessThan(1);
      },
    ),
  );
});
