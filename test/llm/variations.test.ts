// Servers that answer almost as they should: each variation is data, an interpreter plays it over the simulator's answers.
// Invariant: a variation changes the form of an answer; a document either gets the label that a plain server gives it, or none.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { replyValue } from '../../shared/llm/completion.ts';
import { ruleFor } from '../../shared/llm/deployments/call-errors.ts';
import { type ChatReply, openAiClient } from '../../shared/llm/deployments/client.ts';
import { readLedger } from '../../shared/llm/money/ledger.ts';
import { deployment, documents, Stage } from './stage.ts';

type Result = Record<string, unknown>;

interface Variation {
  about: string;
  /** What is done to the list of results, in this order. */
  results?: readonly ResultChange[];
  /** The text of the answer; `$results` is the list, `$json` the whole, `$text` the whole as a JSON string. */
  text?: string;
  /** The message; `$text` in a string is the text. */
  message?: Readonly<Record<string, unknown>>;
  finish?: string;
  usage?: 'none' | 'as-text' | 'cached-beyond' | 'negative';
  /** The body as it comes over the wire; `$body` is the completion as JSON, `$text` the text as a JSON string. */
  wire?: string;
  /** The first so many answers are so; default all. */
  calls?: number;
  /** What a run makes of it: the labels of a plain server at once, or after more questions, or none. */
  end: 'same' | 'asked-again' | 'none';
}

type ResultChange =
  | 'reversed'
  | 'twice'
  | 'contradicted'
  | 'from-zero'
  | 'first-half-from-zero'
  | { each: Readonly<Result> }
  | { idsAs: string }
  | { more: readonly Readonly<Result>[] };

const LABEL = 'L1';
const VARIATIONS: readonly Variation[] = [
  { about: 'no usage', usage: 'none', end: 'same' },
  { about: 'usage in texts', usage: 'as-text', end: 'same' },
  { about: 'more tokens from the cache than there are', usage: 'cached-beyond', end: 'same' },
  { about: 'usage below zero', usage: 'negative', end: 'same' },
  { about: 'a whole answer that says it was cut', finish: 'length', end: 'same' },
  { about: 'an unknown reason to end', finish: 'eos', end: 'same' },
  { about: 'null and a refusal', message: { content: null, refusal: 'I cannot help' }, end: 'none' },
  { about: 'an empty refusal', message: { content: '$text', refusal: '' }, end: 'same' },
  { about: 'parts of text', message: { content: [{ type: 'text', text: '$text' }] }, end: 'same' },
  {
    about: 'arguments of a tool',
    message: { content: null, tool_calls: [{ function: { arguments: '$text' } }] },
    end: 'same',
  },
  {
    about: 'events that nobody asked for',
    wire: 'data: {"choices":[{"delta":{"content":$text}}]}\n\ndata: [DONE]\n\n',
    end: 'same',
  },
  { about: 'a page of HTML', wire: '<html><title>Sign in</title></html>', end: 'none' },
  { about: 'nothing', wire: '', end: 'none' },
  { about: 'a list of choices that is empty', wire: '{"choices":[]}', calls: 1, end: 'asked-again' },
  { about: 'a mark before the body', wire: '\ufeff$body', end: 'same' },
  {
    about: 'an error that is null',
    wire: '{"error":null,"choices":[{"finish_reason":"stop","message":{"content":$text}}]}',
    end: 'same',
  },
  { about: 'prose and fences', text: 'Here it is:\n```json\n$json\n```\nAnything else?', end: 'same' },
  { about: 'a text within a text', text: '$text', end: 'same' },
  { about: 'a list alone', text: '$results', end: 'same' },
  { about: 'more members around the list', text: '{"model":"m","results":$results,"note":"done"}', end: 'same' },
  { about: 'another order', results: ['reversed'], end: 'same' },
  { about: 'every result twice', results: ['twice'], end: 'same' },
  { about: 'results that contradict each other', results: ['contradicted'], calls: 1, end: 'asked-again' },
  { about: 'numbers as texts', results: [{ idsAs: '$id' }], end: 'same' },
  {
    about: 'numbers nobody gave',
    results: [
      {
        more: [
          { id: 0, label: LABEL, confidence: 90 },
          { id: 99, label: LABEL, confidence: 90 },
        ],
      },
    ],
    end: 'same',
  },
  { about: 'numbers from zero', results: ['from-zero'], end: 'same' },
  {
    about: 'numbers from zero, cut',
    results: ['first-half-from-zero'],
    finish: 'length',
    calls: 1,
    end: 'asked-again',
  },
  { about: 'a confidence in words', results: [{ each: { confidence: 'high' } }], calls: 1, end: 'asked-again' },
  { about: 'a label of its own', results: [{ each: { label: 'Miscellaneous' } }], calls: 1, end: 'asked-again' },
  { about: 'more members in each result', results: [{ each: { reason: 'because', id2: 3 } }], end: 'same' },
];

/** A member of the body by its name, unchecked: the simulator makes it. */
interface Completion {
  choices: { finish_reason: string; message: Record<string, unknown> }[];
  usage: Record<string, unknown>;
}

