// Money and trust over HTTP.
import { app } from '@azure/functions';
import { periodSchema } from '../shared/api/insights.ts';

import { parseRequest } from '../shared/api/problem.ts';
import { getApp } from '../shared/app.ts';
import { costReport } from '../shared/insight/cost-report.ts';
import { trustReport } from '../shared/insight/trust-report.ts';
import { access, respond } from './http.ts';

app.http('costReport', {
  ...access,
  route: 'costs',
  methods: ['GET'],
  handler: (request, context) =>
    respond(context, request, 'reader', async () => {
      const { days } = parseRequest(periodSchema, Object.fromEntries(request.query));
      return { jsonBody: await costReport(await getApp(), days) };
    }),
});

app.http('trustReport', {
  ...access,
  route: 'trust',
  methods: ['GET'],
  handler: (request, context) =>
    respond(context, request, 'reader', async () => {
      const { days } = parseRequest(periodSchema, Object.fromEntries(request.query));
      return { jsonBody: await trustReport(await getApp(), days) };
    }),
});
