// Label and confidence of what was decided → columns of the library, at the end of a round. Off unless the source says which columns.
// Invariants: K1 a file is written to when its value differs from what was written last, so once for each decision; a person's edit of the column stays
// until the next decision. K2 it is written to only in the version that has landed and was decided (If-Match): a newer one is decided first. K3 our own
// change is no change of content (`isOurs`), so it is fetched and decided never; were it not recognised, a file is still written to a few times a day
// only. K4 a failure here fails no round; what one file is refused holds up no other. K5 killed anywhere, what was written is known (journal.ts, J3).
import type { WriteBack } from '../api/source-entry.ts';
import type { WriteBackStatus } from '../api/source-status.ts';
import { codeOf, RetryableError, SluiceError } from '../errors.ts';
import { partsOfLanded } from '../paths.ts';
import type { Clock, Logger } from '../ports.ts';
import type { DriveItem } from './drive-items.ts';
import type { Drive, Feed } from './feed.ts';
import type { DriveRow } from './graph/drive-rows.ts';
import { inParallel } from './in-parallel.ts';
import { itemKeyOf, partOf, UNIT_BITS, UNITS } from './item-key.ts';
import type { ItemStore } from './item-store.ts';
import type { Journal } from './journal.ts';
import { Spill } from './spill.ts';
import { newTally } from './tally.ts';
import type { Written } from './written.ts';

export interface Decided extends Written {
  /** ms since the epoch */
  at: number;
}

/** What was decided on the files of a source. */
export interface Decisions {
  /** Changes whenever a decision may have; undefined: there is none yet. */
  version(): Promise<number | undefined>;
  /** All of a source, in no order, some of one file; the newest counts. */
  of(source: string): AsyncIterable<Decision>;
}

/** What was decided on a landed file at a time; null: people must look at it. */
export interface Decision {
  /** In the landing container. */
  path: string;
  at: number;
  value: Written | null;
}

/** What a drive keeps of it. */
export interface WriteBackState extends WriteBackStatus {
  /** Of the decisions that are all written or held; null: some are not, yet. */
  version: number | null;
  /** The columns they were written to. */
  columns: string;
}

export interface WriteBackDeps {
  decisions: Decisions;
  clock: Clock;
  logger: Logger;
  parallel: number;
}

/** What is written to, and how long. */
export interface WriteBackTask {
  source: string;
  columns: WriteBack;
  drive: Drive;
  feed: Feed;
  /** With everything else that the round has done. */
  store: ItemStore;
  /** Buckets are written as of it. */
  generation: string;
  journal: Journal;
  before: WriteBackState | undefined;
  /** ms since the epoch; what is left is the next round's */
  until: number;
}

const HOUR_MS = 3_600_000;
/** A file that is refused is tried again when its row changes, or after so long. */
const HOLD_MS = HOUR_MS;
/** So many refusals before anything was taken mean the library, not its files. */
const MOST_REFUSED = 5;
/** Were our own changes taken for others', each write would lead to a decision and that to a write. */
const MOST_A_DAY = 5;

/**
 * K3. A row that nobody but this app has changed: the service copies columns into Office files, which are then other bytes.
 * @param self  the app as rows name it; null where it is not known
 */
export const isOurs = (row: DriveRow, known: DriveItem, self: string | null): boolean =>
  self !== null && row.byApp === self && known.state === 'landed' && known.code === null;

/** Files that are written to at a time, and the buckets they are in. */
const PORTION = 200;

