// Models and taxonomies over HTTP: what is registered, which one decides, and storing new labels.
import { app } from '@azure/functions';
import { parseRequest, promoteRequestSchema } from '../shared/api.ts';
import { getApp, getServices } from '../shared/app.ts';
import { loadTaxonomy, publishTaxonomy } from '../shared/pipeline/taxonomies.ts';
import { readBody, respond } from './http.ts';

app.http('listModels', {
  authLevel: 'function',
  route: 'models',
  methods: ['GET'],
  handler: (_request, context) =>
    respond(context, async () => {
      const { registry } = await getApp();
      return { jsonBody: { champion: (await registry.championVersion()) ?? null, models: await registry.list() } };
    }),
});

app.http('promoteModel', {
  authLevel: 'function',
  route: 'models/{version}/promote',
  methods: ['POST'],
  handler: (request, context) =>
    respond(context, async () => {
      const { config, registry } = await getApp();
      const { reason } = parseRequest(promoteRequestSchema, await readBody(request, config.REQUEST_MAX_BYTES));
      const version = request.params.version ?? '';
      await registry.promote(version, reason);
      return { jsonBody: { champion: version } };
    }),
});

app.http('currentTaxonomy', {
  authLevel: 'function',
  route: 'taxonomies/current',
  methods: ['GET'],
  handler: (_request, context) =>
    respond(context, async () => ({ jsonBody: await loadTaxonomy((await getServices()).lake) })),
});

app.http('publishTaxonomy', {
  authLevel: 'function',
  route: 'taxonomies',
  methods: ['POST'],
  handler: (request, context) =>
    respond(context, async () => {
      const { config, lake } = await getServices();
      return { status: 201, jsonBody: await publishTaxonomy(lake, await readBody(request, config.REQUEST_MAX_BYTES)) };
    }),
});
