// Models and encoders over HTTP: what is registered, and which one decides.
import { rollbackRequestSchema } from '../shared/api/insights.ts';
import { parseRequest } from '../shared/api/problem.ts';
import { promoteRequestSchema, useEncoderSchema } from '../shared/api/training.ts';
import { getApp } from '../shared/app.ts';
import { readModelReport } from '../shared/insight/model-report.ts';
import { useEncoder } from '../shared/pipeline/use-encoder.ts';
import { access, parameter, readBody, respond } from './http.ts';
import { app } from './registry.ts';

app.http('listModels', {
  ...access,
  route: 'models',
  methods: ['GET'],
  handler: (request, context) =>
    respond(context, request, 'reader', async () => {
      return { jsonBody: await (await getApp()).registry.inspect() };
    }),
});

app.http('getModel', {
  ...access,
  route: 'models/{version:regex(^v\\d+$)}',
  methods: ['GET'],
  handler: (request, context) =>
    respond(context, request, 'reader', async () => ({
      jsonBody: await readModelReport((await getApp()).registry, parameter(request, 'version')),
    })),
});

app.http('modelFile', {
  ...access,
  route: 'models/{version}/files/{modelFile}',
  methods: ['GET'],
  handler: (request, context) =>
    respond(context, request, 'operator', async () => {
      const [version, file] = [parameter(request, 'version'), parameter(request, 'modelFile')];
      const body = await (await getApp()).registry.file(version, file);
      return { headers: { 'content-type': 'application/octet-stream', 'x-content-type-options': 'nosniff' }, body };
    }),
});

app.http('promoteModel', {
  ...access,
  route: 'models/{version}/promote',
  methods: ['POST'],
  handler: (request, context) =>
    respond(context, request, 'operator', async () => {
      const version = parameter(request, 'version');
      const { config, registry } = await getApp();
      const { reason, force } = parseRequest(promoteRequestSchema, await readBody(request, config.REQUEST_MAX_BYTES));
      await registry.promote(version, reason, { force });
      return { jsonBody: { champion: version } };
    }),
});

app.http('rollbackModel', {
  ...access,
  route: 'models/rollback',
  methods: ['POST'],
  handler: (request, context) =>
    respond(context, request, 'operator', async () => {
      const { config, registry } = await getApp();
      const { reason } = parseRequest(rollbackRequestSchema, await readBody(request, config.REQUEST_MAX_BYTES));
      return { jsonBody: { champion: await registry.rollback(reason) } };
    }),
});

app.http('listEncoders', {
  ...access,
  route: 'encoders',
  methods: ['GET'],
  handler: (request, context) =>
    respond(context, request, 'reader', async () => ({ jsonBody: await (await getApp()).encoders.list() })),
});

app.http('useEncoder', {
  ...access,
  route: 'encoders/use',
  methods: ['POST'],
  handler: (request, context) =>
    respond(context, request, 'operator', async () => {
      const opened = await getApp();
      const { version } = parseRequest(useEncoderSchema, await readBody(request, opened.config.REQUEST_MAX_BYTES));
      return { jsonBody: await useEncoder(opened, version) };
    }),
});
