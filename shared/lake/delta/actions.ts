// The words of a Delta log: actions, their JSON lines, schema text, file names.
// Invariants: A1 what is written needs reader 1 / writer 2 and nothing more. A2 an unknown action is ignored, an unreadable line is an error.
// Protocol: https://github.com/delta-io/delta/blob/master/PROTOCOL.md
import { TerminalError } from '../../errors.ts';
import type { MadeContent } from '../../ports.ts';
import type { Column, ColumnType } from '../tables.ts';

export interface Protocol {
  minReaderVersion: number;
  minWriterVersion: number;
  readerFeatures?: string[] | null;
  writerFeatures?: string[] | null;
}

export interface Metadata {
  id: string;
  name?: string | null;
  description?: string | null;
  format: { provider: string; options: Record<string, string> };
  schemaString: string;
  partitionColumns: string[];
  configuration: Record<string, string>;
  createdTime?: number | null;
}

export type PartitionValues = Record<string, string | null>;

export interface AddFile {
  /** Relative to the table, URI-encoded; the file's identity. */
  path: string;
  partitionValues: PartitionValues;
  size: number;
  /** Milliseconds since the epoch. */
  modificationTime: number;
  /** false: the rows only moved (compaction). */
  dataChange: boolean;
  /** JSON text, see stats.ts. */
  stats?: string | null;
  tags?: Record<string, string> | null;
}

export interface RemoveFile {
  path: string;
  deletionTimestamp?: number | null;
  dataChange: boolean;
  extendedFileMetadata?: boolean | null;
  partitionValues?: PartitionValues | null;
  size?: number | null;
}

/** The newest version an application has committed: what makes a repeated append harmless. */
export interface Txn {
  appId: string;
  version: number;
  lastUpdated?: number | null;
}

export interface CommitInfo {
  timestamp?: number;
  operation?: string;
  operationParameters?: Record<string, unknown>;
  isBlindAppend?: boolean;
  engineInfo?: string;
  txnId?: string;
}

export type Action =
  | { commitInfo: CommitInfo }
  | { protocol: Protocol }
  | { metaData: Metadata }
  | { add: AddFile }
  | { remove: RemoveFile }
  | { txn: Txn };

export const PROTOCOL: Protocol = { minReaderVersion: 1, minWriterVersion: 2 };
export const ENGINE = 'Sluice/1.0';

/** Actions whose text is made at once: a run of millions of documents adds tens of thousands of files in one version. */
const PER_PIECE = 200;
/** Those of large tables have 3 kB each. A longer text is none of V8's young ones, and stays until the whole heap is collected. */
const PER_TEXT = 16;

/** One action a line, with a final newline; UTF-8. */
export function encodeActions(actions: readonly Action[]): Buffer {
  return Buffer.concat([...encodedPieces(actions)]);
}

/** The same, made while it is sent where there are many. */
export function writtenActions(actions: readonly Action[]): Buffer | MadeContent {
  if (actions.length <= PER_PIECE) return encodeActions(actions);
  let byteLength = 0;
  for (const action of actions) byteLength += Buffer.byteLength(encodedAction(action));
  return { byteLength, pieces: () => encodedPieces(actions) };
}

/** In pieces of some lines each. */
export function* encodedPieces(actions: readonly Action[]): Generator<Buffer> {
  for (let from = 0; from < actions.length; from += PER_TEXT)
    yield Buffer.from(
      actions
        .slice(from, from + PER_TEXT)
        .map(encodedAction)
        .join(''),
    );
}

const encodedAction = (action: Action): string => `${JSON.stringify(action)}\n`;

const LINE_END = 10;

/** @param bytes  lines of JSON. @throws {TerminalError} lake.corrupt-table when a line is no JSON object */
export function decodeActions(bytes: Buffer, where: string): Action[] {
  const actions: Action[] = [];
  // A text for each line: a part of a longer one would keep that alive.
  for (let from = 0; from < bytes.length; ) {
    const lineEnd = bytes.indexOf(LINE_END, from);
    const to = lineEnd < 0 ? bytes.length : lineEnd;
    const line = bytes.toString('utf8', from, to);
    if (line.trim() !== '') actions.push(decodeAction(line, where));
    from = to + 1;
  }
  return actions;
}

/** The same of a file in parts, whose borders are anywhere. */
export async function decodeActionParts(parts: AsyncIterable<Buffer>, where: string): Promise<Action[]> {
  const found: Action[][] = [];
  let rest: Buffer = Buffer.alloc(0);
  for await (const part of parts) {
    const bytes = rest.length === 0 ? part : Buffer.concat([rest, part]);
    const end = bytes.lastIndexOf(LINE_END) + 1;
    found.push(decodeActions(bytes.subarray(0, end), where));
    rest = bytes.subarray(end);
  }
  found.push(decodeActions(rest, where));
  return found.flat();
}

function decodeAction(line: string, where: string): Action {
  try {
    const action: unknown = JSON.parse(line);
    if (action === null || typeof action !== 'object') throw new SyntaxError('not an object');
    return action as Action; // unknown kinds fall through every `in` test (A2)
  } catch (error) {
    throw new TerminalError('lake.corrupt-table', `Unreadable line in ${where}`, { cause: error });
  }
}

