// Money and trust over HTTP.
import { app } from '@azure/functions';
import { getApp } from '../shared/app.ts';
import { periodSchema } from '../shared/insights-api.ts';
import { costReport } from '../shared/pipeline/cost-report.ts';
import { trustReport } from '../shared/pipeline/trust-report.ts';
import { parseRequest } from '../shared/problem.ts';
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
