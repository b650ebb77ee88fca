import { expect, test } from 'vitest';
import { SERVER_PROFILES } from '../../../local/emulators/openai-profiles.ts';
import { defaultLlmSettings } from '../../../shared/llm/deployments/deployment.ts';
import { quoteRun } from '../../../shared/llm/money/quote.ts';
import { quoteStage } from '../../../shared/llm/money/quote-stage.ts';
import { byExpectedGain } from '../../../shared/llm/prepare.ts';
import { seededRandom } from '../../../shared/ports.ts';
import { deployment, documents, price, Stage, taxonomy } from '../stage.ts';

test('quote: from a sample of 100 within 15 % of the bill of 2,000 documents', async () => {
  const fast = { tpm: 5_000_000, rpm: 60_000 };
  const stage = await Stage.open({ server: { ...fast, promptCaching: false }, deployments: [deployment(fast)] });
  const random = seededRandom(3);
  const all = Array.from(
    { length: 2000 },
    (_, i) => documents(1, { from: i, words: 20 + Math.floor(random.next() * 200) })[0]!,
  );
  const deps = stage.instance();
  const sample = Array.from({ length: 100 }, () => all[Math.floor(random.next() * all.length)]!);
  const quote = await quoteStage(
    { documents: all.length, sample: sample.map(({ text }) => ({ text, isAsked: true })), taxonomy },
    deps,
  );
  expect(stage.core.billing).toEqual([]);
  const outcome = await stage.clock.run(stage.finish(deps, 'r', 'b0', all));
  const bill = Number(outcome.costNanoUsd) / 1e9;
  expect(Math.abs(quote.usd - bill) / bill).toBeLessThan(0.15);
  expect(Math.abs(quote.calls - outcome.calls) / outcome.calls).toBeLessThan(0.1);
  expect(quote.usdLow).toBeLessThan(quote.usd);
  expect(quote.usdHigh).toBeGreaterThan(quote.usd);
});

test.each(['azure-reasoning', 'gemini'] as const)(
  'quote: what a model (%s) thinks before it answers is counted by the next process, once answers have shown it',
  async (name) => {
    const fast = { tpm: 5_000_000, rpm: 60_000 };
    const server = { ...fast, promptCaching: false, profile: SERVER_PROFILES[name] };
    const stage = await Stage.open({ server, deployments: [deployment(fast)] });
    const request = (docs: { text: string }[]) => ({
      documents: docs.length,
      sample: docs.map(({ text }) => ({ text, isAsked: true })),
      taxonomy,
    });
    const docs = documents(200, { from: 1000 });
    const before = await quoteStage(request(docs), stage.instance());
    await stage.clock.run(stage.finish(stage.instance(), 'r', 'b0', documents(100)));
    const quote = await quoteStage(request(docs), stage.instance());
    const outcome = await stage.clock.run(stage.finish(stage.instance(), 'r2', 'b0', docs));
    const bill = Number(outcome.costNanoUsd) / 1e9;
    expect(Math.abs(quote.usd - bill) / bill).toBeLessThan(0.15);
    expect(before.usd / bill).toBeLessThan(0.8);
    expect(quote.minutes).toBeGreaterThan(before.minutes);
  },
);

test('quote: batch jobs are priced at their share, wait for no quota, and need a deployment that takes them', async () => {
  const batch = { model: 'sim-batch', priceShare: 0.5, enqueuedTokens: 1_000_000 };
  const stage = await Stage.open({ deployments: [deployment({ batch })] });
  const sample = documents(50).map(({ text }) => ({ text, isAsked: true }));
  const request = { documents: 5000, sample, taxonomy };
  const [live, jobs] = await Promise.all(
    [false, true].map((isBatch) => quoteStage({ ...request, isBatch }, stage.instance())),
  );
  expect(live).toMatchObject({ lane: 'live', calls: jobs?.calls });
  expect(jobs).toMatchObject({ lane: 'batch', minutes: 24 * 60 });
  expect((jobs?.usd ?? 0) / (live?.usd ?? 1)).toBeCloseTo(0.5, 4);
  const without = await Stage.open();
  await expect(quoteStage({ ...request, isBatch: true }, without.instance())).rejects.toMatchObject({
    code: 'config.invalid',
  });
});

test('quote: nothing to ask costs nothing; documents without a sample cannot be quoted', () => {
  const input = {
    sample: [{ tokens: 100, isAsked: false }],
    documents: 1000,
    overheadTokens: 500,
    settings: defaultLlmSettings,
    price,
    tpm: 1000,
    rpm: 10,
  };
  expect(quoteRun(input)).toMatchObject({ asked: 0, calls: 0, usd: 0, minutes: 0 });
  expect(() => quoteRun({ ...input, sample: [] })).toThrow(RangeError);
  expect(quoteRun({ ...input, sample: [], documents: 0 }).usd).toBe(0);
});

test('gain: the least certain documents come first, ties by id', () => {
  const doc = (id: string, ...probabilities: number[]) => ({
    id,
    topLabels: probabilities.map((probability, i) => ({ label: `l${i}`, probability })),
  });
  const order = byExpectedGain([
    doc('sure', 0.9, 0.05),
    doc('b', 0.4, 0.39),
    doc('a', 0.4, 0.39),
    doc('half', 0.6, 0.3),
  ]);
  expect(order.map((d) => d.id)).toEqual(['a', 'b', 'half', 'sure']);
});
