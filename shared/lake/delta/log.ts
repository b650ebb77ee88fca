// Reading a table's log: versions, checkpoints, snapshots.
// Invariants: L1 a snapshot is built from a checkpoint and every commit after it, without a gap, or it is an error. L2 opening the newest
// version costs the checkpoint and the few commits after it, asked for at once, not a listing: commits are read forward until one is missing.
// L3 a checkpoint that cannot be read is passed over and told where an older one, or the first commit, and all commits since are there.
import { codeOf, TerminalError } from '../../errors.ts';
import { type LakeStore, type Logger, silentLogger } from '../../ports.ts';
import { type Action, decodeActionParts, decodeActions } from './actions.ts';
import { readCheckpoint } from './checkpoint.ts';
import { Replay, type Snapshot } from './snapshot.ts';

const READ_AHEAD = 10; // commits asked for at once: one checkpoint interval
/** Commits of a run of millions are more than 100 MB; those above this come in parts, which are dropped as soon as they are read. */
const WHOLE_BYTES = 16 * 1024 * 1024;
const PART_BYTES = 4 * 1024 * 1024;

export interface LastCheckpoint {
  version: number;
  size: number;
  sizeInBytes?: number;
  numOfAddFiles?: number;
}

export class DeltaLog {
  readonly store: LakeStore;
  /** The table's folder, without slash at the end. */
  readonly table: string;
  readonly #logger: Logger;

  constructor(store: LakeStore, table: string, logger: Logger = silentLogger) {
    this.store = store;
    this.table = table;
    this.#logger = logger;
  }

  get folder(): string {
    return `${this.table}/_delta_log`;
  }

  commitPath(version: number): string {
    return `${this.folder}/${digits(version)}.json`;
  }

  checkpointPath(version: number): string {
    return `${this.folder}/${digits(version)}.checkpoint.parquet`;
  }

  get lastCheckpointPath(): string {
    return `${this.folder}/_last_checkpoint`;
  }

  /** The actions of one commit; undefined when there is no such version. */
  async readCommit(version: number): Promise<Action[] | undefined> {
    const path = this.commitPath(version);
    try {
      const found = await this.store.readIfExists(path, WHOLE_BYTES);
      return found === undefined ? undefined : decodeActions(found.bytes, path);
    } catch (error) {
      if (codeOf(error) !== 'extract.too-large') throw error;
      const file = await this.store.stat(path);
      return file === undefined ? undefined : await decodeActionParts(this.#parts(path, file.sizeBytes), path);
    }
  }

  /** Of a commit, which never changes. */
  async *#parts(path: string, sizeBytes: number): AsyncGenerator<Buffer> {
    for (let offset = 0; offset < sizeBytes; offset += PART_BYTES)
      yield await this.store.readPart(path, offset, Math.min(PART_BYTES, sizeBytes - offset));
  }

  /** Is there a commit of this version? */
  async exists(version: number): Promise<boolean> {
    return (await this.store.stat(this.commitPath(version))) !== undefined;
  }

  /**
   * The newest snapshot, or that of `version`; undefined when there is no table.
   * @param from  an older snapshot to go on from
   * @throws {TerminalError} lake.corrupt-table, lake.not-found for a version that does not exist or cannot be rebuilt any more
   */
  async snapshot(version?: number, from?: Snapshot): Promise<Snapshot | undefined> {
    const start = from !== undefined && (version === undefined || version >= from.version) ? from : undefined;
    if (start !== undefined)
      return this.#reached(await this.#forward(new Replay(start), start.version, version, start), version);
    const hint = await this.lastCheckpoint();
    if (hint !== undefined && (version === undefined || hint.version <= version)) {
      const [replay, first] = await Promise.all([
        this.#fromCheckpoint(hint.version),
        this.#read(hint.version, READ_AHEAD, version),
      ]);
      if (replay !== undefined)
        return this.#reached(await this.#forward(replay, hint.version, version, undefined, first), version);
    }
    return await this.#fromListing(version);
  }

  /** The hint where to start reading; undefined when missing or unreadable. */
  async lastCheckpoint(): Promise<LastCheckpoint | undefined> {
    const found = await this.store.readIfExists(this.lastCheckpointPath);
    if (found === undefined) return undefined;
    try {
      const hint = JSON.parse(found.bytes.toString('utf8')) as Partial<LastCheckpoint> & { parts?: number };
      // Parts: a multi-part checkpoint of another engine; the listing finds an older single one.
      return Number.isSafeInteger(hint.version) && hint.parts === undefined ? (hint as LastCheckpoint) : undefined;
    } catch {
      return undefined; // only a hint
    }
  }

  /** Versions of the commits and of the single-part checkpoints that exist, ascending, with their times. */
  async versions(): Promise<{ commits: LogEntry[]; checkpoints: LogEntry[] }> {
    const commits: LogEntry[] = [];
    const checkpoints: LogEntry[] = [];
    for await (const file of this.store.list(this.folder)) {
      const match = /\/(\d{20})\.(json|checkpoint\.parquet)$/.exec(file.path);
      if (match === null) continue;
      const entry = { version: Number(match[1]), path: file.path, lastModified: file.lastModified };
      (match[2] === 'json' ? commits : checkpoints).push(entry);
    }
    const byVersion = (a: LogEntry, b: LogEntry) => a.version - b.version;
    return { commits: commits.sort(byVersion), checkpoints: checkpoints.sort(byVersion) };
  }

