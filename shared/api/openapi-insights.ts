// The operations behind the dashboard: who looks, a run explained, files dropped.
import { queryAnswerSchema, uploadAnswerSchema } from './answers.ts';
import { resultFilterSchema } from './decisions.ts';
import { periodSchema, quoteRequestSchema } from './insights.ts';
import { digestSchema } from './notices.ts';

import type { Operation } from './operation.ts';
import { querySchema } from './query.ts';

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
    ...{ method: 'post', route: 'query', id: 'queryLake', tag: 'results', body: querySchema },
    answer: queryAnswerSchema,
    summary: 'SQL (DuckDB) over the tables results, latest_results, llm_calls, runs and feedback; reads only',
    ok: [[200, 'Columns, rows, and whether there are more']],
    problems: [408],
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
    ...{ method: 'get', route: 'guide', id: 'guide', tag: 'app' },
    summary: 'Where the lake stands on the way from a list of labels to a trusted model, and what is next',
    ok: [[200, 'Steps with their state, what is left, what they cost']],
  },
  {
    ...{ method: 'get', route: 'digest', id: 'digest', tag: 'insights', query: digestSchema },
    summary: 'The last days in numbers, as the weekly message has them',
    ok: [[200, 'Documents, money, agreement of people, spot checks, drift']],
  },
  {
    ...{ method: 'get', route: 'drift', id: 'driftReport', tag: 'insights' },
    summary: 'Whether what arrived in the last seven days looks like what arrived in the four weeks before',
    ok: [[200, 'Shares with their p values, and documents that show what was seen']],
  },
  {
    ...{ method: 'get', route: 'notices', id: 'listNotices', tag: 'insights' },
    summary: 'Alarms and digests that were sent or wait to be, the newest first',
    ok: [[200, 'Channels without their addresses; 50 notices at most']],
  },
  {
    ...{ method: 'post', route: 'notices/test', id: 'testNotices', tag: 'insights' },
    summary: 'Send a test message to every channel',
    ok: [[200, 'By channel null, or why it was not taken']],
  },
  {
    ...{ method: 'post', route: 'quotes', id: 'quoteRun', tag: 'runs', body: quoteRequestSchema },
    summary: 'What a run would cost, from a random sample; nothing is asked or paid',
    ok: [[200, 'Documents, tokens, calls, minutes and money with its 95 % range']],
  },
  {
    ...{ method: 'put', route: 'uploads/{container}/{*path}', id: 'uploadFile', tag: 'documents', takesFile: true },
    answer: uploadAnswerSchema,
    summary:
      'Store a file; one in `landing` is classified as it arrives. With If-None-Match: * an existing one is kept',
    ok: [
      [201, 'The new file and the id of its document'],
      [200, 'The file, which replaced another'],
    ],
    problems: [409, 413],
  },
];
