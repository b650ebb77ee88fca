// Runs over HTTP: start, list, follow, cancel, repeat.
import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import df from 'durable-functions';
import { parseRequest } from '../shared/api/problem.ts';
import { listRunsSchema, rerunRequestSchema, runRequestSchema } from '../shared/api/runs.ts';
import { getApp, getProgress, getServices } from '../shared/app.ts';
import { runReport } from '../shared/insight/run-report.ts';
import { cancelRun, createRerun, createRun, type StartedRun } from '../shared/pipeline/start-run.ts';
import { durableRuns, startUnended } from './durable-runs.ts';
import { access, parameter, queryOf, readBody, respond } from './http.ts';
import { app } from './registry.ts';

const withClient = () => ({ ...access, extraInputs: [df.input.durableClient()] });

app.http('startRun', {
  ...withClient(),
  route: 'runs',
  methods: ['POST'],
  handler: (request, context) =>
    respond(context, request, 'operator', async () => {
      const services = await getServices();
      const body = parseRequest(runRequestSchema, await readBody(request, services.config.REQUEST_MAX_BYTES));
      return started(request, context, await createRun(services, body));
    }),
});

app.http('rerunRun', {
  ...withClient(),
  route: 'runs/{runId}/rerun',
  methods: ['POST'],
  handler: (request, context) =>
    respond(context, request, 'operator', async () => {
      const runId = parameter(request, 'runId');
      const services = await getServices();
      const body = parseRequest(rerunRequestSchema, await readBody(request, services.config.REQUEST_MAX_BYTES));
      return started(request, context, await createRerun(services, runId, body));
    }),
});

app.http('cancelRun', {
  ...access,
  route: 'runs/{runId}/cancel',
  methods: ['POST'],
  handler: (request, context) =>
    respond(context, request, 'operator', async () => {
      const runId = parameter(request, 'runId');
      await cancelRun(await getServices(), runId);
      return { status: 202, jsonBody: await (await getProgress()).status(runId) };
    }),
});

app.http('getRun', {
  ...access,
  route: 'runs/{runId}',
  methods: ['GET'],
  handler: (request, context) =>
    respond(context, request, 'reader', async () => ({
      jsonBody: await (await getProgress()).status(parameter(request, 'runId')),
    })),
});

app.http('runReport', {
  ...access,
  route: 'runs/{runId}/report',
  methods: ['GET'],
  handler: (request, context) =>
    respond(context, request, 'reader', async () => ({
      jsonBody: await runReport(await getApp(), parameter(request, 'runId')),
    })),
});

app.http('listRuns', {
  ...access,
  route: 'runs',
  methods: ['GET'],
  handler: (request, context) =>
    respond(context, request, 'reader', async () => {
      const limit = parseRequest(listRunsSchema, queryOf(request)).limit;
      return { jsonBody: await (await getProgress()).list(limit) };
    }),
});

async function started(
  request: HttpRequest,
  context: InvocationContext,
  { runId, isNew, attempt }: StartedRun,
): Promise<HttpResponseInit> {
  await durableRuns(context).start({ runId, attempt });
  const status = await (await getProgress()).status(runId);
  if (!isNew && status.endedAt === null) await startUnended(context, { runId, attempt });
  return {
    status: isNew ? 202 : 200,
    headers: { location: new URL(`/api/runs/${runId}`, request.url).href },
    jsonBody: status,
  };
}
