// HTTP edge: bodies with a limit, errors as RFC 9457 problems, answers that need not be sent twice.
import { createHash } from 'node:crypto';
import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import { parseRequest, RequestError, refuseForeignPages, toProblem } from '../shared/api/problem.ts';
import { parseParameter, type RouteParameter } from '../shared/api/sources.ts';
import { FIRST, VERSION, versionOf, versionSchema } from '../shared/api/version.ts';
import { type CallerRole, configIfValid, PIPELINE_VERSION, whoCalls } from '../shared/app.ts';

/** Who may reach the API at all: holders of a function key, or, with Entra ID in front, whoever it lets through to `respond`. */
export const access = {
  authLevel: configIfValid()?.AUTH_MODE === 'entra' ? ('anonymous' as const) : ('function' as const),
};

/** What need not be made for who has it: JSON, or bytes of the type named. */
export interface AnswerAsOf {
  /** Another text whenever the answer may be another one: versions of tables, the day, who asks. */
  asOf: string;
  make(): Promise<unknown>;
  /** Of bytes. */
  headers?: Record<string, string>;
}

/**
 * Run a handler for a caller with a role; whatever it throws becomes problem+json, and the log names it without content.
 * @param role  the least one that may; asked of the caller where Entra ID signs callers in
 */
export async function respond(
  context: InvocationContext,
  request: HttpRequest,
  role: CallerRole,
  handler: () => Promise<HttpResponseInit | AnswerAsOf>,
): Promise<HttpResponseInit> {
  try {
    parseRequest(versionSchema, { [VERSION]: request.query.get(VERSION) ?? FIRST });
    refuseForeignPages(request.method, request.headers.get('sec-fetch-site'));
    whoCalls(request.headers.get('x-ms-client-principal'), role);
    const answer = await handler();
    return 'asOf' in answer ? await unlessKnown(request, answer) : tagged(request, answer);
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

// Other settings may give other answers: to a caller that remembers a host of yesterday too.
const settings = tagOf(JSON.stringify(configIfValid() ?? null));

/** The tag is known before the work: who has the answer already costs no more than the look that says so. */
async function unlessKnown(request: HttpRequest, { asOf, make, headers: own }: AnswerAsOf): Promise<HttpResponseInit> {
  const { pathname, search } = new URL(request.url);
  const etag = tagOf(JSON.stringify([PIPELINE_VERSION, settings, pathname, search, asOf]));
  const headers = { ...KEPT_BY_CALLER, ...own, etag };
  if (isKnown(request, etag)) return { status: 304, headers };
  const made = await make();
  if (made instanceof Uint8Array) return { headers, body: made };
  return { headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(made) };
}

/** JSON that was asked for carries its hash as ETag; who has it already is told so (304) and gets no body. */
function tagged(request: HttpRequest, answer: HttpResponseInit): HttpResponseInit {
  const { jsonBody, ...rest } = answer;
  if (request.method !== 'GET' || jsonBody === undefined || (answer.status ?? 200) !== 200) return answer;
  const body = JSON.stringify(jsonBody);
  const etag = tagOf(body);
  const headers = { ...KEPT_BY_CALLER, ...rest.headers, etag };
  if (isKnown(request, etag)) return { ...rest, status: 304, headers };
  return { ...rest, headers: { 'content-type': 'application/json', ...headers }, body };
}

// Kept by the caller's browser alone, and asked about each time: another role may be refused it.
const KEPT_BY_CALLER = { 'cache-control': 'private, no-cache' } as const;

function tagOf(text: string): string {
  return `"${createHash('sha256').update(text).digest('base64url')}"`;
}

/** Does our own page ask, and not a program? */
export const isFromPage = (request: HttpRequest): boolean => request.headers.get('sec-fetch-site') === 'same-origin';

function isKnown(request: HttpRequest, etag: string): boolean {
  // A proxy that compresses marks the tag it passes on as weak.
  const known = (request.headers.get('if-none-match') ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return known.includes(etag);
}

/**
 * A parameter of the route. The host has decoded it once; it is not decoded again: what is encoded twice stays what it is and fits no schema.
 * @throws {RequestError} request.invalid naming the parameter
 */
export const parameter = <N extends RouteParameter>(request: HttpRequest, name: N) =>
  parseParameter(name, request.params[name]);

/** The query of a request, without the version that it asks for. */
export function queryOf(request: HttpRequest): Record<string, string> {
  const { 'api-version': _, ...query } = Object.fromEntries(request.query);
  return query;
}

/** Is the answer wanted as it was before versions? */
export const isFirstVersion = (request: HttpRequest): boolean => versionOf(request.query.get(VERSION)) === FIRST;

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
