// callHttp on the host's side: one request, then polling of a 202 until the final answer.
// Invariant: the orchestrator sees only the final answer, because a 202 with Location would make the SDK count two ids for polls of its own.
import type { Clock } from '../../shared/ports.ts';
import type { DurableHttpRequest } from './history.ts';

export interface DurableHttpResponse {
  statusCode: number;
  headers: Record<string, string>;
  content: string;
}

/**
 * Make the call.
 * @param options.defaultPollMs   pause before a poll when the server names none (Retry-After, seconds or date)
 * @throws when the server cannot be reached, or the signal aborts
 */
export async function callDurableHttp(
  request: DurableHttpRequest,
  options: { clock: Clock; signal: AbortSignal; defaultPollMs: number },
): Promise<DurableHttpResponse> {
  const headers: Record<string, string> = { ...request.headers };
  if (request.tokenSource) headers.authorization = `Bearer ${await tokenFor(request.tokenSource.resource)}`;
  const content =
    typeof request.content === 'string'
      ? request.content
      : request.content === undefined
        ? undefined
        : JSON.stringify(request.content);
  const bodyless = /^(get|head)$/i.test(request.method);
  let url = new URL(request.uri);
  let response = await fetch(url, {
    method: request.method,
    headers,
    signal: options.signal,
    ...(bodyless || content === undefined ? {} : { body: content }),
  });
  const pollHeaders = Object.fromEntries(
    Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'x-functions-key'),
  );
  while (response.status === 202 && request.asynchronousPatternEnabled !== false) {
    const location = response.headers.get('location');
    if (!location) break;
    await response.arrayBuffer();
    await options.clock.sleep(
      retryAfterMs(response.headers.get('retry-after'), options.clock.now()) ?? options.defaultPollMs,
      options.signal,
    );
    url = new URL(location, url);
    response = await fetch(url, { method: 'GET', headers: pollHeaders, signal: options.signal });
  }
  return { statusCode: response.status, headers: Object.fromEntries(response.headers), content: await response.text() };
}

/** Milliseconds that a Retry-After header asks for; undefined when absent or unreadable. */
export function retryAfterMs(header: string | null, nowMs: number): number | undefined {
  if (header === null || header.trim() === '') return undefined;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}

async function tokenFor(resource: string): Promise<string> {
  const { DefaultAzureCredential } = await import('@azure/identity');
  const scope = resource.endsWith('/.default') ? resource : `${resource.replace(/\/$/, '')}/.default`;
  return (await new DefaultAzureCredential().getToken(scope)).token;
}
