// Parquet files on the local disk, written and read by DuckDB: DataPage V1, snappy, timestamps in microseconds UTC.
// Invariants: P1 rows come back in the order and with the values they were written. P2 memory is bounded whatever the number
// of rows: they are consumed as an iterable, a batch at a time. P3 statistics are exact or absent, never wrong.
import { rename, rm, stat } from 'node:fs/promises';
import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api';
import pLimit from 'p-limit';
import { TerminalError } from '../errors.ts';
import {
  type DuckDb,
  loadDuckDb,
  microsOf,
  selectRows,
  sqlName,
  sqlReadParquet,
  sqlText,
  sqlType,
  withConnection,
} from './duckdb.ts';
import type { Column, Row } from './tables.ts';

export type { Column, Row } from './tables.ts';

/** What is known of a file's content; values in the form rows have, timestamps as ISO text with all digits. */
export interface ParquetStats {
  numRecords: number;
  sizeBytes: number;
  /** Absent for columns without values, boolean columns, and doubles with NaN or infinities. */
  minValues: Readonly<Record<string, string | number>>;
  maxValues: Readonly<Record<string, string | number>>;
  nullCount: Readonly<Record<string, number>>;
}

const CHUNK_ROWS = 2048; // DuckDB's vector size
const BATCH_ROWS = 16_384;
const BATCH_CHARS = 24 * 1024 * 1024;
const ROW_GROUP_ROWS = { min: CHUNK_ROWS, max: 50_000 };
const ROW_GROUP_BYTES = 16 * 1024 * 1024; // held in memory while it is written, by each thread
const MS_PER_DAY = 86_400_000;

