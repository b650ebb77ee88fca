// How the simulator answers: shapes of errors and headers as the services send them, and the faults that disturb an answer.
import type { FaultKind } from './faults.ts';
import type { SimulatedResult } from './openai-answers.ts';
import type { Admission } from './openai-limits.ts';

/** How headers look: complete, OpenAI's durations, or what has been seen to go wrong. */
export type HeaderProfile = 'azure' | 'openai' | 'hostile';

export interface HeaderSettings {
  headers: HeaderProfile;
  rpm: number;
}

export interface SimulatedReply {
  /** `drop`: end the connection without an answer; `hang`: never answer; `cut`: send half of the body. */
  kind: 'answer' | 'drop' | 'hang' | 'cut';
  status: number;
  headers: Record<string, string>;
  body: unknown;
  delayMs: number;
}

/** The results as a faulty model would return them. */
export function disturb(results: SimulatedResult[], fault: FaultKind | undefined): unknown[] {
  const first = results[0];
  if (first === undefined) return results;
  switch (fault) {
    case 'missing-ids':
      return results.slice(0, Math.floor(results.length / 2));
    case 'duplicate-ids':
      return [...results, first];
    case 'conflicting-ids':
      return [...results, { ...first, label: first.label === 'A' ? 'B' : 'A' }];
    case 'unknown-ids':
      return [...results, { ...first, id: 9999 }];
    case 'string-ids':
      return results.map((r) => ({ ...r, id: String(r.id) }));
    case 'unknown-label':
      return [{ ...first, label: 'NO_SUCH_LABEL' }, ...results.slice(1)];
    case 'label-names':
      return results.map((r) => ({ ...r, label: ` ${r.label.toLowerCase()} ` }));
    default:
      return results;
  }
}

/** Faults that end a request before any work is done; nothing is billed. */
export function earlyFault(
  fault: FaultKind | undefined,
  requestId: string,
  headers: Record<string, string>,
): SimulatedReply | undefined {
  switch (fault) {
    case 'capacity-429':
      return {
        ...problem(
          requestId,
          429,
          '429',
          'The system is experiencing high demand and is temporarily unable to process your request.',
          headers,
        ),
        headers: { ...headers, 'retry-after-ms': '1000' },
      };
    case 'error-500':
      return problem(
        requestId,
        500,
        'internal_error',
        'The server had an error while processing your request.',
        headers,
      );
    case 'error-503':
      return problem(requestId, 503, 'service_unavailable', 'The service is temporarily unavailable.', headers);
    case 'reset':
      return { kind: 'drop', status: 0, headers: {}, body: null, delayMs: 5 };
    default:
      return undefined;
  }
}

/** An error answer in the shape of the service. */
export function problem(
  requestId: string,
  status: number,
  code: string,
  message: string,
  headers: Record<string, string> = {},
): SimulatedReply {
  return {
    kind: 'answer',
    status,
    headers: { 'x-request-id': requestId, ...headers },
    body: { error: { code, message, type: status === 400 ? 'invalid_request_error' : 'server_error', param: null } },
    delayMs: 5,
  };
}

/** The refusal of the content filter as Azure words it. */
export function contentFilter(requestId: string, headers: Record<string, string>): SimulatedReply {
  const reply = problem(
    requestId,
    400,
    'content_filter',
    'The response was filtered due to the prompt triggering the content management policy.',
    headers,
  );
  const filtered = { filtered: true, severity: 'high' };
  return {
    ...reply,
    body: {
      error: {
        code: 'content_filter',
        message: 'The response was filtered due to the prompt triggering the content management policy.',
        param: 'prompt',
        type: null,
        status: 400,
        innererror: {
          code: 'ResponsibleAIPolicyViolation',
          content_filter_result: { violence: filtered, hate: { filtered: false, severity: 'safe' } },
        },
      },
    },
  };
}

/** The 429 of the deployment's own limit. */
export function throttled(
  settings: HeaderSettings,
  admission: Admission,
  headers: Record<string, string>,
): SimulatedReply {
  const seconds = Math.max(1, Math.ceil(admission.retryAfterMs / 1000));
  const what = admission.refusedBy === 'requests' ? 'call' : 'token';
  const hint = settings.headers === 'hostile' ? '' : ` Please retry after ${seconds} seconds.`;
  return {
    kind: 'answer',
    status: 429,
    headers,
    body: {
      error: {
        code: settings.headers === 'openai' ? 'rate_limit_exceeded' : '429',
        message: `Requests to the simulator have exceeded the ${what} rate limit of this deployment.${hint}`,
        type: 'rate_limit',
      },
    },
    delayMs: 5,
  };
}

/** Rate-limit headers in the chosen profile. */
export function rateHeaders(settings: HeaderSettings, admission: Admission, sequence: number): Record<string, string> {
  const seconds = Math.max(1, Math.ceil(admission.retryAfterMs / 1000));
  if (settings.headers === 'hostile') {
    // Each of these has been reported from a live service.
    const shapes: Record<string, string>[] = [
      {},
      { 'x-ratelimit-remaining-tokens': '-1', 'x-ratelimit-limit-tokens': '0' },
      admission.admitted ? {} : { 'retry-after': '86400' },
      admission.admitted ? {} : { 'retry-after': 'Thu, 01 Jan 1970 00:00:00 GMT' },
      { 'X-RateLimit-Remaining-Tokens': 'NaN', 'x-rate-limit-reset-tokens': '-5' },
    ];
    return shapes[sequence % shapes.length] ?? {};
  }
  const common = {
    'x-ratelimit-limit-tokens': String(admission.limitTokens),
    'x-ratelimit-limit-requests': String(settings.rpm),
    'x-ratelimit-remaining-tokens': String(admission.remainingTokens),
    'x-ratelimit-remaining-requests': String(admission.remainingRequests),
  };
  const reset = settings.headers === 'openai' ? `${seconds}s` : String(seconds);
  if (admission.admitted)
    return { ...common, 'x-ratelimit-reset-tokens': settings.headers === 'openai' ? '17ms' : '1' };
  return {
    ...common,
    'x-ratelimit-reset-tokens': reset,
    ...(settings.headers === 'azure'
      ? { 'retry-after': String(seconds), 'retry-after-ms': String(admission.retryAfterMs) }
      : {}),
  };
}

/** Standard normal deviate from a 32-bit hash. */
export function normal(h: number): number {
  const u = (h + 0.5) / 4294967296;
  const v = ((Math.imul(h, 0x9e3779b1) >>> 0) + 0.5) / 4294967296;
  return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v);
}
