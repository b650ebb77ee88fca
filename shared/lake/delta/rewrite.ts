import { join } from 'node:path';
import { TerminalError } from '../../errors.ts';
import { withTemporaryFolder } from '../../temporary-folder.ts';
import { selectRows, sqlName, sqlText, sqlType, withConnection } from '../duckdb.ts';
import { writeSelection } from '../parquet.ts';
import type { Column, Row } from '../tables.ts';
import type { AddFile } from './actions.ts';
import { type Condition, pruneFiles } from './prune.ts';
import { relationOf, sqlCondition } from './read.ts';
import type { Snapshot } from './snapshot.ts';
import { encodeStats } from './stats.ts';
import type { DeltaTable, StagedFile } from './table.ts';

export type RowChange =
  | { kind: 'delete' }
  /** New values of some columns; partition columns cannot change. */
  | { kind: 'set'; values: Row }
  /** The same, other values for each value of one column. At most a few thousand. */
  | { kind: 'set-by'; by: string; values: ReadonlyMap<string, Row> };

/**
 * Delete or change the rows that satisfy all conditions, in one version.
 * @returns rows that matched; 0 leaves the table as it is
 * @throws {RetryableError} lake.commit-conflict when somebody else changed the same rows meanwhile
 */
export async function rewriteRows(table: DeltaTable, where: readonly Condition[], change: RowChange): Promise<number> {
  const snapshot = await table.snapshot();
  if (snapshot === undefined) return 0;
  const { partitionColumns } = snapshot.metadata;
  // Nothing is what a table holds in a column that it does not have yet.
  const changed = changedColumns(change).filter((name) => !isNullOnly(change, name) || has(snapshot, name));
  requireColumns(snapshot, changed, partitionColumns);
  requireColumns(
    snapshot,
    where.map((condition) => condition.column),
    [],
  );
  const removed: AddFile[] = [];
  const added: StagedFile[] = [];
  let matched = 0;
  await withTemporaryFolder(async (folder) => {
    for (const [index, file] of pruneFiles(snapshot, where).entries()) {
      const rewritten = await rewriteFile(table, snapshot, file, where, change, join(folder, `${index}.parquet`));
      if (rewritten.matched === 0) continue;
      matched += rewritten.matched;
      removed.push(file);
      if (rewritten.staged !== undefined) added.push(rewritten.staged);
    }
  });
  if (removed.length === 0) return 0;
  const covers = (file: AddFile) => pruneFiles({ ...snapshot, files: new Map([[file.path, file]]) }, where).length > 0;
  await table.commit(
    async () => ({
      kind: { kind: 'overwrite', covers },
      operation: change.kind === 'delete' ? 'DELETE' : 'UPDATE',
      actions: [...removed.map((file) => table.removal(file, true)), ...added.map(({ add }) => ({ add }))],
    }),
    snapshot,
  );
  return matched;
}

async function rewriteFile(
  table: DeltaTable,
  snapshot: Snapshot,
  file: AddFile,
  where: readonly Condition[],
  change: RowChange,
  localFile: string,
): Promise<{ matched: number; staged?: StagedFile }> {
  const { partitionColumns } = snapshot.metadata;
  const relation = await relationOf(table, snapshot.columns, partitionColumns, [file]);
  // A condition on a null is neither true nor false; only true matches.
  const matches = `coalesce(${['true', ...where.map((condition) => sqlCondition(condition, snapshot.columns))].join(' AND ')}, false)`;
  return await withConnection(async (connection) => {
    const [counts] = await selectRows(
      connection,
      `SELECT count(*) AS rows, count_if(${matches}) AS matched FROM (${relation})`,
    );
    const [rows, matched] = [Number(counts?.rows ?? 0), Number(counts?.matched ?? 0)];
    if (matched === 0 || (matched === rows && change.kind === 'delete')) return { matched };
    const columns = snapshot.columns.filter((column) => !partitionColumns.includes(column.name));
    const projection = columns.map((column) => sqlProjection(column, matches, change)).join(', ');
    const filter = change.kind === 'delete' ? ` WHERE NOT ${matches}` : '';
    const select = `SELECT ${projection} FROM (${relation})${filter}`;
    const stats = await writeSelection(connection, select, columns, localFile, file.size * 4); // 4: about what snappy saves
    const measured = { sizeBytes: stats.sizeBytes, stats: encodeStats(stats, columns), dataChange: true };
    return { matched, staged: await table.publishFile(localFile, file.partitionValues, 0, measured) };
  });
}

function sqlProjection(column: Column, matches: string, change: RowChange): string {
  const name = sqlName(column.name);
  if (change.kind === 'set-by') {
    const cases = [...change.values].flatMap(([key, values]) => {
      const value = values[column.name];
      if (value === undefined) return [];
      return `WHEN ${sqlText(key)} THEN ${value === null ? 'NULL' : sqlText(String(value))}`;
    });
    if (cases.length === 0) return name;
    const chosen = `CAST(CASE ${sqlName(change.by)} ${cases.join(' ')} ELSE ${name} END AS ${sqlType(column.type)})`;
    return `CASE WHEN ${matches} THEN ${chosen} ELSE ${name} END AS ${name}`;
  }
  const value = change.kind === 'set' ? change.values[column.name] : undefined;
  if (value === undefined) return name;
  const literal = value === null ? 'NULL' : sqlText(String(value));
  return `CASE WHEN ${matches} THEN CAST(${literal} AS ${sqlType(column.type)}) ELSE ${name} END AS ${name}`;
}

/** Columns that a change gives values to. */
function changedColumns(change: RowChange): string[] {
  if (change.kind === 'delete') return [];
  if (change.kind === 'set') return Object.keys(change.values);
  return [...new Set([...change.values.values()].flatMap((values) => Object.keys(values)))];
}

const isNullOnly = (change: RowChange, name: string): boolean => change.kind === 'set' && change.values[name] === null;

const has = (snapshot: Snapshot, name: string): boolean => snapshot.columns.some((column) => column.name === name);

function requireColumns(snapshot: Snapshot, names: readonly string[], except: readonly string[]): void {
  for (const name of names) {
    if (!has(snapshot, name) || except.includes(name)) {
      throw new TerminalError('request.invalid', `Column ${name} does not exist or cannot be changed`);
    }
  }
}