// Each load holds a batch in DuckDB's memory; two at a time keep that bounded.
const loads = pLimit(2);

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
  let chars = 0;
  let only: ParquetStats | undefined;
  try {
    await withLoadedRows(columns, rows, async (loaded) => {
      const part = `${localFile}.part${parts.length}`;
      parts.push(part);
      chars += loaded.chars;
      only = await loaded.write(part);
    });
    if (parts.length === 1 && only !== undefined) {
      await rename(parts[0]!, localFile);
      return only;
    }
    return await withConnection((connection) =>
      writeSelection(connection, `SELECT * FROM ${sqlReadParquet(parts)}`, columns, localFile, chars),
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

/** A batch of rows, held in a temporary table of DuckDB. */
export interface LoadedRows {
  /** Characters of its texts. */
  chars: number;
  /** Distinct value combinations of some columns. */
  distinct(columns: readonly string[]): Promise<Row[]>;
  /** Write rows to a file: those with the given values, without the columns those name. */
  write(localFile: string, having?: Row): Promise<ParquetStats>;
}

/** Load rows batch by batch and let `work` write each before the next is loaded; there is at least one, perhaps empty (P2). */
export async function withLoadedRows(
  columns: readonly Column[],
  rows: Iterable<Row>,
  work: (loaded: LoadedRows) => Promise<void>,
): Promise<void> {
  // Temporary tables belong to their connection, so the name is free for each.
  const definition = columns.map((column) => `${sqlName(column.name)} ${sqlType(column.type)}`).join(', ');
  const remaining = rows[Symbol.iterator]();
  try {
    for (let isLast = false; !isLast; ) {
      isLast = await loads(() =>
        withConnection(async (connection) => {
          await connection.run(`CREATE TEMP TABLE loaded (${definition})`);
          const { chars, ended } = await load(connection, columns, remaining);
          await work(loadedRows(connection, columns, chars));
          return ended;
        }),
      );
    }
  } finally {
    remaining.return?.();
  }
}

function loadedRows(connection: DuckDBConnection, columns: readonly Column[], chars: number): LoadedRows {
  return {
    chars,
    distinct: (names) =>
      selectRows(connection, `SELECT DISTINCT ${names.map(sqlName).join(', ')} FROM loaded ORDER BY ALL`),
    write: (localFile, having = {}) => {
      const kept = columns.filter((column) => !Object.hasOwn(having, column.name));
      const where = Object.entries(having).map(([name, value]) => `${sqlName(name)} = ${sqlText(String(value))}`);
      const filter = where.length === 0 ? '' : ` WHERE ${where.join(' AND ')}`;
      const select = `SELECT ${kept.map(({ name }) => sqlName(name)).join(', ')} FROM loaded${filter}`;
      return writeSelection(connection, select, kept, localFile, chars);
    },
  };
}

/**
 * Write the result of a SELECT to a file and measure it.
 * @param columns  the selection's columns, for the statistics
 * @param bytes    about how much data it is: wide rows go into row groups of fewer rows
 */
export async function writeSelection(
  connection: DuckDBConnection,
  select: string,
  columns: readonly Column[],
  localFile: string,
  bytes: number,
): Promise<ParquetStats> {
  const [counted] = await selectRows(connection, `SELECT count(*) AS n FROM (${select})`);
  const fitting = Math.floor((ROW_GROUP_BYTES * Number(counted?.n ?? 0)) / Math.max(1, bytes));
  const rows = Math.max(ROW_GROUP_ROWS.min, Math.min(ROW_GROUP_ROWS.max, fitting));
  await connection.run(
    `COPY (${select}) TO ${sqlText(localFile)} (FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE ${rows})`,
  );
  return await measure(connection, localFile, columns);
}

/** Append one batch of rows to the loaded table. */
async function load(
  connection: DuckDBConnection,
  columns: readonly Column[],
  rows: Iterator<Row>,
): Promise<{ chars: number; ended: boolean }> {
  const duckdb = await loadDuckDb();
  const convert = columns.map((column) => converter(column, duckdb));
  const appender = await connection.createAppender('loaded', null, 'temp');
  // One chunk for all: its native memory would otherwise wait for the garbage collector, chunk after chunk.
  const chunk = duckdb.DuckDBDataChunk.create(columns.map((column) => duckdbType(column, duckdb)));
  let data: DuckDBValue[][] = columns.map(() => []);
  let [count, total, chars] = [0, 0, 0];
  const flush = () => {
    chunk.reset();
    chunk.rowCount = count;
    chunk.setColumns(data);
    appender.appendDataChunk(chunk);
    data = columns.map(() => []);
    count = 0;
  };
  let ended = false;
  while (total < BATCH_ROWS && chars < BATCH_CHARS) {
    const next = rows.next();
    if (next.done) {
      ended = true;
      break;
    }
    for (let index = 0; index < columns.length; index++) {
      const value = next.value[columns[index]!.name];
      data[index]!.push(convert[index]!(value));
      chars += typeof value === 'string' ? value.length : 8;
    }
    total++;
    if (++count === CHUNK_ROWS) flush();
  }
  if (count > 0) flush();
  appender.closeSync();
  return { chars, ended };
}

function duckdbType(column: Column, duckdb: DuckDb) {
  const { VARCHAR, BIGINT, INTEGER, DOUBLE, BOOLEAN, DATE, TIMESTAMPTZ } = duckdb;
  const types = {
    string: VARCHAR,
    long: BIGINT,
    integer: INTEGER,
    double: DOUBLE,
    boolean: BOOLEAN,
    date: DATE,
    timestamp: TIMESTAMPTZ,
  };
  return types[column.type];
}

type Convert = (value: Row[string] | undefined) => DuckDBValue;

/** Cell → DuckDB value of the column's type. */
function converter(column: Column, duckdb: DuckDb): Convert {
  const refuse = (value: unknown): never => {
    throw new TerminalError('internal', `Column ${column.name} needs a ${column.type}; have ${typeof value}`, {
      ids: { column: column.name },
    });
  };
  const notNull =
    (convert: (value: string | number | boolean) => DuckDBValue): Convert =>
    (value) =>
      value === null || value === undefined ? null : convert(value);
  switch (column.type) {
    case 'string':
      return notNull((value) => (typeof value === 'string' ? value : refuse(value)));
    case 'boolean':
      return notNull((value) => (typeof value === 'boolean' ? value : refuse(value)));
    case 'double':
      return notNull((value) => (typeof value === 'number' ? value : refuse(value)));
    case 'integer':
      return notNull((value) => (typeof value === 'number' && (value | 0) === value ? value : refuse(value)));
    case 'long':
      return notNull((value) => (Number.isSafeInteger(value) ? BigInt(value as number) : refuse(value))); // isSafeInteger is true for numbers only
    case 'date':
      return notNull((value) => {
        const ms = typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value) ? Date.parse(value) : Number.NaN;
        return Number.isNaN(ms) ? refuse(value) : new duckdb.DuckDBDateValue(ms / MS_PER_DAY);
      });
    case 'timestamp':
      return notNull((value) => {
        if (typeof value !== 'string' || Number.isNaN(Date.parse(value))) return refuse(value);
        return new duckdb.DuckDBTimestampTZValue(microsOf(value));
      });
  }
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
