// Every way a call can go wrong, and what is done about it, as data. The first matching rule counts.
// Invariant: an unmatched error is an unmapped one and stops nothing silently: it falls to `unmapped`, is retried like a server error, and is logged.
import type { ErrorCode } from '../../errors.ts';
import { type ChatReply, TransportFailure } from './client.ts';

export type CallErrorClass =
  | 'throttle' // our quota: the deployment waits, the request goes back to the queue, no attempt is counted
  | 'capacity' // the service is busy: another deployment now, this one rests
  | 'exhausted' // nothing left to wait for: the deployment is given up
  | 'transient' // not done, not billed: again with backoff, counted in the breaker
  | 'ambiguous' // possibly done and billed: ledger `unknown`, again, counted in the breaker
  | 'document' // one document of the pack is refused: bisect
  | 'packing' // the prompt is too long: smaller packs, then shorter texts
  | 'configuration'; // the same request fails for ever

export interface CallErrorRule {
  id: string;
  class: CallErrorClass;
  /** Code of documents that cannot be answered because of it. */
  code: ErrorCode;
  status?: readonly number[];
  /** Tested against error code, type and message. */
  text?: RegExp;
  transport?: TransportFailure['kind'];
}

export const CALL_ERRORS: readonly CallErrorRule[] = [
  { id: 'not-sent', transport: 'not-sent', class: 'transient', code: 'llm.unavailable' },
  { id: 'lost', transport: 'lost', class: 'ambiguous', code: 'llm.unavailable' },
  { id: 'timeout', transport: 'timeout', class: 'ambiguous', code: 'llm.unavailable' },
  {
    id: 'content-filter',
    status: [400],
    text: /content_filter|ResponsibleAIPolicyViolation|content management policy/i,
    class: 'document',
    code: 'llm.rejected',
  },
  {
    id: 'context-length',
    status: [400, 413],
    text: /context_length_exceeded|maximum context length|context window|string_above_max_length|too long/i,
    class: 'packing',
    code: 'llm.input-too-long',
  },
  { id: 'request-size', status: [413], class: 'packing', code: 'llm.input-too-long' },
  {
    id: 'abuse-block',
    status: [403],
    text: /temporarily blocked|abuse/i,
    class: 'exhausted',
    code: 'llm.configuration',
  },
  {
    id: 'quota-used-up',
    status: [402, 403, 429],
    text: /insufficient_quota|billing|exceeded your current quota|out of credits/i,
    class: 'exhausted',
    code: 'llm.quota-exhausted',
  },
  {
    id: 'capacity',
    status: [429],
    text: /high demand|temporarily unable|capacity|overloaded|server is busy/i,
    class: 'capacity',
    code: 'llm.unavailable',
  },
  { id: 'rate-limit', status: [429], class: 'throttle', code: 'llm.quota-exhausted' },
  { id: 'unavailable', status: [503, 529], class: 'capacity', code: 'llm.unavailable' },
  { id: 'request-timeout', status: [408], class: 'ambiguous', code: 'llm.unavailable' },
  { id: 'gateway-timeout', status: [504], class: 'ambiguous', code: 'llm.unavailable' },
  { id: 'conflict', status: [409], class: 'transient', code: 'llm.unavailable' },
  { id: 'server-error', status: [500, 502], class: 'transient', code: 'llm.unavailable' },
  { id: 'bad-request', status: [400, 405, 415, 422, 431], class: 'configuration', code: 'llm.configuration' },
  { id: 'credentials', status: [401, 403], class: 'configuration', code: 'llm.configuration' },
  { id: 'no-deployment', status: [404], class: 'configuration', code: 'llm.configuration' },
];

/** For statuses nobody has seen yet. */
export const UNMAPPED: CallErrorRule = { id: 'unmapped', class: 'transient', code: 'llm.unavailable' };

/** Hints above this speak of a spent trial or a daily quota, not of a busy minute. */
export const LONGEST_HINT_MS = 300_000;

/** The rule of a failed call; undefined when the reply is a success. */
export function ruleFor(outcome: ChatReply | TransportFailure): CallErrorRule | undefined {
  if (outcome instanceof TransportFailure) return CALL_ERRORS.find((r) => r.transport === outcome.kind) ?? UNMAPPED;
  if (outcome.status >= 200 && outcome.status < 300) return undefined;
  const text = errorText(outcome.body);
  return (
    CALL_ERRORS.find((r) => r.status?.includes(outcome.status) && (r.text === undefined || r.text.test(text))) ??
    UNMAPPED
  );
}

/** Code, type and message of an error body in one line. */
export function errorText(body: unknown): string {
  const error = (body as { error?: unknown } | null)?.error; // any JSON may come; every member is checked
  if (typeof error === 'string') return error;
  if (typeof error !== 'object' || error === null) return '';
  const { code, type, message, innererror } = error as Record<string, unknown>;
  const inner = (innererror as { code?: unknown } | undefined)?.code;
  return [code, type, inner, message].filter((part) => typeof part === 'string').join(' ');
}

/**
 * How long the service asks to wait, ms; undefined when it says nothing usable.
 * Order: retry-after-ms, retry-after (seconds or date), x-ratelimit-reset-tokens/-requests, the message's words.
 */
export function waitHintMs(reply: ChatReply, nowMs: number): number | undefined {
  const { headers } = reply;
  const hints = [
    positive(Number(headers['retry-after-ms'])),
    secondsOrDate(headers['retry-after'], nowMs),
    duration(headers['x-ratelimit-reset-tokens'] ?? headers['x-rate-limit-reset-tokens']),
    duration(headers['x-ratelimit-reset-requests']),
    fromMessage(errorText(reply.body)),
  ];
  return hints.find((hint) => hint !== undefined);
}

function positive(value: number): number | undefined {
  return Number.isFinite(value) && value > 0 ? value : undefined; // NaN, -1 and 0 have all been seen: they mean nothing
}

function secondsOrDate(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined) return undefined;
  return positive(Number(value) * 1000) ?? positive(Date.parse(value) - nowMs);
}

/** `10` (seconds, Azure) or `6m0s`, `17ms` (OpenAI). */
function duration(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (/^[\d.]+$/.test(value)) return positive(Number(value) * 1000);
  const units: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
  const parts = [...value.matchAll(/([\d.]+)(ms|s|m|h)/g)];
  return positive(parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (units[unit ?? 's'] ?? 0), 0));
}

function fromMessage(text: string): number | undefined {
  const match = /(?:retry|try again) (?:after|in) ([\d.]+) ?(ms|milliseconds?|s|seconds?)/i.exec(text);
  if (match === null) return undefined;
  return positive(Number(match[1]) * (/^m/i.test(match[2] ?? '') ? 1 : 1000));
}
