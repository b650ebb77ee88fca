// Rows of a Delta table that another engine wrote: a few columns of its newest version.
// Invariants: G1 only the types of the columns asked for matter. G2 what a table's features change in its rows is honoured (deletion
// vectors, column mapping, type widening), or the table is refused with the feature's name and what to do.
// Protocol: https://github.com/delta-io/delta/blob/master/PROTOCOL.md
import { readFile } from 'node:fs/promises';
import { TerminalError } from '../../../errors.ts';
import type { LakeStore } from '../../../ports.ts';
import { loadDuckDb, selectRows, sqlName, sqlText, streamRows, withConnection } from '../../duckdb.ts';
import type { FileCache } from '../../file-cache.ts';
import type { Row } from '../../tables.ts';
import { decodePath, type Protocol } from '../actions.ts';
import { type DeletedRows, readDeletionVector, vectorPath } from './deletion-vector.ts';
import { type ForeignFile, type ForeignSnapshot, readForeignLog } from './foreign-log.ts';

/** Reader features whose effect on rows is honoured, or that have none. */
const READ = new Set([
  'deletionVectors',
  'columnMapping',
  'timestampNtz',
  'v2Checkpoint',
  'typeWidening',
  'typeWidening-preview',
  'vacuumProtocolCheck',
]);
/** Features that concern columns of one type only: such a column cannot be asked for anyway (G1). */
const TYPE_ONLY = /^(variantType|variantShredding|geospatial)(-preview)?$/;

const FILES_AT_ONCE = 256;
/** Columns that DuckDB adds; no table has these. */
const FILE = '__sluice_file';
const ROW = 'file_row_number';

interface ForeignColumn {
  name: string;
  /** Name in the files. */
  physical: string;
  /** Field id in the files, under column mapping by id. */
  id: number | undefined;
  isPartition: boolean;
  /** DuckDB's type, and the expression that gives the cell. */
  sqlType: string;
  cell: (column: string) => string;
}

/**
 * Cells of some columns, file by file, in the order of the log.
 * @throws {TerminalError} lake.not-found, lake.unsupported-table, lake.corrupt-table, request.invalid for a column it lacks
 */
export async function* readForeignTable(
  store: LakeStore,
  path: string,
  names: readonly string[],
  cache: FileCache,
): AsyncGenerator<Row> {
  const snapshot = await readForeignLog(store, path);
  if (snapshot === undefined) throw new TerminalError('lake.not-found', `No Delta table at ${path}`, { ids: { path } });
  checkFeatures(snapshot.protocol, path);
  const columns = columnsOf(snapshot, names, path);
  for (let from = 0; from < snapshot.files.length; from += FILES_AT_ONCE) {
    const files = snapshot.files.slice(from, from + FILES_AT_ONCE);
    const vectorPaths = pathsOfVectors(files);
    // in one call: what it fetches stays until the next one
    const local = await cache.fetch(
      store,
      [...files.map((file) => decodePath(file.path)), ...vectorPaths].map((name) => `${path}/${name}`),
      files.map(({ size, modificationTime }) => `${snapshot.metadata.id} ${size} ${modificationTime}`),
    );
    const vectors = new VectorFiles(new Map(vectorPaths.map((name, i) => [name, local[files.length + i]!])));
    yield* readGroup(columns, files, local, vectors);
  }
}

function checkFeatures({ minReaderVersion, readerFeatures }: Protocol, table: string): void {
  const unknown = (readerFeatures ?? []).filter((feature) => !READ.has(feature) && !TYPE_ONLY.test(feature));
  if (unknown.length > 0)
    throw new TerminalError(
      'lake.unsupported-table',
      `Table ${table} needs the reader feature ${unknown.join(', ')}, which is not read. Drop it (ALTER TABLE … DROP FEATURE ${unknown[0]}), or copy the columns needed into a table without it`,
    );
  if (minReaderVersion > 3)
    throw new TerminalError(
      'lake.unsupported-table',
      `Table ${table} needs reader version ${minReaderVersion}; up to 3 is read`,
    );
}

interface SchemaField {
  name: string;
  type: unknown;
  metadata?: Record<string, unknown> | null;
}

