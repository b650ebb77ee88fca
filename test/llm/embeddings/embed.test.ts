// Vectors of a deployment against the simulator: money, quota, faults, and what a service may answer instead.
import { beforeAll, describe, expect, test } from 'vitest';
import { SimulatorCore } from '../../../local/emulators/openai-core.ts';
import { type DeploymentSettings, defaultDeploymentSettings } from '../../../local/emulators/openai-deployment.ts';
import { RetryableError } from '../../../shared/errors.ts';
import { type EmbeddingBody, type EmbeddingClient, TransportFailure } from '../../../shared/llm/deployments/client.ts';
import { defaultLlmSettings, nanoPerMillion } from '../../../shared/llm/deployments/deployment.ts';
import { type EmbeddingDeployment, EmbeddingService, REST_MS } from '../../../shared/llm/embeddings/embed.ts';
import { keepEmbeddingLedger, readEmbeddingLedger } from '../../../shared/llm/embeddings/embedding-ledger.ts';
import { costNano } from '../../../shared/llm/money/price.ts';
import { loadTokenCounter, type TokenCounter } from '../../../shared/llm/tokens.ts';
import { seededRandom, silentLogger } from '../../../shared/ports.ts';
import { MemoryLake } from '../../fakes/memory-lake.ts';
import { MemoryStateTable } from '../../fakes/memory-state-table.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

let count: TokenCounter;
beforeAll(async () => {
  count = await loadTokenCounter();
});

const price = {
  ...{ id: 'vectors-1', effectiveFrom: '2020-01-01', output: 0n },
  ...{ input: nanoPerMillion(0.02), cached: nanoPerMillion(0.02), cacheWrite: nanoPerMillion(0.02) },
};

function world({ server = {}, tpm = 200_000 }: { server?: Partial<DeploymentSettings>; tpm?: number } = {}) {
  const clock = new VirtualClock();
  const lake = new MemoryLake('lake');
  const core = new SimulatorCore({
    ...{ seed: 1, clock, countTokens: count, deployments: {}, faults: {} },
    deployment: { ...defaultDeploymentSettings, embeddingDimensions: 64, ...server },
  });
  const sent: EmbeddingBody[] = [];
  const fromSimulator: EmbeddingClient['send'] = async (body, { timeoutMs }) => {
    const reply = core.embed(body.model, JSON.parse(JSON.stringify(body)));
    if (reply.kind === 'hang') {
      await clock.sleep(timeoutMs);
      throw new TransportFailure('timeout', `no answer within ${timeoutMs} ms`);
    }
    await clock.sleep(reply.delayMs);
    if (reply.kind !== 'answer') throw new TransportFailure('lost', 'the connection ended before the answer');
    const headers = Object.entries(reply.headers).map(([name, value]) => [name.toLowerCase(), value]);
    return { status: reply.status, headers: Object.fromEntries(headers), body: reply.body };
  };
  const answers: EmbeddingClient['send'][] = [];
  const config: EmbeddingDeployment = {
    ...{ name: 'vectors', model: 'vectors', baseUrl: 'http://sim', apiKey: 'k', tpm, rpm: 1000, prices: [price] },
  };
  const service = new EmbeddingService(config, {
    ...{ store: lake, state: new MemoryStateTable(), clock, random: seededRandom(1), logger: silentLogger },
    ...{ instanceId: 'i1', settings: defaultLlmSettings },
    createClient: () => ({
      async send(body, options) {
        sent.push(body);
        return (answers.shift() ?? fromSimulator)(body, options);
      },
    }),
  });
  const account = { runId: 'r1', batchId: 'b00000', maxUsd: undefined as number | undefined };
  const billed = () =>
    core.billing.reduce(
      (sum, entry) => sum + costNano(price, { ...entry, cacheWriteTokens: 0, reasoningTokens: 0 }),
      0n,
    );
  const booked = async () =>
    (await readEmbeddingLedger(lake, 'r1')).reduce((sum, row) => sum + BigInt(row.cost_nano_usd), 0n);
  const embed = (...args: Parameters<EmbeddingService['embed']>) => clock.run(service.embed(...args));
  return { clock, lake, core, sent, answers, fromSimulator, embed, account, billed, booked };
}

