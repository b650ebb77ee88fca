// What a service says in an error: its words without what it repeats of the request, and how long it asks to wait.
// Invariant: members that may repeat the request (FastAPI's `input`, Groq's `failed_generation`, …) are never read: a document's words must not steer a rule.
import type { ChatReply } from './client.ts';

/** Members that hold words of the service, in the shapes of OpenAI, Azure, Google, FastAPI, OpenRouter and Cloudflare. */
const WORDS = new Set([
  'code',
  'type',
  'error_type',
  'status',
  'reason',
  'innererror',
  'message',
  'msg',
  'title',
  'error',
  'errors',
  'detail',
  'details',
  'description',
  'loc',
  'param',
  'metadata',
  'raw',
  'retryDelay',
]);
const MOST_CHARS = 2000;
const MOST_DEPTH = 6;

/** Code, type and message of an error body in one line of at most 2,000 characters. */
export function errorText(body: unknown): string {
  const found: string[] = [];
  collect(body, found, 0);
  return [...new Set(found)].join(' ').replace(/\s+/g, ' ').trim().slice(0, MOST_CHARS);
}

function collect(value: unknown, found: string[], depth: number): void {
  if (depth > MOST_DEPTH || found.length > 100) return;
  if (typeof value === 'string') {
    // Proxies pass on the error of the service behind them as text.
    const inner = /^\s*[[{]/.test(value) ? parse(value.slice(0, 100_000)) : undefined;
    if (inner === undefined) found.push(value.slice(0, MOST_CHARS));
    else collect(inner, found, depth + 1);
  } else if (typeof value === 'number') found.push(String(value));
  else if (Array.isArray(value)) for (const item of value.slice(0, 20)) collect(item, found, depth + 1);
  else if (typeof value === 'object' && value !== null)
    for (const [name, member] of Object.entries(value)) {
      if (!WORDS.has(name)) continue;
      if (name === 'retryDelay' && typeof member === 'string') found.push(`retry in ${member}`);
      else collect(member, found, depth + 1);
    }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined; // then it is plain text
    throw error;
  }
}

const MOST_SHOWN = 240;
const LEAST_REPEATED = 16;

/**
 * The service's own words, short enough to be shown.
 * @param request  what was sent: what the service repeats of it is left out
 */
export function serviceWords(body: unknown, request = ''): string {
  const text = typeof body === 'string' ? body.replace(/<[^>]*>/g, ' ').slice(0, MOST_CHARS) : errorText(body);
  const said = text.replace(/\s+/g, ' ').trim();
  const sent = request.replace(/\s+/g, ' ');
  let shown = '';
  for (let at = 0; at < said.length && shown.length < MOST_SHOWN; ) {
    if (sent.includes(said.slice(at, at + LEAST_REPEATED)) && said.length - at >= LEAST_REPEATED) {
      let end = at + LEAST_REPEATED;
      while (end < said.length && sent.includes(said.slice(end - LEAST_REPEATED + 1, end + 1))) end++;
      shown += '…';
      at = end;
    } else shown += said[at++];
  }
  return shown.length >= MOST_SHOWN ? `${shown.slice(0, MOST_SHOWN).trimEnd()}…` : shown;
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

/** The time that a refusal itself names, ms: by retry-after or in words. The windows of rate-limit headers are no such hint. */
export function namedWaitMs({ headers, body }: ChatReply): number | undefined {
  return (
    positive(Number(headers['retry-after-ms'])) ??
    positive(Number(headers['retry-after']) * 1000) ??
    fromMessage(errorText(body))
  );
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
  const parts = [...value.matchAll(/([\d.]+)\s*(ms|s|m|h)/g)];
  return positive(parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (units[unit ?? 's'] ?? 0), 0));
}

/** `retry after 45 seconds`, `try again in 1m26.4s`, `retry in 250ms`, `wait 3 s`. */
function fromMessage(text: string): number | undefined {
  const match =
    /(?:retry|try again|wait)(?: your request)?(?: after| in| for)? ((?:[\d.]+ ?(?:milliseconds?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|h)\b ?)+)/i.exec(
      text.replace(/(\d)(ms|s|m|h)(?=\d)/gi, '$1$2 '),
    );
  const words = match?.[1]
    ?.replace(/milliseconds?/gi, 'ms')
    .replace(/seconds?|secs?/gi, 's')
    .replace(/minutes?|mins?/gi, 'm')
    .replace(/hours?/gi, 'h');
  return words === undefined ? undefined : duration(words.toLowerCase());
}
