// One round of one drive: pages into the journal, the tree brought up to date, files landed, the vanished asked for by id, the cursor last.
// Invariants: R1 seen = landed + skipped + failed + removed. R2 a round that dies goes on where it was; at most the items in hand are done again.
// R3 nothing is removed without a 404 by id, and never more than a bounded share of the landed ones without a person's word. R4 the cursor is
// committed last, by compare-and-swap: of two rounds at once one ends and the other has done nothing twice.
import { randomUUID } from 'node:crypto';
import type { SourceEntry } from '../api/source-entry.ts';
import { codeOf, RetryableError } from '../errors.ts';
import { sourcePaths } from '../paths.ts';
import type { Clock, LakeStore, Logger } from '../ports.ts';
import type { DriveItem, DriveItems } from './drive-items.ts';
import { type DrivePlan, planRound, UNREAD } from './drive-plan.ts';
import {
  type DriveState,
  newDriveState,
  readDriveItems,
  readDriveState,
  writeDriveItems,
  writeDriveState,
} from './drive-state.ts';
import { type Drive, type Feed, ItemUnavailable } from './feed.ts';
import { type Wanted, wantedPaths } from './filter.ts';
import type { DriveRow } from './graph/drive-rows.ts';
import { Journal } from './journal.ts';
import { itemKeyOf, landItem } from './land-item.ts';
import { type Decisions, type WriteBackState, type WriteBackTask, writeBack } from './write-back.ts';

export interface RoundDeps {
  lake: LakeStore;
  landing: LakeStore;
  clock: Clock;
  logger: Logger;
  /** Everything that was read from a landed file and decided on it goes. @param path  in the landing container */
  erase(path: string): Promise<void>;
  /** Landed files that are shown under another path now. */
  rename?(renamed: readonly { path: string; name: string; webUrl: string }[]): Promise<void>;
  /** What was decided, for sources that write it back. */
  decisions?: Decisions;
  /** Downloads at a time. */
  parallel: number;
}

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

/** More vanished originals than this share, and than this number, wait for a person. */
const BOUNDED_SHARE = 0.2;
const BOUNDED_COUNT = 20;
/** So many downloads that fail one after the other mean the service. */
const MOST_IN_ROW = 5;
/** A file that was given up is asked for again. */
const LATER_MS = 6 * 3_600_000;

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
  const items = await readDriveItems(lake, state);
  const { plan, cursor, isFull } = await planFrom(feed, journal, options.isFull ? null : state.deltaLink, items, {
    isFirst: state.round === 0,
    ...{ wanted: wantedPaths(entry), maxBytes: entry.maxBytes, nowMs: () => clock.now() },
  });
  const outcome: RoundOutcome = {
    ...{ status: 'done', landed: 0, skipped: 0, failed: 0, removed: 0, renamed: plan.renamed.length },
    nextAt: plan.nextAt,
    state,
  };
  if (!(await landAll(deps, entry, drive, feed, journal, items, plan, outcome, options.until)))
    return { ...outcome, status: 'more' };
  const unconfirmed = await removeVanished(deps, entry, feed, items, plan, { ...options, isFull }, outcome);
  await deps.rename?.(
    plan.renamed.flatMap((item) =>
      item.landedPath === null ? [] : [{ path: item.landedPath, name: items.pathOf(item), webUrl: item.webUrl }],
    ),
  );
  const written = await writeBackAll(deps, entry, { drive, feed, items, journal, before: state.writeBack }, options);
  const itemsPath = sourcePaths.items(entry.name, drive.key, round, randomUUID().slice(0, 8));
  await writeDriveItems(lake, itemsPath, items);
  const next: DriveState = {
    ...state,
    ...{ deltaLink: cursor, round, itemsPath, endedAt: clock.now(), unconfirmedRemovals: unconfirmed },
    fullAt: isFull ? clock.now() : state.fullAt,
    counts: items.counts(),
    reasons: items.reasons(),
    older: items.older(),
    ...(written === undefined ? {} : { writeBack: written }),
  };
  await writeDriveState(lake, entry.name, drive.key, next, found?.etag); // R4
  if (state.itemsPath !== null) await lake.delete(state.itemsPath);
  await journal.remove();
  logger.info('source.round', {
    source: entry.name,
    round,
    landed: outcome.landed,
    skipped: outcome.skipped,
    failed: outcome.failed,
  });
  return { ...outcome, state: next };
}