function columnsOf({ metadata }: ForeignSnapshot, names: readonly string[], table: string): ForeignColumn[] {
  const { fields } = JSON.parse(metadata.schemaString) as { fields: SchemaField[] }; // the protocol's shape
  const mode = metadata.configuration?.['delta.columnMapping.mode'] ?? 'none';
  return names.map((name) => {
    const field = fields.find((candidate) => candidate.name === name);
    if (field === undefined)
      throw new TerminalError(
        'request.invalid',
        `Table ${table} has no column ${name}; it has ${fields.map((other) => other.name).join(', ')}`,
      );
    const { physicalName, id } = {
      physicalName: field.metadata?.['delta.columnMapping.physicalName'],
      id: field.metadata?.['delta.columnMapping.id'],
    };
    return {
      name,
      physical: mode !== 'none' && typeof physicalName === 'string' ? physicalName : name,
      id: mode === 'id' && typeof id === 'number' ? id : undefined,
      isPartition: metadata.partitionColumns.includes(name),
      ...cellOf(field, table),
    };
  });
}

const asItIs = (column: string): string => column;
const asText = (column: string): string => `CAST(${column} AS VARCHAR)`;
/** 0.1 stays 0.1, and does not become 0.10000000149011612. */
const asShortDouble = (column: string): string => `CAST(CAST(${column} AS VARCHAR) AS DOUBLE)`;
const CELLS: Readonly<Record<string, Pick<ForeignColumn, 'sqlType' | 'cell'>>> = {
  string: { sqlType: 'VARCHAR', cell: asItIs },
  long: { sqlType: 'BIGINT', cell: asItIs },
  integer: { sqlType: 'INTEGER', cell: asItIs },
  short: { sqlType: 'SMALLINT', cell: asItIs },
  byte: { sqlType: 'TINYINT', cell: asItIs },
  double: { sqlType: 'DOUBLE', cell: asItIs },
  float: { sqlType: 'FLOAT', cell: asShortDouble },
  boolean: { sqlType: 'BOOLEAN', cell: asItIs },
  date: { sqlType: 'DATE', cell: asText },
  timestamp: { sqlType: 'TIMESTAMPTZ', cell: asItIs },
  timestamp_ntz: { sqlType: 'TIMESTAMP', cell: asText },
};

function cellOf({ name, type }: SchemaField, table: string): Pick<ForeignColumn, 'sqlType' | 'cell'> {
  if (typeof type === 'string') {
    if (Object.hasOwn(CELLS, type)) return CELLS[type]!;
    const decimal = /^decimal\((\d+),\s*(-?\d+)\)$/.exec(type);
    if (decimal !== null) return { sqlType: `DECIMAL(${decimal[1]}, ${decimal[2]})`, cell: asText };
    if (/^(var)?char\(\d+\)$/.test(type)) return CELLS.string!;
  }
  const kind = typeof type === 'string' ? type : String((type as { type?: unknown } | null)?.type ?? 'unknown');
  throw new TerminalError(
    'lake.unsupported-table',
    `Column ${name} of ${table} has type ${kind}; a text or label must be a string, a number, a date or true and false. Name another column`,
  );
}

/** Files that are read by one statement: those whose columns have the same names. */
async function* readGroup(
  columns: readonly ForeignColumn[],
  files: readonly ForeignFile[],
  local: readonly string[],
  vectors: VectorFiles,
): AsyncGenerator<Row> {
  const stored = columns.filter((column) => !column.isPartition);
  const namesIn = await namesInFiles(stored, local);
  const groups = Map.groupBy(files.keys(), (i) => namesIn(local[i]!).join('\0'));
  for (const indexes of groups.values()) {
    const paths = indexes.map((i) => local[i]!);
    const fileAt = new Map(indexes.map((i) => [local[i]!, files[i]!]));
    const sql = sqlOf(stored, namesIn(paths[0]!), paths);
    const chunks = await withConnection(async (connection) => {
      const duckdb = await loadDuckDb();
      const found: Row[][] = [];
      for await (const chunk of streamRows(await connection.stream(sql), duckdb)) found.push(chunk);
      return found;
    });
    let at = '';
    let deleted: DeletedRows | undefined;
    for (const chunk of chunks)
      for (const row of chunk) {
        const file = fileAt.get(String(row[FILE]))!;
        if (row[FILE] !== at) {
          at = String(row[FILE]);
          deleted = await vectors.read(file);
        }
        if (deleted?.has(Number(row[ROW])) === true) continue;
        yield cellsOf(row, columns, file);
      }
  }
}

