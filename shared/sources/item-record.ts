// An item as it is stored: a line of JSON without what is empty or follows from the rest.
import { landedPath } from '../paths.ts';
import type { DriveItem } from './drive-items.ts';
import { itemKeyOf } from './item-key.ts';

/** Where items are stored. */
export interface ItemPlace {
  source: string;
  driveId: string;
  /** The drive as paths name it. */
  driveKey: string;
}

/** `landedPath: true`: the one that follows from id and name. */
type Stored = Omit<Partial<DriveItem>, 'landedPath'> & { landedPath?: string | true | null };

const EMPTY: Partial<DriveItem> = {
  ...{ kind: 'file', name: '', parentId: null, contentTag: '', eTag: '', webUrl: '', size: 0, state: 'none' },
  ...{ code: null, sha256: null, landedPath: null, waitUntil: null },
};

/** In this order, so that equal items have equal records. */
const FIELDS = [
  ...[
    'id',
    'kind',
    'name',
    'parentId',
    'contentTag',
    'eTag',
    'webUrl',
    'size',
    'state',
    'code',
    'sha256',
    'landedPath',
  ],
  ...['waitUntil', 'isSuspect', 'goneIn', 'isBefore', 'landedAt', 'written', 'writes', 'held'],
] as (keyof DriveItem)[];

export function recordOf(item: DriveItem, place: ItemPlace): string {
  const stored: Record<string, unknown> = {};
  for (const field of FIELDS)
    if (item[field] !== undefined && item[field] !== EMPTY[field]) stored[field] = item[field];
  if (item.landedPath !== null && item.landedPath === pathOf(item, place)) stored.landedPath = true;
  return JSON.stringify(stored);
}

/** @param line  also one of an earlier version, with every field */
export function itemOf(line: string, place: ItemPlace): DriveItem {
  const stored = JSON.parse(line) as Stored; // written above
  const item = { ...EMPTY, ...stored } as DriveItem; // ids are in every record
  if (stored.landedPath === true) item.landedPath = pathOf(item, place);
  return item;
}

const pathOf = ({ id, name }: DriveItem, { source, driveId, driveKey }: ItemPlace): string =>
  landedPath(source, driveKey, itemKeyOf(driveId, id), name);
