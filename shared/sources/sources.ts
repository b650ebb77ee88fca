// All sources of the app: their entries, what they have done, and the round of one of them.
// Invariants: A1 the setting wins over an entry of the lake with the same name. A2 one source that fails holds up no other. A3 what a round says of
// itself is written at its end, whatever that is. A4 an entry or a record that is damaged stops its own source only, which says so. A5 a source that is
// removed while its round runs leaves no record behind.

import { type SourceEntry, sourceEntrySchema } from '../api/source-entry.ts';
import type { DriveStatus, SourceCheck, SourceItem, SourceStatus, SyncRequest } from '../api/source-status.ts';
import { nameFullDisk } from '../disk-full.ts';
import { codeOf, ERROR_REMEDIES, isErrorCode, RetryableError, SluiceError, TerminalError } from '../errors.ts';
import { sourcePaths } from '../paths.ts';
import type { Clock } from '../ports.ts';
import { type BrokenRecord, brokenRecord, isCorruptRecord, parseRecord } from '../record-json.ts';
import { checkSource } from './check-source.ts';
import { syncDrive } from './drive-round.ts';
import { readDriveState } from './drive-state.ts';
import type { Service } from './feed.ts';
import type { BucketFlags } from './item-flags.ts';
import { ItemStore } from './item-store.ts';
import { Notifications } from './notifications.ts';
import type { RoundDeps } from './round-deps.ts';
import { parseSources } from './setting.ts';
import { isSourceRecord, NEW_SOURCE, nextAt, type SourceRecord } from './source-record.ts';
import { addressOf, driveStatus, itemShown, sumOf } from './source-shown.ts';
import type { Subscriptions } from './subscriptions.ts';

export interface SourcesDeps extends Omit<RoundDeps, 'logger'> {
  /** The setting SOURCES. */
  setting: string;
  /** The service an entry is on; nothing is asked of it yet. */
  connect(entry: SourceEntry): Service;
  logger: RoundDeps['logger'];
  clock: Clock;
  subscriptions: Subscriptions;
}

interface Entries {
  all: Map<string, { entry: SourceEntry; from: 'settings' | 'lake' }>;
  broken: Map<string, BrokenRecord>;
}

/** A round that has not said anything for so long has died. */
const DEAD_MS = 30 * 60_000;
/** A full enumeration finds lost tombstones. */
const FULL_EVERY_MS = 24 * 3_600_000;
/** Changes of a drive show within a minute, on average. */
const LAG_MS = 60_000;
/** What is decided is written back so soon, however seldom rounds are. */
const WRITE_BACK_MS = 5 * 60_000;

export class Sources {
  readonly #deps: SourcesDeps;
  /** Where notifications of changes arrive. */
  readonly notifications: Notifications;

  constructor(deps: SourcesDeps) {
    this.#deps = deps;
    this.notifications = new Notifications(deps);
  }

