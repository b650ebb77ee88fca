// Rows of a snapshot's files by DuckDB: local copies, one relation, partition columns from the log.
// Invariant: D1 a file's columns are matched by name; a column it lacks is null.
import { SluiceError, TerminalError } from '../../errors.ts';
import type { LakeStore } from '../../ports.ts';
import { selectRows, sqlName, sqlReadParquet, sqlText, sqlType, withConnection } from '../duckdb.ts';
import type { FileCache } from '../file-cache.ts';
import type { Column, Row } from '../tables.ts';
import { type AddFile, decodePath } from './actions.ts';
import type { Condition } from './prune.ts';
import type { Snapshot } from './snapshot.ts';

/** Where a table's files lie, and where copies are kept. */
export interface FileSource {
  readonly store: LakeStore;
  readonly path: string;
  readonly cache: FileCache;
}

/** Rows of some files of a snapshot. */
export async function readFiles(
  source: FileSource,
  snapshot: Snapshot,
  files: readonly AddFile[],
  options: { columns?: readonly string[]; where?: readonly Condition[]; limit?: number },
): Promise<Row[]> {
  const known = new Set(snapshot.columns.map((column) => column.name));
  const projection = options.columns ?? snapshot.columns.map((column) => column.name);
  for (const name of [...projection, ...(options.where ?? []).map((condition) => condition.column)]) {
    if (!known.has(name)) throw new TerminalError('request.invalid', `Table ${source.path} has no column ${name}`);
  }
  if (files.length === 0) return [];
  const relation = await relationOf(source, snapshot.columns, snapshot.metadata.partitionColumns, files);
  const where = (options.where ?? []).map((condition) => sqlCondition(condition, snapshot.columns));
  const filter = where.length === 0 ? '' : ` WHERE ${where.join(' AND ')}`;
  const limit = options.limit === undefined ? '' : ` LIMIT ${Math.max(0, Math.trunc(options.limit))}`;
  const sql = `SELECT ${projection.map(sqlName).join(', ')} FROM (${relation})${filter}${limit}`;
  return await withConnection((connection) => selectRows(connection, sql));
}

/** A SELECT over local copies of the files with all columns, in schema order. */
export async function relationOf(
  source: FileSource,
  columns: readonly Column[],
  partitionColumns: readonly string[],
  files: readonly AddFile[],
): Promise<string> {
  const local = await source.cache.fetch(
    source.store,
    files.map((file) => `${source.path}/${decodePath(file.path)}`),
  );
  return sqlRelation(columns, partitionColumns, files, local);
}

/**
 * The same for copies that are there already. Without files: an empty relation with the right columns.
 * @param local  paths of the copies, in the order of `files`
 * @param numbers  of the files: then with two columns more, `file_no`, the number of the file a row is in, and `row_no`, where in it
 */
export function sqlRelation(
  columns: readonly Column[],
  partitionColumns: readonly string[],
  files: readonly Pick<AddFile, 'path' | 'partitionValues'>[],
  local: readonly string[],
  numbers?: readonly number[],
): string {
  const placed = numbers === undefined ? [] : ['file_no', 'row_no'];
  const typed = [
    ...columns.map((column) => `NULL::${sqlType(column.type)} AS ${sqlName(column.name)}`),
    ...placed.map((name) => `NULL::INTEGER AS ${name}`),
  ];
  const empty = `SELECT ${typed.join(', ')} WHERE false`;
  if (files.length === 0) return empty;
  const partitions = columns.filter((column) => partitionColumns.includes(column.name));
  const sql = (file: Pick<AddFile, 'partitionValues'>) =>
    partitions.map(({ name, type }) => {
      const value = file.partitionValues?.[name] ?? null;
      const literal = value === null || value === '' ? 'NULL' : sqlText(value);
      return `, CAST(${literal} AS ${sqlType(type)}) AS ${sqlName(name)}`;
    });
  // One part per combination of partition values: constants, so that filters on them skip whole parts.
  const groups = Map.groupBy(files.keys(), (index) => sql(files[index]!).join(''));
  const union = [...groups].map(([values, indexes]) => {
    const part = indexes.map((index) => local[index]!);
    const fileNo = numbers === undefined ? '' : sqlFileNumber(indexes.map((index) => numbers[index] ?? 0));
    const places = numbers === undefined ? '' : `, ${fileNo} AS file_no, file_row_number::INTEGER AS row_no`;
    return `SELECT *${values}${places} FROM ${sqlReadParquet(part)}`;
  });
  const names = [...columns.map(({ name }) => name), ...placed];
  const projection = names.map(sqlName).join(', ');
  // The typed empty part names columns that no file has yet (D1).
  return `SELECT ${projection} FROM (${[empty, ...union].join(' UNION ALL BY NAME ')})`;
}

/** DuckDB counts the files of one scan. */
function sqlFileNumber(numbers: readonly number[]): string {
  const [first = 0] = numbers;
  const areInRow = numbers.every((number, i) => number === first + i);
  return areInRow ? `(file_index + ${first})::INTEGER` : `[${numbers.join(', ')}][(file_index + 1)::BIGINT]::INTEGER`;
}

/** A condition as SQL. */
export function sqlCondition(condition: Condition, columns: readonly Column[]): string {
  const column = columns.find((other) => other.name === condition.column);
  if (column === undefined) throw new SluiceError('internal', 'condition on an unknown column');
  const name = sqlName(column.name);
  const literal = (value: string | number | boolean) => `CAST(${sqlText(String(value))} AS ${sqlType(column.type)})`;
  switch (condition.op) {
    case 'is-null':
      return `${name} IS NULL`;
    case 'is-not-null':
      return `${name} IS NOT NULL`;
    case 'in':
      return condition.values.length === 0 ? 'false' : `${name} IN (${condition.values.map(literal).join(', ')})`;
    default:
      return `${name} ${condition.op} ${literal(condition.value)}`;
  }
}
