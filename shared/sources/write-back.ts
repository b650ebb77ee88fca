// Label and confidence of what was decided → columns of the library, at the end of a round. Off unless the source says which columns.
// Invariants: K1 a file is written to when its value differs from what was written last, so once for each decision; a person's edit of the column stays
// until the next decision. K2 it is written to only in the version that has landed and was decided (If-Match): a newer one is decided first. K3 our own
// change is no change of content (`isOurs`), so it is fetched and decided never; were it not recognised, a file is still written to a few times a day
// only. K4 a failure here fails no round; what one file is refused holds up no other. K5 killed anywhere, what was written is known (journal.ts, J3).
import type { WriteBack } from '../api/source-entry.ts';
import type { WriteBackStatus } from '../api/source-status.ts';
import { codeOf, RetryableError, SluiceError } from '../errors.ts';
import type { Clock, Logger } from '../ports.ts';
import type { DriveItem, DriveItems } from './drive-items.ts';
import type { Drive, Feed } from './feed.ts';
import type { DriveRow } from './graph/drive-rows.ts';
import type { Journal } from './journal.ts';
import { itemKeyOf } from './land-item.ts';
import type { Written } from './written.ts';

export interface Decided extends Written {
  /** ms since the epoch */
  at: number;
}

/** What was decided on the files of a source. */
export interface Decisions {
  /** Changes whenever a decision may have; undefined: there is none yet. */
  version(): Promise<number | undefined>;
  /** By path in the landing container; files that people must look at are not in it. */
  of(source: string): Promise<ReadonlyMap<string, Decided>>;
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
  items: DriveItems;
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

/** @returns what the drive keeps of it; undefined: nothing was ever written */
export async function writeBack(deps: WriteBackDeps, task: WriteBackTask): Promise<WriteBackState | undefined> {
  const { decisions, clock, logger, parallel } = deps;
  const { source, columns, drive, feed, items, journal, before, until } = task;
  const { write } = feed;
  const self = (await feed.self?.()) ?? null;
  const version = await decisions.version();
  if (write === undefined || version === undefined) return before;
  const names = `${columns.label} ${columns.confidence ?? ''}`;
  if (before !== undefined && before.columns !== names) for (const item of items.byId.values()) delete item.written;
  const isKnown = before?.version === version && before.columns === names;
  if (isKnown && !hasReleased(items, clock.now())) return before;
  const due = [...dueOf(items, await decisions.of(source), clock.now())];
  const done = due.length === 0 ? new Map<string, Written>() : await journal.written();
  let [written, isAll] = [0, true];
  const refused: [DriveItem, SluiceError][] = [];
  let failure: SluiceError | undefined;
  const queue = due.values();
  const work = async (): Promise<void> => {
    for (const [item, value] of queue) {
      if (failure !== undefined || clock.now() >= until) {
        isAll = false;
        return;
      }
      const key = itemKeyOf(drive.id, item.id);
      try {
        if (done.get(key)?.label !== value.label || done.get(key)?.confidence !== value.confidence) {
          const answer = await write.call(feed, item, columns, value);
          if (answer === undefined) continue; // it is gone
          await journal.putWritten(key, value); // K5
          // A row of somebody else's is the next round's.
          if (answer.row !== undefined && isOurs(answer.row, item, self)) item.contentTag = answer.row.contentTag;
        }
        written++;
        entered(item, value, clock.now());
      } catch (error) {
        if (!(error instanceof SluiceError)) throw error;
        refused.push([item, error]);
        const isOfAll = error instanceof RetryableError || error.code === 'sync.column';
        if (isOfAll || (written === 0 && refused.length >= MOST_REFUSED)) failure = error;
      }
    }
  };
  await Promise.all(Array.from({ length: parallel }, work));
  if (written === 0 && refused.length > 0 && refused.every(([, { code }]) => code === 'sync.forbidden'))
    failure ??= refused[0]?.[1]; // the right is missing for all, and is looked for in each round
  if (failure === undefined)
    for (const [item, error] of refused)
      item.held = { eTag: item.eTag, until: clock.now() + HOLD_MS, code: codeOf(error) };
  const waits = heldOf(items);
  const code = failure === undefined ? (waits[0]?.code ?? null) : codeOf(failure);
  if (refused.length > 0) logger.warn('source.write-back-failed', { source, code: code ?? '', files: refused.length });
  if (written > 0) logger.info('source.written-back', { source, files: written });
  const isComplete = isAll && failure === undefined;
  return {
    version: isComplete ? version : null,
    columns: names,
    written: (before?.written ?? 0) + written,
    waiting: isComplete ? waits.length : Math.max(due.length - written, waits.length),
    code,
  };
}

/** K1, and the bound of K3. */
function* dueOf(
  items: DriveItems,
  decided: ReadonlyMap<string, Decided>,
  nowMs: number,
): Generator<[DriveItem, Written], void, undefined> {
  for (const item of items.byId.values()) {
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

/** Whether something that was refused may be tried again. */
function hasReleased(items: DriveItems, nowMs: number): boolean {
  for (const item of items.byId.values()) if (item.held !== undefined && !isHeld(item, nowMs)) return true;
  return false;
}

/** What is refused, the most frequent reason first. */
function heldOf(items: DriveItems): { code: string }[] {
  const by = new Map<string, { code: string }[]>();
  for (const { held, state } of items.byId.values())
    if (held !== undefined && state === 'landed') by.set(held.code, [...(by.get(held.code) ?? []), held]);
  return [...by.values()].sort((a, b) => b.length - a.length).flat();
}
