// The wire, with the real SDK against the simulator's HTTP server.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OpenAiSimulator, startOpenAiSimulator } from '../../../local/emulators/openai.ts';
import { classifyDocuments } from '../../../shared/llm/classify.ts';
import { CALL_ERRORS, ruleFor } from '../../../shared/llm/deployments/call-errors.ts';
import { type ChatBody, openAiClient, TransportFailure } from '../../../shared/llm/deployments/client.ts';
import { defaultLlmSettings } from '../../../shared/llm/deployments/deployment.ts';
import { seededRandom, silentLogger, systemClock } from '../../../shared/ports.ts';
import { MemoryLake } from '../../fakes/memory-lake.ts';
import { MemoryStateTable } from '../../fakes/memory-state-table.ts';
import { deployment, documents, taxonomy } from '../stage.ts';

let simulator: OpenAiSimulator;
beforeAll(async () => {
  simulator = await startOpenAiSimulator({ banner: false, latencyMs: 1, msPerToken: 0, rpm: 60_000, tpm: 10_000_000 });
});
afterAll(() => simulator.close());

const body = (text = 'one'): ChatBody => ({
  model: 'any',
  messages: [
    { role: 'system', content: 'A = "Invoices": bills\nB = "Contracts": agreements' },
    { role: 'user', content: `<doc id="1">\n${text} bills\n</doc>` },
  ],
  response_format: { type: 'text' },
  max_completion_tokens: 100,
});

test('client: an answer comes with status, headers and the body as sent', async () => {
  const reply = await openAiClient(deployment({ baseUrl: simulator.baseUrl })).send(body(), { timeoutMs: 5000 });
  expect(reply.status).toBe(200);
  expect(reply.headers['x-request-id']).toMatch(/^sim-/);
  expect(Number(reply.headers['x-ratelimit-limit-tokens'])).toBe(10_000_000);
  expect(reply.body).toMatchObject({ model: 'simulator', usage: { prompt_tokens: expect.any(Number) } });
});

test('client: a dated Azure API is asked by its own paths with the key in api-key', async () => {
  const azure = deployment({
    baseUrl: `http://127.0.0.1:${simulator.port}/openai`,
    apiVersion: '2024-10-21',
    model: 'my-deployment',
  });
  const reply = await openAiClient(azure).send({ ...body(), model: 'my-deployment' }, { timeoutMs: 5000 });
  expect(reply.status).toBe(200);
  expect(simulator.ledger().at(-1)?.deployment).toBe('my-deployment');
});

test('client: a token function is asked for every call', async () => {
  let asked = 0;
  const client = openAiClient(deployment({ baseUrl: simulator.baseUrl, apiKey: async () => `token-${++asked}` }));
  await client.send(body(), { timeoutMs: 5000 });
  await client.send(body(), { timeoutMs: 5000 });
  expect(asked).toBe(2);
});

test('client: error answers keep status, code and inner error; one send is one request', async () => {
  const client = openAiClient(deployment({ baseUrl: simulator.baseUrl }));
  const before = simulator.stats().any?.requests ?? 0;
  const filtered = await client.send(body('POISON'), { timeoutMs: 5000 });
  expect(filtered.status).toBe(400);
  expect(ruleFor(filtered)?.id).toBe('content-filter');
  simulator.core.faults = { rates: { 'error-500': 1 } };
  expect(ruleFor(await client.send(body(), { timeoutMs: 5000 }))?.id).toBe('server-error');
  simulator.core.faults = { rates: { 'capacity-429': 1 } };
  expect(ruleFor(await client.send(body(), { timeoutMs: 5000 }))?.id).toBe('capacity');
  simulator.core.faults = {};
  expect((simulator.stats().any?.requests ?? 0) - before).toBe(3);
});

