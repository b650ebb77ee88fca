// Dispatches requests: admin, durable management, blob webhook, then HTTP functions; CORS.
// Invariants: every request gets exactly one answer; no page of another site gets any (loopback.ts), whatever the endpoint; while stopping, only the management API answers (running functions may need it).
import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerForeigners } from '../loopback.ts';
import type { AdminApi } from './admin.ts';
import { receiveBlobEvents } from './blob-events.ts';
import type { BlobTrigger } from './blob-trigger.ts';
import { BodyTooLargeError, readBody, sendJson, sendText } from './http-body.ts';
import type { HttpFunctions } from './http-functions.ts';
import type { HostLog } from './log.ts';
import type { ManagementApi } from './management.ts';
import type { LocalSettings } from './settings.ts';

const DURABLE_BASES = ['/runtime/webhooks/durabletask/', '/durabletask/'];

export interface ListenerDeps {
  http: HttpFunctions;
  admin: AdminApi;
  management: ManagementApi;
  blobs: readonly BlobTrigger[];
  log: HostLog;
  url: string;
  cors: Pick<LocalSettings, 'cors' | 'corsCredentials'>;
  accepting(): boolean;
}

/** A request handler for node:http, and a promise of the moment when no function's request is in progress. */
export function createRequestHandler(deps: ListenerDeps): {
  handler: (request: IncomingMessage, response: ServerResponse) => void;
  drained(): Promise<void>;
} {
  let active = 0;
  let idle: (() => void) | undefined;
  const handler = (request: IncomingMessage, response: ServerResponse) => {
    active++;
    answer(deps, request, response)
      .catch((error: unknown) => fail(deps, error, request, response))
      .finally(() => {
        active--;
        if (active === 0) idle?.();
      });
  };
  const drained = () =>
    new Promise<void>((resolve) => {
      if (active === 0) resolve();
      else idle = resolve;
    });
  return { handler, drained };
}

async function answer(deps: ListenerDeps, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const origin = `http://${request.headers.host ?? new URL(deps.url).host}`;
  if (answerForeigners(request, response, deps.cors.cors)) return;
  const target = request.url ?? '/';
  // `//host/x` would otherwise be read as another origin
  const url = URL.canParse(`${origin}${target}`) ? new URL(`${origin}${target}`) : undefined;
  if (!url || !target.startsWith('/')) return sendText(response, 400);
  if (allowOrigin(deps, request, response)) return;
  const base = DURABLE_BASES.find((prefix) => url.pathname.startsWith(prefix));
  if (base) return deps.management.handle(url.pathname.slice(base.length), url, origin, request, response);
  if (!deps.accepting()) return sendText(response, 503, '', { 'retry-after': '1', connection: 'close' });
  if (url.pathname.startsWith('/admin/'))
    return deps.admin.handle(url.pathname.slice('/admin/'.length), request, response);
  if (url.pathname === '/runtime/webhooks/blobs' && request.method === 'POST')
    return blobEvents(deps, url, request, response);
  if (!(await deps.http.handle(url, request, response))) sendText(response, 404);
}

async function blobEvents(
  deps: ListenerDeps,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const text = (await readBody(request)).toString('utf8');
  const type = String(request.headers['aeg-event-type'] ?? 'Notification');
  const result = receiveBlobEvents(deps.blobs, url.searchParams.get('functionName') ?? '', type, text);
  if (result.body === undefined) sendText(response, result.status);
  else sendJson(response, result.status, result.body);
}

/** Set CORS headers. Returns true when the request was a preflight and is answered. */
function allowOrigin(deps: ListenerDeps, request: IncomingMessage, response: ServerResponse): boolean {
  const { origin } = request.headers;
  const { cors, corsCredentials } = deps.cors;
  if (!origin || cors.length === 0 || !(cors.includes('*') || cors.includes(origin))) return false;
  response.setHeader('access-control-allow-origin', corsCredentials || !cors.includes('*') ? origin : '*');
  if (corsCredentials) response.setHeader('access-control-allow-credentials', 'true');
  if (request.method !== 'OPTIONS' || !request.headers['access-control-request-method']) return false;
  sendText(response, 204, '', {
    'access-control-allow-methods': request.headers['access-control-request-method'],
    'access-control-allow-headers': String(request.headers['access-control-request-headers'] ?? '*'),
  });
  return true;
}

function fail(deps: ListenerDeps, error: unknown, request: IncomingMessage, response: ServerResponse): void {
  if (error instanceof BodyTooLargeError && !response.headersSent) {
    sendJson(response, 413, { message: error.message }, { connection: 'close' });
    return;
  }
  deps.log.error('http.failed', {
    method: request.method,
    path: (request.url ?? '').split('?')[0],
    message: error instanceof Error ? error.message : String(error),
  });
  if (response.headersSent) response.destroy();
  else sendText(response, 500);
}
