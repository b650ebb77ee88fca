// Operations on sources: part of the list in openapi.ts.
import { z } from 'zod';
import type { Operation } from './operation.ts';
import { sourceEntrySchema } from './source-entry.ts';
import { notificationsSchema, sourceItemsSchema, syncRequestSchema } from './source-status.ts';

export const SOURCE_OPERATIONS: readonly Operation[] = [
  {
    ...{ method: 'post', route: 'source-notifications', id: 'sourceNotifications', tag: 'sources', isOpen: true },
    summary:
      'Where Microsoft Graph tells of changes, with NOTIFICATIONS_URL only; a handshake is answered with its token',
    body: notificationsSchema,
    query: z.strictObject({ validationToken: z.string().max(1024).optional() }),
    ok: [
      [200, 'The token, as plain text'],
      [202, 'Taken, or ignored'],
    ],
    problems: [404],
  },
  {
    ...{ method: 'get', route: 'sources', id: 'listSources', tag: 'sources' },
    summary: 'Libraries that land by themselves: state, counts, the last error with its remedy, the next round',
    ok: [[200, 'The sources; broken entries with file, code and remedy']],
  },
  {
    ...{ method: 'post', route: 'sources', id: 'addSource', tag: 'sources', body: sourceEntrySchema },
    summary: 'Add a source, or replace the one of that name',
    ok: [[201, 'The source']],
  },
  {
    ...{ method: 'delete', route: 'sources/{source}', id: 'removeSource', tag: 'sources' },
    summary: 'Forget a source; what has landed stays',
    ok: [[204, 'Forgotten']],
    problems: [404],
  },
  {
    ...{ method: 'post', route: 'sources/{source}/pause', id: 'pauseSource', tag: 'sources' },
    summary: 'No further rounds until it is resumed',
    ok: [[204, 'Paused']],
    problems: [404],
  },
  {
    ...{ method: 'post', route: 'sources/{source}/resume', id: 'resumeSource', tag: 'sources' },
    summary: 'Rounds again',
    ok: [[204, 'Resumed']],
    problems: [404],
  },
  {
    ...{ method: 'post', route: 'sources/{source}/sync', id: 'syncSource', tag: 'sources', body: syncRequestSchema },
    summary: 'A round now; one that runs is joined',
    ok: [[202, 'The round begins']],
    problems: [404],
  },
  {
    ...{ method: 'get', route: 'sources/{source}/items', id: 'sourceItems', tag: 'sources', query: sourceItemsSchema },
    summary: 'Items in a state, with the reason and what to do',
    ok: [[200, 'The items']],
    problems: [404],
  },
  {
    ...{ method: 'post', route: 'sources/{source}/check', id: 'checkSource', tag: 'sources' },
    summary: 'Every address and right that a round needs, asked for; nothing is changed',
    ok: [[200, 'One line each']],
    problems: [404],
  },
];