/** @returns what the drive keeps of it; undefined: nothing was ever written */
export async function writeBack(deps: WriteBackDeps, task: WriteBackTask): Promise<WriteBackState | undefined> {
  const { decisions, clock, logger } = deps;
  const { source, columns, feed, store, before } = task;
  const version = await decisions.version();
  if (feed.write === undefined || version === undefined) return before;
  const names = `${columns.label} ${columns.confidence ?? ''}`;
  if (before !== undefined && before.columns !== names) await forgetWritten(task);
  const isKnown = before?.version === version && before.columns === names;
  if (isKnown && !store.flagged().some(([, { held }]) => held !== undefined && held.at <= clock.now())) return before;
  const writer = new Writer(deps, task, (await feed.self?.()) ?? null, await task.journal.hasWritten());
  const decided = await decidedOf(decisions.of(source), task.drive);
  try {
    let portion: Due[] = [];
    let buckets: [number, DriveItem[]][] = [];
    const work = async () => {
      await writer.write(portion);
      for (const [bucket, items] of buckets) await writer.store(bucket, items);
      [portion, buckets] = [[], []];
    };
    for (let unit = 0; unit < UNITS; unit++) {
      if (decided.sizes[unit] === 0) continue;
      const newest = newestOf(await decided.read(unit));
      const wanted = new Set([...newest.keys()].map((path) => store.bucketOfKey(partsOfLanded(path)?.key ?? '')));
      for (const bucket of wanted) {
        const known = buckets.find(([one]) => one === bucket);
        const items = known?.[1] ?? (await store.read(bucket)).items;
        const due = [...dueOf(items, newest, clock.now())];
        if (due.length === 0) continue;
        if (known === undefined) buckets.push([bucket, items]);
        portion.push(...due);
      }
      // A bucket of a small drive holds several units.
      if (portion.length >= PORTION && (unit + 1) % store.unitsAtOnce === 0) await work();
    }
    await work();
  } finally {
    await decided.remove();
  }
  const { written, refused, total } = writer;
  if (written === 0 && refused.length > 0 && refused.every(({ code }) => code === 'sync.forbidden'))
    writer.fail(refused[0]?.code ?? ''); // the right is missing for all, and is looked for in each round
  const { failure } = writer;
  if (failure === undefined) await hold(task, refused, clock.now() + HOLD_MS);
  const [most, waits] = heldOf(store);
  const code = failure ?? most;
  if (refused.length > 0) logger.warn('source.write-back-failed', { source, code: code ?? '', files: refused.length });
  if (written > 0) logger.info('source.written-back', { source, files: written });
  const isComplete = writer.isAll && failure === undefined;
  return {
    version: isComplete ? version : null,
    columns: names,
    written: (before?.written ?? 0) + written,
    waiting: isComplete ? waits : Math.max(total - written, waits),
    code,
  };
}

/** A file that was refused, as it was. */
interface Refused {
  id: string;
  eTag: string;
  code: string;
}

type Due = [DriveItem, Written];

class Writer {
  written = 0;
  /** Files that were due. */
  total = 0;
  /** Nothing was left for want of time. */
  isAll = true;
  /** Code of what ends the writing of the round. */
  failure: string | undefined;
  readonly refused: Refused[] = [];
  readonly #deps: WriteBackDeps;
  readonly #task: WriteBackTask;
  readonly #self: string | null;
  readonly #mayBeDone: boolean;

  /** @param mayBeDone  a process that was ended has written some */
  constructor(deps: WriteBackDeps, task: WriteBackTask, self: string | null, mayBeDone: boolean) {
    this.#deps = deps;
    this.#task = task;
    this.#self = self;
    this.#mayBeDone = mayBeDone;
  }

  fail(code: string): void {
    this.failure ??= code;
  }

