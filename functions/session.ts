// Who is looking, over HTTP.
import { getServices, whoCalls } from '../shared/app.ts';
import { describeSession } from '../shared/insight/session.ts';
import { access, respond } from './http.ts';
import { app } from './registry.ts';

app.http('session', {
  ...access,
  route: 'session',
  methods: ['GET'],
  handler: (request, context) =>
    respond(context, request, 'reader', async () => {
      const caller = whoCalls(request.headers.get('x-ms-client-principal'), 'reader');
      return { jsonBody: await describeSession(await getServices(), caller) };
    }),
});
