// Servers of other makes, played as they document themselves, and what the stage makes of them.
import { expect, test } from 'vitest';
import type { ChatBody, ChatReply } from '../../shared/llm/deployments/client.ts';
import { documents, Stage, type StageOptions } from './stage.ts';

/** A stage whose server's replies go through `change`. */
async function stageWith(
  change: (reply: ChatReply, body: ChatBody, call: number) => ChatReply,
  options: StageOptions = {},
) {
  const stage = await Stage.open(options);
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
          async send(body: ChatBody, limits: { timeoutMs: number }) {
            sent.push(body);
            return change(await client.send(body, limits), body, sent.length);
          },
        };
      },
    };
  };
  return { stage, sent, instance };
}

test('servers: answers that nobody can use are asked for three times, then the deployment rests and says why', async () => {
  const useless = [
    { body: { status: 'ok' }, words: 'ok' },
    { body: '<html><title>Sign in</title></html>', words: 'Sign in' },
    { body: { error: { message: 'no worker' } }, words: 'no worker' },
    { body: { choices: [{ finish_reason: 'stop', message: { content: '' } }] }, words: '' },
  ];
  for (const { body, words } of useless) {
    const { stage, sent, instance } = await stageWith((reply) => ({ ...reply, body }));
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