  async write(due: readonly Due[]): Promise<void> {
    const { clock, parallel } = this.#deps;
    this.total += due.length;
    await inParallel(parallel, due, async ([item, value]) => {
      if (this.failure !== undefined || clock.now() >= this.#task.until) {
        this.isAll = false;
        return;
      }
      try {
        if (!(await this.#one(item, value))) return; // it is gone
        this.written++;
        entered(item, value, clock.now());
      } catch (error) {
        if (!(error instanceof SluiceError)) throw error;
        this.refused.push({ id: item.id, eTag: item.eTag, code: codeOf(error) });
        const isOfAll = error instanceof RetryableError || error.code === 'sync.column';
        if (isOfAll || (this.written === 0 && this.refused.length >= MOST_REFUSED)) this.failure = codeOf(error);
      }
    });
  }

  /** What became of a bucket's items; their states are the same. */
  async store(bucket: number, items: DriveItem[]): Promise<void> {
    await this.#task.store.replace(bucket, items, this.#task.generation, newTally());
  }

  async #one(item: DriveItem, value: Written): Promise<boolean> {
    const { journal, drive, feed, columns } = this.#task;
    const key = itemKeyOf(drive.id, item.id);
    const done = this.#mayBeDone ? await journal.written(key) : undefined;
    if (done?.label === value.label && done.confidence === value.confidence) return true;
    const answer = await feed.write?.(item, columns, value);
    if (answer === undefined) return false;
    await journal.putWritten(key, value); // K5
    // A row of somebody else's is the next round's.
    if (answer.row !== undefined && isOurs(answer.row, item, this.#self)) item.contentTag = answer.row.contentTag;
    return true;
  }
}

/** Decisions on files of a drive by unit. */
async function decidedOf(all: AsyncIterable<Decision>, drive: Drive): Promise<Spill<Decision>> {
  const decided = new Spill<Decision>();
  for await (const one of all) {
    const parts = partsOfLanded(one.path);
    if (parts?.drive === drive.key) await decided.add(partOf(parts.key, UNIT_BITS), one);
  }
  return decided;
}

function newestOf(decisions: readonly Decision[]): ReadonlyMap<string, Decided> {
  const newest = new Map<string, Decision>();
  for (const one of decisions) if ((newest.get(one.path)?.at ?? 0) <= one.at) newest.set(one.path, one);
  return new Map([...newest].flatMap(([path, { at, value }]) => (value === null ? [] : [[path, { ...value, at }]])));
}

/** K1, and the bound of K3. */
function* dueOf(
  items: readonly DriveItem[],
  decided: ReadonlyMap<string, Decided>,
  nowMs: number,
): Generator<Due, void, undefined> {
  for (const item of items) {
    const value = item.landedPath === null ? undefined : decided.get(item.landedPath);
    if (value === undefined || item.state !== 'landed' || item.code !== null || item.waitUntil !== null) continue;
    if (value.at < (item.landedAt ?? 0)) continue; // K2: of a version before
    const { label, confidence } = value;
    if (item.written?.label === label && item.written.confidence === confidence) continue;
    if (isHeld(item, nowMs)) continue;
    const day = item.writes;
    if (day !== undefined && day.count >= MOST_A_DAY && nowMs - day.since < 24 * HOUR_MS) continue;
    yield [item, { label, confidence }];
  }
}

/** What has become of a file after it was written to. */
function entered(item: DriveItem, value: Written, nowMs: number): void {
  const { writes } = item;
  const isSameDay = writes !== undefined && nowMs - writes.since < 24 * HOUR_MS;
  item.written = value;
  item.writes = isSameDay ? { since: writes.since, count: writes.count + 1 } : { since: nowMs, count: 1 };
  delete item.held;
}

const isHeld = ({ held, eTag }: DriveItem, nowMs: number): boolean =>
  held !== undefined && held.eTag === eTag && nowMs < held.until;

async function hold({ store, generation }: WriteBackTask, refused: readonly Refused[], until: number): Promise<void> {
  const by = new Map<number, Refused[]>();
  for (const one of refused) by.set(store.bucketOf(one.id), [...(by.get(store.bucketOf(one.id)) ?? []), one]);
  for (const [bucket, some] of by) {
    const { items } = await store.read(bucket);
    for (const { id, eTag, code } of some) {
      const item = items.find((one) => one.id === id);
      if (item !== undefined) item.held = { eTag, until, code };
    }
    await store.replace(bucket, items, `${generation}h`, newTally());
  }
}

/** Other columns were never written to. */
async function forgetWritten({ store, generation }: WriteBackTask): Promise<void> {
  for (let bucket = 0; bucket < 2 ** store.bits; bucket++) {
    const { items } = await store.read(bucket);
    if (!items.some(({ written }) => written !== undefined)) continue;
    for (const item of items) delete item.written;
    await store.replace(bucket, items, `${generation}f`, newTally());
  }
}

/** Of what is refused the most frequent reason, and how many there are. */
function heldOf(store: ItemStore): [string | null, number] {
  const by = new Map<string, number>();
  for (const [, { held }] of store.flagged())
    for (const [code, n] of Object.entries(held?.codes ?? {})) by.set(code, (by.get(code) ?? 0) + n);
  const [most] = [...by].sort(([, a], [, b]) => b - a);
  return [most?.[0] ?? null, [...by.values()].reduce((sum, n) => sum + n, 0)];
}
