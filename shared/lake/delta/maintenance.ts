import { join } from 'node:path';
import { SluiceError, TerminalError } from '../../errors.ts';
import { withTemporaryFolder } from '../../temporary-folder.ts';
import { sqlName, withConnection } from '../duckdb.ts';
import { writeSelection } from '../parquet.ts';
import { type AddFile, decodePath } from './actions.ts';
import { writeCheckpoint } from './checkpoint.ts';
import type { LogEntry } from './log.ts';
import { relationOf } from './read.ts';
import type { Snapshot } from './snapshot.ts';
import { encodeStats } from './stats.ts';
import { DELETED_FILE_RETENTION_MS, type DeltaTable } from './table.ts';

const DAY_MS = 24 * 3_600_000;
const MB = 1024 * 1024;
const MAX_GROUP_FILES = 250; // each open file costs memory beyond DuckDB's limit; the next pass merges the results
const EXPANSION = 4; // about how much larger a file's rows are in memory

export interface MaintenanceOptions {
  /** Size merged files grow to. Default 128 MB. */
  targetBytes?: number;
  /** Deleted data files are kept this long, for readers and time travel. Default and least: 7 days. */
  retentionMs?: number;
  /** Log entries are kept this long. Default 30 days. */
  logRetentionMs?: number;
}

export interface MaintenanceReport {
  table: string;
  /** Files before and after merging. */
  merged: number;
  into: number;
  checkpointVersion: number | undefined;
  logEntriesDeleted: number;
  filesDeleted: number;
}

/** Everything a timer should do to one table; undefined when the table does not exist. */
export async function maintain(
  table: DeltaTable,
  options: MaintenanceOptions = {},
): Promise<MaintenanceReport | undefined> {
  if ((await table.snapshot()) === undefined) return undefined;
  const { merged, into } = await compact(table, options.targetBytes);
  const checkpointVersion = await checkpoint(table);
  const logEntriesDeleted = await cleanLog(table, options.logRetentionMs);
  const { deleted } = await vacuum(
    table,
    options.retentionMs === undefined ? {} : { retentionMs: options.retentionMs },
  );
  const report = {
    table: table.path,
    merged,
    into,
    checkpointVersion,
    logEntriesDeleted,
    filesDeleted: deleted.length,
  };
  table.deps.logger.info('lake.maintained', report);
  return report;
}

/**
 * Merge small files of each partition into files of about `targetBytes`. Groups that another writer touched meanwhile are left alone.
 * @returns how many files became how many
 */
export async function compact(
  table: DeltaTable,
  targetBytes: number = 128 * MB,
): Promise<{ merged: number; into: number }> {
  const snapshot = await table.snapshot();
  let [merged, into] = [0, 0];
  for (const group of snapshot === undefined ? [] : planCompaction(snapshot, targetBytes)) {
    try {
      await mergeFiles(table, snapshot!, group); // groups come from a snapshot
      merged += group.length;
      into++;
    } catch (error) {
      if (!(error instanceof SluiceError && error.code === 'lake.commit-conflict')) throw error;
      table.deps.logger.info('lake.compaction.skipped', { table: table.path, files: group.length });
    }
  }
  return { merged, into };
}

/** Groups of 2 to 250 small files of one partition whose sizes add up to at most `targetBytes`. */
export function planCompaction(snapshot: Snapshot, targetBytes: number): AddFile[][] {
  const partitions = Map.groupBy(
    [...snapshot.files.values()].filter((file) => file.size < targetBytes * 0.75),
    (file) => JSON.stringify(snapshot.metadata.partitionColumns.map((name) => file.partitionValues?.[name] ?? null)),
  );
  const groups: AddFile[][] = [];
  for (const files of partitions.values()) {
    let group: AddFile[] = [];
    let bytes = 0;
    for (const file of files) {
      if (bytes + file.size > targetBytes || group.length === MAX_GROUP_FILES) {
        groups.push(group);
        [group, bytes] = [[], 0];
      }
      group.push(file);
      bytes += file.size;
    }
    groups.push(group);
  }
  return groups.filter((group) => group.length > 1);
}

