// One round of one drive: pages into the journal, the tree of folders brought up to date, then batch by batch files landed and the vanished asked for by
// id; what is gone removed, the cursor last.
// Invariants: R1 seen = landed + skipped + failed + removed. R2 a round that dies goes on where it was; at most the items in hand are done again.
// R3 nothing is removed without a 404 by id, and never more than a bounded share of the landed ones without a person's word (removals.ts). R4 the cursor
// is committed last, by compare-and-swap: of two rounds at once one ends and the other has done nothing twice; one that was ended by another process, or
// whose source was removed, removes nothing and commits nothing. R5 in memory are a batch, the
// folders and some bytes a bucket, and what is read and written of the items are the buckets of what has changed.
import { randomUUID } from 'node:crypto';
import type { SourceEntry } from '../api/source-entry.ts';
import { RetryableError } from '../errors.ts';
import { askAll } from './ask-vanished.ts';
import { type BatchTask, runBatch } from './drive-batch.ts';
import { type DriveState, newDriveState, readDriveState, writeDriveState } from './drive-state.ts';
import type { Collected, Drive, Feed } from './feed.ts';
import { wantedPaths } from './filter.ts';
import type { Folder, FolderTree } from './folder-tree.ts';
import { UNITS } from './item-key.ts';
import { ItemStore, newGeneration } from './item-store.ts';
import { type BatchRecord, Journal, type Renamed, type RoundPlan } from './journal.ts';
import { knownOf } from './known.ts';
import { removeGone } from './removals.ts';
import type { RoundDeps } from './round-deps.ts';
import { RoundRows } from './round-rows.ts';
import { reasonsOf } from './tally.ts';
import { type WriteBackState, type WriteBackTask, writeBack } from './write-back.ts';

export interface RoundOptions {
  /** Enumerate everything although there is a cursor: tombstones get lost. */
  isFull?: boolean;
  /** A person has said that what vanished is gone. */
  confirmRemovals?: boolean;
  /** Work until then, ms since the epoch; what is left is done by the next call. */
  until?: number;
}

export interface RoundOutcome {
  /** `more`: call again. */
  status: 'done' | 'more';
  landed: number;
  skipped: number;
  failed: number;
  removed: number;
  renamed: number;
  /** When the next round has something to do, ms since the epoch; undefined: whenever. */
  nextAt: number | undefined;
  state: DriveState;
}

/** A batch has so many rows, and so many known items, or what cannot be divided. */
const BATCH_ROWS = 400;
const BATCH_ITEMS = 2000;
/** Renamed files that are told at once: one version of a table. */
const RENAMED_AT_ONCE = 2000;

