// The web page: the files that Vite built into dist/dashboard, under a policy that allows nothing from elsewhere.
// Invariants: D1 only files that are there at start can be asked for; no path of a request is opened. D2 everything but the page itself has
// its content's hash in its name and may be kept for ever.
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { respond } from './http.ts';
import { app } from './registry.ts';

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
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

const ROOT = new URL('../dashboard/', import.meta.url);
const files = new Set(readBuilt());

app.http('dashboard', {
  authLevel: 'anonymous',
  route: 'dashboard/{*path}',
  methods: ['GET'],
  handler: (request, context) =>
    respond(context, request, 'reader', async () => {
      const path = request.params.path ?? '';
      const isPage = !/\.[a-z0-9]+$/i.test(path); // addresses of views, which the page itself resolves
      const name = isPage ? 'index.html' : path;
      const type = TYPES[name.slice(name.lastIndexOf('.') + 1)];
      if (!files.has(name) || type === undefined) return { status: 404, body: 'There is no such file.' };
      return {
        headers: {
          'content-type': type,
          'content-security-policy': POLICY,
          'x-content-type-options': 'nosniff',
          'referrer-policy': 'no-referrer',
          'cross-origin-opener-policy': 'same-origin',
          'permissions-policy': 'camera=(), geolocation=(), microphone=()',
          'cache-control': name.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
        },
        body: await readFile(new URL(name, ROOT)),
      };
    }),
});

/** D1. Empty where the page was not built, as when sources run directly. */
function readBuilt(): string[] {
  try {
    return readdirSync(ROOT, { recursive: true, encoding: 'utf8' }).map((path) => path.replaceAll('\\', '/'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
