// Answers of servers of many makes, as they document them: what counts as an answer, and what is a failure in spite of its 200.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { labelIndex, readResults } from '../../shared/llm/answer.ts';
import { choiceOf, replyValue } from '../../shared/llm/completion.ts';
import { ruleFor } from '../../shared/llm/deployments/call-errors.ts';
import { openAiClient } from '../../shared/llm/deployments/client.ts';
import { errorText, serviceWords } from '../../shared/llm/deployments/error-words.ts';
import { outcomeOf } from '../../shared/llm/outcome.ts';
import fc from '../fakes/property.ts';
import { deployment } from './stage.ts';

const labels = labelIndex(['A', 'B'], [{ name: 'Invoices' }, { name: 'Contracts' }]);
const results = (label: string, confidence: unknown = 90) =>
  JSON.stringify({ results: [{ id: 1, quote: null, label, confidence }] });
const completion = (message: unknown, finish_reason = 'stop') => ({ choices: [{ finish_reason, message }] });
const labelOf = (body: unknown) => readResults(choiceOf(body).content, ['text'], labels).found.get(1)?.label;

test('completion: the answer is found as text, parts, tool arguments, a parsed value and the text of a stream', () => {
  const part = (text: string) => ({ type: 'text', text });
  const call = (given: unknown) => ({
    content: null,
    tool_calls: [{ type: 'function', function: { arguments: given } }],
  });
  const answer = results('B');
  for (const message of [
    { content: answer },
    { content: [part(answer.slice(0, 9)), part(answer.slice(9))] },
    { content: [{ type: 'thinking', thinking: [part(results('A'))] }, part(answer)] },
    { content: JSON.parse(answer) },
    call(answer),
    call(JSON.parse(answer)),
    { content: '', function_call: { arguments: answer } },
  ])
    expect(labelOf(completion(message)), JSON.stringify(message)).toBe(1);
  expect(labelOf({ choices: [{ text: answer }] })).toBe(1);
  const events = [answer.slice(0, 20), answer.slice(20)].map((content) => ({ choices: [{ delta: { content } }] }));
  const stream = [...events, { choices: [], usage: { prompt_tokens: 5, completion_tokens: 7 } }]
    .map((event) => `data: ${JSON.stringify(event)}\n\n`)
    .join('');
  expect(labelOf(replyValue(`${stream}data: [DONE]\n\n`))).toBe(1);
  expect(replyValue(stream)).toMatchObject({ usage: { completion_tokens: 7 } });
});

test('completion: a draft inside a thought never counts, whatever marks the thought', () => {
  const [draft, answer] = [results('A'), results('B')];
  const marks = [
    ['<think>', '</think>'],
    ['<thinking>', '</thinking>'],
    ['<reasoning>', '</reasoning>'],
    ['[THINK]', '[/THINK]'],
    ['◁think▷', '◁/think▷'],
    ['', '</think>'], // the template has opened it
    ['<|channel|>analysis<|message|>', '<|end|><|start|>assistant<|channel|>final<|message|>'],
  ];
  for (const [begin, end] of marks) {
    expect(labelOf(completion({ content: `${begin}Perhaps ${draft}?${end}\n\n${answer}` })), begin).toBe(1);
    if (begin !== '') {
      const cut = choiceOf(completion({ content: `${begin}Perhaps ${draft}` }, 'length'));
      expect([cut.content, cut.thoughtChars > 0], begin).toEqual(['', true]);
    }
  }
  // The words of a document are no marks.
  const quoting = JSON.stringify({ results: [{ id: 1, quote: 'a </think> b <think>', label: 'B', confidence: 90 }] });
  expect(labelOf(completion({ content: quoting }))).toBe(1);
  // Two lists that disagree are no answer.
  expect(labelOf(completion({ content: `First ${draft}, no: ${answer}` }))).toBeUndefined();
});

test('completion: ends and cached tokens are known in the words of other services', () => {
  const finish = (reason: string) => choiceOf(completion({ content: 'x' }, reason)).finishReason;
  expect(['model_length', 'MAX_TOKENS', 'SAFETY', 'content_filter: RECITATION', 'tool_calls'].map(finish)).toEqual([
    'length',
    'length',
    'content_filter',
    'content_filter',
    'tool_calls',
  ]);
  const usage = { prompt_tokens: 9, completion_tokens: 1, prompt_cache_hit_tokens: 4 };
  const reply = { status: 200, headers: {}, body: { ...completion({ content: 'x' }), usage } };
  expect(outcomeOf(reply, undefined, 1, 0, () => 0n).usage?.cachedTokens).toBe(4);
});

test('completion: a confidence from 0 to 1 is one, with a percent sign it is a percentage', () => {
  const confidence = (...stated: unknown[]) =>
    readResults(
      JSON.stringify({
        results: stated.map((value, i) => ({ id: i + 1, quote: null, label: 'A', confidence: value })),
      }),
      stated.map(() => 'text'),
      labels,
    ).found;
  expect([...confidence(0.9, 1, '0.5').values()].map((r) => r.confidence)).toEqual([0.9, 1, 0.5]);
  expect([...confidence(0.5, 95).values()].map((r) => r.confidence)).toEqual([0.005, 0.95]);
  expect([...confidence('95%', '0.9 %').values()].map((r) => r.confidence)).toEqual([0.95, expect.closeTo(0.009)]);
  expect(confidence(1).get(1)?.confidence).toBe(0.01); // the prompt asks for 0 to 100
  expect(confidence('').size).toBe(0);
  expect(
    readResults('{"results":[{"id":1,"label":"A","confidence":1.0}]}', ['t'], labels).found.get(1)?.confidence,
  ).toBe(1);
});