  /** By name, and what cannot be read (A4). @throws {TerminalError} config.invalid of the setting */
  async entries(): Promise<Entries> {
    const all = new Map<string, { entry: SourceEntry; from: 'settings' | 'lake' }>();
    const broken = new Map<string, BrokenRecord>();
    for await (const { path } of this.#deps.lake.list(sourcePaths.entries)) {
      const stored = await this.#deps.lake.readIfExists(path);
      if (stored === undefined) continue;
      try {
        const record = parseRecord(stored.bytes, path, (value) => sourceEntrySchema.safeParse(value).success);
        const entry = sourceEntrySchema.parse(record); // with its defaults
        all.set(entry.name, { entry, from: 'lake' });
      } catch (error) {
        const name = sourcePaths.nameOf(path);
        broken.set(name, brokenRecord(name, error));
      }
    }
    for (const entry of parseSources(this.#deps.setting)) {
      all.set(entry.name, { entry, from: 'settings' }); // A1
      broken.delete(entry.name);
    }
    return { all, broken };
  }

  /** Add or replace an entry of the lake. @throws {TerminalError} request.invalid where a setting has the name */
  async put(entry: SourceEntry): Promise<void> {
    const known = (await this.entries()).all.get(entry.name);
    if (known?.from === 'settings')
      throw new TerminalError(
        'request.invalid',
        `name: "${entry.name}" stands in the setting SOURCES; change it there`,
      );
    await this.#deps.lake.write(sourcePaths.entry(entry.name), JSON.stringify(entry));
  }

  /** Forget an entry and what is known of its drives. What has landed stays. */
  async remove(name: string): Promise<void> {
    const { all, broken } = await this.entries();
    if (!all.has(name) && !broken.has(name)) throw unknown(name);
    if (all.get(name)?.from === 'settings')
      throw new TerminalError('request.invalid', `"${name}" stands in the setting SOURCES; take it out there`);
    const entry = all.get(name)?.entry;
    if (entry !== undefined && this.#deps.subscriptions.isOn) {
      const service = this.#deps.connect(entry);
      try {
        for (const drive of (await this.#record(name)).drives)
          await this.#deps.subscriptions.drop(name, drive, service);
      } finally {
        await service.close();
      }
    }
    await this.#deps.lake.delete(sourcePaths.entry(name));
    await this.#deps.lake.deleteFolder(sourcePaths.folder(name));
  }

  async pause(name: string, paused: boolean): Promise<void> {
    const { entry } = await this.#need(name);
    await this.put({ ...entry, paused });
  }

  /** Whether rounds of it go on. */
  async isOn(name: string): Promise<boolean> {
    return (await this.entries()).all.get(name)?.entry.paused === false;
  }

  /** Names of the sources whose round is due now. */
  async due(): Promise<string[]> {
    const due: string[] = [];
    for (const { entry } of (await this.entries()).all.values()) {
      const record = await this.#record(entry.name);
      const at =
        (await this.#isWoken(entry, record)) || (await this.#hasDecided(entry, record)) ? 0 : nextAt(entry, record);
      if (at !== null && at <= this.#deps.clock.now()) due.push(entry.name);
    }
    return due;
  }

  /**
   * Work on a round of a source for a while. @returns whether there is more to do at once
   * @throws {SluiceError} after it was written down (A3)
   */
  async sync(name: string, request: Partial<SyncRequest>, forMs: number): Promise<{ isDone: boolean }> {
    const { entry } = await this.#need(name);
    const { clock, logger } = this.#deps;
    const record = await this.#record(name);
    const startedAt = clock.now();
    const openedAt = record.openedAt ?? startedAt;
    await this.#write(name, { ...record, startedAt, openedAt });
    const isWoken = await this.#isWoken(entry, record);
    const decided = isWritingBack(entry) ? await this.#deps.decisions?.version() : undefined;
    const service = this.#deps.connect(entry);
    try {
      const drives = await service.drives();
      let isDone = true;
      let next: number | null = null;
      let hasFound = false;
      for (const drive of drives) {
        const state = (await readDriveState(this.#deps.lake, name, drive.key))?.state;
        await this.#deps.subscriptions.keep(name, drive, service);
        const isOld = state?.fullAt != null && clock.now() - state.fullAt > FULL_EVERY_MS;
        const outcome = await syncDrive(this.#deps, entry, drive, service.feed(drive), {
          isFull: request.full === true || isOld,
          confirmRemovals: request.confirmRemovals === true,
          until: startedAt + forMs,
        });
        if (outcome.status === 'more') {
          isDone = false;
          break;
        }
        const hasChanges = outcome.landed + outcome.removed + outcome.renamed > 0;
        await this.#deps.subscriptions.judge(name, drive.key, state?.endedAt ?? null, hasChanges);
        hasFound ||= hasChanges;
        if (outcome.nextAt !== undefined) next = Math.min(next ?? outcome.nextAt, outcome.nextAt);
      }
      // A notification may come before the change shows.
      if (isDone && isWoken && !hasFound) next = Math.min(next ?? Number.POSITIVE_INFINITY, clock.now() + LAG_MS);
      await this.#write(name, {
        drives,
        startedAt: null,
        openedAt: isDone ? null : openedAt,
        roundAt: isDone ? openedAt : (record.roundAt ?? null),
        endedAt: isDone ? clock.now() : record.endedAt,
        nextAt: next,
        error: null,
        failures: 0,
        ...(decided === undefined ? {} : { decided }),
      });
      return { isDone };
    } catch (thrown) {
      const error = nameFullDisk(thrown);
      const code = codeOf(error);
      const message = error instanceof SluiceError ? error.message : 'a defect; see the log';
      logger.error('source.failed', { source: name, code });
      await this.#write(name, {
        ...record,
        startedAt: null,
        endedAt: clock.now(),
        error: { code, message },
        failures: record.failures + 1,
      });
      throw error instanceof RetryableError ? new TerminalError(error.code, error.message, { cause: error }) : error;
    } finally {
      await service.close();
    }
  }

  /** Every source, and the entries that cannot be read. */
  async status(): Promise<{ sources: SourceStatus[]; broken: BrokenRecord[] }> {
    const { all, broken } = await this.entries();
    const sources = await Promise.all([...all.values()].map(({ entry, from }) => this.#status(entry, from)));
    return { sources, broken: [...broken.values()] };
  }

  /** What stands in a state, the reason beside it. */
  async items(name: string, state: SourceItem['state'], limit: number): Promise<SourceItem[]> {
    await this.#need(name);
    try {
      return await this.#items(name, state, limit);
    } catch (error) {
      if (codeOf(error) !== 'lake.not-found') throw error;
      return this.#items(name, state, limit); // a round has ended meanwhile, and its index names other files
    }
  }

  async #items(name: string, state: SourceItem['state'], limit: number): Promise<SourceItem[]> {
    const found: SourceItem[] = [];
    for (const { key } of (await this.#record(name)).drives) {
      const stored = await readDriveState(this.#deps.lake, name, key);
      if (stored === undefined) continue;
      const place = { source: name, driveId: stored.state.driveId, driveKey: key };
      const items = await ItemStore.open(this.#deps.lake, place, stored.state);
      const mayHold = (flags: BucketFlags | undefined) =>
        items.isEarlier || state === 'landed' || flags?.states?.[state] !== undefined;
      try {
        for await (const item of items.all(mayHold)) {
          if (item.state !== state) continue;
          found.push(itemShown(item, items.tree.pathOf(item)));
          if (found.length === limit) return found;
        }
      } finally {
        await items.close();
      }
    }
    return found;
  }

  /** Ask for everything a round needs, and for something it does not; nothing is left behind. */
  async check(name: string): Promise<SourceCheck[]> {
    const { entry } = await this.#need(name);
    const service = this.#deps.connect(entry);
    try {
      return await checkSource(entry, service, this.#deps.subscriptions);
    } finally {
      await service.close();
    }
  }

  async #status(entry: SourceEntry, from: 'settings' | 'lake'): Promise<SourceStatus> {
    const record = await this.#record(entry.name);
    const drives: DriveStatus[] = [];
    let { error } = record;
    for (const drive of record.drives) {
      const stored = await readDriveState(this.#deps.lake, entry.name, drive.key).catch((cause) => {
        error ??= brokenRecord(entry.name, cause); // A4
      });
      const subscription = await this.#deps.subscriptions.read(entry.name, drive.key);
      drives.push(driveStatus(drive, stored?.state, this.#deps.subscriptions.isOn ? subscription : undefined));
    }
    const sum = (key: 'landed' | 'skipped' | 'failed') => drives.reduce((total, drive) => total + drive[key], 0);
    const at = nextAt(entry, record);
    return {
      name: entry.name,
      kind: entry.kind,
      from,
      address: addressOf(entry),
      state: this.#stateOf(entry, { ...record, error }),
      deletion: entry.deletion,
      since: entry.since ?? null,
      everyMinutes: entry.everyMinutes,
      error:
        error === null
          ? null
          : {
              code: error.code,
              message: error.message,
              remedy: isErrorCode(error.code) ? ERROR_REMEDIES[error.code] : '',
            },
      nextAt: at === null ? null : new Date(at).toISOString(),
      drives,
      landed: sum('landed'),
      skipped: sum('skipped'),
      failed: sum('failed'),
      reasons: sumOf(drives),
    };
  }

  #stateOf(entry: SourceEntry, record: SourceRecord): SourceStatus['state'] {
    if (record.startedAt !== null && this.#deps.clock.now() - record.startedAt < DEAD_MS) return 'syncing';
    if (entry.paused) return 'paused';
    if (record.error !== null) return 'failing';
    return record.endedAt === null ? 'new' : 'idle';
  }

  /** Whether something was told since the last round began. A source that fails waits its time nevertheless. */
  async #isWoken({ name, paused }: SourceEntry, { failures, roundAt }: SourceRecord): Promise<boolean> {
    if (!this.#deps.subscriptions.isOn || paused || failures > 0) return false;
    const path = sourcePaths.woken(name);
    const stored = await this.#deps.lake.readIfExists(path);
    if (stored === undefined) return false;
    try {
      return parseRecord<{ at: number }>(stored.bytes, path, ({ at }) => typeof at === 'number').at > (roundAt ?? 0);
    } catch (error) {
      if (!isCorruptRecord(error)) throw error;
      this.#deps.logger.error('record.corrupt', { record: path }); // A4: the next notification writes it anew, the clock goes on
      return false;
    }
  }

  /** Whether there are decisions that no round has written back yet. */
  async #hasDecided(entry: SourceEntry, { endedAt, failures, decided }: SourceRecord): Promise<boolean> {
    if (!isWritingBack(entry) || entry.paused || failures > 0 || endedAt === null) return false;
    if (this.#deps.clock.now() < endedAt + WRITE_BACK_MS) return false;
    const version = await this.#deps.decisions?.version();
    return version !== undefined && version !== decided;
  }

  async #need(name: string): Promise<{ entry: SourceEntry; from: 'settings' | 'lake' }> {
    const { all, broken } = await this.entries();
    const found = all.get(name);
    if (found !== undefined) return found;
    const record = broken.get(name);
    if (record === undefined) throw unknown(name);
    throw new TerminalError('lake.corrupt-record', record.message, { ids: { path: record.path } });
  }

  async #record(name: string): Promise<SourceRecord> {
    const path = sourcePaths.status(name);
    const stored = await this.#deps.lake.readIfExists(path);
    try {
      return stored === undefined ? NEW_SOURCE : parseRecord<SourceRecord>(stored.bytes, path, isSourceRecord);
    } catch (error) {
      if (!isCorruptRecord(error)) throw error;
      this.#deps.logger.error('record.corrupt', { record: path }); // the next round writes it anew
      return NEW_SOURCE;
    }
  }

  /** A5. */
  async #write(name: string, record: SourceRecord): Promise<void> {
    if (!(await this.entries()).all.has(name)) return this.#deps.lake.deleteFolder(sourcePaths.folder(name));
    await this.#deps.lake.write(sourcePaths.status(name), JSON.stringify(record));
  }
}

const isWritingBack = (entry: SourceEntry): boolean => entry.kind === 'sharepoint' && entry.writeBack !== undefined;

const unknown = (name: string): TerminalError => new TerminalError('sync.unknown', `no source "${name}"`);
