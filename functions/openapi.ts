// The API describes itself.
import { openApiDocument } from '../shared/api/openapi.ts';
import { PIPELINE_VERSION } from '../shared/app.ts';
import { respond } from './http.ts';
import { app } from './registry.ts';

app.http('openApi', {
  authLevel: 'anonymous',
  route: 'openapi.json',
  methods: ['GET'],
  handler: (request, context) =>
    respond(context, request, 'reader', async () => ({ jsonBody: openApiDocument(PIPELINE_VERSION) })),
});
