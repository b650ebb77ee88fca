// Parquet files on the local disk, written and read by DuckDB: DataPage V1, snappy, timestamps in microseconds UTC.
// Invariants: P1 rows come back in the order and with the values they were written. P2 memory is bounded whatever the number
// of rows: they are consumed as an iterable, a batch at a time. P3 statistics are exact or absent, never wrong.
import { rename, rm, stat } from 'node:fs/promises';
import type { DuckDBConnection } from '@duckdb/node-api';
import pLimit from 'p-limit';
import { selectRows, sqlName, sqlReadParquet, sqlText, withConnection } from './duckdb.ts';
import { PlainParquetFile, type RowStats } from './plain-parquet.ts';
import type { Column, Row } from './tables.ts';

export type { Column, Row } from './tables.ts';

/** What is known of a file. */
export interface ParquetStats extends RowStats {
  sizeBytes: number;
}

const BATCH_ROWS = 16_384;
const BATCH_BYTES = 24 * 1024 * 1024;
const ROW_GROUP_ROWS = { min: 2048, max: 50_000 };
const ROW_GROUP_BYTES = 16 * 1024 * 1024; // held in memory while it is written, by each thread

// Each copy holds a row group in DuckDB's memory; two at a time keep that bounded.
const copies = pLimit(2);

/**
 * Write rows to a new local file.
 * @throws {TerminalError} internal when a value does not fit its column
 */
export async function writeParquet(
  localFile: string,
  columns: readonly Column[],
  rows: Iterable<Row>,
): Promise<ParquetStats> {
  const parts: string[] = [];
  let plainFiles = 0;
  let bytes = 0;
  let only: ParquetStats | undefined;
  try {
    const newFile = () => `${localFile}.plain${plainFiles++}`;
    const all = { columns, of: () => ({ key: '', group: undefined }), newFile };
    await takeBatches(rows, all, async (batch) => {
      const part = `${localFile}.part${parts.length}`;
      parts.push(part);
      bytes += batch.bytes;
      only = await batch.write(part);
    });
    if (parts.length === 0) return await emptyFile(newFile(), columns, localFile);
    if (parts.length === 1 && only !== undefined) {
      await rename(parts[0]!, localFile);
      return only;
    }
    return await withConnection((connection) =>
      writeSelection(connection, `SELECT * FROM ${sqlReadParquet(parts)}`, columns, localFile, bytes),
    );
  } finally {
    for (const part of parts) await rm(part, { force: true });
  }
}

/** Rows of a local file; only `columns` when given (an unknown one is an error). */
export async function readParquet(localFile: string, columns?: readonly string[]): Promise<Row[]> {
  const projection = columns === undefined ? '*' : columns.map(sqlName).join(', ');
  return await withConnection((connection) =>
    selectRows(connection, `SELECT ${projection} FROM ${sqlReadParquet([localFile])}`),
  );
}

/** How rows are split, and what is written of each. */
export interface Split<Group> {
  columns: readonly Column[];
  /** Rows of the same key are in the same group, which is that of the first of them. */
  of(row: Row): { key: string; group: Group };
  /** Where to put plain values; such a file is deleted after its batch. */
  newFile(): string;
}

/** Rows of one group that were taken together. */
export interface RowBatch<Group> {
  group: Group;
  /** What their values weigh before they are compressed; exact once they are written. */
  bytes: number;
  /** Write them to a file, once. */
  write(localFile: string): Promise<ParquetStats>;
}

/**
 * Take rows a batch at a time, split it, and let `work` have its groups, in the order of their keys. The next batch is taken meanwhile: DuckDB
 * compresses in a thread of its own. Never more than two batches are there (P2), and `work` is called for one group after the other.
 */
export async function takeBatches<Group>(
  rows: Iterable<Row>,
  split: Split<Group>,
  work: (batch: RowBatch<Group>) => Promise<void>,
): Promise<void> {
  const remaining = rows[Symbol.iterator]();
  let working = Promise.resolve();
  try {
    for (let isLast = false; !isLast; ) {
      const taken = new Map<string, Taken<Group>>();
      try {
        isLast = await take(remaining, split, taken);
        await working;
      } catch (error) {
        await discardAll(taken);
        throw error;
      }
      working = workOn(taken, work);
      working.catch(() => undefined); // it is told where it is awaited, after the next batch
    }
    await working;
  } finally {
    await Promise.allSettled([working]); // its files are in use until then
    remaining.return?.();
  }
}

async function workOn<Group>(
  taken: ReadonlyMap<string, Taken<Group>>,
  work: (batch: RowBatch<Group>) => Promise<void>,
): Promise<void> {
  try {
    const inOrder = [...taken].sort(([left], [right]) => (left < right ? -1 : 1));
    for (const [, { file, group }] of inOrder)
      await work({
        group,
        get bytes() {
          return file.bytes;
        },
        write: (localFile) => compress(file, localFile),
      });
  } finally {
    await discardAll(taken);
  }
}

