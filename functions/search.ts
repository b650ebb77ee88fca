// Documents found by what stands in them, over HTTP.
import { searchSchema } from '../shared/api/decisions.ts';
import { parseRequest } from '../shared/api/problem.ts';
import { getApp } from '../shared/app.ts';
import { searchDocuments } from '../shared/search/search.ts';
import { access, queryOf, respond } from './http.ts';
import { app } from './registry.ts';

app.http('searchDocuments', {
  ...access,
  route: 'search',
  methods: ['GET'],
  handler: (request, context) =>
    respond(context, request, 'reviewer', async () => {
      const asked = parseRequest(searchSchema, queryOf(request));
      return { headers: { 'cache-control': 'no-store' }, jsonBody: await searchDocuments(await getApp(), asked) };
    }),
});
