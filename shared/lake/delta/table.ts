// One Delta table of the lake: append, overwrite, add columns, snapshots and rows.
// Invariants: T1 rows become visible all at once, with their commit. T2 an append with the same appId and appVersion adds its rows once, however
// often and wherever it is repeated. T3 data files are written once, under names never used before; a file no commit names is invisible.
// T4 what was written is readable by every engine of protocol reader 1.
import { randomUUID } from 'node:crypto';
import { SluiceError, TerminalError } from '../../errors.ts';
import type { LakeStore } from '../../ports.ts';
import { FileCache } from '../file-cache.ts';
import type { Column, Row, TableSchema } from '../tables.ts';
import { type Action, type AddFile, dataFilePath, encodeSchema, type PartitionValues, PROTOCOL } from './actions.ts';
import { CHECKPOINT_INTERVAL, writeCheckpoint } from './checkpoint.ts';
import { type CommitDeps, type CommitPlan, type Committed, commit, isApplied } from './commit.ts';
import { DeltaLog } from './log.ts';
import type { Condition } from './prune.ts';
import { pruneFiles } from './prune.ts';
import { readFiles } from './read.ts';
import type { Snapshot } from './snapshot.ts';
import { type LocalPart, stageRows } from './stage.ts';
import { encodeStats } from './stats.ts';

export interface DeltaDeps extends CommitDeps {
  /** Where local copies of data files are kept; default: a folder shared by the machine. */
  cache?: FileCache;
}

/** A data file in the lake that no commit names yet. JSON-safe: it may travel between steps of a run. */
export interface StagedFile {
  add: AddFile;
}

export interface AppendOptions {
  /** Who appends, e.g. the run id. Checkpoints keep the newest version of each for ever, so: one per run, not per document. */
  appId: string;
  /** Grows with each append of the same appId; a repeated one adds nothing. */
  appVersion: number;
  /** Appends of others in the same version, all of them or none. */
  others?: readonly { appId: string; appVersion: number }[];
  /** For the table's history; default WRITE. */
  operation?: string;
}

export interface ScanOptions {
  /** Default: the newest. */
  version?: number;
  /** Default: all. */
  columns?: readonly string[];
  /** Rows must satisfy all. */
  where?: readonly Condition[];
  limit?: number;
}

const HOUR_MS = 3_600_000;
const WEEK_MS = 7 * 24 * HOUR_MS;
const SNAPSHOT_MAX_AGE_MS = HOUR_MS; // far below the least retention of the log, a day
/** How long removed files and their tombstones are kept unless the table says otherwise. */
export const DELETED_FILE_RETENTION_MS = WEEK_MS;

export class DeltaTable {
  readonly schema: TableSchema;
  readonly log: DeltaLog;
  readonly deps: DeltaDeps;
  readonly cache: FileCache;
  #latest: Snapshot | undefined;
  /** When `#latest` was found to be the newest. */
  #latestAt = Number.NEGATIVE_INFINITY;

  private constructor(log: DeltaLog, schema: TableSchema, deps: DeltaDeps) {
    this.log = log;
    this.schema = schema;
    this.deps = deps;
    this.cache = deps.cache ?? new FileCache();
  }

  /** Nothing is read or created yet; the first append creates the table. @param path  the table's folder in the lake */
  static open(store: LakeStore, path: string, schema: TableSchema, deps: DeltaDeps): DeltaTable {
    return new DeltaTable(new DeltaLog(store, path, deps.logger), schema, deps);
  }

  get store(): LakeStore {
    return this.log.store;
  }

  get path(): string {
    return this.log.table;
  }

