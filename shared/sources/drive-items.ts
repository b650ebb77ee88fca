// What a source knows of a drive: one small record an item, by id, with its place in the tree. Paths are made of names, never asked for: a renamed
// folder is one row, and all below it has another path.
import { mostFirst, type ReasonCount } from '../api/source-status.ts';
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
  /** What became of it; `none` for folders. */
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

const MAX_DEPTH = 400;

export class DriveItems {
  readonly byId = new Map<string, DriveItem>();

  /** Thousands of files have the same parent, the same reason. */
  readonly #texts = new Map<string, string>();

  /** Take an item over as it was stored. */
  enter(item: DriveItem): void {
    item.parentId = this.#shared(item.parentId);
    item.code = this.#shared(item.code);
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

  /** Ids of the folders an item lies in, the nearest first. Parents that are not known, or a circle of them, end it. */
  parentsOf({ parentId }: Pick<DriveItem, 'parentId'>): string[] {
    const ids: string[] = [];
    for (let at = parentId; at !== null && ids.length < MAX_DEPTH; at = this.byId.get(at)?.parentId ?? null)
      ids.push(at);
    return ids;
  }

  /** Path below the drive's root, without leading slash. */
  pathOf(item: Pick<DriveItem, 'name' | 'parentId'>): string {
    const folders = this.parentsOf(item).flatMap((id) => this.byId.get(id) ?? []);
    // The root has no parent and is no part of the path.
    const names = folders.filter(({ parentId }) => parentId !== null).map(({ name }) => name);
    return [...names.reverse(), item.name].join('/');
  }

  #shared(text: string | null): string | null {
    if (text === null) return null;
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    this.#texts.set(text, text);
    return text;
  }

  /** What is skipped or failed by its reason, the most frequent first. */
  reasons(): ReasonCount[] {
    const found = new Map<string, ReasonCount>();
    for (const { state, code } of this.byId.values()) {
      if (state !== 'skipped' && state !== 'failed') continue;
      const one = found.get(`${state} ${code}`) ?? { state, code: code ?? 'unknown', items: 0 };
      one.items++;
      found.set(`${state} ${code}`, one);
    }
    return mostFirst([...found.values()]);
  }

  /** Files that are left out for their age. */
  older(): number {
    let older = 0;
    for (const { isBefore } of this.byId.values()) if (isBefore === true) older++;
    return older;
  }

  /** Counts by state: seen = landed + skipped + failed + removed. */
  counts(): Record<Exclude<ItemState, 'none'>, number> {
    const counts = { landed: 0, skipped: 0, failed: 0, removed: 0 };
    for (const { state } of this.byId.values()) if (state !== 'none') counts[state]++;
    return counts;
  }
}
