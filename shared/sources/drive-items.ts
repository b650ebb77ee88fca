// What a source knows of a drive: one small record an item. A round has a few thousand of them in hand, by id, and the folders they lie in. Paths
// are made of names, never asked for: a renamed folder is one row, and all below it has another path.
import { type Folder, FolderTree } from './folder-tree.ts';
import type { DriveRow, RowKind } from './graph/drive-rows.ts';

export type ItemState = 'landed' | 'skipped' | 'failed' | 'removed' | 'none';

export interface DriveItem {
  id: string;
  kind: RowKind;
  name: string;
  parentId: string | null;
  contentTag: string;
  eTag: string;
  webUrl: string;
  size: number;
  /** What became of it; `none` for what is none of the source's documents. */
  state: ItemState;
  /** Why it was skipped or failed. */
  code: string | null;
  /** SHA-256 of the bytes that landed. */
  sha256: string | null;
  /** Path in the landing container; null while nothing has landed. */
  landedPath: string | null;
  /** Not read before: the service is still at work on it. ms since the epoch; null: at once. */
  waitUntil: number | null;
  /** It may be gone, and could not be asked for yet. */
  isSuspect?: true;
  /** Number of the round in which the service said that it is gone; it is to be removed. */
  goneIn?: number;
  /** Left out for its age; it lands when it changes. */
  isBefore?: true;
  /** When the bytes landed that are there now; missing in items of an earlier version. */
  landedAt?: number;
  /** What its columns were set to last; missing: never. */
  written?: { label: string; confidence: number };
  /** How often they were set, in a day that began then. */
  writes?: { since: number; count: number };
  /** Its columns were refused in the version of that tag; until when nothing is tried, and why. */
  held?: { eTag: string; until: number; code: string };
}

export class DriveItems {
  readonly tree: FolderTree;
  /** Those in hand; no folders. */
  readonly byId = new Map<string, DriveItem>();

  constructor(tree = new FolderTree()) {
    this.tree = tree;
  }

  /** Take an item over as it was stored. */
  enter(item: DriveItem): void {
    this.byId.set(item.id, item);
  }

  /** Take a row over; what became of the item stays. */
  put(row: DriveRow): DriveItem {
    const { id, kind, name, parentId, contentTag, eTag, webUrl, size } = row;
    const shown = { id, kind, name, parentId, contentTag, eTag, webUrl, size };
    const known = this.byId.get(id);
    if (known !== undefined) return Object.assign(known, shown);
    const item: DriveItem = { ...shown, state: 'none', code: null, sha256: null, landedPath: null, waitUntil: null };
    this.byId.set(id, item);
    return item;
  }

  parentsOf(item: Pick<DriveItem, 'parentId'>, before?: ReadonlyMap<string, Folder>): string[] {
    return this.tree.parentsOf(item, before);
  }

  /** Path below the drive's root, without leading slash. */
  pathOf(item: Pick<DriveItem, 'name' | 'parentId'>, before?: ReadonlyMap<string, Folder>): string {
    return this.tree.pathOf(item, before);
  }
}
