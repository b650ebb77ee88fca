// Training over HTTP: start one on the same engine as runs, follow it, and list the newest.
import df from 'durable-functions';
import { parseRequest } from '../shared/api/problem.ts';
import { trainRequestSchema } from '../shared/api/training.ts';
import { getApp, getConfig, getTraining } from '../shared/app.ts';
import { createTraining, trainingStatus } from '../shared/pipeline/train-model.ts';
import { listTrainings } from '../shared/pipeline/trainings.ts';
import { trainingOffer } from '../shared/review/training-offer.ts';
import { startUnlessAlive } from './durable-runs.ts';
import { access, parameter, readBody, respond } from './http.ts';
import { app } from './registry.ts';

const LISTED = 20;

app.http('startTraining', {
  ...access,
  route: 'models/train',
  methods: ['POST'],
  extraInputs: [df.input.durableClient()],
  handler: (request, context) =>
    respond(context, request, 'operator', async () => {
      const config = getConfig();
      const services = await getTraining();
      const trainingId = await createTraining(
        services,
        parseRequest(trainRequestSchema, await readBody(request, config.REQUEST_MAX_BYTES)),
      );
      await startUnlessAlive(context, 'trainModel', trainingId, { trainingId, groups: config.BATCH_CONCURRENCY });
      return {
        status: 202,
        headers: { location: new URL(`/api/models/train/${trainingId}`, request.url).href },
        jsonBody: await trainingStatus(services, trainingId),
      };
    }),
});

app.http('listTrainings', {
  ...access,
  route: 'models/train',
  methods: ['GET'],
  handler: (request, context) =>
    respond(context, request, 'reader', async () => ({
      jsonBody: await listTrainings(await getTraining(), LISTED),
    })),
});

app.http('trainingOffer', {
  ...access,
  route: 'models/training-offer',
  methods: ['GET'],
  handler: (request, context) =>
    respond(context, request, 'reader', async () => {
      const app = await getApp();
      const { query } = await app.newest(['results', 'feedback']);
      return { jsonBody: await trainingOffer({ ...app, query }) };
    }),
});

app.http('getTraining', {
  ...access,
  route: 'models/train/{trainingId}',
  methods: ['GET'],
  handler: (request, context) =>
    respond(context, request, 'reader', async () => ({
      jsonBody: await trainingStatus(await getTraining(), parameter(request, 'trainingId')),
    })),
});
