// Classic single-part checkpoints: the whole state of one version as one Parquet file, so that readers need not replay the log.
// Invariants: C1 a checkpoint holds protocol, metadata, all txns, live files and tombstones that are still needed, each exactly once.
// C2 `_last_checkpoint` never moves backwards. A checkpoint is an optimisation: losing one loses nothing.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SluiceError } from '../../errors.ts';
import type { LakeStore } from '../../ports.ts';
import { sqlText, withConnection } from '../duckdb.ts';
import { type Action, encodeActions } from './actions.ts';
import type { Snapshot } from './snapshot.ts';

export const CHECKPOINT_INTERVAL = 10;

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
  const folder = await mkdtemp(join(tmpdir(), 'sluice-checkpoint-'));
  try {
    const [lines, parquet] = [join(folder, 'actions.ndjson'), join(folder, 'checkpoint.parquet')];
    await writeFile(lines, encodeActions(actions));
    const columns = Object.entries(COLUMNS).map(([name, type]) => `${sqlText(name)}: ${sqlText(type)}`);
    await withConnection((connection) =>
      connection.run(
        `COPY (SELECT txn, add, remove, "metaData", protocol
               FROM read_json(${sqlText(lines)}, format = 'newline_delimited', maximum_object_size = 8388608, columns = {${columns.join(', ')}}))
         TO ${sqlText(parquet)} (FORMAT parquet, COMPRESSION snappy)`,
      ),
    );
    const bytes = await readFile(parquet);
    await log.store.write(log.checkpointPath(snapshot.version), bytes);
    await moveHint(log, {
      version: snapshot.version,
      size: actions.length,
      sizeInBytes: bytes.byteLength,
      numOfAddFiles: snapshot.files.size,
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
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

/** The actions of a checkpoint file. Missing columns and members are null. */
export async function readCheckpoint(bytes: Buffer): Promise<Action[]> {
  const [{ parquetReadObjects }, { compressors }] = await Promise.all([
    import('hyparquet'),
    import('hyparquet-compressors'),
  ]);
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  const rows = (await parquetReadObjects({ file, compressors })) as Record<string, Record<string, unknown> | null>[];
  const actions: Action[] = [];
  for (const row of rows) {
    for (const kind of ['protocol', 'metaData', 'txn', 'add', 'remove', 'sidecar']) {
      const value = row[kind];
      if (value === null || value === undefined) continue;
      actions.push({ [kind]: plain(value) } as unknown as Action); // the checkpoint schema is the actions' schema
    }
  }
  return actions;
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
