// DuckDB as the lake's Parquet and SQL engine: one in-memory database per process, opened on first use.
// Invariants: E1 nothing is downloaded (extensions are neither installed nor loaded on their own). E2 memory is bounded; what does not fit
// spills to the temporary folder. E3 SQL sees UTC.
import type { DuckDBConnection, DuckDBInstance, DuckDBResult, DuckDBValue, Json } from '@duckdb/node-api';
import { newTemporaryPath } from '../temporary-folder.ts';
import type { ColumnType, Row } from './tables.ts';

const MEMORY_LIMIT = '256MB'; // beside the host's own heap; the whole process stays under 700 MB
const QUERY_THREADS = 2;

export type DuckDb = typeof import('@duckdb/node-api');

let loading: Promise<DuckDb> | undefined;
let opening: Promise<DuckDBInstance> | undefined;

/** The library, loaded lazily: 68 MB of native code. */
export function loadDuckDb(): Promise<DuckDb> {
  loading ??= import('@duckdb/node-api');
  return loading;
}

/** A new in-memory database with the lake's limits (E1, E2). The caller closes it. */
export async function createDatabase(settings: Readonly<Record<string, string>> = {}): Promise<DuckDBInstance> {
  const { DuckDBInstance } = await loadDuckDb();
  return await DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    threads: String(QUERY_THREADS),
    memory_limit: MEMORY_LIMIT,
    temp_directory: newTemporaryPath(),
    // Memory that is free goes back to the system at once, not in chunks of 128 MB.
    allocator_flush_threshold: '16MB',
    allocator_bulk_deallocation_flush_threshold: '16MB',
    ...settings,
  });
}

/** Run `work` on a connection of the shared database and close it whatever happens. */
export async function withConnection<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
  // One thread: with more, COPY keeps the order of rows at five times the time and three times the memory when there are
  // many small inputs, and cuts row groups at every input. Measured with 250 files of one row.
  // No cache of files: each is read once or twice, and a file of the same name, length and second would be taken for what was there before.
  const settings = { threads: '1', enable_external_file_cache: 'false' };
  opening ??= createDatabase(settings).catch((error: unknown) => {
    opening = undefined; // no memory just now: the next caller tries again
    throw error;
  });
  const connection = await connect(await opening);
  try {
    return await work(connection);
  } finally {
    connection.closeSync();
  }
}

/** A connection in UTC (E3). */
export async function connect(database: DuckDBInstance): Promise<DuckDBConnection> {
  const connection = await database.connect();
  await connection.run("SET TimeZone = 'UTC'");
  return connection;
}

const SQL_TYPES: Readonly<Record<ColumnType, string>> = {
  string: 'VARCHAR',
  long: 'BIGINT',
  integer: 'INTEGER',
  double: 'DOUBLE',
  boolean: 'BOOLEAN',
  date: 'DATE',
  timestamp: 'TIMESTAMPTZ', // Parquet: microseconds, adjusted to UTC
};

export const sqlType = (type: ColumnType): string => SQL_TYPES[type];

/** A quoted identifier. */
export const sqlName = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** A quoted string literal; of a text with NUL, where a statement would end, an expression. */
export const sqlText = (text: string): string => {
  const literals = text.split('\0').map((part) => `'${part.replaceAll("'", "''")}'`);
  return literals.length === 1 ? literals.join('') : `(${literals.join(' || chr(0) || ')})`;
};

/** `read_parquet` over local files that may lack columns added later. */
export const sqlReadParquet = (files: readonly string[]): string =>
  `read_parquet([${files.map(sqlText).join(', ')}], union_by_name = true, hive_partitioning = false)`;

/** Rows of a result, chunk by chunk. */
export async function* streamRows(result: DuckDBResult, duckdb: DuckDb): AsyncGenerator<Row[]> {
  const names = result.deduplicatedColumnNames();
  for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    const data = names.map((_, index) => chunk!.getColumnValues(index).map((value) => toCell(value, duckdb)));
    yield Array.from({ length: chunk.rowCount }, (_, row) =>
      Object.fromEntries(names.map((name, index) => [name, data[index]?.[row] ?? null])),
    );
  }
}

/** All rows of a query. */
export async function selectRows(
  connection: DuckDBConnection,
  sql: string,
  values: DuckDBValue[] = [],
): Promise<Row[]> {
  const rows: Row[] = [];
  const duckdb = await loadDuckDb();
  for await (const chunk of streamRows(await connection.stream(sql, values), duckdb))
    for (const row of chunk) rows.push(row);
  return rows;
}

export async function countRows(connection: DuckDBConnection, relation: string): Promise<number> {
  const found = await connection.runAndReadAll(`SELECT count(*) FROM ${relation}`);
  return Number(found.getRows()[0]?.[0] ?? 0);
}

/** A value of DuckDB as a cell: big integers beyond 2^53 become text, nested values JSON text. */
function toCell(value: DuckDBValue, duckdb: DuckDb): string | number | boolean | null {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return value;
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (value instanceof duckdb.DuckDBTimestampTZValue) return isoTimestamp(value.micros);
  if (value instanceof duckdb.DuckDBTimestampValue) return isoTimestamp(value.micros);
  if (value instanceof duckdb.DuckDBDecimalValue) return value.toDouble();
  if (value instanceof duckdb.DuckDBListValue || value instanceof duckdb.DuckDBArrayValue) {
    return JSON.stringify(value.items.map((item) => toJson(item, duckdb)));
  }
  if (value instanceof duckdb.DuckDBStructValue || value instanceof duckdb.DuckDBMapValue) {
    return JSON.stringify(toJson(value, duckdb));
  }
  return String(value); // dates as YYYY-MM-DD, intervals, uuids … in DuckDB's own words
}

function toJson(value: DuckDBValue, duckdb: DuckDb): Json {
  if (value instanceof duckdb.DuckDBListValue || value instanceof duckdb.DuckDBArrayValue) {
    return value.items.map((item) => toJson(item, duckdb));
  }
  if (value instanceof duckdb.DuckDBStructValue) {
    return Object.fromEntries(Object.entries(value.entries).map(([name, item]) => [name, toJson(item, duckdb)]));
  }
  if (value instanceof duckdb.DuckDBMapValue) {
    return Object.fromEntries(value.entries.map(({ key, value: item }) => [String(key), toJson(item, duckdb)]));
  }
  return toCell(value, duckdb);
}

/** `2026-11-23T10:00:00.123Z`; six digits when there are microseconds. */
export function isoTimestamp(micros: bigint): string {
  const ms = micros >= 0n ? micros / 1000n : (micros - 999n) / 1000n;
  const iso = new Date(Number(ms)).toISOString();
  const rest = Number(micros - ms * 1000n);
  return rest === 0 ? iso : `${iso.slice(0, -1)}${String(rest).padStart(3, '0')}Z`;
}

/**
 * Microseconds since the epoch of an ISO 8601 timestamp with up to six fraction digits.
 * @throws {RangeError} when the text is no timestamp
 */
export function microsOf(iso: string): bigint {
  const match = /^(.*:\d\d)\.(\d{1,9})(Z|[+-]\d\d:?\d\d)?$/.exec(iso);
  const base = match === null ? iso : `${match[1]}${match[3] ?? 'Z'}`;
  const ms = Date.parse(base);
  if (Number.isNaN(ms)) throw new RangeError('not an ISO 8601 timestamp');
  const fraction = match === null ? 0n : BigInt((match[2] ?? '').padEnd(6, '0').slice(0, 6));
  // Without a fraction Date.parse has seen everything, a date or a time of whole seconds.
  return BigInt(ms) * 1000n + fraction;
}
