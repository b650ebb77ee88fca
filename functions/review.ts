// Review over HTTP: the queue of documents that wait for people, and their decisions.
import { randomUUID } from 'node:crypto';
import { reviewQueueSchema } from '../shared/api/decisions.ts';
import { reviewProgressSchema, reviewReleaseSchema, reviewSkipSchema } from '../shared/api/insights.ts';
import { parseRequest } from '../shared/api/problem.ts';
import { getApp } from '../shared/app.ts';
import { calibrateLlm } from '../shared/review/calibrate-llm.ts';
import { releaseDocuments, skipDocument } from '../shared/review/lease.ts';
import { reviewProgress } from '../shared/review/progress.ts';
import { asFirstItem, takeForReview } from '../shared/review/queue.ts';
import { access, isFirstVersion, isFromPage, queryOf, readBody, respond } from './http.ts';
import { app } from './registry.ts';
import { reviewerOf } from './reviewer.ts';

app.http('reviewQueue', {
  ...access,
  route: 'review',
  methods: ['GET'],
  handler: (request, context) =>
    respond(context, request, 'reviewer', async () => {
      const reviewer = reviewerOf(request);
      const queue = parseRequest(reviewQueueSchema, queryOf(request));
      // Callers with a function key share a name, so only the window tells them apart.
      const holder = `${reviewer.id}/${queue.holder ?? randomUUID()}`;
      const lake = await getApp();
      if (isFromPage(request)) lake.pages.warm();
      const documents = await takeForReview(lake, queue, holder, reviewer.name);
      return { jsonBody: { documents: isFirstVersion(request) ? documents.map(asFirstItem) : documents } };
    }),
});

app.http('skipReview', {
  ...access,
  route: 'review/skip',
  methods: ['POST'],
  handler: (request, context) =>
    respond(context, request, 'reviewer', async () => {
      const reviewer = reviewerOf(request);
      const { services, config } = await getApp();
      const skip = parseRequest(reviewSkipSchema, await readBody(request, config.REQUEST_MAX_BYTES));
      await skipDocument(services, skip.documentId, `${reviewer.id}/${skip.holder}`);
      return { status: 204 };
    }),
});

app.http('releaseReview', {
  ...access,
  route: 'review/release',
  methods: ['POST'],
  handler: (request, context) =>
    respond(context, request, 'reviewer', async () => {
      const reviewer = reviewerOf(request);
      const { services, config } = await getApp();
      const release = parseRequest(reviewReleaseSchema, await readBody(request, config.REQUEST_MAX_BYTES));
      await releaseDocuments(services, release.documentIds, `${reviewer.id}/${release.holder}`);
      return { status: 204 };
    }),
});

app.http('reviewProgress', {
  ...access,
  route: 'review/progress',
  methods: ['GET'],
  handler: (request, context) =>
    respond(context, request, 'reviewer', async () => {
      const reviewer = reviewerOf(request);
      const { since } = parseRequest(reviewProgressSchema, queryOf(request));
      const { version, query } = await (await getApp()).newest(['results', 'feedback']);
      return { asOf: `${version}, ${reviewer.name}`, make: () => reviewProgress(query, since, reviewer.name) };
    }),
});

app.http('calibrateLlm', {
  ...access,
  route: 'review/calibrate',
  methods: ['POST'],
  handler: (request, context) =>
    respond(context, request, 'operator', async () => ({ jsonBody: await calibrateLlm(await getApp()) })),
});
