// Sources over HTTP: list, add, pause, sync, look.
import df from 'durable-functions';
import { parseRequest } from '../shared/api/problem.ts';
import { sourceEntrySchema } from '../shared/api/source-entry.ts';
import { sourceItemsSchema, syncRequestSchema } from '../shared/api/source-status.ts';
import { getApp, getConfig } from '../shared/app.ts';
import { access, parameter, queryOf, readBody, respond } from './http.ts';
import { app } from './registry.ts';
import { startRound } from './source-rounds.ts';

const withClient = () => ({ ...access, extraInputs: [df.input.durableClient()] });

app.http('listSources', {
  ...access,
  route: 'sources',
  methods: ['GET'],
  handler: (request, context) =>
    respond(context, request, 'reader', async () => ({
      jsonBody: await (await getApp()).sources.status(),
    })),
});

app.http('addSource', {
  ...access,
  route: 'sources',
  methods: ['POST'],
  handler: (request, context) =>
    respond(context, request, 'operator', async () => {
      const entry = parseRequest(sourceEntrySchema, await readBody(request, getConfig().REQUEST_MAX_BYTES));
      const { sources } = await getApp();
      await sources.put(entry);
      return { status: 201, jsonBody: (await sources.status()).sources.find(({ name }) => name === entry.name) };
    }),
});

app.http('removeSource', {
  ...access,
  route: 'sources/{source}',
  methods: ['DELETE'],
  handler: (request, context) =>
    respond(context, request, 'operator', async () => {
      const name = parameter(request, 'source');
      await (await getApp()).sources.remove(name);
      return { status: 204 };
    }),
});

for (const [id, verb] of [
  ['pauseSource', 'pause'],
  ['resumeSource', 'resume'],
] as const)
  app.http(id, {
    ...access,
    route: `sources/{source}/${verb}`,
    methods: ['POST'],
    handler: (request, context) =>
      respond(context, request, 'operator', async () => {
        const name = parameter(request, 'source');
        await (await getApp()).sources.pause(name, verb === 'pause');
        return { status: 204 };
      }),
  });

app.http('syncSource', {
  ...withClient(),
  route: 'sources/{source}/sync',
  methods: ['POST'],
  handler: (request, context) =>
    respond(context, request, 'operator', async () => {
      const name = parameter(request, 'source');
      const { full, confirmRemovals } = parseRequest(
        syncRequestSchema,
        await readBody(request, getConfig().REQUEST_MAX_BYTES),
      );
      await (await getApp()).sources.items(name, 'landed', 1); // 404 for a name that is none
      await startRound(context, { name, full, confirmRemovals });
      return { status: 202, jsonBody: { source: name, state: 'syncing' } };
    }),
});

app.http('sourceItems', {
  ...access,
  route: 'sources/{source}/items',
  methods: ['GET'],
  handler: (request, context) =>
    respond(context, request, 'reader', async () => {
      const name = parameter(request, 'source');
      const { state, limit } = parseRequest(sourceItemsSchema, queryOf(request));
      return { jsonBody: { items: await (await getApp()).sources.items(name, state, limit) } };
    }),
});

app.http('checkSource', {
  ...access,
  route: 'sources/{source}/check',
  methods: ['POST'],
  handler: (request, context) =>
    respond(context, request, 'operator', async () => {
      const name = parameter(request, 'source');
      return { jsonBody: { checks: await (await getApp()).sources.check(name) } };
    }),
});
