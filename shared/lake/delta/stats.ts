// Statistics of a data file as the log holds them: JSON text with numRecords, minValues, maxValues, nullCount.
// Invariant: T1 min ≤ every value ≤ max in UTF-8 order, whatever was cut off; what cannot be said truly is left out.
import type { ParquetStats } from '../parquet.ts';
import type { Column, ColumnType } from '../tables.ts';

const PREFIX_UNITS = 32; // what other engines keep of a string
const INDEXED_COLUMNS = 32;
const LAST_ASCII = '\u007f';
const LAST_CODE_POINT = '\u{10ffff}';

/** Parsed statistics; keys missing where nothing is known. */
export interface FileStats {
  numRecords?: number;
  minValues?: Record<string, unknown>;
  maxValues?: Record<string, unknown>;
  nullCount?: Record<string, unknown>;
}

/** The stats text of an add action. */
export function encodeStats(stats: ParquetStats, columns: readonly Column[]): string {
  const minValues: Record<string, string | number> = {};
  const maxValues: Record<string, string | number> = {};
  const nullCount: Record<string, number> = {};
  for (const { name, type, isProse } of columns
    .filter((column) => stats.nullCount[column.name] !== undefined)
    .slice(0, INDEXED_COLUMNS)) {
    nullCount[name] = stats.nullCount[name]!;
    if (isProse) continue;
    const min = lowerBound(type, stats.minValues[name]);
    const max = upperBound(type, stats.maxValues[name]);
    if (min !== undefined) minValues[name] = min;
    if (max !== undefined) maxValues[name] = max;
  }
  return JSON.stringify({ numRecords: stats.numRecords, minValues, maxValues, nullCount });
}

/** Statistics of an add action; undefined when it has none, or text that is no JSON object. */
export function decodeStats(text: string | null | undefined): FileStats | undefined {
  if (text === null || text === undefined || text === '') return undefined;
  try {
    const parsed: unknown = JSON.parse(text);
    return parsed !== null && typeof parsed === 'object' ? (parsed as FileStats) : undefined;
  } catch {
    return undefined; // statistics only prune; without them the file is read
  }
}

function lowerBound(type: ColumnType, value: string | number | undefined): string | number | undefined {
  if (value === undefined) return undefined;
  if (type === 'string') return cut(String(value));
  if (type === 'timestamp') return flooredToMs(String(value));
  return value;
}

function upperBound(type: ColumnType, value: string | number | undefined): string | number | undefined {
  if (value === undefined) return undefined;
  if (type === 'string') return upperPrefix(String(value));
  if (type === 'timestamp') return flooredToMs(String(value)); // readers allow for the lost digits
  return value;
}

/** Prefix of 32 UTF-16 units, one more rather than half a surrogate pair. */
function cut(text: string): string {
  if (text.length <= PREFIX_UNITS) return text;
  return text.slice(0, isHighSurrogate(text.charCodeAt(PREFIX_UNITS - 1)) ? PREFIX_UNITS + 1 : PREFIX_UNITS);
}

/** The shortest usual text that is not below `text` nor below any text with the same prefix that is ≤ `text`. */
export function upperPrefix(text: string): string | undefined {
  let prefix = cut(text);
  if (prefix.length === text.length) return text;
  // A cut-off U+10FFFF has no greater character: take it into the prefix.
  for (let next = text.codePointAt(prefix.length); next === 0x10ffff; next = text.codePointAt(prefix.length)) {
    prefix += LAST_CODE_POINT;
    if (prefix.length > 2 * PREFIX_UNITS) return undefined;
    if (prefix.length >= text.length) return text;
  }
  const next = text.codePointAt(prefix.length) ?? 0;
  return prefix + (next < 0x7f ? LAST_ASCII : LAST_CODE_POINT);
}

const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;

const flooredToMs = (iso: string): string => iso.replace(/(\.\d{3})\d*Z$/, '$1Z');