function play(variation: Variation, reply: ChatReply): ChatReply {
  if (reply.status !== 200) return reply;
  const body = structuredClone(reply.body) as Completion;
  const [choice] = body.choices;
  if (choice === undefined) return reply;
  const whole = JSON.parse(String(choice.message.content)) as { results: Result[] };
  let { results } = whole;
  for (const change of variation.results ?? []) results = changed(results, change);
  const json = JSON.stringify({ ...whole, results });
  const text = (variation.text ?? '$json')
    .replaceAll('$results', JSON.stringify(results))
    .replaceAll('$json', json)
    .replaceAll('$text', JSON.stringify(json));
  choice.message = filled({ role: 'assistant', ...(variation.message ?? { content: '$text' }) }, text);
  choice.finish_reason = variation.finish ?? choice.finish_reason;
  if (variation.usage !== undefined) body.usage = usageAs(variation.usage, body.usage);
  if (variation.wire === undefined) return { ...reply, body };
  const wire = variation.wire.replaceAll('$body', JSON.stringify(body)).replaceAll('$text', JSON.stringify(text));
  return { ...reply, body: replyValue(wire) };
}

function changed(results: readonly Result[], change: ResultChange): Result[] {
  if (change === 'reversed') return results.toReversed();
  if (change === 'twice') return [...results, ...results];
  if (change === 'contradicted') {
    const labels = [...new Set(results.map(({ label }) => label)), 'UNSURE'];
    return [...results, ...results.map((r) => ({ ...r, label: labels.find((label) => label !== r.label) }))];
  }
  if (change === 'from-zero') return results.map((r) => ({ ...r, id: Number(r.id) - 1 }));
  if (change === 'first-half-from-zero')
    return results.filter(({ id }) => Number(id) <= results.length / 2).map((r) => ({ ...r, id: Number(r.id) - 1 }));
  if ('each' in change) return results.map((r) => ({ ...r, ...change.each }));
  if ('idsAs' in change) return results.map((r) => ({ ...r, id: change.idsAs.replace('$id', String(r.id)) }));
  return [...results, ...change.more];
}

/** `$text` in all the strings of a value. */
function filled<T>(value: T, text: string): T {
  return JSON.parse(JSON.stringify(value), (_key, member: unknown) => (member === '$text' ? text : member)) as T;
}

function usageAs(kind: NonNullable<Variation['usage']>, usage: Record<string, unknown>): Record<string, unknown> {
  if (kind === 'none') return {};
  if (kind === 'negative') return { ...usage, prompt_tokens: -1, completion_tokens: -1 };
  if (kind === 'cached-beyond') return { ...usage, prompt_tokens_details: { cached_tokens: 1e7 } };
  return Object.fromEntries(Object.entries(usage).map(([name, n]) => [name, typeof n === 'number' ? String(n) : n]));
}

async function runWith(variation: Variation | undefined) {
  const stage = await Stage.open();
  const deps = stage.instance();
  const { createClient } = deps;
  if (createClient === undefined) throw new Error('the stage brings a client');
  let calls = 0;
  const playing = {
    ...deps,
    createClient: (d: Parameters<typeof createClient>[0]) => {
      const client = createClient(d);
      return {
        async send(...args: Parameters<typeof client.send>) {
          const reply = await client.send(...args);
          calls += 1;
          return variation === undefined || calls > (variation.calls ?? Infinity) ? reply : play(variation, reply);
        },
      };
    },
  };
  const done = await stage.clock.run(stage.finish(playing, 'r', 'b', documents(16), { runUsd: 1 }));
  return {
    labels: done.answers.map(({ id, label, outcome }) => [id, outcome === 'label' ? `= ${label}` : outcome]),
    calls,
    costNanoUsd: Number(done.costNanoUsd),
    ledger: await readLedger(stage.lake, 'r', 'b'),
  };
}

describe('servers that answer almost as they should', () => {
  const plain = runWith(undefined);
  test.each(VARIATIONS.map((variation) => [variation.about, variation] as const))('%s', async (_about, variation) => {
    const [expected, found] = [await plain, await runWith(variation)];
    const known = new Map(expected.labels.map(([id, label]) => [id, label]));
    for (const [id, label] of found.labels) if (label?.startsWith('= ')) expect(label).toBe(known.get(id));
    if (variation.end === 'none') {
      expect(found.labels.filter(([, label]) => label?.startsWith('= '))).toEqual([]);
      return;
    }
    expect(found.labels).toEqual(expected.labels);
    if (variation.end === 'same') expect(found.calls).toBe(expected.calls);
    else expect(found.calls).toBeGreaterThan(expected.calls);
    for (const row of found.ledger) expect(row.cost_nano_usd).toBeGreaterThanOrEqual(0);
  });

  test('tokens in texts are billed as numbers are', async () => {
    expect((await runWith({ about: '', usage: 'as-text', end: 'same' })).costNanoUsd).toBe((await plain).costNanoUsd);
  });

  test('a packed answer that is cut on its way is no answer, not half a one', async () => {
    const packed = gzipSync(JSON.stringify({ choices: [{ message: { content: 'x'.repeat(5000) } }] }));
    const server = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
      response.end(packed.subarray(0, packed.length - 20));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/`;
      const client = openAiClient({ ...deployment(), baseUrl, apiKey: 'none' });
      const reply = await client.send({ model: 'm', messages: [] }, { timeoutMs: 5000 });
      expect(ruleFor(reply)?.id).toBe('not-a-completion');
    } finally {
      server.close();
    }
  });
});
