import { expect, test } from 'vitest';
import { labelIndex } from '../../shared/llm/answer.ts';
import type { Answer } from '../../shared/llm/calls.ts';
import { Breaker } from '../../shared/llm/deployments/breaker.ts';
import { ruleFor } from '../../shared/llm/deployments/call-errors.ts';
import { waitHintMs } from '../../shared/llm/deployments/error-words.ts';
import { type Decision, judge, makePack, type Pack, type PackSizing } from '../../shared/llm/judge.ts';
import fc from '../fakes/property.ts';
import { VirtualClock } from '../fakes/virtual-clock.ts';

const sizing: PackSizing = {
  promptVersion: 'p',
  outputTokensPerDocument: 60,
  reasoningTokens: 0,
  maxOutputTokens: 4000,
};
const labels = labelIndex(['A', 'B'], [{ name: 'a' }, { name: 'b' }]);

function answer(httpStatus: number, body: unknown): Answer {
  return {
    attempt: 1,
    endedAt: 0,
    httpStatus,
    requestId: null,
    model: null,
    serviceTier: null,
    finishReason: null,
    usage: null,
    cost: '0',
    rule: null,
    body,
  };
}
const completion = (content: string | null, finish_reason = 'stop', refusal: string | null = null) =>
  answer(200, { choices: [{ finish_reason, message: { content, refusal } }] });
const filtered = answer(400, { error: { code: 'content_filter', message: '' } });
const tooLong = answer(400, { error: { code: 'context_length_exceeded', message: '' } });

/** Answer packs until none is left. */
function settle(documents: string[], reply: (pack: Pack) => Answer): { decided: Map<string, Decision>; calls: number } {
  const decided = new Map<string, Decision>();
  const queue = [makePack(documents, sizing)];
  const keys = new Set<string>();
  let calls = 0;
  for (let pack = queue.pop(); pack !== undefined; pack = queue.pop()) {
    expect(keys.has(pack.key)).toBe(false); // nothing is asked twice
    keys.add(pack.key);
    if (++calls > 500) throw new Error('the tree of packs does not end');
    const judged = judge(pack, reply(pack), pack.documents, labels, sizing);
    const following = judged.next.flatMap((p) => p.documents);
    expect([...judged.decided.keys(), ...following].sort()).toEqual([...pack.documents].sort());
    for (const [document, decision] of judged.decided) decided.set(document, decision);
    queue.push(...judged.next);
  }
  return { decided, calls };
}

const good = (pack: Pack, only: (document: string) => boolean = () => true) =>
  completion(
    JSON.stringify({
      results: pack.documents.flatMap((d, i) =>
        only(d) ? [{ id: i + 1, quote: null, label: 'A', confidence: 90 }] : [],
      ),
    }),
  );

test('judge: whatever the endpoint answers, every document is decided once and the work ends', () => {
  const replies = fc.infiniteStream(
    fc.constantFrom(
      'good',
      'half',
      'empty',
      'prose',
      'cut',
      'filtered',
      'outputFiltered',
      'refusal',
      'tooLong',
      'null',
      'strange',
    ),
  );
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), replies, (count, stream) => {
      const documents = Array.from({ length: count }, (_, i) => `d${i}`);
      const { decided } = settle(documents, (pack) => {
        switch (stream.next().value) {
          case 'good':
            return good(pack);
          case 'half':
            return good(pack, (d) => Number(d.slice(1)) % 2 === 0);
          case 'empty':
            return completion('{"results":[]}');
          case 'prose':
            return completion('I think they are all fine.');
          case 'cut':
            return completion(
              JSON.stringify({
                results: pack.documents.map((_, i) => ({ id: i + 1, quote: null, label: 'B', confidence: 5 })),
              }).slice(0, 90),
              'length',
            );
          case 'filtered':
            return filtered;
          case 'outputFiltered':
            return completion('', 'content_filter');
          case 'refusal':
            return completion(null, 'stop', 'no');
          case 'tooLong':
            return tooLong;
          case 'null':
            return completion(null);
          default:
            return answer(200, 'strange');
        }
      });
      expect([...decided.keys()].sort()).toEqual([...documents].sort());
    }),
    { numRuns: 500 },
  );
});

test('judge: one refused document among n costs at most 2·ceil(log2 n) further calls', () => {
  for (const n of [2, 8, 16, 33]) {
    const documents = Array.from({ length: n }, (_, i) => `d${i}`);
    for (const poison of [0, n - 1, n >> 1]) {
      const { decided, calls } = settle(documents, (pack) =>
        pack.documents.includes(`d${poison}`) ? filtered : good(pack),
      );
      expect(calls - 1).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(n)));
      expect([...decided].filter(([, d]) => d.kind === 'failed')).toEqual([
        [`d${poison}`, { kind: 'failed', code: 'llm.rejected', words: 'content_filter' }],
      ]);
    }
  }
});

test('judge: a document that never fits ends as too long after its text was halved three times', () => {
  const shrinks: number[] = [];
  const { decided } = settle(['d0'], (pack) => {
    shrinks.push(pack.shrink);
    return tooLong;
  });
  expect(shrinks).toEqual([0, 1, 2, 3]);
  expect(decided.get('d0')).toMatchObject({ kind: 'failed', code: 'llm.input-too-long' });
});

