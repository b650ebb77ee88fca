// The web page that Vite built into dist/dashboard.
import { builtFiles } from './built-files.ts';
import { respond } from './http.ts';
import { app } from './registry.ts';

const answer = builtFiles(new URL('../dashboard/', import.meta.url));

app.http('dashboard', {
  authLevel: 'anonymous',
  route: 'dashboard/{*path}',
  methods: ['GET'],
  handler: (request, context) =>
    respond(context, request, 'reader', () => {
      const path = request.params.path ?? '';
      const isPage = !/\.[a-z0-9]+$/i.test(path); // addresses of views, which the page itself resolves
      return answer(isPage ? 'index.html' : path);
    }),
});
