import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { startOpenAiSimulator } from '../../../local/emulators/openai.ts';
import { LabelScorer } from '../../../local/emulators/openai-answers.ts';
import { SimulatorCore } from '../../../local/emulators/openai-core.ts';
import { defaultDeploymentSettings } from '../../../local/emulators/openai-deployment.ts';
import { Limits } from '../../../local/emulators/openai-limits.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

const system =
  'A = "Invoices": bills with amounts due\nB = "Contracts": agreements between parties. Does not cover bills.';
const user =
  '<doc id="1">\nInvoice no 3: amount due 50\n</doc>\n<doc id="2">\nThis agreement between the parties\n</doc>';
const body = {
  messages: [
    { role: 'system', content: system },
    { role: 'user', content: user },
  ],
  max_completion_tokens: 200,
};
const post = (url: string, value: unknown, method = 'POST') =>
  fetch(url, { method, body: JSON.stringify(value), headers: { 'content-type': 'application/json' } });

function core(change: Partial<typeof defaultDeploymentSettings> = {}, faults = {}) {
  const clock = new VirtualClock();
  return {
    clock,
    core: new SimulatorCore({
      seed: 1,
      clock,
      countTokens: (text) => Math.ceil(text.length / 4),
      deployment: { ...defaultDeploymentSettings, ...change },
      deployments: {},
      faults,
    }),
  };
}

test('simulator: says what it is in model, fingerprint and headers, whatever model is asked for', async () => {
  const simulator = await startOpenAiSimulator({ banner: false, latencyMs: 0 });
  try {
    for (const path of ['v1', 'openai/v1', 'openai/deployments/gpt-4.1']) {
      const response = await post(`http://127.0.0.1:${simulator.port}/${path}/chat/completions`, {
        ...body,
        model: 'gpt-4.1',
      });
      expect(response.headers.get('x-sluice-simulator')).toBe('1');
      const answer = (await response.json()) as {
        model: string;
        system_fingerprint: string;
        choices: { message: { content: string } }[];
      };
      expect(answer.model).toBe('simulator');
      expect(answer.system_fingerprint).toContain('not_a_language_model');
      expect(
        JSON.parse(answer.choices[0]?.message.content ?? '').results.map((r: { label: string }) => r.label),
      ).toEqual(['A', 'B']);
    }
    const stats = (await (await fetch(`http://127.0.0.1:${simulator.port}/_sim/stats`)).json()) as Record<
      string,
      { admitted: number }
    >;
    expect(stats['gpt-4.1']?.admitted).toBe(3);
    expect(((await (await fetch(`http://127.0.0.1:${simulator.port}/_sim/ledger`)).json()) as unknown[]).length).toBe(
      3,
    );
    expect((await post(`http://127.0.0.1:${simulator.port}/v1/chat/completions`, 'x')).status).toBe(400);
    expect((await fetch(`http://127.0.0.1:${simulator.port}/v1/nothing`)).status).toBe(404);
  } finally {
    await simulator.close();
  }
});

test('simulator: settings and faults change while it runs', async () => {
  const simulator = await startOpenAiSimulator({ banner: false, latencyMs: 0 });
  try {
    const url = `http://127.0.0.1:${simulator.port}`;
    await post(`${url}/_sim/config`, { deployment: 'd', settings: { tpm: 300 } }, 'PATCH');
    const ask = () => post(`${url}/v1/chat/completions`, { ...body, model: 'd' });
    expect((await ask()).status).toBe(200);
    const refused = await ask();
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after-ms'))).toBeGreaterThan(0);
    expect(refused.headers.get('x-ratelimit-limit-tokens')).toBe('300');
    await post(
      `${url}/_sim/config`,
      { deployment: 'd', settings: { tpm: 300_000 }, faults: { rates: { 'error-500': 1 } } },
      'PATCH',
    );
    expect((await ask()).status).toBe(500);
    expect(simulator.ledger().length).toBe(1);
  } finally {
    await simulator.close();
  }
});

test('simulator: as a child process it tells its port and ends with its parent', async () => {
  const child = fork(
    new URL('../../../local/emulators/openai-main.ts', import.meta.url),
    ['--tpm', '1000', '--quiet'],
    { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] },
  );
  const [message] = (await once(child, 'message')) as [{ ready: boolean; port: number }];
  expect(message.ready).toBe(true);
  expect((await post(`http://127.0.0.1:${message.port}/v1/chat/completions`, body)).status).toBe(200);
  child.disconnect();
  const [code] = (await once(child, 'exit')) as [number];
  expect(code).toBe(0);
});

test('answers: the same document gets the same answer in any company, and the seed changes some', () => {
  const labels = [
    { code: 'A', name: 'Invoices', description: 'bills with amounts due' },
    { code: 'B', name: 'Contracts', description: 'agreements between parties' },
  ];
  const texts = Array.from({ length: 200 }, (_, i) => `bills and agreements ${i} parties amounts`);
  const answersOf = (seed: number) =>
    texts.map((text, i) => new LabelScorer(labels, seed).answer({ id: i + 1, text }).label);
  expect(answersOf(1)).toEqual(answersOf(1));
  expect(answersOf(1)).not.toEqual(answersOf(2));
  expect(new LabelScorer(labels, 1).answer({ id: 7, text: 'zzz qqq' })).toMatchObject({
    id: 7,
    label: 'UNSURE',
    quote: null,
  });
});