async function writeBackAll(
  { decisions, ...deps }: RoundDeps,
  entry: SourceEntry,
  task: Omit<WriteBackTask, 'source' | 'columns' | 'until'>,
  { until = Number.POSITIVE_INFINITY }: RoundOptions,
): Promise<WriteBackState | undefined> {
  if (entry.kind !== 'sharepoint' || entry.writeBack === undefined || decisions === undefined) return task.before;
  return writeBack({ ...deps, decisions }, { ...task, source: entry.name, columns: entry.writeBack, until });
}

/** The rows are let go of before anything lands. */
async function planFrom(
  feed: Feed,
  journal: Journal,
  from: string | null,
  items: DriveItems,
  { nowMs, ...limits }: { wanted: Wanted; maxBytes: number; isFirst: boolean; nowMs: () => number },
): Promise<{ plan: DrivePlan; cursor: string; isFull: boolean }> {
  const collected = await feed.collect(journal, from, items);
  const self = (await feed.self?.()) ?? null;
  const plan = planRound(items, collected, { ...limits, self, nowMs: nowMs() });
  return { plan, cursor: collected.cursor, isFull: collected.isFull };
}

/** @returns false when time ran out before everything had an end */
async function landAll(
  deps: RoundDeps,
  entry: SourceEntry,
  drive: Drive,
  feed: Feed,
  journal: Journal,
  items: DriveItems,
  plan: DrivePlan,
  outcome: RoundOutcome,
  until = Number.POSITIVE_INFINITY,
): Promise<boolean> {
  const marked = await journal.marked();
  const land = {
    feed,
    landing: deps.landing,
    journal,
    source: entry.name,
    driveId: drive.id,
    driveKey: drive.key,
    maxBytes: entry.maxBytes,
    nowMs: () => deps.clock.now(),
  };
  let isAllDone = true;
  const failures: unknown[] = [];
  let inRow = 0;
  const queue = plan.downloads.values();
  // Workers on one queue: a promise an item would be tens of megabytes in a large library.
  const work = async (): Promise<void> => {
    for (const item of queue) {
      // One file that cannot be had holds up no other; a service or a storage that is away holds up all.
      if (inRow >= MOST_IN_ROW || failures.some((one) => codeOf(one) !== 'sync.unavailable')) return;
      if (deps.clock.now() >= until && !marked.has(itemKeyOf(drive.id, item.id))) {
        isAllDone = false;
        continue;
      }
      try {
        const { state, code, sha256, landedPath, contentTag, landedAt } = await landItem(
          land,
          item,
          items.pathOf(item),
        );
        const became = stateAfter(item, state);
        const tag = became === state ? contentTag : UNREAD;
        Object.assign(item, { state: became, code, sha256, landedPath, contentTag: tag, waitUntil: null });
        if (landedAt !== undefined) item.landedAt = landedAt;
        if (code === 'sync.unavailable') item.waitUntil = deps.clock.now() + LATER_MS;
        inRow = 0;
      } catch (error) {
        if (!(error instanceof ItemUnavailable)) inRow++;
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: deps.parallel }, work));
  if (failures.length > 0) throw failures.find((one) => !(one instanceof RetryableError)) ?? failures[0];
  for (const { state } of plan.downloads) if (state === 'landed' || state === 'failed') outcome[state]++;
  outcome.skipped = plan.skipped.length + plan.downloads.filter(({ state }) => state === 'skipped').length;
  return isAllDone;
}

/** A new version that cannot be had leaves the landed one where it is. */
const stateAfter = (item: DriveItem, state: DriveItem['state']): DriveItem['state'] =>
  item.landedPath !== null && state !== 'landed' ? 'landed' : state;

