// A statement of somebody's own over the tables of the lake.
// Invariant: A1 an answer that ends at its limit says so.
import type { QueryAnswer } from '../api/query.ts';
import type { QueryResult } from '../lake/query.ts';

interface Queries {
  query(sql: string, maxRows?: number): Promise<QueryResult>;
  queryWithin(timeoutMs: number, sql: string, maxRows?: number): Promise<QueryResult>;
}

/**
 * @param timeoutMs  undefined: as long as it takes
 * @throws {TerminalError} query.invalid, query.timeout
 */
export async function answerQuery(
  queries: Queries,
  sql: string,
  { timeoutMs, maxRows }: { timeoutMs: number | undefined; maxRows: number },
): Promise<QueryAnswer> {
  const more = maxRows + 1; // A1
  const { columns, rows } =
    timeoutMs === undefined ? await queries.query(sql, more) : await queries.queryWithin(timeoutMs, sql, more);
  return { columns, rows: rows.slice(0, maxRows), isCut: rows.length > maxRows };
}
