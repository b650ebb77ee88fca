// Notifications of Microsoft Graph. The route is open, because the service has no key: who sends is proven by the client state (shared/sources/notifications.ts).
import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { toProblem } from '../shared/api/problem.ts';
import { getApp, getConfig } from '../shared/app.ts';
import { echoed } from '../shared/sources/notifications.ts';
import { readBody } from './http.ts';
import { app } from './registry.ts';

const MAX_BYTES = 256 * 1024;

app.http('sourceNotifications', {
  authLevel: 'anonymous',
  route: 'source-notifications',
  methods: ['POST'],
  handler: async (request, context) => {
    try {
      return await take(request);
    } catch (error) {
      const problem = toProblem(error);
      if (problem.status >= 500)
        context.error('request.failed', problem.code, error instanceof Error ? error.stack : '');
      return {
        status: problem.status,
        headers: { 'content-type': 'application/problem+json' },
        body: JSON.stringify(problem),
      };
    }
  },
});

async function take(request: HttpRequest): Promise<HttpResponseInit> {
  if (getConfig().NOTIFICATIONS_URL === undefined) return { status: 404 };
  const token = request.query.get('validationToken');
  if (token !== null)
    return {
      headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
      body: echoed(token),
    };
  const body = await readBody(request, MAX_BYTES);
  await (await getApp()).sources.notifications.receive(body);
  return { status: 202 };
}
