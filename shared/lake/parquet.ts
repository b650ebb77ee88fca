// Parquet files on the local disk, written and read by DuckDB: DataPage V1, snappy, timestamps in microseconds UTC.
// Invariants: P1 rows come back in the order and with the values they were written. P2 memory is bounded by DuckDB's limit plus one chunk;
// rows are consumed as an iterable. P3 statistics are exact or absent, never wrong.
import { stat } from 'node:fs/promises';
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
const ROW_GROUP_ROWS = 50_000;
const MS_PER_DAY = 86_400_000;

// Loads hold a table in DuckDB's memory; two at a time keep that bounded.
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
  return await withLoadedRows(columns, rows, (loaded) => loaded.write(localFile));
}

/** Rows of a local file; only `columns` when given (an unknown one is an error). */
export async function readParquet(localFile: string, columns?: readonly string[]): Promise<Row[]> {
  const projection = columns === undefined ? '*' : columns.map(sqlName).join(', ');
  return await withConnection((connection) =>
    selectRows(connection, `SELECT ${projection} FROM ${sqlReadParquet([localFile])}`),
  );
}

/** Rows held in a temporary table of DuckDB. */
export interface LoadedRows {
  /** Distinct value combinations of some columns. */
  distinct(columns: readonly string[]): Promise<Row[]>;
  /** Write rows to a file: those with the given values, without the columns those name. */
  write(localFile: string, having?: Row): Promise<ParquetStats>;
}

/** Load rows, let `work` write them, drop them. */
export async function withLoadedRows<T>(
  columns: readonly Column[],
  rows: Iterable<Row>,
  work: (loaded: LoadedRows) => Promise<T>,
): Promise<T> {
  return await loads(() =>
    withConnection(async (connection) => {
      // Temporary tables belong to their connection, so the name is free for each.
      const definition = columns.map((column) => `${sqlName(column.name)} ${sqlType(column.type)}`).join(', ');
      await connection.run(`CREATE TEMP TABLE loaded (${definition})`);
      await load(connection, columns, rows);
      return await work({
        distinct: (names) =>
          selectRows(connection, `SELECT DISTINCT ${names.map(sqlName).join(', ')} FROM loaded ORDER BY ALL`),
        write: (localFile, having = {}) => {
          const kept = columns.filter((column) => !Object.hasOwn(having, column.name));
          const where = Object.entries(having).map(([name, value]) => `${sqlName(name)} = ${sqlText(String(value))}`);
          const filter = where.length === 0 ? '' : ` WHERE ${where.join(' AND ')}`;
          return writeSelection(
            connection,
            `SELECT ${kept.map((c) => sqlName(c.name)).join(', ')} FROM loaded${filter}`,
            kept,
            localFile,
          );
        },
      });
    }),
  );
}

/**
 * Write the result of a SELECT to a file and measure it.
 * @param columns  the selection's columns, for the statistics
 */
export async function writeSelection(
  connection: DuckDBConnection,
  select: string,
  columns: readonly Column[],
  localFile: string,
): Promise<ParquetStats> {
  await connection.run(
    `COPY (${select}) TO ${sqlText(localFile)} (FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE ${ROW_GROUP_ROWS})`,
  );
  return await measure(connection, localFile, columns);
}

async function load(connection: DuckDBConnection, columns: readonly Column[], rows: Iterable<Row>): Promise<void> {
  const duckdb = await loadDuckDb();
  const types = columns.map((column) => duckdbType(column, duckdb));
  const convert = columns.map((column) => converter(column, duckdb));
  const appender = await connection.createAppender('loaded', null, 'temp');
  let data: DuckDBValue[][] = columns.map(() => []);
  let count = 0;
  const flush = () => {
    const chunk = duckdb.DuckDBDataChunk.create(types, count);
    chunk.setColumns(data);
    appender.appendDataChunk(chunk);
    data = columns.map(() => []);
    count = 0;
  };
  for (const row of rows) {
    for (let index = 0; index < columns.length; index++) {
      data[index]!.push(convert[index]!(row[columns[index]!.name]));
    }
    if (++count === CHUNK_ROWS) flush();
  }
  if (count > 0) flush();
  appender.closeSync();
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
