// Classic single-part checkpoints: the whole state of one version as one Parquet file, so that readers need not replay the log.
// Invariants: C1 a checkpoint holds protocol, metadata, all txns, live files and tombstones that are still needed, each exactly once.
// A checkpoint of ours has a copy of them in their JSON beside the Parquet (checkpoint-copy.ts).
// C2 `_last_checkpoint` never moves backwards. A checkpoint is an optimisation: losing one loses nothing.

import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileMetaData } from 'hyparquet';
import { SluiceError, TerminalError } from '../../errors.ts';
import type { LakeStore } from '../../ports.ts';
import { withTemporaryFolder } from '../../temporary-folder.ts';
import { sqlText, withConnection } from '../duckdb.ts';
import { type Action, decodeActions, encodedPieces } from './actions.ts';
import { copyIn, MAX_COPY_BYTES, withCopy } from './checkpoint-copy.ts';
import type { Snapshot } from './snapshot.ts';

export const CHECKPOINT_INTERVAL = 10;

/** A group is in memory while it is written, and a file of many columns has 4 kB of bounds. */
const ROWS_PER_GROUP = 1024;

const MAP = 'MAP(VARCHAR, VARCHAR)';
/** Column types of the checkpoint schema, in DuckDB's words. */
const COLUMNS: Readonly<Record<string, string>> = {
  txn: 'STRUCT("appId" VARCHAR, "version" BIGINT, "lastUpdated" BIGINT)',
  add: `STRUCT("path" VARCHAR, "partitionValues" ${MAP}, "size" BIGINT, "modificationTime" BIGINT, "dataChange" BOOLEAN, "stats" VARCHAR, "tags" ${MAP})`,
  remove: `STRUCT("path" VARCHAR, "deletionTimestamp" BIGINT, "dataChange" BOOLEAN, "extendedFileMetadata" BOOLEAN, "partitionValues" ${MAP}, "size" BIGINT)`,
  metaData: `STRUCT("id" VARCHAR, "name" VARCHAR, "description" VARCHAR, "format" STRUCT("provider" VARCHAR, "options" ${MAP}), "schemaString" VARCHAR, "partitionColumns" VARCHAR[], "configuration" ${MAP}, "createdTime" BIGINT)`,
  protocol: 'STRUCT("minReaderVersion" INTEGER, "minWriterVersion" INTEGER)',
};

/** The checkpoint's actions (C1). @param tombstonesAfter  milliseconds since the epoch; older tombstones are dropped */
export function checkpointActions(snapshot: Snapshot, tombstonesAfter: number): Action[] {
  return [
    {
      protocol: {
        minReaderVersion: snapshot.protocol.minReaderVersion,
        minWriterVersion: snapshot.protocol.minWriterVersion,
      },
    },
    { metaData: snapshot.metadata },
    ...[...snapshot.txns.values()].map((txn) => ({ txn })),
    ...[...snapshot.files.values()].map((add) => ({ add: { ...add, dataChange: false } })),
    ...[...snapshot.tombstones.values()]
      .filter((remove) => (remove.deletionTimestamp ?? 0) > tombstonesAfter)
      .map((remove) => ({ remove: { ...remove, dataChange: false } })),
  ];
}

/** Where checkpoints of a table lie: what they need of its log. */
export interface CheckpointLog {
  readonly store: LakeStore;
  checkpointPath(version: number): string;
  readonly lastCheckpointPath: string;
  /** What the pointer names; undefined while there is none. */
  lastCheckpoint(): Promise<{ version: number } | undefined>;
}

/** Write the checkpoint of a snapshot and point `_last_checkpoint` at it. */
export async function writeCheckpoint(log: CheckpointLog, snapshot: Snapshot, tombstonesAfter: number): Promise<void> {
  const actions = checkpointActions(snapshot, tombstonesAfter);
  await withTemporaryFolder(async (folder) => {
    const [lines, parquet] = [join(folder, 'actions.ndjson'), join(folder, 'checkpoint.parquet')];
    await writeFile(lines, encodedPieces(actions));
    const columns = Object.entries(COLUMNS).map(([name, type]) => `${sqlText(name)}: ${sqlText(type)}`);
    await withConnection((connection) =>
      connection.run(
        `COPY (SELECT txn, add, remove, "metaData", protocol
               FROM read_json(${sqlText(lines)}, format = 'newline_delimited', maximum_object_size = 8388608, columns = {${columns.join(', ')}}))
         TO ${sqlText(parquet)} (FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE ${ROWS_PER_GROUP})`,
      ),
    );
    const path = log.checkpointPath(snapshot.version);
    let sizeInBytes: number;
    if ((await stat(lines)).size <= MAX_COPY_BYTES) {
      const bytes = withCopy(await readFile(parquet), await readFile(lines));
      await log.store.write(path, bytes);
      sizeInBytes = bytes.byteLength;
    } else {
      await log.store.upload(path, parquet);
      sizeInBytes = (await stat(parquet)).size;
    }
    await moveHint(log, {
      version: snapshot.version,
      size: actions.length,
      sizeInBytes,
      numOfAddFiles: snapshot.files.size,
    });
  });
}

