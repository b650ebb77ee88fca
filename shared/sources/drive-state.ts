// What a source keeps of one drive in the lake: a small state file that is changed by compare-and-swap, and the items, one file per round.
// Invariants: S1 the state names the items' file, so items and cursor change together. S2 the cursor moves when everything the round found has an
// end: landed, skipped or failed. S3 items are written under a name never used before. S4 the text of all items (20 MB of 40,000)
// is in memory nowhere.
import { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { createGunzip, createGzip } from 'node:zlib';
import type { ReasonCount } from '../api/source-status.ts';
import { TerminalError } from '../errors.ts';
import { sourcePaths } from '../paths.ts';
import type { LakeStore } from '../ports.ts';
import { parseRecord } from '../record-json.ts';
import { type DriveItem, DriveItems } from './drive-items.ts';
import type { WriteBackState } from './write-back.ts';

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

/** S4. */
export async function readDriveItems(lake: LakeStore, state: DriveState): Promise<DriveItems> {
  const items = new DriveItems();
  if (state.itemsPath === null) return items;
  const stored = await lake.readIfExists(state.itemsPath);
  if (stored === undefined)
    throw new TerminalError('lake.not-found', `${state.itemsPath}: the items of drive ${state.name} are gone`);
  for await (const line of linesOf(stored.bytes)) items.enter(JSON.parse(line) as DriveItem); // written below
  return items;
}

/** S3, S4. */
export async function writeDriveItems(lake: LakeStore, path: string, items: DriveItems): Promise<void> {
  const parts: Buffer[] = [];
  for await (const part of Readable.from(textOf(items)).pipe(createGzip())) parts.push(part as Buffer);
  await lake.write(path, Buffer.concat(parts));
}

const CHUNK_CHARS = 64 * 1024;

function* textOf(items: DriveItems): Generator<string> {
  let text = '';
  for (const item of items.byId.values()) {
    text += `${JSON.stringify(item)}\n`;
    if (text.length < CHUNK_CHARS) continue;
    yield text;
    text = '';
  }
  yield text;
}

/** Not by node:readline: a name may hold a line separator of Unicode, which JSON leaves as it is. */
async function* linesOf(zipped: Buffer): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const bytes of Readable.from([zipped]).pipe(createGunzip())) {
    const lines = (rest + decoder.write(bytes as Buffer)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') yield line;
  }
  if (rest !== '') yield rest;
}
