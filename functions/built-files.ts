// Files that the build made for browsers, sent under a policy that allows nothing from elsewhere.
// Invariants: D1 only files of a listing can be asked for, which is taken anew when a name is not in it (a first start builds the page beside the host);
// no path of a request is opened. D2 what lies in assets/ has its content's hash
// in its name and may be kept for ever. D3 what a browser has already is not sent again.
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { HttpResponseInit } from '@azure/functions';
import type { AnswerAsOf } from './http.ts';

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  json: 'application/json',
  svg: 'image/svg+xml',
};

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** @param folder  its address ends with a slash @returns answers a path within it; 404 for what is not there */
export function builtFiles(folder: URL): (name: string) => Promise<HttpResponseInit | AnswerAsOf> {
  let files = new Set(filesIn(folder));
  return async (name) => {
    if (!files.has(name)) files = new Set(filesIn(folder));
    const type = TYPES[name.slice(name.lastIndexOf('.') + 1)];
    if (!files.has(name) || type === undefined) return { status: 404, body: 'There is no such file.' };
    const bytes = await readFile(new URL(name, folder)).catch(ifThere);
    if (bytes === undefined) return { status: 404, body: 'There is no such file.' };
    return {
      asOf: createHash('sha256').update(bytes).digest('base64url'), // D3
      headers: {
        'content-type': type,
        'content-security-policy': POLICY,
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'permissions-policy': 'camera=(), geolocation=(), microphone=()',
        'cache-control': name.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
      },
      make: async () => bytes,
    };
  };
}

/** D1. None where nothing was built, as when sources run directly. */
function filesIn(folder: URL): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((path) => path.replaceAll('\\', '/'));
  } catch (error) {
    return ifThere(error) ?? [];
  }
}

/** A build that goes on beside the host takes away what it makes anew. */
function ifThere(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
  throw error;
}
