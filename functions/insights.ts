// Money and trust over HTTP.
import { periodSchema } from '../shared/api/insights.ts';

import { parseRequest } from '../shared/api/problem.ts';
import { getApp } from '../shared/app.ts';
import { costReport } from '../shared/insight/cost-report.ts';
import { guideOf } from '../shared/insight/guide.ts';
import { lastDays } from '../shared/insight/period.ts';
import { trustReport } from '../shared/insight/trust-report.ts';
import { access, queryOf, respond } from './http.ts';
import { app } from './registry.ts';

app.http('costReport', {
  ...access,
  route: 'costs',
  methods: ['GET'],
  handler: (request, context) =>
    respond(context, request, 'reader', async () => {
      const { days } = parseRequest(periodSchema, queryOf(request));
      const app = await getApp();
      const [{ version, query }, spentTodayUsd] = await Promise.all([
        app.newest(['results', 'llm_calls']),
        app.spentTodayUsd(),
      ]);
      const { today } = lastDays(app.clock.now(), days);
      return {
        asOf: `${version}, ${today}, ${spentTodayUsd}`,
        make: () => costReport({ ...app, query }, days, spentTodayUsd),
      };
    }),
});

app.http('trustReport', {
  ...access,
  route: 'trust',
  methods: ['GET'],
  handler: (request, context) =>
    respond(context, request, 'reader', async () => {
      const { days } = parseRequest(periodSchema, queryOf(request));
      const app = await getApp();
      const [{ version, query }, champion] = await Promise.all([
        app.newest(['results', 'feedback']),
        app.registry.championVersion(),
      ]);
      const { today } = lastDays(app.clock.now(), days);
      return { asOf: `${version}, ${today}, ${champion}`, make: () => trustReport({ ...app, query }, days) };
    }),
});

app.http('guide', {
  ...access,
  route: 'guide',
  methods: ['GET'],
  handler: (request, context) =>
    respond(context, request, 'reader', async () => ({ jsonBody: await guideOf(await getApp()) })),
});
