// A source as the API shows it.
import type { SourceEntry } from '../api/source-entry.ts';
import {
  type DriveStatus,
  mostFirst,
  type ReasonCount,
  type SourceItem,
  type WriteBackStatus,
} from '../api/source-status.ts';
import { ERROR_REMEDIES, isErrorCode } from '../errors.ts';
import type { DriveItem } from './drive-items.ts';
import type { DriveState } from './drive-state.ts';
import type { Drive } from './feed.ts';
import type { Subscription } from './subscriptions.ts';

/** Skipped and failed items of all drives by reason, the most first. */
export function sumOf(drives: readonly DriveStatus[]): ReasonCount[] {
  const found = new Map<string, ReasonCount>();
  for (const { state, code, items } of drives.flatMap(({ reasons }) => reasons)) {
    const key = `${state} ${code}`;
    found.set(key, { state, code, items: items + (found.get(key)?.items ?? 0) });
  }
  return mostFirst([...found.values()]);
}

export function itemShown({ webUrl, state, code, size }: DriveItem, path: string): SourceItem {
  const remedy = code !== null && isErrorCode(code) ? ERROR_REMEDIES[code] : null;
  return { path, url: webUrl, state, code, remedy, sizeBytes: size };
}

export function addressOf(entry: SourceEntry): string {
  switch (entry.kind) {
    case 'sharepoint':
      return entry.site;
    case 'onedrive':
      return entry.user;
    case 'exchange':
      return entry.mailbox;
    case 'imap':
      return `${entry.user} on ${entry.host}`;
  }
}

function writeBackShown(state: WriteBackStatus | undefined): DriveStatus['writeBack'] {
  if (state === undefined) return null;
  const { written, waiting, code } = state;
  return { written, waiting, code, remedy: code !== null && isErrorCode(code) ? ERROR_REMEDIES[code] : null };
}

export const driveStatus = (
  drive: Drive,
  state: DriveState | undefined,
  subscription: Subscription | undefined,
): DriveStatus => ({
  name: drive.name,
  url: drive.webUrl,
  rounds: state?.round ?? 0,
  endedAt: state?.endedAt == null ? null : new Date(state.endedAt).toISOString(),
  landed: state?.counts.landed ?? 0,
  skipped: state?.counts.skipped ?? 0,
  failed: state?.counts.failed ?? 0,
  removed: state?.counts.removed ?? 0,
  reasons: state?.reasons ?? [],
  older: state?.older ?? 0,
  unconfirmedRemovals: state?.unconfirmedRemovals ?? 0,
  writeBack: writeBackShown(state?.writeBack),
  notifications:
    subscription === undefined
      ? null
      : {
          state: subscription.id === null ? 'failing' : 'on',
          renewAt: new Date(subscription.renewAt).toISOString(),
          toldAt: subscription.toldAt === null ? null : new Date(subscription.toldAt).toISOString(),
          code: subscription.code,
        },
});
