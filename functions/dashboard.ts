// The web page: fixed files from dashboard/, under a policy that allows nothing from elsewhere.
import { readFile } from 'node:fs/promises';
import { app } from '@azure/functions';
import { respond } from './http.ts';

const FILES: Readonly<Record<string, string>> = {
  'index.html': 'text/html; charset=utf-8',
  'page.js': 'text/javascript; charset=utf-8',
  'page.css': 'text/css; charset=utf-8',
};

// dist/functions/ and dashboard/ are siblings' children in the package as in the repository.
const ROOT = new URL('../../dashboard/', import.meta.url);

app.http('dashboard', {
  authLevel: 'anonymous',
  route: 'dashboard/{file?}',
  methods: ['GET'],
  handler: (request, context) =>
    respond(context, request, 'reader', async () => {
      const name = request.params.file ?? 'index.html';
      const type = Object.hasOwn(FILES, name) ? FILES[name] : undefined;
      if (type === undefined) return { status: 404 };
      return {
        headers: {
          'content-type': type,
          'content-security-policy':
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
          'x-content-type-options': 'nosniff',
          'referrer-policy': 'no-referrer',
          'cache-control': 'no-cache',
        },
        body: await readFile(new URL(name, ROOT)),
      };
    }),
});