function cellsOf(row: Row, columns: readonly ForeignColumn[], { partitionValues }: ForeignFile): Row {
  return Object.fromEntries(
    columns.map(({ name, physical, isPartition }) => {
      if (!isPartition) return [name, row[name] ?? null];
      const value = partitionValues?.[physical] ?? null;
      return [name, value === '' ? null : value];
    }),
  );
}

/** A column that a file lacks is null; one that became wider is read as the wider type. */
function sqlOf(columns: readonly ForeignColumn[], names: readonly string[], paths: readonly string[]): string {
  const typed = columns.map(({ sqlType }, i) => `NULL::${sqlType} AS ${sqlName(names[i]!)}`);
  const empty = `SELECT NULL::VARCHAR AS ${FILE}, NULL::BIGINT AS ${ROW}${typed.map((cell) => `, ${cell}`).join('')} WHERE false`;
  const list = paths.map((path) => sqlText(path)).join(', ');
  // binary_as_string: old writers of Hive and Impala do not say that their texts are UTF-8; binary columns are not read here
  const options = `binary_as_string = true, union_by_name = true, hive_partitioning = false, filename = '${FILE}', file_row_number = true`;
  const wanted = [FILE, ROW, ...names].map((name) => sqlText(name)).join(', ');
  const rows = `SELECT COLUMNS(c -> c IN (${wanted})) FROM read_parquet([${list}], ${options})`;
  const cells = columns.map(({ name, cell }, i) => `, ${cell(sqlName(names[i]!))} AS ${sqlName(name)}`);
  return `SELECT ${FILE}, ${ROW}${cells.join('')} FROM (${empty} UNION ALL BY NAME ${rows})`;
}

/** How the columns are called in each file: by field id under column mapping by id, otherwise alike everywhere. */
async function namesInFiles(
  columns: readonly ForeignColumn[],
  paths: readonly string[],
): Promise<(path: string) => string[]> {
  const usual = columns.map(({ physical }) => physical);
  if (paths.length === 0 || !columns.some(({ id }) => id !== undefined)) return () => usual;
  const list = paths.map((path) => sqlText(path)).join(', ');
  const rows = await withConnection((connection) =>
    selectRows(
      connection,
      `SELECT file_name, name, field_id FROM parquet_schema([${list}]) WHERE field_id IS NOT NULL`,
    ),
  );
  const byFile = new Map<string, Map<number, string>>();
  for (const row of rows) {
    const ids = byFile.get(String(row.file_name)) ?? new Map<number, string>();
    byFile.set(String(row.file_name), ids.set(Number(row.field_id), String(row.name)));
  }
  return (path) => columns.map(({ id, physical }) => byFile.get(path)?.get(id ?? -1) ?? physical);
}

/** Files that hold deletion vectors, below the table, each once. */
function pathsOfVectors(files: readonly ForeignFile[]): string[] {
  return [...new Set(files.flatMap(({ deletionVector: vector }) => (vector ? (vectorPath(vector) ?? []) : [])))];
}

/** Deletion vectors of some files; those of several data files may lie in one file, which is read once while it is needed. */
class VectorFiles {
  readonly #local: ReadonlyMap<string, string>;
  #last: { path: string; bytes: Buffer } | undefined;

  /** @param local  local copies by path below the table */
  constructor(local: ReadonlyMap<string, string>) {
    this.#local = local;
  }

  async read({ deletionVector }: ForeignFile): Promise<DeletedRows | undefined> {
    if (deletionVector === undefined || deletionVector === null) return undefined;
    const path = vectorPath(deletionVector);
    if (path === undefined) return readDeletionVector(deletionVector, undefined);
    if (this.#last?.path !== path) this.#last = { path, bytes: await readFile(this.#local.get(path)!) };
    return readDeletionVector(deletionVector, this.#last.bytes);
  }
}