  async #fromListing(version: number | undefined): Promise<Snapshot | undefined> {
    const { commits, checkpoints } = await this.versions();
    if (commits.length === 0 && checkpoints.length === 0) return undefined;
    const starts = checkpoints.filter((entry) => version === undefined || entry.version <= version);
    const unreadable: LogEntry[] = [];
    for (const start of starts.reverse()) {
      const isComplete = hasAll(commits, start.version + 1, unreadable[0]?.version);
      const replay = isComplete ? await this.#fromCheckpoint(start.version) : undefined;
      if (replay !== undefined) return this.#reached(await this.#forward(replay, start.version, version), version);
      if (isComplete) unreadable.push(start);
    }
    const oldest = commits[0]?.version;
    if (oldest === 0 && hasAll(commits, 0, unreadable[0]?.version))
      return this.#reached(await this.#forward(new Replay(), -1, version), version);
    const cause =
      unreadable.length === 0 ? '' : `, and what cannot be read is ${unreadable.map(({ path }) => path).join(', ')}`;
    throw new TerminalError(
      version === undefined || unreadable.length > 0 ? 'lake.corrupt-table' : 'lake.not-found', // the newest is to be had always
      `Version ${version ?? 'newest'} of ${this.table} cannot be rebuilt: the log starts at ${oldest}${cause}`,
    );
  }

  /** undefined where it is not there or cannot be read (L3). */
  async #fromCheckpoint(version: number): Promise<Replay | undefined> {
    const path = this.checkpointPath(version);
    const found = await this.store.readIfExists(path);
    if (found === undefined) return undefined;
    try {
      const actions = await readCheckpoint(found.bytes, path);
      const isWhole = (['protocol', 'metaData'] as const).every((kind) => actions.some((action) => kind in action));
      if (!isWhole) return this.#passOver(version);
      const replay = new Replay();
      replay.apply(actions);
      return replay;
    } catch (error) {
      if (codeOf(error) !== 'lake.corrupt-table') throw error;
      return this.#passOver(version);
    }
  }

  #passOver(version: number): undefined {
    this.#logger.warn('lake.checkpoint.damaged', { table: this.table, version });
  }

  /**
   * The commits after `version` in order, until one is missing or `last` is read (L2).
   * @param ahead  how many are asked for at first; doubles up to a checkpoint interval
   * @param first  those asked for at first, where they have been read already
   */
  async *commitsAfter(
    version: number,
    ahead = 1,
    last = Number.POSITIVE_INFINITY,
    first?: readonly (Action[] | undefined)[],
  ): AsyncGenerator<Action[]> {
    let [reached, count, read] = [version, ahead, first];
    while (reached < last) {
      const next = read ?? (await this.#read(reached, count, last));
      read = undefined;
      for (const [index, found] of next.entries()) {
        // Later ones are there: this one came while they were read, or it is lost (L1).
        const isGap = found === undefined && next.slice(index + 1).some((later) => later !== undefined);
        const actions = isGap ? await this.readCommit(reached + 1) : found;
        if (isGap && actions === undefined)
          throw new TerminalError(
            'lake.corrupt-table',
            `Commit ${reached + 1} of ${this.table} is missing, later ones are there`,
          );
        if (actions === undefined) return;
        yield actions;
        reached++;
      }
      count *= 2;
    }
  }

  /** The commits after `version`, so many at once, none after `last`; undefined for those that do not exist. */
  #read(version: number, count: number, last = Number.POSITIVE_INFINITY): Promise<(Action[] | undefined)[]> {
    const length = Math.min(count, READ_AHEAD, last - version);
    return Promise.all(Array.from({ length }, (_, index) => this.readCommit(version + 1 + index)));
  }

  async #forward(
    replay: Replay,
    reached: number,
    limit?: number,
    unchanged?: Snapshot,
    first?: readonly (Action[] | undefined)[],
  ): Promise<Snapshot> {
    let version = reached;
    // Going on from a snapshot there is usually nothing new; after a checkpoint there are a few.
    for await (const actions of this.commitsAfter(reached, unchanged === undefined ? READ_AHEAD : 1, limit, first)) {
      replay.apply(actions);
      version++;
    }
    if (unchanged !== undefined && version === unchanged.version) return unchanged;
    return replay.snapshot(version, this.table);
  }

  #reached(snapshot: Snapshot, wanted: number | undefined): Snapshot {
    if (wanted === undefined || snapshot.version === wanted) return snapshot;
    throw new TerminalError(
      'lake.not-found',
      `Table ${this.table} has no version ${wanted}; the newest is ${snapshot.version}`,
    );
  }
}

export interface LogEntry {
  version: number;
  path: string;
  lastModified: number;
}

/** Are the commits from `first` to `last` there? @param commits  ascending. @param last  undefined: none is needed */
const hasAll = (commits: readonly LogEntry[], first: number, last = first - 1): boolean =>
  commits.filter(({ version }) => version >= first && version <= last).length === last - first + 1;

const digits = (version: number): string => String(version).padStart(20, '0');
