// Servers of other makes, played as they document themselves, and what the stage makes of them.
import { describe, expect, test } from 'vitest';
import { startOpenAiSimulator } from '../../local/emulators/openai.ts';
import {
  PROFILE_NAMES,
  refusalOf,
  SERVER_PROFILES,
  type ServerProfile,
} from '../../local/emulators/openai-profiles.ts';
import type { ChatBody } from '../../shared/llm/deployments/client.ts';
import { lessonOf } from '../../shared/llm/deployments/lessons.ts';
import { readLedger } from '../../shared/llm/money/ledger.ts';
import { probeDeployment } from '../../shared/llm/probe.ts';
import { systemClock } from '../../shared/ports.ts';
import { MemoryStateTable } from '../fakes/memory-state-table.ts';
import { deployment, documents, Stage, type StageOptions } from './stage.ts';

/** A stage whose server behaves as the profile says; what it is sent is kept. */
async function stageOf(behaviour: Partial<ServerProfile> = {}, options: StageOptions = {}) {
  const profile: ServerProfile = { about: 'of a test', ...behaviour };
  const stage = await Stage.open({ ...options, server: { ...options.server, profile } });
  const sent: ChatBody[] = [];
  const instance = () => {
    const deps = stage.instance();
    const { createClient } = deps;
    if (createClient === undefined) throw new Error('the stage brings a client');
    return {
      ...deps,
      createClient: (d: Parameters<typeof createClient>[0]) => {
        const client = createClient(d);
        return {
          send(body: ChatBody, limits: { timeoutMs: number }) {
            sent.push(body);
            return client.send(body, limits);
          },
        };
      },
    };
  };
  const isRefused = (body: ChatBody) => refusalOf(profile, body, 0) !== undefined;
  return { stage, sent, instance, isRefused };
}

const refusal = (message: string, status = 400) => ({ status, body: { error: { message } } });

test('servers: answers that nobody can use are asked for three times, then the deployment rests and says why', async () => {
  const useless = [
    { body: { status: 'ok' }, words: 'ok' },
    { body: '<html><title>Sign in</title></html>', words: 'Sign in' },
    { body: { error: { message: 'no worker' } }, words: 'no worker' },
    { body: { choices: [{ finish_reason: 'stop', message: { content: '' } }] }, words: '' },
  ];
  for (const { body, words } of useless) {
    const { stage, sent, instance } = await stageOf({ fails: { each: 1, body } });
    const docs = documents(400);
    const done = await stage.clock.run(stage.finish(instance(), 'r', 'b', docs));
    expect(done.answers.length).toBe(400);
    expect(
      done.answers.every(({ outcome }) => outcome === 'review'),
      words,
    ).toBe(true);
    expect(done.answers[399]?.message).toContain(words);
    // Three, and those that were in flight when the third came back.
    expect(sent.length).toBeLessThanOrEqual(3 + 8);
  }
});

test.each(PROFILE_NAMES)(
  'servers: %s is learnt by its first answers; every document gets the label it gets from a plain one, and the next run asks right at once',
  async (name) => {
    const profile: ServerProfile = SERVER_PROFILES[name];
    const options = { deployments: [deployment({ logprobs: true, parameters: { temperature: 0 } })] };
    const labelsOf = async (behaviour: Partial<ServerProfile>) => {
      const { stage, instance, sent } = await stageOf(behaviour, options);
      const docs = documents(60, { words: 120 });
      const done = await stage.clock.run(stage.finish(instance(), 'r', 'b', docs, { runUsd: 2 }));
      const billed = stage.core.billing.length;
      const before = sent.length;
      await stage.clock.run(
        stage.finish(instance(), 'r2', 'b', documents(16, { words: 120, from: 500 }), { runUsd: 2 }),
      );
      return {
        labels: done.answers.map(({ id, label, outcome }) => [id, label, outcome]),
        refused: before - billed,
        refusedLater: sent.length - before - (stage.core.billing.length - billed),
      };
    };
    const plain = await labelsOf({});
    const played = await labelsOf(profile);
    expect(played.labels).toEqual(plain.labels);
    // what the first wave sends before the first refusal comes back, for each of the things that are refused
    const failing = profile.fails === undefined ? 0 : 8;
    expect(played.refused).toBeLessThanOrEqual(8 * (Object.keys(profile.refuses ?? {}).length + 1) + failing);
    expect(played.refusedLater).toBeLessThanOrEqual(failing);
  },
);