test('judge: an answer cut for one document is allowed twice the length once', () => {
  const lengths: number[] = [];
  const { decided } = settle(['d0'], (pack) => {
    lengths.push(pack.maxOutputTokens);
    return completion('{"results":[{"id":1', 'length');
  });
  expect(lengths).toEqual([91, 182]);
  expect(decided.get('d0')).toEqual({ kind: 'failed', code: 'llm.output-too-long' });
});

const error = (status: number, message = '', code = '', headers: Record<string, string> = {}) => ({
  status,
  headers,
  body: { error: { code, message } },
});

test('errors: the table tells own limits, busy services, spent quotas, documents and configuration apart', () => {
  const cases: [ReturnType<typeof error>, string][] = [
    [error(429, 'Requests have exceeded token rate limit. Please retry after 45 seconds.', '429'), 'throttle'],
    [error(429, 'The system is experiencing high demand'), 'capacity'],
    [error(429, 'You exceeded your current quota', 'insufficient_quota'), 'exhausted'],
    [error(429, 'You exceeded your current quota, check your plan and billing. Please retry in 26.5s.'), 'throttle'],
    [error(429, 'Rate limit reached for tokens per day. Please try again in 1m26.4s'), 'throttle'],
    [error(429, 'Request too large for m on tokens per min (TPM): Limit 6000, Requested 7000'), 'packing'],
    [error(400, 'the request exceeds the available context size', 'exceed_context_size_error'), 'packing'],
    [error(422, 'Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000'), 'packing'],
    [error(400, 'The input token count (1200000) exceeds the maximum number of tokens allowed (1048575).'), 'packing'],
    [error(400, 'The decoder prompt (length 5000) is longer than the maximum model length of 4096.'), 'packing'],
    [error(400, 'Prompt contains 40000 tokens, too large for model with 32768 maximum context length'), 'packing'],
    [error(500, 'input is too large to process. increase the physical batch size'), 'packing'],
    [error(503), 'capacity'],
    [error(500), 'transient'],
    [error(408), 'ambiguous'],
    [error(400, '', 'content_filter'), 'document'],
    [error(400, "This model's maximum context length is 128000 tokens", 'context_length_exceeded'), 'packing'],
    [error(400, "Unsupported parameter: 'max_tokens'", 'unsupported_parameter'), 'configuration'],
    [error(401), 'configuration'],
    [error(404, 'The API deployment for this resource does not exist', 'DeploymentNotFound'), 'configuration'],
    [error(418), 'transient'],
  ];
  for (const [reply, kind] of cases) expect(ruleFor(reply)?.class, JSON.stringify(reply)).toBe(kind);
  expect(ruleFor({ status: 200, headers: {}, body: { choices: [{}] } })).toBeUndefined();
});

test('hints: the first usable one counts; nonsense is as good as none', () => {
  const now = Date.UTC(2026, 0, 1);
  const hint = (headers: Record<string, string>, message = '') => waitHintMs({ ...error(429, message), headers }, now);
  expect(hint({ 'retry-after-ms': '1500', 'retry-after': '9' })).toBe(1500);
  expect(hint({ 'retry-after': '9' })).toBe(9000);
  expect(hint({ 'retry-after': new Date(now + 30_000).toUTCString() })).toBe(30_000);
  expect(hint({ 'x-ratelimit-reset-tokens': '6m0s' })).toBe(360_000);
  expect(hint({ 'x-ratelimit-reset-tokens': '17ms' })).toBe(17);
  expect(hint({ 'x-ratelimit-reset-tokens': '10' })).toBe(10_000);
  expect(hint({ 'x-rate-limit-reset-tokens': '4' })).toBe(4000);
  expect(hint({}, 'Please retry after 45 seconds.')).toBe(45_000);
  expect(hint({}, 'Try again in 250ms')).toBe(250);
  for (const nonsense of ['-1', '0', 'NaN', '', 'soon', 'Thu, 01 Jan 1970 00:00:00 GMT'])
    expect(
      hint({ 'retry-after': nonsense, 'retry-after-ms': nonsense, 'x-ratelimit-reset-tokens': nonsense }),
    ).toBeUndefined();
});

test('breaker: opens after three lost connections or five failures of twenty, lets one probe through, doubles its rest', async () => {
  const clock = new VirtualClock();
  const breaker = new Breaker(clock);
  for (let i = 0; i < 3; i++) breaker.fail(true);
  expect(breaker.opensAt()).toBe(clock.now() + 15_000);
  await clock.run(clock.sleep(15_000));
  expect(breaker.opensAt()).toBe(clock.now());
  breaker.begin();
  expect(breaker.opensAt()).toBeGreaterThan(clock.now()); // the others wait for the probe
  breaker.fail(false);
  expect(breaker.opensAt()).toBe(clock.now() + 30_000);
  await clock.run(clock.sleep(30_000));
  breaker.begin();
  breaker.succeed();
  for (let i = 0; i < 4; i++) breaker.fail(false);
  expect(breaker.opensAt()).toBe(clock.now());
  breaker.fail(false);
  expect(breaker.opensAt()).toBe(clock.now() + 15_000);
});
