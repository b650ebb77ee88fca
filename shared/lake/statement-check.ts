// What a statement of somebody's own may do: read the tables. That a statement is a SELECT is not enough: an EXPLAIN ANALYZE does what it explains, and some
// of DuckDB's functions read files or change how the database works for everybody.
// Invariant: C1 what is not known to be harmless is refused, as is a statement that cannot be looked into.
import type { DuckDBConnection } from '@duckdb/node-api';

/** Functions that a statement may select from: they make rows, or tell about tables and columns. */
const TABLE_FUNCTIONS: ReadonlySet<string> = new Set([
  ...['range', 'generate_series', 'unnest', 'repeat', 'repeat_row', 'json_each', 'json_tree', 'summary'],
  ...['duckdb_columns', 'duckdb_functions', 'duckdb_keywords', 'duckdb_tables', 'duckdb_types', 'duckdb_views'],
  ...['pragma_table_info', 'pragma_show', 'pragma_version', 'pg_timezone_names', 'icu_calendar_names'],
]);

const SPACE = String.raw`(?:\s|--[^\n]*(?:\n|$)|/\*[\s\S]*?\*/)*`;
const EXPLAIN = new RegExp(`^${SPACE}EXPLAIN\\b${SPACE}(?:(?:ANALYZE|ANALYSE|VERBOSE)\\b${SPACE})?`, 'i');
const OPTIONS = /^\([^()]*\)/;

/**
 * @returns  the syntax tree of a SELECT, or of the one that is explained
 * @throws {Error} in words for who wrote it, where it might do more than read the tables
 */
export async function requireReading(connection: DuckDBConnection, sql: string): Promise<unknown> {
  const tree = await treeOf(connection, sql);
  for (const node of nodesOf(tree)) {
    if (node.type === 'TABLE_FUNCTION') {
      const name = String((node.function as Node | undefined)?.function_name);
      if (!TABLE_FUNCTIONS.has(name)) throw new Error(`Function ${name} does more than read the tables`);
    }
    if (node.type === 'BASE_TABLE' && /[/\\]/.test(String(node.table_name)))
      throw new Error('Only the tables are read, no files');
  }
  return tree;
}

type Node = Readonly<Record<string, unknown>>;

/** The same without a look into it. @throws {Error} when it is not one statement that reads */
export async function treeOf(connection: DuckDBConnection, sql: string): Promise<unknown> {
  const explain = EXPLAIN.exec(sql)?.[0];
  const rest = explain === undefined ? sql : sql.slice(explain.length);
  // In this order: (SELECT 1) may be options only if it is no statement.
  const readings = explain === undefined ? [sql] : [rest, rest.replace(OPTIONS, '')];
  for (const reading of readings) {
    const found = await connection.runAndReadAll('SELECT json_serialize_sql($1::VARCHAR)', [reading]);
    const tree = JSON.parse(String(found.getRows()[0]?.[0])) as { error: boolean }; // DuckDB's
    if (!tree.error) return tree;
  }
  throw new Error('Only statements that read are answered');
}

/** All objects of a tree. */
export function* nodesOf(tree: unknown): Generator<Node> {
  const open: unknown[] = [tree];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next !== 'object' || next === null) continue;
    if (!Array.isArray(next)) yield next as Node; // of JSON
    for (const child of Object.values(next)) if (child !== undefined) open.push(child);
  }
}