test('client: lost, hanging and refused connections are told apart', async () => {
  const client = openAiClient(deployment({ baseUrl: simulator.baseUrl }));
  const kindOf = (sent: Promise<unknown>) =>
    sent.then(
      () => 'answered',
      (error: unknown) => (error instanceof TransportFailure ? error.kind : error),
    );
  simulator.core.faults = { rates: { reset: 1 } };
  expect(await kindOf(client.send(body(), { timeoutMs: 5000 }))).toBe('lost');
  simulator.core.faults = { rates: { 'cut-body': 1 } };
  expect(await kindOf(client.send(body(), { timeoutMs: 5000 }))).toBe('lost');
  simulator.core.faults = { rates: { hang: 1 } };
  expect(await kindOf(client.send(body(), { timeoutMs: 200 }))).toBe('timeout');
  simulator.core.faults = {};
  const closed = await startOpenAiSimulator({ banner: false });
  await closed.close();
  expect(await kindOf(openAiClient(deployment({ baseUrl: closed.baseUrl })).send(body(), { timeoutMs: 5000 }))).toBe(
    'not-sent',
  );
});

test.each([undefined, '2024-10-21'])(
  'client: a token that cannot be had is not sent, so it is not billed, and its words are told (API version %s)',
  async (apiVersion) => {
    const apiKey = () => Promise.reject(new Error('CredentialUnavailableError:\n run az login'));
    const client = openAiClient({
      ...deployment({ baseUrl: simulator.baseUrl, apiKey }),
      ...(apiVersion && { apiVersion }),
    });
    await expect(client.send(body(), { timeoutMs: 5000 })).rejects.toMatchObject({
      name: 'TransportFailure',
      kind: 'not-sent',
      message: expect.stringMatching(/nothing could be sent: .*CredentialUnavailableError: run az login/),
    });
  },
);

test('errors: every error class of the SDK has a rule of its own', async () => {
  const sdk = await import('openai');
  const statuses: Record<string, number[]> = {
    BadRequestError: [400],
    AuthenticationError: [401],
    PermissionDeniedError: [403],
    NotFoundError: [404],
    ConflictError: [409],
    UnprocessableEntityError: [422],
    RateLimitError: [429],
    InternalServerError: [500, 502, 503, 504],
  };
  // No single status: bases, helpers that we do not use, webhooks, and transport failures (see the test above).
  const others = [
    'APIError',
    'OpenAIError',
    'APIConnectionError',
    'APIConnectionTimeoutError',
    'APIUserAbortError',
    'InvalidWebhookSignatureError',
    'LengthFinishReasonError',
    'ContentFilterFinishReasonError',
    'OAuthError',
    'SubjectTokenProviderError',
  ];
  const classes = Object.entries(sdk)
    .filter(([, value]) => typeof value === 'function' && value.prototype instanceof Error)
    .map(([name]) => name);
  expect(classes.length).toBeGreaterThan(8);
  for (const name of classes) {
    if (others.includes(name)) continue;
    expect(Object.keys(statuses), `${name} is not mapped`).toContain(name);
    for (const status of statuses[name] ?? [])
      expect(ruleFor({ status, headers: {}, body: {} })?.id, `${name} ${status}`).not.toBe('unmapped');
  }
  expect(new Set(CALL_ERRORS.map((r) => r.id)).size).toBe(CALL_ERRORS.length);
});

test('classify: works over HTTP with the real SDK', async () => {
  const docs = documents(30);
  const outcome = await classifyDocuments(
    { runId: 'http', batchId: 'b0', taxonomy, documents: docs, deadlineMs: Date.now() + 60_000 },
    {
      store: new MemoryLake(),
      state: new MemoryStateTable(),
      clock: systemClock,
      random: seededRandom(1),
      logger: silentLogger,
      deployments: [deployment({ baseUrl: simulator.baseUrl, tpm: 10_000_000, rpm: 60_000 })],
      settings: defaultLlmSettings,
      instanceId: 'i1',
    },
  );
  expect(outcome.status).toBe('done');
  if (outcome.status === 'done') expect(outcome.answers.every((a) => a.outcome !== 'failed')).toBe(true);
});
