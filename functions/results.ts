// Decisions over HTTP: pages with filters, one document's history, files, two runs side by side.
import type { HttpRequest } from '@azure/functions';
import {
  exportResultsSchema,
  listResultsSchema,
  type ResultFilter,
  resultFilterSchema,
} from '../shared/api/decisions.ts';
import { parseRequest } from '../shared/api/problem.ts';
import { getApp, whoCalls } from '../shared/app.ts';
import { compareRuns } from '../shared/insight/compare-runs.ts';
import { decisionOf, historyOf } from '../shared/insight/decision-of-row.ts';
import { exportResults } from '../shared/insight/export-results.ts';
import { countFacets } from '../shared/insight/facets.ts';
import { documentHistory, listResults } from '../shared/insight/results.ts';
import { matchedFilter } from '../shared/search/search.ts';
import { access, isFirstVersion, isFromPage, parameter, queryOf, respond } from './http.ts';
import { app } from './registry.ts';

/** Texts are for reviewers: who could ask whether a word stands in a document could read it. */
async function matched(request: HttpRequest, filter: ResultFilter, options: { isWhole?: boolean } = {}) {
  if (filter.text !== undefined || filter.like !== undefined)
    whoCalls(request.headers.get('x-ms-client-principal'), 'reviewer');
  return await matchedFilter(await getApp(), filter, options);
}

app.http('listResults', {
  ...access,
  route: 'results',
  methods: ['GET'],
  handler: (request, context) =>
    respond(context, request, 'reader', async () => {
      const { limit, cursor, sort, ...asked } = parseRequest(listResultsSchema, queryOf(request));
      const { view, filter } = await matched(request, asked);
      return {
        asOf: view.version,
        make: async () => {
          const page = await listResults(view.query, { ...filter, limit, cursor, sort });
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
      const { view, filter: matching } = await matched(request, filter, { isWhole: true });
      const file = await exportResults(view.query, matching, format);
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
      const { view, filter } = await matched(request, parseRequest(resultFilterSchema, queryOf(request)));
      return { asOf: view.version, make: () => countFacets(view.query, filter) };
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
