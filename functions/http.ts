// HTTP edge: bodies with a limit, errors as RFC 9457 problems, answers that need not be sent twice.
import { createHash } from 'node:crypto';
import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import { RequestError, refuseForeignPages, toProblem } from '../shared/api/problem.ts';
import { parseParameter, type RouteParameter } from '../shared/api/sources.ts';
import { type CallerRole, getConfig, whoCalls } from '../shared/app.ts';

/** Who may reach the API at all: holders of a function key, or, with Entra ID in front, whoever it lets through to `respond`. */
export const access = {
  authLevel: getConfig().AUTH_MODE === 'entra' ? ('anonymous' as const) : ('function' as const),
};

/**
 * Run a handler for a caller with a role; whatever it throws becomes problem+json, and the log names it without content.
 * @param role  the least one that may; asked of the caller where Entra ID signs callers in
 */
export async function respond(
  context: InvocationContext,
  request: HttpRequest,
  role: CallerRole,
  handler: () => Promise<HttpResponseInit>,
): Promise<HttpResponseInit> {
  try {
    refuseForeignPages(request.method, request.headers.get('sec-fetch-site'));
    whoCalls(request.headers.get('x-ms-client-principal'), role);
    return tagged(request, await handler());
  } catch (error) {
    const problem = toProblem(error);
    if (problem.status >= 500) context.error('request.failed', problem.code, error instanceof Error ? error.stack : '');
    return {
      status: problem.status,
      headers: { 'content-type': 'application/problem+json' },
      body: JSON.stringify(problem),
    };
  }
}

/** JSON that was asked for carries its hash as ETag; who has it already is told so (304) and gets no body. */
function tagged(request: HttpRequest, answer: HttpResponseInit): HttpResponseInit {
  const { jsonBody, ...rest } = answer;
  if (request.method !== 'GET' || jsonBody === undefined || (answer.status ?? 200) !== 200) return answer;
  const body = JSON.stringify(jsonBody);
  const etag = `"${createHash('sha256').update(body).digest('base64url')}"`;
  // Kept by the caller's browser alone, and asked about each time: another role may be refused it.
  const headers = { 'cache-control': 'private, no-cache', ...rest.headers, etag };
  // A proxy that compresses marks the tag it passes on as weak.
  const known = (request.headers.get('if-none-match') ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  if (known.includes(etag)) return { ...rest, status: 304, headers };
  return { ...rest, headers: { 'content-type': 'application/json', ...headers }, body };
}

/**
 * A parameter of the route. The host has decoded it once; it is not decoded again: what is encoded twice stays what it is and fits no schema.
 * @throws {RequestError} request.invalid naming the parameter
 */
export const parameter = <N extends RouteParameter>(request: HttpRequest, name: N) =>
  parseParameter(name, request.params[name]);

/** The JSON body; an empty one is `{}`. @throws {RequestError} not JSON, or larger than `maxBytes` */
export async function readBody(request: HttpRequest, maxBytes: number): Promise<unknown> {
  const text = await request.text();
  if (Buffer.byteLength(text) > maxBytes)
    throw new RequestError([{ field: '(body)', message: `is larger than ${maxBytes} bytes (REQUEST_MAX_BYTES)` }]);
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text);
  } catch {
    throw new RequestError([{ field: '(body)', message: 'is not JSON' }]);
  }
}
