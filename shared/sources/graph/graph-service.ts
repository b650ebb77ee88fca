// Microsoft Graph as the service of a source: libraries, OneDrives and mailboxes.
import type { GraphEntry } from '../../api/source-entry.ts';
import { sha256Hex } from '../../ids.ts';
import type { Clock, Logger } from '../../ports.ts';
import type { Drive, Feed, Service } from '../feed.ts';
import { DriveFeed } from './drive-feed.ts';
import type { GraphClient } from './graph-client.ts';
import { DRIVE_LIFE_MINUTES, graphWatch, MAIL_LIFE_MINUTES } from './graph-watch.ts';
import { type MailboxEntry, MailFeed } from './mail-feed.ts';
import { outsideOf } from './outside.ts';
import { drivesOf } from './sites.ts';
import { probeFields } from './write-fields.ts';

export function graphService(graph: GraphClient, entry: GraphEntry, logger: Logger, clock: Clock): Service {
  return entry.kind === 'exchange'
    ? mailboxService(graph, entry, logger, clock)
    : driveService(graph, entry, logger, clock);
}

const driveService = (
  graph: GraphClient,
  entry: Exclude<GraphEntry, { kind: 'exchange' }>,
  logger: Logger,
  clock: Clock,
  columns = entry.kind === 'sharepoint' ? entry.writeBack : undefined,
): Service => ({
  drives: () => drivesOf(graph, entry),
  outside: outsideOf(graph, entry),
  feed: (drive) => new DriveFeed(graph, drive, logger, entry.since),
  probe: async ({ id }) => {
    await graph.json(`/drives/${encodeURIComponent(id)}/root/delta?token=latest`, { units: 1 });
  },
  ...(columns === undefined ? {} : { probeWrite: (drive: Drive) => probeFields(graph, drive, columns) }),
  watch: ({ id }) =>
    graphWatch(graph, clock, {
      ...{ resource: `/drives/${id}/root`, changeType: 'updated', lifeMinutes: DRIVE_LIFE_MINUTES },
    }),
  close: async () => undefined,
});

function mailboxService(graph: GraphClient, entry: MailboxEntry, logger: Logger, clock: Clock): Service {
  const feed = new MailFeed(graph, entry, logger);
  const id = entry.mailbox.toLowerCase();
  const drive: Drive = { id, key: sha256Hex(`mailbox:${id}`).slice(0, 16), name: entry.mailbox, webUrl: '' };
  return {
    drives: async () => [drive],
    outside: outsideOf(graph, entry),
    feed: (): Feed => feed,
    probe: () => feed.probe(),
    watch: () =>
      graphWatch(graph, clock, {
        ...{
          resource: `/users/${entry.mailbox}/messages`,
          changeType: 'created,deleted',
          lifeMinutes: MAIL_LIFE_MINUTES,
        },
      }),
    close: async () => undefined,
  };
}
