// The rows of a batch and what was known of its items → the items as they are now, and what is to be done. Pure.
// Invariants: P1 an item whose content tag is the known one costs nothing, whatever else has changed. P2 an Office file that is new or changed waits a
// little: SharePoint rewrites it after the upload. P3 nothing is removed here: what vanished is listed, to be asked for by id.
import type { DriveItem, DriveItems } from './drive-items.ts';
import type { Collected } from './feed.ts';
import type { Wanted } from './filter.ts';
import { type DriveRow, OFFICE } from './graph/drive-rows.ts';
import { isOurs } from './write-back.ts';

const SETTLE_MS = 45_000;
/** Of a landed file whose new version could not be read: whatever its next row says, it is to be read. */
export const UNREAD = '';

export interface DrivePlan {
  /** Files to download. */
  downloads: DriveItem[];
  /** Files that are not read, with the reason; already entered in the items. */
  skipped: DriveItem[];
  /** What the feed calls deleted, or a full enumeration does not show. */
  vanished: DriveItem[];
  /** Landed files with another name or folder: nothing to decide, another path to show. */
  renamed: Set<DriveItem>;
}

export interface PlanLimits {
  wanted: Wanted;
  maxBytes: number;
  nowMs: number;
  /** The app as rows name it; null where it is not known. */
  self?: string | null;
  /** No round has ended yet: what is there was there before the source. */
  isFirst?: boolean;
}

/** Why a row of this kind is no document; undefined for files that are read. */
function reasonOf(
  row: Pick<DriveRow, 'kind' | 'isMalware' | 'isPending' | 'size'>,
  maxBytes: number,
): string | undefined {
  if (row.kind === 'notebook') return 'sync.notebook';
  if (row.kind === 'shortcut') return 'sync.shortcut';
  if (row.kind === 'unknown') return 'sync.unknown-kind';
  if (row.isMalware) return 'sync.malware';
  if (row.isPending) return 'sync.pending';
  if (row.size > maxBytes) return 'sync.over-limit';
  return undefined;
}

/** Enter rows into the items and say what follows. */
export function planRound(
  items: DriveItems,
  { rows, isFull, covers }: Pick<Collected, 'isFull' | 'covers'> & { rows: ReadonlyMap<string, DriveRow> },
  { wanted, maxBytes, nowMs, self = null, isFirst = false }: PlanLimits,
): DrivePlan {
  const before = pathsInMotion(items, rows);
  const plan: DrivePlan = { downloads: [], skipped: [], vanished: [], renamed: new Set() };
  const isNew = new Set<string>();
  const changed = new Set<string>();
  for (const row of rows.values()) {
    if (row.kind === 'deleted') {
      const gone = items.byId.get(row.id);
      if (gone !== undefined) plan.vanished.push(gone);
      continue;
    }
    const known = items.byId.get(row.id);
    if (known === undefined) isNew.add(row.id);
    else if (
      (known.contentTag !== row.contentTag && !isOurs(row, known, self)) ||
      known.state === 'failed' ||
      known.state === 'removed'
    )
      changed.add(row.id);
    const isOlder =
      row.isBefore === true && (known === undefined ? isFirst : known.isBefore === true && !changed.has(row.id));
    const item = items.put(row);
    if (item.code === 'sync.removals') item.code = null; // it is there again
    delete item.isSuspect;
    delete item.goneIn;
    if (isOlder) item.isBefore = true;
    else delete item.isBefore;
  }
  for (const item of items.byId.values())
    if (!rows.has(item.id) && item.state !== 'removed' && covers(item)) plan.vanished.push(item);
  for (const row of rows.values()) {
    const item = items.byId.get(row.id);
    if (item === undefined || row.kind === 'deleted') continue;
    const isChanged = isNew.has(row.id) || changed.has(row.id);
    if (isChanged) {
      const settled = !isFull && OFFICE.test(item.name) ? nowMs + SETTLE_MS : null;
      item.waitUntil = item.code === 'sync.unavailable' ? settled : (item.waitUntil ?? settled);
    }
    decide(plan, items, item, row, { wanted, maxBytes, isChanged });
  }
  settle(plan, items, nowMs);
  for (const [item, path] of before) if (item.state === 'landed' && items.pathOf(item) !== path) plan.renamed.add(item);
  return plan;
}

/** Paths of the landed files that these rows, or folders of the round, may give another one, as they were before. */
function pathsInMotion(items: DriveItems, rows: ReadonlyMap<string, DriveRow>): ReadonlyMap<DriveItem, string> {
  const { moved } = items.tree;
  const before = new Map<DriveItem, string>();
  for (const item of items.byId.values()) {
    if (item.state !== 'landed') continue;
    const row = rows.get(item.id);
    const isMoved = row !== undefined && (row.name !== item.name || row.parentId !== item.parentId);
    if (isMoved || (moved.size > 0 && items.parentsOf(item, moved).some((id) => moved.has(id))))
      before.set(item, items.pathOf(item, moved));
  }
  return before;
}

function decide(
  plan: DrivePlan,
  items: DriveItems,
  item: DriveItem,
  row: DriveRow,
  { wanted, maxBytes, isChanged }: { wanted: Wanted; maxBytes: number; isChanged: boolean },
): void {
  if (item.isBefore === true || !wanted(items.pathOf(item))) {
    // What had landed stays; what had not is none of the source's documents.
    item.waitUntil = null;
    if (item.state !== 'landed') Object.assign(item, { state: 'none', code: null });
    return;
  }
  const reason = reasonOf(row, maxBytes);
  if (reason !== undefined) {
    if (item.state !== 'landed') Object.assign(item, { state: 'skipped', code: reason });
    else if (isChanged) Object.assign(item, { contentTag: UNREAD, code: reason });
    plan.skipped.push(item);
    return;
  }
  // A file that came into view by a move has its old content tag and no landing file yet.
  if (isChanged || item.state !== 'landed') plan.downloads.push(item);
}

/** P2: what must wait is told as skipped until then; what has waited long enough is read, though no row speaks of it. */
function settle(plan: DrivePlan, items: DriveItems, nowMs: number): void {
  const asked = new Set(plan.downloads.map(({ id }) => id));
  for (const item of items.byId.values())
    if (item.waitUntil !== null && item.waitUntil <= nowMs && item.kind === 'file' && !asked.has(item.id))
      plan.downloads.push(item);
  const waits = plan.downloads.filter(({ waitUntil }) => waitUntil !== null && waitUntil > nowMs);
  for (const item of waits)
    if (item.state !== 'landed') Object.assign(item, { state: 'skipped', code: 'sync.settling' });
  const waiting = new Set(waits);
  plan.skipped.push(...waits.filter(({ state }) => state === 'skipped'));
  plan.downloads = plan.downloads.filter((item) => !waiting.has(item));
}
