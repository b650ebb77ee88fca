// One batch of a round: some hundred rows and the known items they may concern → planned, landed, asked for, written. What is in memory of a round
// is a batch.
// Invariants: B1 a batch stands in the journal when each of its items has an end and its buckets are written; until then it is done again, and what had
// landed is taken over from its marks. B2 nothing of the landing container is removed here: what is gone is marked, and counted over the drive.
import type { SourceEntry } from '../api/source-entry.ts';
import { codeOf, RetryableError } from '../errors.ts';
import { askAll, MOST_IN_ROW } from './ask-vanished.ts';
import { type DriveItem, DriveItems } from './drive-items.ts';
import { type DrivePlan, planRound, UNREAD } from './drive-plan.ts';
import { type Collected, type Drive, type Feed, ItemUnavailable } from './feed.ts';
import type { Wanted } from './filter.ts';
import type { DriveRow } from './graph/drive-rows.ts';
import { inParallel } from './in-parallel.ts';
import { flagsOf } from './item-flags.ts';
import { itemKeyOf, partOf, UNIT_BITS } from './item-key.ts';
import { type Bucket, type ItemStore, STORE_CALLS } from './item-store.ts';
import type { BatchRecord, Journal, RoundPlan } from './journal.ts';
import { landItem } from './land-item.ts';
import type { RoundDeps } from './round-deps.ts';
import type { RoundRows } from './round-rows.ts';
import { count, newTally } from './tally.ts';

/** What all batches of a round have in common. */
export interface BatchTask {
  deps: RoundDeps;
  entry: SourceEntry;
  drive: Drive;
  feed: Feed;
  journal: Journal;
  plan: RoundPlan;
  round: number;
  collected: Collected;
  rows: RoundRows;
  /** As the last round left it. */
  before: ItemStore;
  /** Where buckets are written to. */
  after: ItemStore;
  generation: string;
  /** Folders that are no more: what lies in them is asked for. */
  goneFolders: ReadonlySet<string>;
  /** Every known item is looked at. */
  isAll: boolean;
  /** Buckets of `before` that are looked at though no row speaks of them. */
  due: readonly number[];
  wanted: Wanted;
  self: string | null;
  /** No round has ended yet. */
  isFirst: boolean;
  until: number;
}

/** A file that was given up is asked for again. */
const LATER_MS = 6 * 3_600_000;

/** @param from, to  units; @returns undefined when time ran out before everything had an end */
export async function runBatch(
  task: BatchTask,
  from: number,
  to: number,
): Promise<Omit<BatchRecord, 'from'> | undefined> {
  const { deps, entry, drive, rows, collected, before, after, generation, round } = task;
  const shown = new Map<string, DriveRow>();
  for (let unit = from; unit < to; unit++) for (const [id, row] of await rows.of(unit)) shown.set(id, row);
  const isAnew = before.isEarlier || before.bits !== after.bits;
  const loaded = await load(task, shown.keys(), from, to);
  const items = new DriveItems(after.tree);
  const tally = newTally();
  for (const { items: some } of loaded.values()) {
    if (!isAnew) count(tally, some, -1);
    for (const item of some) {
      const unit = partOf(itemKeyOf(drive.id, item.id), UNIT_BITS);
      if (unit >= from && unit < to) items.enter(item);
    }
  }
  await find(task, shown, items);
  const plan = planRound(
    items,
    { rows: shown, isFull: collected.isFull, covers: collected.covers },
    {
      ...{ wanted: task.wanted, maxBytes: entry.maxBytes, self: task.self, isFirst: task.isFirst },
      nowMs: deps.clock.now(),
    },
  );
  const ends = await landAll(task, items, plan);
  if (ends === undefined) return undefined;
  await askVanished(task, items, plan, round);
  const written: BatchRecord['written'] = {};
  const emptied: number[] = [];
  const texts: [number, string][] = [];
  for (const [bucket, some] of byBucket(after, items, isAnew ? [] : loaded.keys())) {
    count(tally, some);
    const text = after.textOf(some);
    if (!isAnew && text === loaded.get(bucket)?.text) continue;
    if (some.length === 0) emptied.push(bucket);
    else {
      written[bucket] = flagsOf(some) ?? null;
      texts.push([bucket, text]);
    }
  }
  await inParallel(STORE_CALLS, texts, ([bucket, text]) => after.write(bucket, text, generation));
  return {
    ...{ upTo: to, bits: after.bits, generation, written, emptied, tally, ...ends },
    renamed: [...plan.renamed].flatMap((item) =>
      item.landedPath === null ? [] : [{ path: item.landedPath, name: items.pathOf(item), webUrl: item.webUrl }],
    ),
  };
}