test('errors: a 200 that carries an error is treated as that error', () => {
  const ok = (body: unknown) => ruleFor({ status: 200, headers: {}, body })?.id;
  const cases: [unknown, string | undefined][] = [
    [{ error: { code: 429, message: 'Rate limit exceeded, try again in 5 seconds' } }, 'rate-limit'],
    [{ error: { code: 502, message: 'upstream', metadata: { raw: 'bad gateway' } } }, 'server-error'],
    [{ error: { message: 'upstream overloaded', code: null } }, 'unavailable'],
    [{ error: { message: 'prompt is too long: 9000 tokens > 8192 maximum' } }, 'context-length'],
    [{ error: { message: 'something', type: 'strange' }, choices: [] }, 'error-in-answer'],
    [{ error: 'out of memory' }, 'error-in-answer'],
    [{ object: 'error', message: 'model crashed' }, 'error-in-answer'],
    [{ detail: 'Invalid API key' }, 'credentials'],
    [completion({ content: results('A') }, 'error'), 'error-in-answer'],
    [
      { choices: [{ finish_reason: 'error', error: { code: 503, message: 'x' }, message: { content: 'half' } }] },
      'unavailable',
    ],
    [completion({ content: results('A') }, 'insufficient_system_resource'), 'unavailable'],
    [{}, 'not-a-completion'],
    ['<html>Sign in</html>', 'not-a-completion'],
    [null, 'not-a-completion'],
    [{ ...completion({ content: results('A') }), error: null }, undefined],
    [{ ...completion({ content: results('A') }), error: {} }, undefined],
  ];
  for (const [body, id] of cases) expect(ok(body), JSON.stringify(body)).toBe(id);
});

test('errors: what was billed in an answer that failed is booked; what nobody tells is unknown', () => {
  const usage = { prompt_tokens: 100, completion_tokens: 10, total_tokens: 250 };
  const of = (body: unknown) => {
    const reply = { status: 200, headers: {}, body };
    return outcomeOf(reply, ruleFor(reply), 1, 0, (used) => BigInt(used.promptTokens + used.completionTokens));
  };
  expect(of({ error: { message: 'odd' }, usage }).cost).toBe('250');
  expect(of({ error: { message: 'odd' } }).cost).toBeNull();
  expect(of({ error: { code: 429 } }).cost).toBe('0');
  // Gemini and xAI leave thoughts out of the completion's tokens: the total has them.
  expect(of({ ...completion({ content: 'x' }), usage }).usage).toMatchObject({
    completionTokens: 150,
    reasoningTokens: 140,
  });
});

test('errors: words are read in the shapes of many services, never what they repeat of the request', () => {
  for (const [body, words] of [
    [[{ error: { code: 400, message: 'too many', status: 'INVALID_ARGUMENT' } }], '400 too many INVALID_ARGUMENT'],
    [{ detail: [{ loc: ['body', 'n'], msg: 'Extra inputs', input: 'content_filter' }] }, 'body n Extra inputs'],
    [{ error: { message: 'outer', metadata: { raw: '{"error":{"message":"inner"}}' } } }, 'outer inner'],
    [{ error: { code: 'json_validate_failed', failed_generation: 'secret' } }, 'json_validate_failed'],
    ['plain words', 'plain words'],
  ] as const)
    expect(errorText(body)).toBe(words);
  const shown = serviceWords(
    { message: 'Invalid: Agreement between Alice and Bob of 3 May, end' },
    'x Agreement between Alice and Bob of 3 May y',
  );
  expect(shown).toBe('Invalid:…, end');
  expect(serviceWords({ message: 'a'.repeat(999) }).length).toBeLessThan(250);
});

test('completion: any JSON and any text is read without an exception', () => {
  const few = { numRuns: 40 };
  fc.assert(
    fc.property(fc.jsonValue(), (value) => void [choiceOf(value), ruleFor({ status: 200, headers: {}, body: value })]),
    few,
  );
  fc.assert(
    fc.property(fc.jsonValue(), (value) => void choiceOf({ choices: [{ message: value, finish_reason: value }] })),
    few,
  );
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 200 }),
      (text) => void [replyValue(text), replyValue(`data:${text}`)],
    ),
    few,
  );
});

test('client: whole bodies come through, whatever their media type and the shape of the error', async () => {
  const replies: [number, string, string][] = [
    [200, 'text/plain', JSON.stringify(completion({ content: results('B') }))],
    [400, 'application/json', JSON.stringify([{ error: { message: 'a list' } }])],
    [422, 'application/json', JSON.stringify({ detail: 'a detail' })],
    [502, 'text/html', '<h1>Bad gateway</h1>'],
  ];
  const queue = [...replies];
  const server = createServer((request, response) => {
    request.resume();
    const [status, type, text] = queue.shift() ?? [500, 'text/plain', ''];
    response.writeHead(status, { 'content-type': type }).end(text);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const client = openAiClient(deployment({ baseUrl: `http://127.0.0.1:${port}/v1` }));
  const body = { model: 'm', messages: [{ role: 'user' as const, content: 'x' }], response_format: { type: 'text' } };
  const seen = [];
  for (const _ of replies) seen.push(await client.send(body, { timeoutMs: 5000 }));
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
  expect(labelOf(seen[0]?.body)).toBe(1);
  expect(seen.slice(1).map((reply) => [reply.status, serviceWords(reply.body)])).toEqual([
    [400, 'a list'],
    [422, 'a detail'],
    [502, 'Bad gateway'],
  ]);
});