interface Taken<Group> {
  file: PlainParquetFile;
  group: Group;
}

/** @returns whether these were the last */
async function take<Group>(
  rows: Iterator<Row>,
  split: Split<Group>,
  taken: Map<string, Taken<Group>>,
): Promise<boolean> {
  for (let [count, bytes] = [0, 0]; count < BATCH_ROWS && bytes < BATCH_BYTES; count++) {
    const next = rows.next();
    if (next.done) return true;
    const { key, group } = split.of(next.value);
    let one = taken.get(key);
    if (one === undefined) {
      one = { group, file: new PlainParquetFile(split.newFile(), split.columns) };
      taken.set(key, one);
    }
    const before = one.file.bytes;
    one.file.add(next.value);
    bytes += one.file.bytes - before;
    if (one.file.isFull) await one.file.flush();
  }
  return false;
}

/** The rows of a plain file as the lake keeps them. */
async function compress(file: PlainParquetFile, localFile: string): Promise<ParquetStats> {
  const stats = await file.end();
  const plain = `read_parquet(${sqlText(file.path)}, hive_partitioning = false)`;
  await copies(() =>
    withConnection((connection) => copyTo(connection, plain, localFile, stats.numRecords, file.bytes)),
  );
  const { size } = await stat(localFile);
  return { ...stats, sizeBytes: size };
}

async function emptyFile(plainFile: string, columns: readonly Column[], localFile: string): Promise<ParquetStats> {
  const file = new PlainParquetFile(plainFile, columns);
  try {
    return await compress(file, localFile);
  } finally {
    await discard(file);
  }
}

async function discardAll(taken: ReadonlyMap<string, { file: PlainParquetFile }>): Promise<void> {
  for (const { file } of taken.values()) await discard(file);
}

async function discard(file: PlainParquetFile): Promise<void> {
  await file.close();
  await rm(file.path, { force: true });
}

/**
 * Write the result of a SELECT to a file and measure it.
 * @param columns  the selection's columns, for the statistics
 * @param bytes    about how much data it is, before it is compressed
 */
export async function writeSelection(
  connection: DuckDBConnection,
  select: string,
  columns: readonly Column[],
  localFile: string,
  bytes: number,
): Promise<ParquetStats> {
  const [counted] = await selectRows(connection, `SELECT count(*) AS n FROM (${select})`);
  await copyTo(connection, `(${select})`, localFile, Number(counted?.n ?? 0), bytes);
  return await measure(connection, localFile, columns);
}

/** Wide rows go into row groups of fewer rows. */
async function copyTo(
  connection: DuckDBConnection,
  relation: string,
  localFile: string,
  rows: number,
  bytes: number,
): Promise<void> {
  const fitting = Math.floor((ROW_GROUP_BYTES * rows) / Math.max(1, bytes));
  const groupRows = Math.max(ROW_GROUP_ROWS.min, Math.min(ROW_GROUP_ROWS.max, fitting));
  const options = `FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE ${groupRows}`;
  await connection.run(`COPY (FROM ${relation}) TO ${sqlText(localFile)} (${options})`);
}

/** P3: computed over the written file, not copied from its footer. */
async function measure(
  connection: DuckDBConnection,
  localFile: string,
  columns: readonly Column[],
): Promise<ParquetStats> {
  const parts = columns.flatMap((column, index) => {
    const name = sqlName(column.name);
    const bounds = column.type === 'boolean' ? [] : [`min(${name}) AS min${index}`, `max(${name}) AS max${index}`];
    const odd = column.type === 'double' ? [`count_if(NOT isfinite(${name})) AS odd${index}`] : [];
    return [`count(${name}) AS n${index}`, ...bounds, ...odd];
  });
  const select = ['count(*) AS n', ...parts].join(', ');
  const [found] = await selectRows(connection, `SELECT ${select} FROM ${sqlReadParquet([localFile])}`);
  const numRecords = Number(found?.n ?? 0);
  const minValues: Record<string, string | number> = {};
  const maxValues: Record<string, string | number> = {};
  const nullCount: Record<string, number> = {};
  for (const [index, { name, type }] of columns.entries()) {
    nullCount[name] = numRecords - Number(found?.[`n${index}`] ?? 0);
    const [min, max] = [found?.[`min${index}`] ?? null, found?.[`max${index}`] ?? null];
    const isNumber = type === 'long' || type === 'integer' || type === 'double';
    if (min === null || max === null || Number(found?.[`odd${index}`] ?? 0) > 0) continue;
    // Longs beyond 2^53 come as text and have no exact JSON number here.
    if (isNumber && (typeof min !== 'number' || typeof max !== 'number')) continue;
    minValues[name] = min as string | number; // booleans have no bounds
    maxValues[name] = max as string | number;
  }
  const { size } = await stat(localFile);
  return { numRecords, sizeBytes: size, minValues, maxValues, nullCount };
}
