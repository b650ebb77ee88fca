// What a source keeps of one drive in the lake: a small state file that is changed by compare-and-swap, and the items, one file per round.
// Invariants: S1 the state names the items' file, so items and cursor change together. S2 the cursor moves when everything the round found has an
// end: landed, skipped or failed. S3 items are written under a name never used before.

import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { TerminalError } from '../errors.ts';
import { sourcePaths } from '../paths.ts';
import type { LakeStore } from '../ports.ts';
import { parseRecord } from '../record-json.ts';
import { type DriveItem, DriveItems } from './drive-items.ts';

export interface DriveState {
  driveId: string;
  name: string;
  webUrl: string;
  /** Where the next round begins; null: from the beginning. */
  deltaLink: string | null;
  /** Rounds that have ended. */
  round: number;
  /** File with the items after that round; null before the first. */
  itemsPath: string | null;
  /** When the last round ended, and the last one that looked at everything; ms since the epoch. */
  endedAt: number | null;
  fullAt: number | null;
  counts: Record<string, number>;
  /** Vanished originals above the bounded share, waiting for a person's word. */
  unconfirmedRemovals: number;
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

export async function readDriveItems(lake: LakeStore, state: DriveState): Promise<DriveItems> {
  if (state.itemsPath === null) return new DriveItems();
  const stored = await lake.readIfExists(state.itemsPath);
  if (stored === undefined)
    throw new TerminalError('lake.not-found', `${state.itemsPath}: the items of drive ${state.name} are gone`);
  const text = (await promisify(gunzip)(stored.bytes)).toString('utf8');
  return new DriveItems(
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as DriveItem), // written below
  );
}

/** S3. @returns the path */
export async function writeDriveItems(lake: LakeStore, path: string, items: DriveItems): Promise<void> {
  const lines: string[] = [];
  for (const item of items.byId.values()) lines.push(JSON.stringify(item));
  await lake.write(path, await promisify(gzip)(`${lines.join('\n')}\n`));
}
