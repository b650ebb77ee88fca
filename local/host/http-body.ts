// Reading requests and writing answers on node:http.
// Invariant: a body beyond the limit is refused before it is held in memory.
import type { IncomingMessage, ServerResponse } from 'node:http';

const MAX_BODY_BYTES = 100 * 1024 * 1024; // request limit of Azure Functions

/** The request's body is too large. */
export class BodyTooLargeError extends Error {
  override readonly name = 'BodyTooLargeError';
}

/** Read a whole body. @throws {BodyTooLargeError} above 100 MB */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES)
    throw new BodyTooLargeError('The request body exceeds 100 MB.');
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new BodyTooLargeError('The request body exceeds 100 MB.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Answer with JSON. */
export function sendJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Record<string, string> = {},
): void {
  const body = JSON.stringify(value) ?? 'null';
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    ...headers,
  });
  response.end(body);
}

/** Answer with plain text, or with nothing when `text` is empty. */
export function sendText(
  response: ServerResponse,
  status: number,
  text = '',
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, {
    ...(text === '' ? {} : { 'content-type': 'text/plain; charset=utf-8' }),
    'content-length': String(Buffer.byteLength(text)),
    ...headers,
  });
  response.end(text);
}
