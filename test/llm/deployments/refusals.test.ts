// Poison against wrong configuration, and what the request says to the service's prompt cache.
import type { ChatCompletionCreateParamsNonStreaming } from 'openai/resources/chat/completions';
import { expect, test } from 'vitest';
import { chatBody } from '../../../shared/llm/chat-body.ts';
import type { ChatBody } from '../../../shared/llm/deployments/client.ts';
import { Refusals } from '../../../shared/llm/deployments/refusals.ts';
import { makePack } from '../../../shared/llm/judge.ts';
import { runtimeOf } from '../../../shared/llm/runtime.ts';
import { seededRandom } from '../../../shared/ports.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';
import { deployment, documents, Stage, taxonomy } from '../stage.ts';

/** Calls of a pack and of its halves while one of them holds a document that is refused. */
function bisect(refusals: Refusals, poisoned: readonly boolean[], isPlanned = true): void {
  const isRefused = poisoned.some(Boolean);
  refusals.note(isRefused ? 'content-filter' : null, isPlanned);
  if (!isRefused || poisoned.length === 1) return;
  const middle = Math.ceil(poisoned.length / 2);
  for (const half of [poisoned.slice(0, middle), poisoned.slice(middle)]) bisect(refusals, half, false);
}

test('refusals: poison does not stop the stage, however it is spread; refusing everything does, for ten minutes', () => {
  const clock = new VirtualClock();
  for (const share of [0.01, 0.1, 0.2])
    for (let seed = 0; seed < 50; seed++) {
      const random = seededRandom(seed);
      const refusals = new Refusals(clock);
      for (let pack = 0; pack < 200; pack++) {
        bisect(
          refusals,
          Array.from({ length: 8 }, () => random.next() < share),
        );
        expect(refusals.isStopped()).toBe(false);
      }
    }
  const refusals = new Refusals(clock);
  for (let pack = 0; pack < 10; pack++) {
    expect(refusals.isStopped()).toBe(false);
    bisect(
      refusals,
      Array.from({ length: 8 }, () => true),
    );
  }
  expect(refusals.isStopped()).toBe(true);
});

test('refusals: an endpoint that refuses every document is left alone, nothing is called rejected, and later it is tried again', async () => {
  const stage = await Stage.open();
  const deps = stage.instance();
  const { createClient } = deps;
  if (createClient === undefined) throw new Error('the stage brings a client');
  let isRefusing = true;
  let calls = 0;
  const filtered = {
    ...deps,
    createClient: (d: Parameters<typeof createClient>[0]) => {
      const client = createClient(d);
      return {
        async send(...args: Parameters<typeof client.send>) {
          if (!isRefusing) return client.send(...args);
          calls++;
          const error = { code: 'content_filter', message: 'The response was filtered' };
          return { status: 400, headers: {}, body: { error } };
        },
      };
    },
  };
  const docs = documents(1000);
  const refused = await stage.clock.run(stage.finish(filtered, 'r', 'b0', docs));
  expect(refused.answers.map((a) => a.code)).toEqual(docs.map(() => 'llm.configuration'));
  expect(calls).toBeLessThan(200); // 125 packs, fully bisected, are 1,875 calls
  expect(refused.costNanoUsd).toBe(0n);
  isRefusing = false;
  const resting = await stage.clock.run(stage.finish(filtered, 'r2', 'b0', docs.slice(0, 40)));
  expect(resting.answers.every((a) => a.code === 'llm.configuration')).toBe(true);
  await stage.clock.run(stage.clock.sleep(11 * 60_000));
  const after = await stage.clock.run(stage.finish(filtered, 'r3', 'b0', docs.slice(0, 40)));
  expect(after.answers.filter((a) => a.outcome === 'failed' || a.code === 'llm.configuration')).toEqual([]);
});

test('prompt cache: where writes are billed, the static prompt alone is marked; elsewhere nothing is sent about it', async () => {
  const stage = await Stage.open({ deployments: [deployment({ cacheBreakpoint: true })] });
  const deps = stage.instance();
  const frame = (await runtimeOf(deps)).question(taxonomy);
  const sizing = { promptVersion: 'p', outputTokensPerDocument: 20, reasoningTokens: 0, maxOutputTokens: 1000 };
  const pack = makePack(['a'], sizing);
  const plain = chatBody(frame, pack, 'documents', deployment());
  expect(plain).not.toHaveProperty('prompt_cache_options');
  expect(plain.messages[0]?.content).toBe(frame.system);
  const marked = chatBody(frame, pack, 'documents', deployment({ cacheBreakpoint: true }));
  // As the SDK's types have it: a member that they do not know would not compile.
  const expected: Pick<ChatCompletionCreateParamsNonStreaming, 'messages' | 'prompt_cache_options'> = {
    messages: [
      {
        role: 'system',
        content: [{ type: 'text', text: frame.system, prompt_cache_breakpoint: { mode: 'explicit' } }],
      },
      { role: 'user', content: 'documents' },
    ],
    prompt_cache_options: { mode: 'explicit' },
  };
  expect(marked satisfies ChatBody).toMatchObject(expected);
  const done = await stage.clock.run(stage.finish(deps, 'r', 'b0', documents(8)));
  expect(done.answers.filter((a) => a.outcome === 'failed')).toEqual([]);
});
