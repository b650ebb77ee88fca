// The documentation as docs/site built it into dist/docs.
import { builtFiles } from './built-files.ts';
import { respond } from './http.ts';
import { app } from './registry.ts';

const answer = builtFiles(new URL('../docs/', import.meta.url));

app.http('docs', {
  authLevel: 'anonymous',
  route: 'docs/{*path}',
  methods: ['GET'],
  handler: (request, context) =>
    respond(context, request, 'reader', async () => {
      const path = request.params.path ?? '';
      if (path !== '') return answer(path);
      // Links of the pages are relative: without a file in the address they would lead a step too high.
      return { status: 302, headers: { location: '/api/docs/index.html' } };
    }),
});