export async function syncDrive(
  deps: RoundDeps,
  entry: SourceEntry,
  drive: Drive,
  feed: Feed,
  options: RoundOptions = {},
): Promise<RoundOutcome> {
  const { lake, clock, logger } = deps;
  const found = await readDriveState(lake, entry.name, drive.key);
  const state = found?.state ?? newDriveState(drive.id, drive.name, drive.webUrl);
  const round = state.round + 1;
  const journal = new Journal(lake, entry.name, drive.key, round);
  const before = await ItemStore.open(lake, { source: entry.name, driveId: drive.id, driveKey: drive.key }, state);
  const rows = new RoundRows(journal, drive.id, before.tree);
  const until = options.until ?? Number.POSITIVE_INFINITY;
  try {
    await rows.resume();
    const collected = await feed.collect(rows, options.isFull === true ? null : state.deltaLink, knownOf(before));
    const suspects = moveFolders(rows, collected, before.tree);
    const plan =
      (await journal.plan()) ??
      (await journal.putPlan({
        id: randomUUID(),
        bits: before.bitsFor(Math.max(sizeOf(rows), before.tally.items)),
        folders: await askFolders(deps, feed, suspects, until),
      }));
    const goneFolders = enterAsked(before.tree, suspects, plan);
    const after = before.successor(plan.bits);
    const task: BatchTask = {
      ...{ deps, entry, drive, feed, journal, plan, round, collected, rows, before, after, goneFolders, until },
      generation: newGeneration(round),
      isAll: collected.isFull || before.tree.moved.size > 0 || goneFolders.size > 0 || isRebuilt(before, after),
      due: before.due(clock.now()),
      wanted: wantedPaths(entry),
      self: (await feed.self?.()) ?? null,
      isFirst: state.round === 0,
    };
    const outcome: RoundOutcome = {
      ...{ status: 'done', landed: 0, skipped: 0, failed: 0, removed: 0, renamed: 0, nextAt: undefined },
      state,
    };
    if (!(await runBatches(task))) return { ...outcome, status: 'more', ...(await sumsOf(task)) };
    for await (const record of journal.batches(plan)) {
      after.apply(record);
      for (const what of ['landed', 'skipped', 'failed'] as const) outcome[what] += record[what];
      outcome.renamed += record.renamed.length;
    }
    const { removed, unconfirmed, isAsked } = await removeGone({
      ...{ deps, entry, feed, store: after, round, until, generation: `${task.generation}r` },
      isConfirmed: options.confirmRemovals === true,
    });
    if (!isAsked) for (const id of goneFolders) after.tree.delete(id);
    await tellRenamed(task);
    const written = await writeBackAll(deps, entry, {
      drive,
      feed,
      store: after,
      journal,
      before: state.writeBack,
      generation: `${task.generation}w`,
      until,
    });
    const isSame = !isRebuilt(before, after) && !after.isChanged && state.index !== undefined;
    const index = isSame ? state.index : await after.commit(task.generation);
    const { tally } = after;
    const next: DriveState = {
      ...state,
      ...{
        deltaLink: collected.cursor,
        round,
        itemsPath: null,
        endedAt: clock.now(),
        unconfirmedRemovals: unconfirmed,
      },
      ...(index === undefined ? {} : { index }),
      fullAt: collected.isFull ? clock.now() : state.fullAt,
      counts: tally.counts,
      reasons: reasonsOf(tally),
      older: tally.older,
      ...(written === undefined ? {} : { writeBack: written }),
    };
    await writeDriveState(lake, entry.name, drive.key, next, found?.etag); // R4
    if (state.itemsPath !== null) await lake.delete(state.itemsPath);
    if (!isSame) await after.clean(before, state.index, index ?? '');
    if (collected.isFull && index !== undefined) await after.sweep(index);
    await journal.remove();
    const { landed, skipped, failed } = outcome;
    logger.info('source.round', { source: entry.name, round, landed, skipped, failed });
    return { ...outcome, removed, nextAt: after.nextAt(), state: next };
  } catch (error) {
    // Ended by another process meanwhile: nobody needs what this one has left behind. Where that cannot be said, why it failed can.
    const now = await readDriveState(lake, entry.name, drive.key).catch(() => undefined);
    if ((now?.state.round ?? 0) >= round) await journal.remove();
    throw error;
  } finally {
    await rows.remove();
    await before.close();
  }
}

const isRebuilt = (before: ItemStore, after: ItemStore): boolean => before.isEarlier || before.bits !== after.bits;

function sizeOf(rows: RoundRows): number {
  let size = 0;
  for (let unit = 0; unit < UNITS; unit++) size += rows.sizeOf(unit);
  return size;
}

/** Rows of folders → the tree. @returns folders that may be no more */
function moveFolders(rows: RoundRows, { covers }: Collected, tree: FolderTree): Folder[] {
  const shown = rows.folders();
  const suspects = new Set<Folder>();
  for (const folder of tree.byId.values())
    if (folder.isSuspect === true || (!shown.has(folder.id) && covers({ kind: 'folder', parentId: folder.parentId })))
      suspects.add(folder);
  for (const row of shown.values()) {
    const known = tree.byId.get(row.id);
    if (row.kind !== 'deleted') {
      if (known !== undefined) suspects.delete(known);
      tree.put(row);
    } else if (known !== undefined) suspects.add(known);
  }
  return [...suspects];
}

async function askFolders(
  { clock, parallel }: RoundDeps,
  feed: Feed,
  suspects: readonly Folder[],
  until: number,
): Promise<RoundPlan['folders']> {
  const asked = suspects.map((folder) => ({ ...folder, contentTag: '', eTag: '', size: 0 }));
  const answers = await askAll({ feed, clock, parallel, until }, asked);
  return Object.fromEntries(
    [...answers].map(([{ id }, row]) => [id, row === undefined ? null : { name: row.name, parentId: row.parentId }]),
  );
}