async function mergeFiles(table: DeltaTable, snapshot: Snapshot, group: readonly AddFile[]): Promise<void> {
  const { partitionColumns } = snapshot.metadata;
  const columns = snapshot.columns.filter((column) => !partitionColumns.includes(column.name));
  const relation = await relationOf(table, snapshot.columns, partitionColumns, group);
  await withTemporaryFolder(async (folder) => {
    const localFile = join(folder, 'merged.parquet');
    const bytes = group.reduce((sum, file) => sum + file.size * EXPANSION, 0);
    const select = `SELECT ${columns.map((column) => sqlName(column.name)).join(', ')} FROM (${relation})`;
    const stats = await withConnection((connection) => writeSelection(connection, select, columns, localFile, bytes));
    const measured = { sizeBytes: stats.sizeBytes, stats: encodeStats(stats, columns), dataChange: false };
    const staged = await table.publishFile(localFile, group[0]?.partitionValues ?? {}, 0, measured);
    await table.commit(
      async () => ({
        kind: { kind: 'compact' },
        operation: 'OPTIMIZE',
        operationParameters: { files: group.length },
        actions: [...group.map((file) => table.removal(file, false)), { add: staged.add }],
      }),
      snapshot,
    );
  });
}

/** Write a checkpoint of the newest version unless there is one; returns the version it is of. */
export async function checkpoint(table: DeltaTable): Promise<number | undefined> {
  const snapshot = await table.snapshot();
  if (snapshot === undefined) return undefined;
  const hint = await table.log.lastCheckpoint();
  if (hint?.version !== snapshot.version) {
    await writeCheckpoint(table.log, snapshot, table.deps.clock.now() - DELETED_FILE_RETENTION_MS);
  }
  return snapshot.version;
}

/** Delete log entries older than the retention that the newest checkpoint before it makes superfluous (M3). Returns how many. @param retentionMs  at least a day */
export async function cleanLog(table: DeltaTable, retentionMs: number = 30 * DAY_MS): Promise<number> {
  if (!(retentionMs >= DAY_MS)) {
    throw new TerminalError(
      'request.invalid',
      `The log needs a retention of at least 1 day; have ${retentionMs / DAY_MS}`,
    );
  }
  const { commits, checkpoints } = await table.log.versions();
  const day = Math.floor((table.deps.clock.now() - retentionMs) / DAY_MS) * DAY_MS;
  const cutoff = commits.filter((entry) => entry.lastModified <= day).at(-1);
  const keepFrom = cutoff && checkpoints.filter((entry) => entry.version <= cutoff.version).at(-1);
  if (keepFrom === undefined) return 0;
  // A hint that points before what is kept would lead readers into the gap.
  const hint = await table.log.lastCheckpoint();
  if (hint === undefined || hint.version < keepFrom.version) return 0;
  const old = [...commits, ...checkpoints].filter((entry) => entry.version < keepFrom.version);
  for (const entry of old.sort((a: LogEntry, b: LogEntry) => a.version - b.version))
    await table.store.delete(entry.path);
  return old.length;
}

export interface VacuumOptions {
  /** Files removed from the table longer ago than this are deleted. Default 7 days. */
  retentionMs?: number;
  /** Only say what would be deleted. */
  dryRun?: boolean;
  /** Allows less than 7 days: only when no writer and no reader of older versions is at work, e.g. for a privacy request. */
  acceptShortRetention?: boolean;
}

/**
 * Delete data files that the table no longer refers to (M2). Older versions cannot be read afterwards.
 * @returns paths below the table's folder
 * @throws {TerminalError} request.invalid for a retention below 7 days without `acceptShortRetention`
 */
export async function vacuum(table: DeltaTable, options: VacuumOptions = {}): Promise<{ deleted: string[] }> {
  const retentionMs = options.retentionMs ?? DELETED_FILE_RETENTION_MS;
  if (!(retentionMs >= DELETED_FILE_RETENTION_MS) && options.acceptShortRetention !== true) {
    throw new TerminalError(
      'request.invalid',
      `Vacuum needs a retention of at least 7 days; have ${retentionMs / DAY_MS}`,
    );
  }
  // Listed before the snapshot is read: a file that is staged and committed in between is then seen as live.
  const files: { path: string; lastModified: number }[] = [];
  for await (const file of table.store.list(table.path)) {
    const path = file.path.slice(table.path.length + 1);
    if (!path.split('/').some((part) => /^[._]/.test(part) && !part.includes('=')))
      files.push({ path, lastModified: file.lastModified });
  }
  const snapshot = await table.snapshot();
  if (snapshot === undefined) return { deleted: [] };
  const cutoff = table.deps.clock.now() - retentionMs;
  const kept = new Set([...snapshot.files.keys()].map(decodePath));
  for (const tombstone of snapshot.tombstones.values()) {
    if ((tombstone.deletionTimestamp ?? 0) > cutoff) kept.add(decodePath(tombstone.path));
  }
  const deleted = files.filter((file) => !kept.has(file.path) && file.lastModified <= cutoff).map((file) => file.path);
  if (options.dryRun !== true) {
    const paths = deleted.map((path) => `${table.path}/${path}`);
    for (const path of paths) await table.store.delete(path);
    await table.cache.drop(table.store, paths);
  }
  return { deleted };
}
