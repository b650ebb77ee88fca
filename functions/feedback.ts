// Decisions of people over HTTP: one, many, and many taken back.
import { feedbackBatchSchema, feedbackSchema } from '../shared/api/decisions.ts';
import { parseRequest } from '../shared/api/problem.ts';
import { getApp } from '../shared/app.ts';
import { giveFeedback } from '../shared/review/feedback.ts';
import { giveFeedbackBatch } from '../shared/review/feedback-batch.ts';
import { undoBatch } from '../shared/review/undo-batch.ts';
import { access, parameter, readBody, respond } from './http.ts';
import { app } from './registry.ts';
import { reviewerOf } from './reviewer.ts';

app.http('giveFeedback', {
  ...access,
  route: 'feedback',
  methods: ['POST'],
  handler: (request, context) =>
    respond(context, request, 'reviewer', async () => {
      const reviewer = reviewerOf(request);
      const lake = await getApp();
      const body = parseRequest(feedbackSchema, await readBody(request, lake.config.REQUEST_MAX_BYTES));
      const answer = await giveFeedback(lake, body, reviewer.name);
      return { status: answer.isNew ? 201 : 200, jsonBody: answer };
    }),
});

app.http('giveFeedbackBatch', {
  ...access,
  route: 'feedback/batch',
  methods: ['POST'],
  handler: (request, context) =>
    respond(context, request, 'reviewer', async () => {
      const reviewer = reviewerOf(request);
      const lake = await getApp();
      const body = parseRequest(feedbackBatchSchema, await readBody(request, lake.config.REQUEST_MAX_BYTES));
      return { jsonBody: await giveFeedbackBatch(lake, body.decisions, reviewer.name, body.batchId) };
    }),
});

app.http('undoFeedbackBatch', {
  ...access,
  route: 'feedback/batch/{batchId}/undo',
  methods: ['POST'],
  handler: (request, context) =>
    respond(context, request, 'reviewer', async () => {
      const reviewer = reviewerOf(request);
      const batchId = parameter(request, 'batchId');
      return { jsonBody: { decisions: await undoBatch(await getApp(), batchId, reviewer.name) } };
    }),
});
