// The operations behind the dashboard: who looks, a run explained, files dropped.
import { resultFilterSchema } from './decisions.ts';
import { periodSchema, quoteRequestSchema } from './insights.ts';

import type { Operation } from './operation.ts';

export const INSIGHT_OPERATIONS: readonly Operation[] = [
  {
    ...{ method: 'get', route: 'session', id: 'session', tag: 'app' },
    summary: 'Who calls, what the caller may do, and by which labels and limits the app works',
    ok: [[200, 'Name, roles, limits and labels']],
  },
  {
    ...{ method: 'get', route: 'runs/{runId}/report', id: 'runReport', tag: 'runs' },
    summary: 'A finished run explained: labels, failures with advice, confidence, ledger, use of the quota, lineage',
    ok: [[200, 'The report; its lists are empty until the run has ended']],
    problems: [404],
  },
  {
    ...{ method: 'get', route: 'results/facets', id: 'resultFacets', tag: 'results', query: resultFilterSchema },
    summary: 'How many decisions fit a filter, by label, status, code, media type and who decided',
    ok: [[200, 'Counts, the largest first']],
  },
  {
    ...{ method: 'get', route: 'costs', id: 'costReport', tag: 'insights', query: periodSchema },
    summary: 'What was paid, for what, and how much of the budget is left',
    ok: [[200, 'By day, label and deployment']],
  },
  {
    ...{ method: 'get', route: 'trust', id: 'trustReport', tag: 'insights', query: periodSchema },
    summary: 'How often documents were escalated, how often people agreed, and whether the promise of the model holds',
    ok: [[200, 'By day, by who proposed, by week']],
  },
  {
    ...{ method: 'post', route: 'quotes', id: 'quoteRun', tag: 'runs', body: quoteRequestSchema },
    summary: 'What a run would cost, from a random sample; nothing is asked or paid',
    ok: [[200, 'Documents, tokens, calls, minutes and money with its 95 % range']],
  },
  {
    ...{ method: 'put', route: 'uploads/{container}/{*path}', id: 'uploadFile', tag: 'documents', takesFile: true },
    summary:
      'Store a file; one in `landing` is classified as it arrives. With If-None-Match: * an existing one is kept',
    ok: [
      [201, 'The new file and the id of its document'],
      [200, 'The file, which replaced another'],
    ],
    problems: [409, 413],
  },
];