/** C2, under races too: the hint is replaced only if it is still the one seen. */
async function moveHint(
  log: CheckpointLog,
  hint: { version: number; size: number; sizeInBytes: number; numOfAddFiles: number },
) {
  for (let tries = 0; tries < 5; tries++) {
    const found = await log.store.readIfExists(log.lastCheckpointPath);
    const present = await log.lastCheckpoint();
    if (present !== undefined && present.version >= hint.version) return;
    const condition = found === undefined ? { ifAbsent: true } : { ifMatch: found.etag };
    try {
      await log.store.write(log.lastCheckpointPath, JSON.stringify(hint), condition);
      return;
    } catch (error) {
      if (!(error instanceof SluiceError && error.code === 'lake.conflict')) throw error;
    }
  }
}

/** What reads checkpoints without a copy. */
async function loadCheckpointReader() {
  // The modules themselves: the package's entry loads as many again that are not needed here.
  const [{ parquetReadObjects }, { parquetMetadata }] = await Promise.all([
    import('hyparquet/src/read.js'),
    import('hyparquet/src/metadata.js'),
  ]);
  return { parquetReadObjects, parquetMetadata };
}

const KINDS = ['protocol', 'metaData', 'txn', 'add', 'remove', 'sidecar'];

/** The actions of a checkpoint file. Missing columns and members are null or absent. @throws {TerminalError} lake.corrupt-table */
export async function readCheckpoint(bytes: Buffer, where: string): Promise<Action[]> {
  const copy = copyIn(bytes);
  return copy === undefined ? await readParquetCheckpoint(bytes, where) : decodeActions(copy, where);
}

/** The same from its Parquet alone, as every engine reads it. @throws {TerminalError} lake.corrupt-table */
export async function readParquetCheckpoint(bytes: Buffer, where: string): Promise<Action[]> {
  try {
    return await decodeParquet(bytes);
  } catch (cause) {
    // A decoder fails on damaged bytes in many words.
    throw new TerminalError('lake.corrupt-table', `Unreadable checkpoint ${where}`, { cause });
  }
}

async function decodeParquet(bytes: Buffer): Promise<Action[]> {
  const { parquetMetadata, parquetReadObjects } = await loadCheckpointReader();
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  const metadata = parquetMetadata(file);
  const columns = kindsIn(metadata);
  if (columns.length === 0) return [];
  // Snappy, which nearly all engines write, needs none of the other decoders.
  const isPlain = chunksOf(metadata).every(({ codec }) => codec === 'SNAPPY' || codec === 'UNCOMPRESSED');
  const decoders = isPlain ? {} : { compressors: (await import('hyparquet-compressors')).compressors };
  const actions: Action[] = [];
  // A group at a time: of a large table all rows as the decoder makes them are half as much again.
  for (let rowStart = 0, group = 0; group < metadata.row_groups.length; group++) {
    const rowEnd = rowStart + Number(metadata.row_groups[group]!.num_rows);
    const rows = await parquetReadObjects({ file, metadata, columns, rowStart, rowEnd, ...decoders });
    for (const row of rows) {
      for (const kind of columns) {
        const value = row[kind];
        if (value === null || value === undefined) continue;
        actions.push({ [kind]: plain(value) } as unknown as Action); // the checkpoint schema is the actions' schema
      }
    }
    rowStart = rowEnd;
  }
  return actions;
}

const chunksOf = (metadata: FileMetaData) =>
  metadata.row_groups.flatMap(({ columns }) => columns.map((column) => column.meta_data!)); // only encrypted files lack it

/** Kinds of actions the file holds: those of which some leaf is not null throughout, or whose nulls were not counted. */
function kindsIn(metadata: FileMetaData): string[] {
  const present = new Set(
    chunksOf(metadata)
      .filter(({ num_values, statistics }) => statistics?.null_count !== num_values)
      .map(({ path_in_schema }) => path_in_schema[0]),
  );
  return KINDS.filter((kind) => present.has(kind));
}

/** Parquet's longs and maps as JSON would have them. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (value === undefined) return null;
  if (Array.isArray(value)) {
    const isMap = value.length > 0 && value.every((item) => item !== null && typeof item === 'object' && 'key' in item);
    return isMap ? Object.fromEntries(value.map((item) => [item.key, plain(item.value)])) : value.map(plain);
  }
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, plain(item)]));
  }
  return value;
}