  /** The newest state, or that of a version; undefined when the table does not exist yet. */
  async snapshot(version?: number): Promise<Snapshot | undefined> {
    // Going on from a snapshot that is older than the log's memory would mistake the gap of a clean-up for the end of the log.
    const ageMs = this.deps.clock.now() - this.#latestAt;
    const isRecent = ageMs >= 0 && ageMs < SNAPSHOT_MAX_AGE_MS; // less than nothing: the clock was set back
    // A table begins with version 0: where none was found a while ago, that is the one to look for.
    if (version === undefined && isRecent && this.#latest === undefined && !(await this.log.exists(0)))
      return undefined;
    const snapshot = await this.log.snapshot(version, isRecent ? this.#latest : undefined);
    if (version === undefined) this.#remember(snapshot);
    return snapshot;
  }

  /**
   * Write rows as data files, one per combination of partition values, without making them visible.
   * @throws {TerminalError} internal when a value does not fit its column or a partition value is missing
   */
  async stage(rows: Iterable<Row>): Promise<StagedFile[]> {
    return await stageRows(this.schema, rows, true, (part, index) => this.#publishPart(part, index));
  }

  /** Make rows visible as one version (T1, T2); `files` come from {@link stage}. An append of nothing still records its txn. */
  async append(
    data: Iterable<Row> | { files: readonly StagedFile[] },
    options: AppendOptions,
  ): Promise<Omit<Committed, 'snapshot'>> {
    const base = await this.#prepared();
    const txns = [options, ...(options.others ?? [])].map(({ appId, appVersion }) => ({ appId, version: appVersion }));
    if (isApplied(base, txns, this.path)) return { version: base.version, alreadyApplied: true };
    const files =
      'files' in data
        ? data.files
        : await stageRows(this.schema, data, false, (part, index) => this.#publishPart(part, index));
    const plan: CommitPlan = {
      kind: { kind: 'append' },
      operation: options.operation ?? 'WRITE',
      operationParameters: { mode: 'Append', partitionBy: JSON.stringify(this.schema.partitionColumns) },
      actions: [
        ...txns.map((txn) => ({ txn: { ...txn, lastUpdated: this.deps.clock.now() } })),
        ...files.map(({ add }) => ({ add })),
      ],
    };
    return await this.commit(async () => plan, base);
  }

  /**
   * Replace all rows of some partitions (of the whole table without `where`) by others, in one version.
   * @param where  partition columns and the values they must have
   * @throws {RetryableError} lake.commit-conflict when somebody else changed these partitions meanwhile
   */
  async overwrite(rows: Iterable<Row>, where: Readonly<PartitionValues> = {}): Promise<Omit<Committed, 'snapshot'>> {
    const staged = await this.stage(rows);
    const covers = (file: AddFile) =>
      Object.entries(where).every(([name, value]) => file.partitionValues[name] === value);
    if (!staged.every(({ add }) => covers(add))) {
      throw new TerminalError('internal', `Rows outside the partitions that are overwritten, in ${this.path}`);
    }
    return await this.commit(async (snapshot) => ({
      kind: { kind: 'overwrite', covers },
      operation: 'WRITE',
      operationParameters: { mode: 'Overwrite', predicate: JSON.stringify(where) },
      actions: [
        ...[...(snapshot?.files.values() ?? [])].filter(covers).map((file) => this.removal(file, true)),
        ...staged.map(({ add }) => ({ add })),
      ],
    }));
  }

  /** Rows of the newest or a given version; only files that can match are read. */
  async scan(options: ScanOptions = {}): Promise<Row[]> {
    const snapshot = await this.snapshot(options.version);
    if (snapshot === undefined) return [];
    return await readFiles(this, snapshot, pruneFiles(snapshot, options.where ?? []), options);
  }

  /**
   * Commit a plan, creating the table and adding the schema's new columns first where needed; then write a checkpoint when one is due.
   * @param from  the snapshot the plan rests on; commits since then are checked for conflicts. Default: the newest
   */
  async commit(
    makePlan: (snapshot: Snapshot) => Promise<CommitPlan>,
    from?: Snapshot,
  ): Promise<Omit<Committed, 'snapshot'>> {
    const base = from ?? (await this.#prepared());
    const done = await commit(this.log, base, await makePlan(base), this.deps);
    this.#remember(done.snapshot);
    const isDue = done.version > 0 && done.version % CHECKPOINT_INTERVAL === 0;
    if (!done.alreadyApplied && isDue) await this.#checkpointQuietly(done.snapshot);
    return { version: done.version, alreadyApplied: done.alreadyApplied };
  }

  /** A remove action for a live file. */
  removal(file: AddFile, dataChange: boolean): Action {
    return {
      remove: {
        path: file.path,
        deletionTimestamp: this.deps.clock.now(),
        dataChange,
        extendedFileMetadata: true,
        partitionValues: file.partitionValues,
        size: file.size,
      },
    };
  }

  #publishPart({ file, values, stats }: LocalPart, index: number): Promise<StagedFile> {
    const measured = { sizeBytes: stats.sizeBytes, stats: encodeStats(stats, this.schema.columns), dataChange: true };
    return this.publishFile(file, values, index, measured);
  }

  /** Upload a local Parquet file as a data file and describe it. */
  async publishFile(
    localFile: string,
    values: PartitionValues,
    part: number,
    measured: { sizeBytes: number; stats: string; dataChange: boolean },
  ): Promise<StagedFile> {
    const path = dataFilePath(values, part, randomUUID()); // unique for ever, so not from the seeded port
    await this.store.upload(`${this.path}/${path}`, localFile);
    return {
      add: {
        path,
        partitionValues: values,
        size: measured.sizeBytes,
        modificationTime: this.deps.clock.now(),
        dataChange: measured.dataChange,
        stats: measured.stats,
      },
    };
  }

  /** The newest snapshot of a table that exists and has all columns of our schema. */
  async #prepared(): Promise<Snapshot> {
    const snapshot = (await this.snapshot()) ?? (await this.#create());
    const missing = this.schema.columns.filter(
      (column) => !snapshot.columns.some((other) => other.name === column.name),
    );
    return missing.length === 0 ? snapshot : await this.#addColumns(snapshot, missing);
  }

  async #create(): Promise<Snapshot> {
    const { name, columns, partitionColumns } = this.schema;
    const plan: CommitPlan = {
      kind: { kind: 'metadata' },
      operation: 'CREATE TABLE',
      actions: [
        { protocol: PROTOCOL },
        {
          metaData: {
            id: randomUUID(),
            name,
            format: { provider: 'parquet', options: {} },
            schemaString: encodeSchema(columns),
            partitionColumns: [...partitionColumns],
            configuration: {},
            createdTime: this.deps.clock.now(),
          },
        },
      ],
    };
    return await this.#orOther(() => commit(this.log, undefined, plan, this.deps));
  }

  /** New columns go to the end; old files simply lack them and give null. */
  async #addColumns(snapshot: Snapshot, missing: readonly Column[]): Promise<Snapshot> {
    const schemaString = encodeSchema([...snapshot.columns, ...missing]);
    const plan: CommitPlan = {
      kind: { kind: 'metadata' },
      operation: 'ADD COLUMNS',
      operationParameters: { columns: missing.map((column) => column.name).join(',') },
      actions: [{ metaData: { ...snapshot.metadata, schemaString } }],
    };
    const extended = await this.#orOther(() => commit(this.log, snapshot, plan, this.deps));
    return missing.every((column) => extended.columns.some((other) => other.name === column.name))
      ? extended
      : await this.#prepared();
  }

  /** The committed snapshot, or the newest one when another writer was first. */
  async #orOther(work: () => Promise<Committed>): Promise<Snapshot> {
    let newest: Snapshot | undefined;
    try {
      newest = (await work()).snapshot;
      this.#remember(newest);
    } catch (error) {
      if (!(error instanceof SluiceError && error.code === 'lake.commit-conflict')) throw error;
      newest = await this.snapshot();
    }
    if (newest === undefined) throw new TerminalError('lake.corrupt-table', `Table ${this.path} has no log`);
    return newest;
  }

  #remember(snapshot: Snapshot | undefined): void {
    this.#latest = snapshot;
    this.#latestAt = this.deps.clock.now();
  }

  /** A commit that stands must not fail because of its checkpoint. */
  async #checkpointQuietly(snapshot: Snapshot): Promise<void> {
    try {
      await writeCheckpoint(this.log, snapshot, this.deps.clock.now() - DELETED_FILE_RETENTION_MS);
    } catch (error) {
      this.deps.logger.warn('lake.checkpoint.failed', {
        table: this.path,
        version: snapshot.version,
        error: error instanceof Error ? error.message : String(error),
      });
    }
  }
}
