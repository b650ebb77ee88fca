// What a source keeps of one drive in the lake: a small state file that is changed by compare-and-swap. The items are in files of their own
// (item-store.ts).
// Invariants: S1 the state names the index of the items, so items and cursor change together. S2 the cursor moves when everything the round found has
// an end: landed, skipped or failed.
import type { ReasonCount } from '../api/source-status.ts';
import { sourcePaths } from '../paths.ts';
import type { LakeStore } from '../ports.ts';
import { parseRecord } from '../record-json.ts';
import type { WriteBackState } from './write-back.ts';

export interface DriveState {
  driveId: string;
  name: string;
  webUrl: string;
  /** Where the next round begins; null: from the beginning. */
  deltaLink: string | null;
  /** Rounds that have ended. */
  round: number;
  /** File with all items, of an earlier version; null: there is none, or the next round has taken it over. */
  itemsPath: string | null;
  /** Generation that wrote the index of the items; missing before the first round, and in a state of an earlier version. */
  index?: string;
  /** When the last round ended, and the last one that looked at everything; ms since the epoch. */
  endedAt: number | null;
  fullAt: number | null;
  counts: Record<string, number>;
  /** Missing in a state of an earlier version. */
  reasons?: ReasonCount[];
  /** Files left out for their age; missing in a state of an earlier version. */
  older?: number;
  /** Vanished originals above the bounded share, waiting for a person's word. */
  unconfirmedRemovals: number;
  /** Missing while nothing is written back. */
  writeBack?: WriteBackState;
}

export const newDriveState = (driveId: string, name: string, webUrl: string): DriveState => ({
  driveId,
  name,
  webUrl,
  deltaLink: null,
  round: 0,
  itemsPath: null,
  endedAt: null,
  fullAt: null,
  counts: {},
  unconfirmedRemovals: 0,
});

export async function readDriveState(
  lake: LakeStore,
  source: string,
  drive: string,
): Promise<{ state: DriveState; etag: string } | undefined> {
  const path = sourcePaths.state(source, drive);
  const stored = await lake.readIfExists(path);
  return stored && { state: parseRecord<DriveState>(stored.bytes, path), etag: stored.etag };
}

/** @param etag  of the state that was read; undefined: there was none. @throws lake.conflict when another round has ended meanwhile */
export async function writeDriveState(
  lake: LakeStore,
  source: string,
  drive: string,
  state: DriveState,
  etag: string | undefined,
): Promise<void> {
  const condition = etag === undefined ? { ifAbsent: true } : { ifMatch: etag };
  await lake.write(sourcePaths.state(source, drive), JSON.stringify(state), condition);
}
