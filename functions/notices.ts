// Messages to people: alarms and the weekly digest by the clock; the digest, drift and what was sent over HTTP.

import { digestSchema } from '../shared/api/notices.ts';
import { parseRequest } from '../shared/api/problem.ts';
import { getApp } from '../shared/app.ts';
import { digestOf } from '../shared/insight/digest.ts';
import { driftReport } from '../shared/insight/drift-report.ts';
import { lastDays } from '../shared/insight/period.ts';
import { tellPeople } from '../shared/notices/tell.ts';
import { testNotice } from '../shared/notices/test-notice.ts';
import { access, queryOf, respond } from './http.ts';
import { app } from './registry.ts';

app.timer('tellPeople', {
  schedule: '30 */5 * * * *',
  handler: async () => {
    await tellPeople(await getApp());
  },
});

app.http('digest', {
  ...access,
  route: 'digest',
  methods: ['GET'],
  handler: (request, context) =>
    respond(context, request, 'reader', async () => {
      const { days } = parseRequest(digestSchema, queryOf(request));
      return { jsonBody: await digestOf(await getApp(), days) };
    }),
});

app.http('driftReport', {
  ...access,
  route: 'drift',
  methods: ['GET'],
  handler: (request, context) =>
    respond(context, request, 'reader', async () => {
      const app = await getApp();
      const { version, query } = await app.newest(['results']);
      const { today } = lastDays(app.clock.now(), 1);
      return { asOf: `${version}, ${today}`, make: () => driftReport({ ...app, query }) };
    }),
});

app.http('listNotices', {
  ...access,
  route: 'notices',
  methods: ['GET'],
  handler: (request, context) =>
    respond(context, request, 'operator', async () => ({ jsonBody: await (await getApp()).notices.list() })),
});

app.http('testNotices', {
  ...access,
  route: 'notices/test',
  methods: ['POST'],
  handler: (request, context) =>
    respond(context, request, 'operator', async () => {
      const { notices, config, clock } = await getApp();
      return { jsonBody: { channels: await notices.trySend(testNotice(config, clock.now())) } };
    }),
});