test('servers: each form of request that is refused is tried once, the next process knows, and all documents are labelled', async () => {
  const { stage, sent, instance, isRefused } = await stageOf(
    {
      refuses: {
        json_schema: refusal("'response_format.type' must be text or json_object", 422),
        json_object_unsaid: refusal('messages must contain the word json', 422),
        json_object: refusal('response_format is not supported by this model', 422),
        max_completion_tokens: refusal('Unrecognized request argument supplied: max_completion_tokens', 422),
        logprobs: refusal('logprobs are not available', 422),
        temperature: refusal("Unsupported value: 'temperature' does not support 0 with this model.", 422),
      },
      mostOutput: {
        tokens: 300,
        ...refusal('Invalid max_tokens value, the valid range of max_tokens is [1, 300]', 422),
      },
    },
    { deployments: [deployment({ logprobs: true, parameters: { temperature: 0 } })] },
  );
  const docs = documents(40);
  const done = await stage.clock.run(stage.finish(instance(), 'r', 'b', docs));
  expect(done.answers.filter((a) => a.code === 'llm.configuration' || a.outcome === 'failed')).toEqual([]);
  expect(sent.filter(isRefused).length).toBeLessThanOrEqual(6 * 5);
  const before = sent.length;
  await stage.clock.run(stage.finish(instance(), 'r2', 'b', documents(40, { from: 1000 })));
  expect(sent.slice(before).filter(isRefused)).toEqual([]);
});

test('lessons: a refusal that is about the prompt, the key or a document teaches nothing about the form', () => {
  const body: ChatBody = { model: 'm', messages: [], response_format: { type: 'json_schema' }, max_tokens: 500 };
  for (const words of [
    "'max_tokens' is too large: 500. This model's maximum context length is 4096 tokens and your request has 4000 input tokens",
    'The prompt is too long',
    'content_filter',
    'Incorrect API key provided',
    'The model `m` does not exist',
  ])
    expect(lessonOf(words, body, {}), words).toBeUndefined();
  expect(lessonOf('max_tokens is too large: 500. This model supports at most 256 completion tokens', body, {})).toEqual(
    {
      mostOutputTokens: 256,
    },
  );
  expect(lessonOf('unsupported: max_tokens, use max_completion_tokens', body, {})).toEqual({
    outputLimit: 'max_completion_tokens',
  });
  expect(lessonOf('unsupported: max_tokens', body, { outputLimit: 'max_completion_tokens' })).toEqual({});
  expect(lessonOf('unsupported: max_tokens', body, { outputLimit: 'max_tokens' })).toBeUndefined();
  const asked: ChatBody = { ...body, messages: [{ role: 'system', content: 'rules' }] };
  expect(lessonOf('System role not supported', asked, {})).toEqual({ hasNoSystemRole: true });
  expect(lessonOf('System role not supported', asked, { hasNoSystemRole: true })).toEqual({});
});

test('servers: thought that leaves no room for the answer is given room, within the money', async () => {
  const thinking = (shown: 'usage' | 'total' | 'reasoning_content') => stageOf({ thought: { tokens: 5000, shown } });
  for (const shown of ['usage', 'total', 'reasoning_content'] as const) {
    const { stage, sent, instance } = await thinking(shown);
    const done = await stage.clock.run(stage.finish(instance(), 'r', 'b', documents(18), { runUsd: 1 }));
    expect(done.answers.filter((a) => a.outcome === 'failed')).toEqual([]);
    expect(sent.length).toBeLessThanOrEqual(12);
    expect(Number(done.costNanoUsd)).toBeLessThan(1e9);
    const before = sent.length;
    await stage.clock.run(stage.finish(instance(), 'r2', 'b', documents(16, { from: 500 })));
    expect(sent.length - before).toBe(2);
  }
  const poor = await thinking('usage');
  const done = await poor.stage.clock.run(
    poor.stage.finish(poor.instance(), 'r', 'b', documents(18), { runUsd: 0.005 }),
  );
  expect(Number(done.costNanoUsd)).toBeLessThanOrEqual(5e6);
});

