// Which files of a snapshot can hold rows that satisfy simple conditions: partition values first, then statistics.
// Invariant: U1 a file is left out only if no row of it can match; missing or odd statistics keep it.
import type { Column } from '../tables.ts';
import { type AddFile, UNKNOWN_PARTITION } from './actions.ts';
import type { Snapshot } from './snapshot.ts';
import { decodeStats, type FileStats } from './stats.ts';

/** A condition on one column; rows must satisfy all of a list. */
export type Condition =
  | { column: string; op: '=' | '<' | '<=' | '>' | '>='; value: string | number | boolean }
  | { column: string; op: 'in'; values: readonly (string | number)[] }
  | { column: string; op: 'is-null' }
  | { column: string; op: 'is-not-null' };

/** Files that may hold matching rows, in log order. */
export function pruneFiles(snapshot: Snapshot, conditions: readonly Condition[]): AddFile[] {
  const files = [...snapshot.files.values()];
  if (conditions.length === 0) return files;
  const columns = new Map(snapshot.columns.map((column) => [column.name, column]));
  const partitioned = new Set(snapshot.metadata.partitionColumns);
  return files.filter((file) => {
    const stats = conditions.some(({ column }) => !partitioned.has(column)) ? decodeStats(file.stats) : undefined;
    return conditions.every((condition) => {
      const column = columns.get(condition.column);
      if (column === undefined) return condition.op === 'is-null'; // no file has it: null everywhere
      if (partitioned.has(column.name)) return mayMatchPartition(condition, column, file);
      return stats === undefined || mayMatchStats(condition, column, stats);
    });
  });
}

function mayMatchPartition(condition: Condition, column: Column, file: AddFile): boolean {
  const text = file.partitionValues?.[column.name] ?? null;
  const isNull = text === null || text === '' || text === UNKNOWN_PARTITION;
  if (condition.op === 'is-null') return isNull;
  if (condition.op === 'is-not-null') return !isNull || text === UNKNOWN_PARTITION;
  if (text === null || text === '') return false; // null satisfies no comparison
  return mayLieBetween(condition, column, text, text);
}

function mayMatchStats(condition: Condition, column: Column, stats: FileStats): boolean {
  const nulls = stats.nullCount?.[column.name];
  const rows = stats.numRecords;
  if (condition.op === 'is-null') return nulls !== 0;
  if (typeof nulls === 'number' && typeof rows === 'number' && nulls >= rows) return false;
  if (condition.op === 'is-not-null') return true;
  return mayLieBetween(condition, column, stats.minValues?.[column.name], stats.maxValues?.[column.name]);
}

type Comparison = Exclude<Condition, { op: 'is-null' | 'is-not-null' }>;

function mayLieBetween(condition: Comparison, column: Column, min: unknown, max: unknown): boolean {
  const atLeastMin = (value: unknown) => isOrdered(column, min, value);
  const atMostMax = (value: unknown) => isOrdered(column, value, max);
  switch (condition.op) {
    case '=':
      return atLeastMin(condition.value) && atMostMax(condition.value);
    case 'in':
      return condition.values.some((value) => atLeastMin(value) && atMostMax(value));
    case '<':
    case '<=':
      return atLeastMin(condition.value);
    case '>':
    case '>=':
      return atMostMax(condition.value);
  }
}

/** Can `low` ≤ `high` hold? True when it cannot be told. */
function isOrdered(column: Column, low: unknown, high: unknown): boolean {
  if (low === undefined || low === null || high === undefined || high === null) return true;
  if (column.type === 'timestamp') {
    const [a, b] = [Date.parse(String(low)), Date.parse(String(high))];
    // The bounds are floored to milliseconds: one more on the greater side.
    return Number.isNaN(a) || Number.isNaN(b) || a <= b + 1;
  }
  if (column.type === 'long' || column.type === 'integer' || column.type === 'double') {
    const [a, b] = [Number(low), Number(high)];
    // Beyond 2^53 JSON numbers are rounded.
    const isExact = Math.abs(a) <= Number.MAX_SAFE_INTEGER && Math.abs(b) <= Number.MAX_SAFE_INTEGER;
    return !isExact || a <= b;
  }
  if (column.type === 'boolean') return true;
  return Buffer.compare(Buffer.from(String(low), 'utf8'), Buffer.from(String(high), 'utf8')) <= 0;
}
