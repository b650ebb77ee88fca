// Sources as the API takes and shows them.
import { z } from 'zod';

export const syncRequestSchema = z.strictObject({
  /** Look at everything, although there is a cursor. */
  full: z.boolean().default(false),
  /** What vanished in numbers that are not believed is gone: apply the deletion policy. */
  confirmRemovals: z.boolean().default(false),
});
export type SyncRequest = z.infer<typeof syncRequestSchema>;

/** Query of GET /api/sources/{source}/items. */
export const sourceItemsSchema = z.strictObject({
  state: z.enum(['landed', 'skipped', 'failed', 'removed']).default('skipped'),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
});

/** What Microsoft Graph sends. A batch has a few dozen at most; nothing else in it is looked at. */
export const notificationsSchema = z.looseObject({
  value: z
    .array(z.looseObject({ clientState: z.string().max(128).nullish(), lifecycleEvent: z.string().max(64).nullish() }))
    .max(1000),
});

/** So many items are not read for one reason. */
export interface ReasonCount {
  state: 'skipped' | 'failed';
  /** Of the reason, e.g. `sync.notebook`. */
  code: string;
  items: number;
}

export const mostFirst = (reasons: readonly ReasonCount[]): ReasonCount[] =>
  [...reasons].sort((a, b) => b.items - a.items || a.code.localeCompare(b.code));

/** Labels that are written into columns of a library. */
export interface WriteBackStatus {
  /** Files that were written to so far, each time they were. */
  written: number;
  /** Files whose columns could not be set yet. */
  waiting: number;
  /** Why; the most frequent reason. */
  code: string | null;
}

/** One drive of a source. seen = landed + skipped + failed + removed. */
export interface DriveStatus {
  name: string;
  url: string;
  rounds: number;
  /** When the last round ended; its cursor is as old as that. ISO 8601 */
  endedAt: string | null;
  landed: number;
  skipped: number;
  failed: number;
  removed: number;
  /** Of what is skipped or failed, the most frequent first; empty until the next round for one of an earlier version. */
  reasons: ReasonCount[];
  /** Files of a library that are not read, as they are older than `since`; not in any other count. */
  older: number;
  /** Vanished originals that wait for a person's word. */
  unconfirmedRemovals: number;
  /** Null where nothing is written back. */
  writeBack: (WriteBackStatus & { remedy: string | null }) | null;
  /** Null where rounds go by the clock alone. */
  notifications: {
    state: 'on' | 'failing';
    renewAt: string;
    toldAt: string | null;
    /** Why there are none. */
    code: string | null;
  } | null;
}

/** Answer of GET /api/sources. */
export interface SourceStatus {
  name: string;
  kind: string;
  /** Where the entry stands: the setting SOURCES, or the lake (added by API or command line). */
  from: 'settings' | 'lake';
  address: string;
  state: 'new' | 'syncing' | 'idle' | 'paused' | 'failing';
  deletion: 'keep' | 'remove' | 'erase';
  /** As the entry says it; null: whatever its age, everything is read. */
  since: string | null;
  everyMinutes: number;
  /** Of the last round that failed; null when the last one ended well. */
  error: { code: string; message: string; remedy: string } | null;
  /** When the next round is due; null while paused. ISO 8601 */
  nextAt: string | null;
  drives: DriveStatus[];
  landed: number;
  skipped: number;
  failed: number;
  /** Of all drives. */
  reasons: ReasonCount[];
}

export interface SourceItem {
  path: string;
  url: string;
  state: string;
  code: string | null;
  remedy: string | null;
  sizeBytes: number;
}

/** What `check` found: one line a right or address. */
export interface SourceCheck {
  what: string;
  isOk: boolean;
  /** Rounds work nevertheless. */
  isWarning: boolean;
  detail: string;
  remedy: string | null;
}