test('servers: a prompt that was cut without a word gives no labels for what was not seen; packs become smaller', async () => {
  const context = 1024;
  const { stage, instance } = await stageOf({ context: { tokens: context, overflow: 'cut' } });
  const cutCalls = () => stage.core.billing.filter(({ promptTokens }) => promptTokens === context).length;
  const docs = documents(24, { words: 250 });
  const done = await stage.clock.run(stage.finish(instance(), 'r', 'b', docs));
  expect(done.answers.filter((a) => a.outcome === 'failed')).toEqual([]);
  const cut = cutCalls();
  expect(cut).toBeGreaterThan(0);
  expect(cut).toBeLessThanOrEqual(6); // the first wave; what follows is split before it is sent
  await stage.clock.run(stage.finish(instance(), 'r2', 'b', documents(24, { words: 250, from: 500 })));
  expect(cutCalls()).toBe(cut);
});

test('servers: a server whose context has an odd size is found by the first answers, and never again gives labels for what it did not see', async () => {
  const context = 1401;
  const { stage, instance } = await stageOf({ context: { tokens: context, overflow: 'cut' } });
  const cutCalls = () => stage.core.billing.filter(({ promptTokens }) => promptTokens === context).length;
  let kept = 0;
  // packs of different sizes, of which 60 to 95 % are read
  const docs = [130, 200, 160].flatMap((words, i) => documents(16, { words, from: 100 * i }));
  const done = await stage.clock.run(stage.finish(instance(), 'r', 'b', docs));
  for (const { finish_reason: reason, outcome, tokens_prompt: read } of await readLedger(stage.lake, 'r', 'b'))
    if (reason === 'stop' && outcome !== 'wasted' && read === context) kept++;
  const before = cutCalls();
  expect(before).toBeGreaterThan(1);
  expect(kept).toBe(0);
  await stage.clock.run(stage.finish(instance(), 'r2', 'b', documents(24, { words: 200, from: 900 })));
  expect(cutCalls()).toBe(before);
  expect(done.answers.filter((a) => a.outcome === 'failed')).toEqual([]);
});

test.each([
  ['a tokenizer that counts fewer tokens, where the smaller text tells', { tokenShare: 0.85 }, 'labelled'],
  ['a context that cuts the longest', { context: { tokens: 700, overflow: 'cut' } }, 'labelled'],
  ['a context that cuts whatever is sent', { context: { tokens: 241, overflow: 'cut' } }, 'review'],
] satisfies [string, Partial<ServerProfile>, string][])(
  'servers: a document alone in its call gets no label by a prompt that may have been cut: %s',
  async (_name, behaviour, expected) => {
    const { stage, instance } = await stageOf(behaviour, { settings: { packDocuments: 1 } });
    const docs = [130, 700, 900, 60].flatMap((words, i) => documents(3, { words, from: 100 * i }));
    const done = await stage.clock.run(stage.finish(instance(), 'r', 'b', docs));
    const context = 'context' in behaviour ? behaviour.context.tokens : undefined;
    const rows = await readLedger(stage.lake, 'r', 'b');
    expect(rows.filter((row) => row.tokens_prompt === context && row.outcome !== 'wasted')).toEqual([]);
    const isLabelled = expected === 'labelled';
    expect(new Set(done.answers.map(({ outcome }) => outcome))).toEqual(new Set([isLabelled ? 'label' : 'review']));
    // after ten of them nothing more is asked
    const codes = isLabelled ? [null] : ['llm.prompt-cut', 'llm.configuration'];
    expect(codes).toEqual(expect.arrayContaining(done.answers.map(({ code }) => code)));
    expect(done.answers[0]?.code).toBe(codes[0]);
    // another tokenizer is remembered: the next documents are asked once
    const before = stage.core.billing.length;
    await stage.clock.run(stage.finish(instance(), 'r2', 'b', documents(6, { words: 130, from: 900 })));
    if (context === undefined) expect(stage.core.billing.length - before).toBe(6);
  },
);

