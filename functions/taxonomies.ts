// Labels over HTTP: their versions, storing new ones, and what is weak in them.
import { getApp, getServices } from '../shared/app.ts';
import { checkTaxonomy } from '../shared/insight/check-taxonomy.ts';
import { diffToCurrent, listTaxonomies, loadTaxonomy, publishTaxonomy } from '../shared/pipeline/taxonomies.ts';
import { access, parameter, readBody, respond } from './http.ts';
import { app } from './registry.ts';

app.http('currentTaxonomy', {
  ...access,
  route: 'taxonomies/current',
  methods: ['GET'],
  handler: (request, context) =>
    respond(context, request, 'reader', async () => ({ jsonBody: await loadTaxonomy((await getServices()).lake) })),
});

app.http('listTaxonomies', {
  ...access,
  route: 'taxonomies',
  methods: ['GET'],
  handler: (request, context) =>
    respond(context, request, 'reader', async () => ({
      jsonBody: await listTaxonomies((await getServices()).lake),
    })),
});

app.http('getTaxonomy', {
  ...access,
  route: 'taxonomies/{taxonomyVersion:regex(^.+-.+$)}',
  methods: ['GET'],
  handler: (request, context) =>
    respond(context, request, 'reader', async () => ({
      jsonBody: await loadTaxonomy((await getServices()).lake, parameter(request, 'taxonomyVersion')),
    })),
});

app.http('publishTaxonomy', {
  ...access,
  route: 'taxonomies',
  methods: ['POST'],
  handler: (request, context) =>
    respond(context, request, 'operator', async () => {
      const { config, lake } = await getServices();
      return { status: 201, jsonBody: await publishTaxonomy(lake, await readBody(request, config.REQUEST_MAX_BYTES)) };
    }),
});

// An operator's: comparing meanings is work for the encoder.
app.http('checkTaxonomy', {
  ...access,
  route: 'taxonomies/check',
  methods: ['POST'],
  handler: (request, context) =>
    respond(context, request, 'operator', async () => {
      const { config, services } = await getApp();
      const document = await readBody(request, config.REQUEST_MAX_BYTES);
      const check = await checkTaxonomy(services, document, services);
      return { jsonBody: { ...check, diff: await diffToCurrent(services.lake, document) } };
    }),
});
