// Quotes over HTTP: what a run would cost, before anything is paid.
import { quoteRequestSchema } from '../shared/api/insights.ts';

import { parseRequest } from '../shared/api/problem.ts';
import { getServices } from '../shared/app.ts';
import { quoteSource } from '../shared/insight/quotable-files.ts';
import { access, readBody, respond } from './http.ts';
import { app } from './registry.ts';

app.http('quoteRun', {
  ...access,
  route: 'quotes',
  methods: ['POST'],
  handler: (request, context) =>
    respond(context, request, 'operator', async () => {
      const services = await getServices();
      const body = parseRequest(quoteRequestSchema, await readBody(request, services.config.REQUEST_MAX_BYTES));
      return { jsonBody: await quoteSource(services, body) };
    }),
});
