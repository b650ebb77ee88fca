// What is gone, and has landed: removed by the source's policy at the end of a round, when everything was asked for.
// Invariants: R3 nothing is removed without a 404 by id, and never more than a bounded share of the landed ones without a person's word.
import type { SourceEntry } from '../api/source-entry.ts';
import { codeOf } from '../errors.ts';
import { askAll } from './ask-vanished.ts';
import type { DriveItem } from './drive-items.ts';
import type { Feed } from './feed.ts';
import type { ItemStore } from './item-store.ts';
import type { RoundDeps } from './round-deps.ts';
import { count, newTally } from './tally.ts';

/** More vanished originals than this share, and than this number, wait for a person. */
const BOUNDED_SHARE = 0.2;
const BOUNDED_COUNT = 20;

export interface RemovalTask {
  deps: RoundDeps;
  entry: SourceEntry;
  feed: Feed;
  /** With all batches of the round. */
  store: ItemStore;
  round: number;
  generation: string;
  /** A person has said that what vanished is gone. */
  isConfirmed: boolean;
  until: number;
}

/** @returns how many were removed, and how many wait for a person's word */
export async function removeGone(
  task: RemovalTask,
): Promise<{ removed: number; unconfirmed: number; isAsked: boolean }> {
  const { deps, entry, store, round, isConfirmed } = task;
  let vanished = 0;
  for (const [, { removals = 0 }] of store.flagged()) vanished += removals;
  const landed = store.tally.counts.landed ?? 0;
  const isTooMany = vanished > BOUNDED_COUNT && vanished > landed * BOUNDED_SHARE;
  let removed = 0;
  let isNew = false;
  for (const [bucket, { removals = 0 }] of store.flagged()) {
    if (removals === 0) continue;
    const { items } = await store.read(bucket);
    const tally = newTally();
    count(tally, items, -1);
    isNew ||= items.some(({ goneIn }) => goneIn === round);
    if (isTooMany && !isConfirmed) continue;
    const gone = items.filter(({ code, goneIn }) => code === 'sync.removals' && goneIn === round);
    // What waits for a person's word may be there again.
    const waits = isConfirmed ? items.filter(({ code, goneIn }) => code === 'sync.removals' && goneIn !== round) : [];
    if (gone.length + waits.length === 0) continue;
    gone.push(...(await stillGone(task, waits)));
    for (const item of gone) if (await remove(deps, entry, item)) removed++;
    count(tally, items);
    await store.replace(bucket, items, task.generation, tally);
  }
  let unconfirmed = 0;
  for (const [, { removals = 0 }] of store.flagged()) unconfirmed += removals;
  const isAsked = isTooMany && !isConfirmed;
  if (isAsked && isNew) deps.logger.warn('source.removals', { source: entry.name, files: vanished });
  return { removed, unconfirmed, isAsked };
}

async function stillGone({ deps, feed, until }: RemovalTask, waits: DriveItem[]): Promise<DriveItem[]> {
  if (waits.length === 0) return [];
  const answers = await askAll({ feed, clock: deps.clock, parallel: deps.parallel, until }, waits);
  for (const item of waits) {
    const row = answers.get(item);
    if (row !== undefined) Object.assign(item, { name: row.name, parentId: row.parentId, code: null });
    else if (!answers.has(item)) item.isSuspect = true; // the next round
  }
  return waits.filter((item) => answers.has(item) && answers.get(item) === undefined);
}

/** @returns false when a run has the file in hand: the next round removes it */
async function remove(deps: RoundDeps, entry: SourceEntry, item: DriveItem): Promise<boolean> {
  delete item.goneIn;
  try {
    await applyPolicy(deps, entry, item);
  } catch (error) {
    if (codeOf(error) !== 'run.not-finished') throw error;
    Object.assign(item, { isSuspect: true, code: null });
    return false;
  }
  Object.assign(item, { state: 'removed', code: null, waitUntil: null });
  return true;
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
