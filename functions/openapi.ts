// The API describes itself.
import { app } from '@azure/functions';
import { describeApp } from '../shared/app.ts';
import { openApiDocument } from '../shared/pipeline/openapi.ts';
import { respond } from './http.ts';

app.http('openApi', {
  authLevel: 'anonymous',
  route: 'openapi.json',
  methods: ['GET'],
  handler: (request, context) =>
    respond(context, request, 'reader', async () => ({ jsonBody: openApiDocument(describeApp().version ?? '') })),
});