/** @throws {TerminalError} lake.unsupported-table when reading the table needs more than we can do */
export function checkReadable(
  protocol: Protocol,
  configuration: Readonly<Record<string, string>>,
  table: string,
): void {
  if (protocol.minReaderVersion > 1) {
    throw new TerminalError(
      'lake.unsupported-table',
      `Table ${table} needs reader ${protocol.minReaderVersion}; have 1`,
    );
  }
  if ((configuration['delta.columnMapping.mode'] ?? 'none') !== 'none') {
    throw new TerminalError('lake.unsupported-table', `Table ${table} uses column mapping`);
  }
}

/**
 * @param isRemovingRows  does the commit remove data rather than move it?
 * @throws {TerminalError} lake.unsupported-table when writing to the table needs more than we honour
 */
export function checkWritable(protocol: Protocol, metadata: Metadata, isRemovingRows: boolean, table: string): void {
  if (protocol.minWriterVersion > 2) {
    throw new TerminalError(
      'lake.unsupported-table',
      `Table ${table} needs writer ${protocol.minWriterVersion}; have 2`,
    );
  }
  if (isRemovingRows && metadata.configuration?.['delta.appendOnly'] === 'true') {
    throw new TerminalError('lake.unsupported-table', `Table ${table} is append-only`);
  }
  for (const { name, type, metadata: field } of schemaFields(metadata.schemaString)) {
    const isOurs = typeof type === 'string' && OUR_TYPES[type] === type;
    if (!isOurs || field?.['delta.invariants'] !== undefined) {
      throw new TerminalError(
        'lake.unsupported-table',
        `Column ${name} of ${table} has a type or invariant that Sluice does not write`,
      );
    }
  }
}

interface SchemaField {
  name: string;
  type: unknown;
  nullable: boolean;
  metadata: Record<string, unknown>;
}

/** The schemaString of flat, nullable columns. */
export function encodeSchema(columns: readonly Column[]): string {
  const fields: SchemaField[] = columns.map(({ name, type }) => ({ name, type, nullable: true, metadata: {} }));
  return JSON.stringify({ type: 'struct', fields });
}

const OUR_TYPES: Readonly<Record<string, ColumnType>> = {
  string: 'string',
  long: 'long',
  integer: 'integer',
  short: 'integer',
  byte: 'integer',
  double: 'double',
  float: 'double',
  boolean: 'boolean',
  date: 'date',
  timestamp: 'timestamp',
};

/**
 * Columns of a schemaString. Foreign tables: small numbers are widened.
 * @throws {TerminalError} lake.unsupported-table for nested, decimal and binary columns, lake.corrupt-table
 */
export function decodeSchema(schemaString: string): Column[] {
  return schemaFields(schemaString).map(({ name, type }) => {
    const ours = typeof type === 'string' ? OUR_TYPES[type] : undefined;
    if (ours === undefined)
      throw new TerminalError('lake.unsupported-table', `Column ${name} has type ${JSON.stringify(type)}`);
    return { name, type: ours };
  });
}

/** @throws {TerminalError} lake.corrupt-table */
function schemaFields(schemaString: string): SchemaField[] {
  try {
    const { fields } = JSON.parse(schemaString) as { fields: SchemaField[] }; // the protocol's shape
    if (Array.isArray(fields) && fields.every((field) => typeof field?.name === 'string')) return fields;
  } catch {
    // told below
  }
  throw new TerminalError('lake.corrupt-table', 'The log tells a schema that cannot be read');
}

const SAFE_PARTITION_VALUE = /^[A-Za-z0-9._-]+$/;
/** Stands for a missing value of a string partition column: some engines fail on null. */
export const UNKNOWN_PARTITION = '__unknown';

/**
 * Partition value as the log holds it. Only [A-Za-z0-9._-]: nothing then needs escaping, in the directory or in the path.
 * @throws {TerminalError} internal for other characters, and for a missing value of a column that is no string
 */
export function partitionValue(column: Column, value: string | number | boolean | null | undefined): string {
  if (value === null || value === undefined || value === '') {
    if (column.type === 'string') return UNKNOWN_PARTITION;
    throw new TerminalError('internal', `Partition column ${column.name} needs a value; have none`);
  }
  const text = String(value);
  if (!SAFE_PARTITION_VALUE.test(text)) {
    throw new TerminalError('internal', `Partition column ${column.name} needs a value of [A-Za-z0-9._-]`);
  }
  return text;
}

/** Directory and name of a new data file. `unique` must never have been used before. */
export function dataFilePath(values: Readonly<PartitionValues>, part: number, unique: string): string {
  const directory = Object.entries(values).map(([name, value]) => `${name}=${value}/`);
  return `${directory.join('')}part-${String(part).padStart(5, '0')}-${unique}.c000.snappy.parquet`;
}

/**
 * The file's path below the table's folder.
 * @throws {TerminalError} lake.unsupported-table for absolute paths (shallow clones)
 */
export function decodePath(path: string): string {
  if (/^[a-z][a-z0-9+.-]*:/i.test(path) || path.startsWith('/')) {
    throw new TerminalError('lake.unsupported-table', 'The table refers to files outside its folder');
  }
  return decodeURIComponent(path);
}