const TEXTS = Array.from({ length: 70 }, (_, i) => `Paper ${i} about the tariff of goods number ${i * 7}`);
const status =
  (code: number, message: string, headers: Record<string, string> = {}): EmbeddingClient['send'] =>
  async () => ({ status: code, headers, body: { error: { message } } });
const answer =
  (data: unknown): EmbeddingClient['send'] =>
  async () => ({ status: 200, headers: {}, body: { data, usage: { prompt_tokens: 10, total_tokens: 10 } } });

describe('vectors of a deployment', () => {
  test('many texts go in a few requests; what is booked equals the bill', async () => {
    const { embed, account, sent, billed, booked, lake } = world();
    const { vectors, dimensions, missing } = await embed(TEXTS, undefined, account);
    expect([dimensions, vectors.length, missing.size, sent.length]).toEqual([64, 70 * 64, 0, 3]);
    expect(Math.hypot(...vectors.subarray(64, 128))).toBeCloseTo(1, 6);
    expect(await booked()).toBe(billed());
    const rows = await readEmbeddingLedger(lake, 'r1');
    expect(rows.map(({ outcome, document_count }) => [outcome, document_count])).toEqual([
      ['ok', 32],
      ['ok', 32],
      ['ok', 6],
    ]);
    expect(rows[0]).toMatchObject({ tokens_completion: 0, price_id: 'vectors-1', deployment: 'vectors' });
  });

  test('equal texts are sent once, and each place has its vector', async () => {
    const { embed, account, sent } = world();
    const { vectors } = await embed(['a duty', 'b', 'a duty'], 64, account);
    expect(sent[0]?.input).toEqual(['a duty', 'b']);
    expect(vectors.subarray(128)).toEqual(vectors.subarray(0, 64));
  });

  test('a written ledger that lacks a call is not believed', async () => {
    const { embed, account, lake, billed, booked } = world();
    await embed(TEXTS.slice(0, 2), 64, account);
    await keepEmbeddingLedger(lake, account);
    await embed(TEXTS.slice(2, 4), 64, account);
    expect(await booked()).toBe(billed());
    await keepEmbeddingLedger(lake, account);
    expect(await booked()).toBe(billed());
  });

  test('what the limit of the run does not pay for is not sent', async () => {
    const { embed, account, sent, billed } = world();
    const { missing, code } = await embed(TEXTS, 64, { ...account, maxUsd: 0.00001 });
    expect(code).toBe('encoder.budget-spent');
    expect([sent.length, missing.size]).toEqual([1, 38]);
    expect(Number(billed()) / 1e9).toBeLessThan(0.00001);
  });

  test('a refusal for the quota is waited for as long as the service says, and costs nothing', async () => {
    const { embed, account, sent, answers, clock, booked, billed } = world();
    answers.push(status(429, 'Rate limit is exceeded', { 'retry-after': '20' }));
    const began = clock.now();
    const { missing } = await embed(['duty'], 64, account);
    expect([missing.size, sent.length]).toEqual([0, 2]);
    expect(clock.now() - began).toBeGreaterThanOrEqual(20_000);
    expect(await booked()).toBe(billed());
  });

  test('where quota is not to be had in an activity, it comes back later', async () => {
    const { embed, account, answers } = world();
    for (let i = 0; i < 9; i++) answers.push(status(429, 'Rate limit is exceeded', { 'retry-after': '55' }));
    const error = await embed(['duty'], 64, account).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RetryableError);
    expect(error).toMatchObject({ code: 'encoder.unavailable' });
  });

  test('a server error is tried again; three in a row end in a rest, in which nobody asks', async () => {
    const { embed, account, sent, answers, clock } = world();
    answers.push(status(500, 'oops'));
    expect((await embed(['duty'], 64, account)).missing.size).toBe(0);
    expect(sent.length).toBe(2);
    for (let i = 0; i < 3; i++) answers.push(status(500, 'oops'));
    await expect(embed(['tariff'], 64, account)).rejects.toMatchObject({ code: 'encoder.unreachable' });
    expect(sent.length).toBe(5);
    await expect(embed(['goods'], 64, account)).rejects.toMatchObject({ code: 'encoder.unreachable' });
    expect(sent.length).toBe(5);
    await clock.run(clock.sleep(REST_MS + 1));
    expect((await embed(['goods'], 64, account)).missing.size).toBe(0);
  });

  test('a call without an answer is booked at its highest cost, and the bill is never above the books', async () => {
    const { embed, account, core, billed, booked, lake } = world();
    let faulty = 2;
    core.faults = { rates: { hang: 0.5, 'cut-body': 0.5 }, only: () => faulty-- > 0 };
    expect((await embed(['duty'], 64, account)).missing.size).toBe(0);
    const rows = await readEmbeddingLedger(lake, 'r1');
    expect(rows.map(({ outcome }) => outcome)).toEqual(['unknown', 'unknown', 'ok']);
    expect(await booked()).toBeGreaterThan(billed());
  });

  test('credentials, a missing deployment and a request that is refused are told at once, with the words of the service', async () => {
    for (const code of [401, 404, 400]) {
      const { embed, account, sent, answers } = world();
      answers.push(status(code, 'The resource says no'));
      const error = embed(['duty'], 64, account);
      await expect(error).rejects.toMatchObject({ code: 'encoder.refused' });
      await expect(error).rejects.toThrow(/vectors: .*The resource says no/);
      expect(sent.length).toBe(1);
    }
  });

  test.each([
    ['NaN', [{ index: 0, embedding: [Number.NaN, 1] }], 'encoder.bad-output'],
    ['zeros', [{ index: 0, embedding: [0, 0] }], 'encoder.bad-output'],
    ['words', [{ index: 0, embedding: 'abc' }], 'encoder.bad-output'],
    ['none', [], 'encoder.bad-output'],
    ['another place', [{ index: 1, embedding: [1, 0] }], 'encoder.bad-output'],
    ['no list', 'vectors', 'encoder.bad-output'],
    ['another length', [{ index: 0, embedding: [1, 0, 0] }], 'encoder.dimensions-changed'],
  ])('an answer of %s is no vector', async (_name, data, code) => {
    const { embed, account, answers, sent } = world();
    for (let i = 0; i < 3; i++) answers.push(answer(data));
    await expect(embed(['duty'], 2, account)).rejects.toMatchObject({ code });
    expect(sent.length).toBe(code === 'encoder.bad-output' ? 3 : 1);
  });

  test('base64 is read, and vectors go to their texts in whatever order they come', async () => {
    const { embed, account, answers } = world();
    const base64 = Buffer.from(Float32Array.of(0, 2).buffer).toString('base64');
    answers.push(
      answer([
        { index: 1, embedding: base64 },
        { index: 0, embedding: [3, 0] },
      ]),
    );
    expect([...(await embed(['a', 'b'], 2, account)).vectors]).toEqual([1, 0, 0, 1]);
  });

  test('one text that is refused takes no other with it', async () => {
    const { embed, account, answers, fromSimulator, sent } = world();
    const picky: EmbeddingClient['send'] = async (body, options) =>
      body.input.some((text) => text.includes('bad'))
        ? status(400, 'content_filter')(body, options)
        : fromSimulator(body, options);
    for (let i = 0; i < 10; i++) answers.push(picky);
    const { missing, code } = await embed(['one', 'bad', 'three', 'four'], 64, account);
    expect([[...missing], code]).toEqual([[1], 'encoder.text-refused']);
    expect(sent.length).toBe(5);
  });

  test('a text that is too long for the model is shown by its ends', async () => {
    const { embed, account, answers, sent } = world();
    const long = Array.from({ length: 200 }, (_, i) => `word${i}`).join(' ');
    answers.push(status(400, "This model's maximum context length is 100 tokens"));
    expect((await embed([long], 64, account)).missing.size).toBe(0);
    expect(String(sent[1]?.input[0])).toMatch(/^word0 .*chars omitted.*word199$/s);
  });

  test('an empty text is not sent', async () => {
    const { embed, account, sent } = world();
    const { missing, code } = await embed(['', 'duty'], 64, account);
    expect([[...missing], code, sent[0]?.input]).toEqual([[0], 'encoder.text-refused', ['duty']]);
  });
});