test('limits: each window model admits its limit and no more, and says when to come back', () => {
  for (const window of ['fixed60', 'sliding60'] as const) {
    const limits = new Limits({ tpm: 1000, rpm: 6000, window, rpmSliceSeconds: 10, countRejected: false, cuts: [] });
    const at = 120_000;
    for (let i = 0; i < 10; i++) expect(limits.admit(at + i * 100, 100).admitted).toBe(true);
    const refused = limits.admit(at + 1000, 100);
    expect(refused).toMatchObject({ admitted: false, refusedBy: 'tokens', remainingTokens: 0 });
    expect(limits.admit(at + 1000 + refused.retryAfterMs - 1, 100).admitted).toBe(false);
    expect(limits.admit(at + 1000 + refused.retryAfterMs, 100).admitted).toBe(true);
  }
  const bucket = new Limits({
    tpm: 6000,
    rpm: 6000,
    window: 'bucket',
    rpmSliceSeconds: 10,
    countRejected: false,
    cuts: [],
  });
  expect(bucket.admit(0, 1000).admitted).toBe(true);
  const full = bucket.admit(0, 100);
  expect(full.admitted).toBe(false);
  expect(bucket.admit(full.retryAfterMs + 1, 100).admitted).toBe(true);
});

test('limits: requests are checked over short slices, cuts lower the limit for a time, rejected requests may count', () => {
  const slices = new Limits({
    tpm: 1e9,
    rpm: 60,
    window: 'sliding60',
    rpmSliceSeconds: 10,
    countRejected: false,
    cuts: [{ fromMs: 100_000, toMs: 200_000, factor: 0.5 }],
  });
  const admitted = Array.from({ length: 20 }, () => slices.admit(60_000, 1).admitted).filter(Boolean);
  expect(admitted.length).toBe(10);
  expect(slices.admit(60_000, 1).refusedBy).toBe('requests');
  expect([slices.limitAt(99_999), slices.limitAt(100_000), slices.limitAt(200_000)]).toEqual([1e9, 5e8, 1e9]);
  const strict = new Limits({
    tpm: 1000,
    rpm: 6000,
    window: 'sliding60',
    rpmSliceSeconds: 10,
    countRejected: true,
    cuts: [],
  });
  for (let at = 0; at < 300_000; at += 5000) strict.admit(at, 400);
  expect(strict.admit(300_000, 400).admitted).toBe(false); // hammering locks itself out
});

test('billing: refused and filtered requests cost nothing, lost answers do, cached prefixes are told', () => {
  const poisoned = core();
  expect(poisoned.core.complete('d', { messages: [{ role: 'user', content: 'POISON' }] }).status).toBe(400);
  expect(poisoned.core.billing).toEqual([]);
  const lossy = core({}, { rates: { 'reset-after-billing': 1 } });
  expect(lossy.core.complete('d', body).kind).toBe('drop');
  expect(lossy.core.billing).toMatchObject([{ delivered: false, documents: 2 }]);
  const { core: cached } = core();
  const long = {
    ...body,
    messages: [
      { role: 'system', content: 'x '.repeat(4000) },
      { role: 'user', content: user },
    ],
  };
  cached.complete('d', long);
  cached.complete('d', long);
  expect(cached.billing.map((b) => b.cachedTokens)).toEqual([0, 1920]);
});

test('profiles: OpenAI writes durations, Azure seconds, hostile headers are useless', () => {
  const headersOf = (profile: 'azure' | 'openai' | 'hostile') => {
    const { core: c } = core({ tpm: 10, headers: profile });
    return c.complete('d', body).headers;
  };
  expect(headersOf('openai')['x-ratelimit-reset-tokens']).toMatch(/^\d+s$/);
  expect(headersOf('azure')['x-ratelimit-reset-tokens']).toMatch(/^\d+$/);
  expect(headersOf('hostile')['retry-after-ms']).toBeUndefined();
});

test('answers: right often on the demo’s texts, but not always', () => {
  const samples = new URL('../../../samples/', import.meta.url);
  const { labels } = JSON.parse(readFileSync(new URL('taxonomy.json', samples), 'utf8')) as {
    labels: { name: string; description: string }[];
  };
  const rows = readFileSync(new URL('training.jsonl', samples), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { text: string; label: string });
  const scorer = new LabelScorer(
    labels.map((label, i) => ({ ...label, code: String.fromCharCode(65 + i) })),
    1,
  );
  const right = rows.filter(
    ({ text, label }) => labels[scorer.answer({ id: 1, text }).label.charCodeAt(0) - 65]?.name === label,
  ).length;
  expect(right / rows.length).toBeGreaterThan(0.75);
  expect(right / rows.length).toBeLessThan(0.97);
});

test('simulator: a quote ends with its line, and is a part of the document', () => {
  const text = 'Subject: invoice right or wrong?\nFrom: Ann\n\nDear all,\nplease pay.';
  const scorer = new LabelScorer([{ code: 'A', name: 'Invoices', description: 'bills' }], 1);
  expect(scorer.answer({ id: 1, text }).quote).toBe('Subject: invoice right or wrong?');
});
