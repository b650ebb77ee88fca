// Which of a table's columns a statement can depend on, where that is certain from its words.
// Invariant: N1 what is not known to name every column it uses gives no answer: stars, whole rows, joins by equal names, pivots, table functions, files.
import { nodesOf } from './statement-check.ts';

/** Of DuckDB's syntax tree: what uses no column that it does not name. */
const EXPRESSIONS: ReadonlySet<unknown> = new Set([
  ...['COLUMN_REF', 'CONSTANT', 'FUNCTION', 'COMPARISON', 'CONJUNCTION', 'OPERATOR', 'CASE', 'CAST', 'BETWEEN'],
  ...['WINDOW', 'SUBQUERY'],
]);
const PARTS: ReadonlySet<unknown> = new Set([
  ...['SELECT_NODE', 'SET_OPERATION_NODE', 'CTE_NODE', 'BASE_TABLE', 'JOIN', 'SUBQUERY', 'EMPTY'],
  ...['ORDER_MODIFIER', 'LIMIT_MODIFIER', 'DISTINCT_MODIFIER', 'ASCENDING', 'DESCENDING', 'ORDER_DEFAULT'],
]);
/** They tell where a name was looked up. */
const ABOUT_NAMES = /^current_(?:schemas?|database|catalog|setting)$/i;

/**
 * @param tree  of the statement, as DuckDB serializes it
 * @param columns  of the table, in lower case
 * @returns those of them that the statement names anywhere, perhaps of another table; undefined where it may use others (N1)
 */
export function namedColumns(tree: unknown, columns: ReadonlySet<string>): Set<string> | undefined {
  const named = new Set<string>();
  const relations = new Set<string>();
  const last = new Set<string>();
  for (const node of nodesOf(tree)) {
    if (node.sample !== undefined && node.sample !== null) return undefined;
    if (typeof node.class === 'string' ? !EXPRESSIONS.has(node.class) : isUnknownPart(node.type)) return undefined;
    if (node.type === 'BASE_TABLE') {
      if (node.schema_name !== '' || node.catalog_name !== '' || node.at_clause !== null) return undefined;
      relations.add(String(node.table_name).toLowerCase());
    }
    if (node.type === 'BASE_TABLE' || node.type === 'JOIN' || node.type === 'SUBQUERY')
      relations.add(String(node.alias ?? '').toLowerCase());
    if (node.type === 'JOIN' && node.ref_type !== 'REGULAR' && node.ref_type !== 'CROSS') return undefined;
    if (Array.isArray(node.column_name_alias) && node.column_name_alias.length > 0) return undefined;
    if (ABOUT_NAMES.test(String(node.function_name ?? ''))) return undefined;
    const names = [node.using_columns, node.column_names].flat().filter((name) => typeof name === 'string');
    for (const name of names.map((each) => each.toLowerCase())) if (columns.has(name)) named.add(name);
    if (node.class !== 'COLUMN_REF') continue;
    if (names.length > 2) return undefined; // it tells where a name was looked up
    last.add(String(names.at(-1)).toLowerCase());
  }
  // The name of a relation, with that of its schema or alone, is its whole row.
  return [...last].some((name) => relations.has(name)) ? undefined : named;
}

const isUnknownPart = (type: unknown): boolean => typeof type === 'string' && !PARTS.has(type);
