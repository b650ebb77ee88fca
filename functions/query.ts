// SQL over HTTP: one statement that reads the tables of the lake.
import { parseRequest } from '../shared/api/problem.ts';
import { querySchema } from '../shared/api/query.ts';
import { getApp } from '../shared/app.ts';
import { answerQuery } from '../shared/insight/answer-query.ts';
import { access, readBody, respond } from './http.ts';
import { app } from './registry.ts';

app.http('queryLake', {
  ...access,
  route: 'query',
  methods: ['POST'],
  handler: (request, context) =>
    respond(context, request, 'reader', async () => {
      const lake = await getApp();
      const { sql, timeoutSeconds, maxRows } = parseRequest(
        querySchema,
        await readBody(request, lake.config.REQUEST_MAX_BYTES),
      );
      return { jsonBody: await answerQuery(lake, sql, { timeoutMs: timeoutSeconds * 1000, maxRows }) };
    }),
});
