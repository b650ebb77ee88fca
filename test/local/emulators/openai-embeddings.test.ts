// What the simulator gives for /embeddings: deterministic vectors, in which only spelling counts, under the limits and the bill of completions.
import OpenAI from 'openai';
import { expect, test } from 'vitest';
import { startOpenAiSimulator } from '../../../local/emulators/openai.ts';
import { SimulatorCore } from '../../../local/emulators/openai-core.ts';
import { defaultDeploymentSettings } from '../../../local/emulators/openai-deployment.ts';
import { embeddingOf } from '../../../local/emulators/openai-embeddings.ts';
import fc from '../../fakes/property.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

const coreOf = (change: Partial<typeof defaultDeploymentSettings> = {}, faults = {}) =>
  new SimulatorCore({
    seed: 1,
    clock: new VirtualClock(),
    countTokens: (text) => Math.ceil(text.length / 4),
    deployment: { ...defaultDeploymentSettings, ...change },
    deployments: {},
    faults,
  });
const cosine = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
};

test('embeddings: the openai package reads them in both encodings, similar texts are near, the model is called simulator', async () => {
  const simulator = await startOpenAiSimulator({ banner: false, latencyMs: 0 });
  try {
    const client = new OpenAI({ baseURL: simulator.baseUrl, apiKey: 'none', maxRetries: 0 });
    const input = ['Invoice number 3, amount due', 'Invoices: amounts are due', 'The cat sleeps on a sofa'];
    const packed = await client.embeddings.create({ model: 'text-embedding-3-small', input });
    const plain = await client.embeddings.create({ model: 'text-embedding-3-small', input, encoding_format: 'float' });
    expect(packed.model).toBe('simulator');
    const vectors = packed.data.map(({ embedding }) => embedding);
    expect(vectors.map((vector) => vector.length)).toEqual([512, 512, 512]);
    expect(plain.data.map(({ embedding }) => embedding)).toEqual(vectors);
    const [a = [], b = [], c = []] = vectors;
    expect(cosine(a, b)).toBeGreaterThan(cosine(a, c) + 0.2);
    const short = await client.embeddings.create({ model: 'm', input: 'Invoice', dimensions: 64 });
    expect(short.data[0]?.embedding).toHaveLength(64);
    expect(packed.usage.prompt_tokens).toBeGreaterThan(10);
    const bills = simulator.ledger().map(({ documents, completionTokens }) => [documents, completionTokens]);
    expect(bills).toEqual([
      [3, 0],
      [3, 0],
      [1, 0],
    ]);
  } finally {
    await simulator.close();
  }
});

test('property: every text has one finite vector of length 1, the same in any company', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 200 }), (text) => {
      const vector = embeddingOf(text, 64, 512);
      expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
      const { body } = coreOf({ embeddingDimensions: 512 }).embed('d', { input: ['other', text], dimensions: 64 });
      const { data } = body as { data: { embedding: number[] }[] };
      expect(data[1]?.embedding).toEqual([...vector]);
    }),
    { numRuns: 50 },
  );
});

test.each([
  ['no input', {}],
  ['an empty text', { input: ['a', ''] }],
  ['a number', { input: [7] }],
  ['too many texts', { input: Array.from({ length: 2049 }, () => 'a') }],
  ['a text that is too long', { input: 'a'.repeat(4 * 8193) }],
  ['too many tokens together', { input: Array.from({ length: 40 }, () => 'a'.repeat(4 * 8000)) }],
  ['more dimensions than there are', { input: 'a', dimensions: 513 }],
  ['an encoding it does not know', { input: 'a', encoding_format: 'hex' }],
])('embeddings: %s is refused with 400, and nothing is billed', (_, body) => {
  const core = coreOf();
  expect(core.embed('d', body).status).toBe(400);
  expect(core.billing).toEqual([]);
});

test('embeddings: over the quota it is 429 with a time to wait; a deployment that is not there 404', () => {
  const core = coreOf({ tpm: 100 });
  const input = 'a'.repeat(4 * 80);
  expect(core.embed('d', { input }).status).toBe(200);
  const refused = core.embed('d', { input });
  expect(refused.status).toBe(429);
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  expect(core.stats().d).toMatchObject({ admitted: 1, throttled: 1 });
});

test('embeddings: what is lost after the work is billed, what fails before is not', () => {
  const lost = coreOf({}, { rates: { 'reset-after-billing': 1 } });
  expect(lost.embed('d', { input: 'a' }).kind).toBe('drop');
  expect(lost.billing).toMatchObject([{ delivered: false }]);
  const failed = coreOf({}, { rates: { 'error-500': 1 } });
  expect(failed.embed('d', { input: 'a' }).status).toBe(500);
  expect(failed.billing).toEqual([]);
});
