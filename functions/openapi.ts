// The API describes itself.
import { app } from '@azure/functions';
import { openApiDocument } from '../shared/api/openapi.ts';
import { describeApp } from '../shared/app.ts';
import { respond } from './http.ts';

app.http('openApi', {
  authLevel: 'anonymous',
  route: 'openapi.json',
  methods: ['GET'],
  handler: (request, context) =>
    respond(context, request, 'reader', async () => ({ jsonBody: openApiDocument(describeApp().version ?? '') })),
});
