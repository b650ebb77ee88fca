// Who may call a server of the laptop: programs on this machine, and the pages that it serves itself.
// Invariants: L1 a Host header with another name is refused: a foreign page whose name was made to point at this machine (DNS rebinding) would
// be its own host here. L2 what a page of another site sends is refused, whatever its method and address; only a link that is followed passes.
import type { IncomingMessage, ServerResponse } from 'node:http';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$|^$/i;

/** Why a request is not answered. */
export interface Refusal {
  status: 421 | 403;
  message: string;
}

/**
 * @param allowed  origins that may call all the same, as the CORS setting lists them; '*' = any
 * @returns undefined when the request may be answered
 */
export function refuseForeigners(
  { method, headers }: Pick<IncomingMessage, 'method' | 'headers'>,
  allowed: readonly string[] = [],
): Refusal | undefined {
  const host = headers.host ?? '';
  if (!LOOPBACK.test(host)) return { status: 421, message: 'Call this host as localhost or 127.0.0.1.' };
  const { origin } = headers;
  if (origin !== undefined && (allowed.includes('*') || allowed.includes(origin))) return undefined;
  if (!isForeign(headers, host)) return undefined;
  const isLink = (method === 'GET' || method === 'HEAD') && headers['sec-fetch-mode'] === 'navigate';
  if (isLink && headers['sec-fetch-dest'] === 'document') return undefined;
  return {
    status: 403,
    message: 'A page of another site may not call this host; name its origin in CORS if it is yours.',
  };
}

/** Browsers say where a request comes from; older ones at least where a page that changes something is from. Programs say neither. */
function isForeign(headers: IncomingMessage['headers'], host: string): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  if (headers.origin === undefined) return false;
  return !URL.canParse(headers.origin) || new URL(headers.origin).host !== host.toLowerCase();
}

/** Answer a request that is refused; its body is not read. Returns false when it is not. */
export function answerForeigners(
  request: IncomingMessage,
  response: ServerResponse,
  allowed: readonly string[] = [],
): boolean {
  const refusal = refuseForeigners(request, allowed);
  if (refusal === undefined) return false;
  request.resume();
  response.writeHead(refusal.status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': String(Buffer.byteLength(refusal.message)),
    connection: 'close',
  });
  response.end(request.method === 'HEAD' ? undefined : refusal.message);
  return true;
}