/** Buckets that may hold what is shown, or what has waited long enough. */
async function load(
  { before, isAll, due }: BatchTask,
  ids: Iterable<string>,
  from: number,
  to: number,
): Promise<Map<number, Bucket>> {
  const [first, end] = before.bucketsOf(from, to);
  const wanted = new Set<number>();
  if (isAll) for (let bucket = first; bucket < end; bucket++) wanted.add(bucket);
  else for (const id of ids) wanted.add(before.bucketOf(id));
  for (const bucket of due) if (bucket >= first && bucket < end) wanted.add(bucket);
  const loaded = new Map<number, Bucket>();
  const order = [...wanted].sort((a, b) => a - b);
  for (const bucket of order) loaded.set(bucket, { items: [], text: '' });
  await inParallel(STORE_CALLS, order, async (bucket) => void loaded.set(bucket, await before.read(bucket)));
  return loaded;
}

/** What was removed somewhere and that nobody knows may lie elsewhere now. */
async function find({ collected, deps }: BatchTask, shown: Map<string, DriveRow>, items: DriveItems): Promise<void> {
  const look = collected.find;
  if (look === undefined) return;
  const unknown = [...shown.values()].filter(({ id, kind }) => kind === 'deleted' && !items.byId.has(id));
  await inParallel(deps.parallel, unknown, async ({ id }) => {
    const row = await look(id);
    if (row === undefined) shown.delete(id);
    else shown.set(id, row);
  });
}

function byBucket(after: ItemStore, items: DriveItems, known: Iterable<number>): Map<number, DriveItem[]> {
  const found = new Map<number, DriveItem[]>();
  for (const bucket of known) found.set(bucket, []);
  for (const item of items.byId.values()) {
    const bucket = after.bucketOf(item.id);
    const some = found.get(bucket);
    if (some === undefined) found.set(bucket, [item]);
    else some.push(item);
  }
  return found;
}

/** @returns undefined when time ran out before everything had an end */
async function landAll(
  { deps, entry, drive, feed, journal, until }: BatchTask,
  items: DriveItems,
  plan: DrivePlan,
): Promise<Pick<BatchRecord, 'landed' | 'skipped' | 'failed'> | undefined> {
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
  await inParallel(deps.parallel, plan.downloads, async (item) => {
    // One file that cannot be had holds up no other; a service or a storage that is away holds up all.
    if (inRow >= MOST_IN_ROW || failures.some((one) => codeOf(one) !== 'sync.unavailable')) return;
    if (deps.clock.now() >= until) {
      isAllDone = false;
      return;
    }
    try {
      const { state, code, sha256, landedPath, contentTag, landedAt } = await landItem(land, item, items.pathOf(item));
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
  });
  if (failures.length > 0) throw failures.find((one) => !(one instanceof RetryableError)) ?? failures[0];
  if (!isAllDone) return undefined;
  const became = (what: DriveItem['state']) => plan.downloads.filter(({ state }) => state === what).length;
  return { landed: became('landed'), skipped: plan.skipped.length + became('skipped'), failed: became('failed') };
}

/** A new version that cannot be had leaves the landed one where it is. */
const stateAfter = (item: DriveItem, state: DriveItem['state']): DriveItem['state'] =>
  item.landedPath !== null && state !== 'landed' ? 'landed' : state;

/** B2. */
async function askVanished(
  { deps, feed, goneFolders, until }: BatchTask,
  items: DriveItems,
  plan: DrivePlan,
  round: number,
): Promise<void> {
  const suspects = new Set(plan.vanished.filter(({ state }) => state !== 'removed'));
  for (const item of items.byId.values()) {
    if (item.state === 'removed') continue;
    const isBelow = goneFolders.size > 0 && items.parentsOf(item).some((id) => goneFolders.has(id));
    if (item.isSuspect === true || isBelow) suspects.add(item);
  }
  if (suspects.size === 0) return;
  const before = new Map([...suspects].map((item) => [item, items.pathOf(item)]));
  const answers = await askAll({ feed, clock: deps.clock, parallel: deps.parallel, until }, suspects);
  for (const item of suspects) {
    item.isSuspect = true;
    if (!answers.has(item)) continue; // the next round
    delete item.isSuspect;
    const row = answers.get(item);
    if (row === undefined) enterGone(items, item, round);
    else {
      // It is elsewhere now; its content is looked at when a row speaks of it.
      Object.assign(item, { name: row.name, parentId: row.parentId });
      if (item.code === 'sync.removals') item.code = null;
    }
  }
  for (const [item, path] of before) if (item.state === 'landed' && items.pathOf(item) !== path) plan.renamed.add(item);
}

function enterGone(items: DriveItems, item: DriveItem, round: number): void {
  if (item.state === 'landed') Object.assign(item, { code: 'sync.removals', goneIn: round });
  else if (item.state === 'none') items.byId.delete(item.id);
  else Object.assign(item, { state: 'removed', code: null, waitUntil: null });
}