/** R3. @returns how many wait for a person's word */
async function removeVanished(
  deps: RoundDeps,
  entry: SourceEntry,
  feed: Feed,
  items: DriveItems,
  plan: DrivePlan,
  options: RoundOptions,
  outcome: RoundOutcome,
): Promise<number> {
  const suspects = new Map<string, DriveItem>();
  const suspect = (item: DriveItem | undefined) => {
    if (item !== undefined && item.state !== 'removed') suspects.set(item.id, item);
  };
  for (const id of plan.vanished) suspect(items.byId.get(id));
  const isAskedAgain = options.confirmRemovals === true || options.isFull === true;
  for (const item of items.byId.values()) {
    // What is gone and waits for a person's word is not asked for in every round.
    if (item.isSuspect === true || (item.code === 'sync.removals' && isAskedAgain)) suspect(item);
    if (suspects.size > 0 && items.parentsOf(item).some((id) => suspects.has(id))) suspect(item);
  }
  const landed = [...items.byId.values()].filter(({ state }) => state === 'landed').length;
  const before = new Map([...suspects.values()].map((item) => [item, items.pathOf(item)]));
  const gone: DriveItem[] = [];
  await askAll(deps, feed, suspects.values(), options.until, (item, row) => {
    delete item.isSuspect;
    if (row === undefined) return void gone.push(item);
    // It is elsewhere now; its content is looked at when a row speaks of it.
    Object.assign(item, { name: row.name, parentId: row.parentId });
    if (item.code === 'sync.removals') item.code = null;
  });
  for (const [item, path] of before)
    if (item.state === 'landed' && items.pathOf(item) !== path && !plan.renamed.includes(item)) plan.renamed.push(item);
  outcome.renamed = plan.renamed.length;
  const goneFiles = gone.filter(({ state }) => state === 'landed');
  for (const item of goneFiles) item.code = 'sync.removals';
  let vanished = 0; // these, and those that waited before
  for (const { code } of items.byId.values()) if (code === 'sync.removals') vanished++;
  const isTooMany = vanished > BOUNDED_COUNT && vanished > landed * BOUNDED_SHARE;
  if (isTooMany && options.confirmRemovals !== true) {
    if (goneFiles.length > 0) deps.logger.warn('source.removals', { source: entry.name, files: vanished });
    return vanished;
  }
  for (const item of gone) {
    try {
      await applyPolicy(deps, entry, item);
    } catch (error) {
      if (codeOf(error) !== 'run.not-finished') throw error;
      Object.assign(item, { isSuspect: true, code: null }); // a run has it in hand: the next round
      continue;
    }
    if (item.state === 'landed') outcome.removed++;
    if (item.kind === 'folder' || item.state === 'none') items.byId.delete(item.id);
    else Object.assign(item, { state: 'removed', code: null });
  }
  return vanished - goneFiles.length;
}

/** Ask for each by id. What the service does not answer, or there is no time for, is asked for in the next round. */
async function askAll(
  deps: RoundDeps,
  feed: Feed,
  suspects: Iterable<DriveItem>,
  until = Number.POSITIVE_INFINITY,
  take: (item: DriveItem, row: DriveRow | undefined) => void,
): Promise<void> {
  const answers = new Map<DriveItem, DriveRow | undefined>();
  let inRow = 0;
  const queue = suspects[Symbol.iterator]();
  const work = async (): Promise<void> => {
    for (const item of { [Symbol.iterator]: () => queue }) {
      item.isSuspect = true;
      if (deps.clock.now() >= until) continue;
      try {
        answers.set(item, await feed.ask(item));
        inRow = 0;
      } catch (error) {
        if (codeOf(error) !== 'sync.unavailable' || ++inRow >= MOST_IN_ROW) throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: deps.parallel }, work));
  for (const [item, row] of answers) take(item, row);
}

async function applyPolicy({ landing, erase, logger }: RoundDeps, entry: SourceEntry, item: DriveItem): Promise<void> {
  if (entry.deletion === 'keep' || item.landedPath === null) return;
  try {
    if (entry.deletion === 'erase') await erase(item.landedPath);
    await landing.delete(item.landedPath);
  } catch (error) {
    if (codeOf(error) !== 'document.not-found') throw error; // it was never decided
    logger.debug('source.erased-nothing', { source: entry.name });
    await landing.delete(item.landedPath);
  }
  Object.assign(item, { sha256: null, landedPath: null });
}