/** What the service has said of folders → the tree. @returns those that are no more */
function enterAsked(tree: FolderTree, suspects: readonly Folder[], { folders }: RoundPlan): ReadonlySet<string> {
  const gone = new Set<string>();
  const answers = new Map(Object.entries(folders));
  for (const folder of suspects) {
    const answer = answers.get(folder.id);
    if (answer === undefined) tree.suspect(folder);
    else if (answer === null) gone.add(folder.id);
    else tree.put({ ...answer, id: folder.id, kind: folder.kind });
  }
  return gone;
}

/** @returns false when time ran out. @throws {RetryableError} lake.conflict */
async function runBatches(task: BatchTask): Promise<boolean> {
  const { journal, plan, deps, until } = task;
  let from = await endOf(task);
  while (from < UNITS) {
    const { start, end } = nextBatch(task, from);
    if (start >= UNITS) break;
    if (deps.clock.now() >= until) return false;
    const record = await runBatch(task, start, end);
    if (record === undefined) return false;
    // Another process may have done it meanwhile, and what it says counts.
    from = (await journal.putBatch(plan, { ...record, from })).upTo;
  }
  if ((await journal.plan())?.id !== plan.id || (await endOf(task)) !== from)
    throw new RetryableError('lake.conflict', 'another process has ended this round, or its source was removed');
  return true;
}

/** Unit behind the last batch that has ended. */
async function endOf({ journal, plan }: BatchTask): Promise<number> {
  let end = 0;
  for await (const { upTo } of journal.batches(plan)) end = upTo;
  return end;
}

/** The next units with something to do. */
function nextBatch({ rows, before, after, isAll, due }: BatchTask, from: number): { start: number; end: number } {
  const step = after.unitsAtOnce;
  const known = before.tally.items / UNITS;
  const isTouched = (unit: number): boolean => {
    if (isAll) return known > 0 || rows.sizeOf(unit) > 0;
    if (rows.sizeOf(unit) > 0) return true;
    const [first, end] = before.bucketsOf(unit, unit + 1);
    return due.some((bucket) => bucket >= first && bucket < end);
  };
  let start = from;
  while (start < UNITS && !isTouched(start)) start++;
  start -= start % step;
  let [end, shown, items] = [start, 0, 0];
  while (end < UNITS && (end === start || (shown < BATCH_ROWS && items < BATCH_ITEMS))) {
    for (let unit = end; unit < end + step; unit++) {
      shown += rows.sizeOf(unit);
      if (isTouched(unit)) items += isAll ? known : Math.min(known, 16 * Math.max(1, rows.sizeOf(unit)));
    }
    end += step;
  }
  return { start, end };
}

async function sumsOf({ journal, plan }: BatchTask): Promise<Pick<BatchRecord, 'landed' | 'skipped' | 'failed'>> {
  const sums = { landed: 0, skipped: 0, failed: 0 };
  for await (const record of journal.batches(plan))
    for (const what of ['landed', 'skipped', 'failed'] as const) sums[what] += record[what];
  return sums;
}

/** A renamed folder may be of many files, and a table gets one version for some thousand. */
async function tellRenamed({ deps: { rename }, journal, plan }: BatchTask): Promise<void> {
  if (rename === undefined) return;
  let waiting: Renamed[] = [];
  for await (const { renamed } of journal.batches(plan)) {
    waiting.push(...renamed);
    while (waiting.length >= RENAMED_AT_ONCE) {
      await rename(waiting.slice(0, RENAMED_AT_ONCE));
      waiting = waiting.slice(RENAMED_AT_ONCE);
    }
  }
  if (waiting.length > 0) await rename(waiting);
}

async function writeBackAll(
  { decisions, ...deps }: RoundDeps,
  entry: SourceEntry,
  task: Omit<WriteBackTask, 'source' | 'columns'>,
): Promise<WriteBackState | undefined> {
  if (entry.kind !== 'sharepoint' || entry.writeBack === undefined || decisions === undefined) return task.before;
  return writeBack({ ...deps, decisions }, { ...task, source: entry.name, columns: entry.writeBack });
}