test('servers: the ledger has the words of the service on a failure, and none of a document', async () => {
  const { stage, instance } = await stageOf({
    fails: { each: 1, most: 1, ...refusal('Bad gateway behind {prompt}', 502) },
  });
  await stage.clock.run(stage.finish(instance(), 'r', 'b', documents(4)));
  const [failed, answered] = await readLedger(stage.lake, 'r', 'b');
  expect(failed?.service_words).toContain('Bad gateway behind');
  expect(failed?.service_words).not.toContain('company sent this paper');
  expect(answered?.service_words).toBeNull();
});

test('servers: an unknown 400 is bisected whichever call comes back first; a wrong request stops after three', async () => {
  const bad = await stageOf({ refusesText: { text: 'Paper 3:', ...refusal('Something about it is bad') } });
  const done = await bad.stage.clock.run(bad.stage.finish(bad.instance(), 'r', 'b', documents(40)));
  expect(done.answers.filter((a) => a.outcome === 'failed').map((a) => [a.id, a.code])).toEqual([
    ['d3', 'llm.rejected'],
  ]);
  expect(done.answers.filter((a) => a.code === 'llm.configuration')).toEqual([]);
  const wrong = await stageOf({ refusesText: { text: '', ...refusal('Something about it is bad') } });
  const refused = await wrong.stage.clock.run(wrong.stage.finish(wrong.instance(), 'r', 'b', documents(400)));
  expect(refused.answers.every((a) => a.outcome === 'review')).toBe(true);
  expect(wrong.sent.length).toBeLessThanOrEqual(3 + 8);
});

test("doctor: one question finds the form a deployment takes, keeps it for runs, and shows the service's words where it refuses", async () => {
  const { stage, sent, instance } = await stageOf({
    refuses: {
      json_schema: refusal('response_format is not supported'),
      json_object: refusal('response_format is not supported'),
    },
  });
  const probeWith = (deps: ReturnType<typeof instance>) =>
    stage.clock.run(probeDeployment(deployment(), deps, deps.createClient(deployment())));
  const found = await probeWith(instance());
  expect(found).toMatchObject({ isAnswered: true, learnt: ['responseFormat: none'], requests: 3 });
  expect(found.costUsd).toBeGreaterThan(0);
  sent.length = 0;
  await stage.clock.run(stage.finish(instance(), 'r', 'b', documents(8)));
  expect(sent.filter((body) => 'response_format' in body)).toEqual([]);
  const closed = await stageOf({ refusesText: { text: '', ...refusal('Incorrect API key provided', 401) } });
  const deps = closed.instance();
  const refused = await closed.stage.clock.run(probeDeployment(deployment(), deps, deps.createClient(deployment())));
  expect(refused).toMatchObject({ isAnswered: false, requests: 1 });
  expect(refused.found).toContain('Incorrect API key provided');
});

describe('deployments of Azure', () => {
  test('a name that the resource does not have is told without a question, that of batch jobs too; nothing is billed', async () => {
    const simulator = await startOpenAiSimulator({
      known: ['chat', 'jobs'],
      banner: false,
      latencyMs: 0,
      msPerToken: 0,
    });
    const ask = (model: string, batch?: string) =>
      probeDeployment(
        {
          ...deployment(),
          ...{ name: model, model, baseUrl: `http://127.0.0.1:${simulator.port}/openai/v1/`, apiKey: 'none' },
          ...(batch === undefined ? {} : { batch: { model: batch, priceShare: 0.5, enqueuedTokens: 1000 } }),
        },
        { state: new MemoryStateTable(), clock: systemClock },
      );
    try {
      const wrong = await ask('chta');
      expect(wrong).toMatchObject({ isAnswered: false, requests: 1, costUsd: 0 });
      expect(wrong.found).toMatch(
        /^the resource has no deployment "chta": .*The API deployment for this resource does not exist/,
      );
      expect((await ask('chat', 'job')).found).toContain('no deployment "job"');
      expect(simulator.ledger()).toEqual([]);
      expect(await ask('chat', 'jobs')).toMatchObject({ isAnswered: true });
      expect(simulator.ledger()).toHaveLength(1);
    } finally {
      await simulator.close();
    }
  });
});
