// What another model or another bar would have decided, over HTTP; it changes nothing.
import { whatIfSchema } from '../shared/api/decisions.ts';
import { parseRequest } from '../shared/api/problem.ts';
import { getApp } from '../shared/app.ts';
import { whatIf } from '../shared/insight/whatif.ts';
import { access, readBody, respond } from './http.ts';
import { app } from './registry.ts';

app.http('whatIf', {
  ...access,
  route: 'whatif',
  methods: ['POST'],
  handler: (request, context) =>
    respond(context, request, 'operator', async () => {
      const lake = await getApp();
      const body = parseRequest(whatIfSchema, await readBody(request, lake.config.REQUEST_MAX_BYTES));
      return { jsonBody: await whatIf(lake, body) };
    }),
});
