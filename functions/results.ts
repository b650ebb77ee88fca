// Decisions over HTTP: pages with filters, one document's history, files, two runs side by side.
import { exportResultsSchema, listResultsSchema, resultFilterSchema } from '../shared/api/decisions.ts';
import { parseRequest } from '../shared/api/problem.ts';
import { getApp } from '../shared/app.ts';
import { compareRuns } from '../shared/insight/compare-runs.ts';
import { decisionOf, historyOf } from '../shared/insight/decision-of-row.ts';
import { exportResults } from '../shared/insight/export-results.ts';
import { countFacets } from '../shared/insight/facets.ts';
import { documentHistory, listResults } from '../shared/insight/results.ts';
import { access, isFirstVersion, isFromPage, parameter, queryOf, respond } from './http.ts';
import { app } from './registry.ts';

app.http('listResults', {
  ...access,
  route: 'results',
  methods: ['GET'],
  handler: (request, context) =>
    respond(context, request, 'reader', async () => {
      const filter = parseRequest(listResultsSchema, queryOf(request));
      const { version, query } = await (await getApp()).newest(['results']);
      return {
        asOf: version,
        make: async () => {
          const page = await listResults(query, filter);
          return isFirstVersion(request) ? page : { ...page, results: page.results.map(decisionOf) };
        },
      };
    }),
});

app.http('exportResults', {
  ...access,
  route: 'results/export',
  methods: ['GET'],
  handler: (request, context) =>
    respond(context, request, 'reader', async () => {
      const { format, ...filter } = parseRequest(exportResultsSchema, queryOf(request));
      const file = await exportResults((await getApp()).query, filter, format);
      return {
        headers: {
          'content-type': file.contentType,
          'content-disposition': `attachment; filename="${file.fileName}"`,
          'x-content-type-options': 'nosniff',
        },
        body: file.body,
      };
    }),
});

app.http('resultFacets', {
  ...access,
  route: 'results/facets',
  methods: ['GET'],
  handler: (request, context) =>
    respond(context, request, 'reader', async () => {
      const filter = parseRequest(resultFilterSchema, queryOf(request));
      const { version, query } = await (await getApp()).newest(['results']);
      return { asOf: version, make: () => countFacets(query, filter) };
    }),
});

app.http('documentResults', {
  ...access,
  route: 'results/{documentId:length(64)}',
  methods: ['GET'],
  handler: (request, context) =>
    respond(context, request, 'reader', async () => {
      const documentId = parameter(request, 'documentId');
      const { newest, pages } = await getApp();
      if (isFromPage(request)) pages.warm(); // who looks at a document will want to see it
      const { version, query } = await newest(['results', 'feedback']);
      return {
        asOf: version,
        make: async () => {
          const found = await documentHistory(query, documentId);
          return isFirstVersion(request) ? found : historyOf(found);
        },
      };
    }),
});

app.http('compareRuns', {
  ...access,
  route: 'runs/{a}/compare/{b}',
  methods: ['GET'],
  handler: (request, context) =>
    respond(context, request, 'reader', async () => {
      const [a, b] = [parameter(request, 'a'), parameter(request, 'b')];
      const { version, query } = await (await getApp()).newest(['results']);
      return { asOf: version, make: () => compareRuns(query, a, b) };
    }),
});
