// SQL over the lake's Delta tables: DuckDB on local copies of the active files, one view per table, and `latest_results`.
// Invariants: Q1 read-only: one SELECT (or DESCRIBE, EXPLAIN …), no files but the copies, no settings. Q2 each table is seen at one version.
// Q3 a table nobody has written yet is an empty view with its columns.
import { TerminalError } from '../errors.ts';
import { decodePath } from './delta/actions.ts';
import { sqlRelation } from './delta/read.ts';
import type { DeltaTable } from './delta/table.ts';
import { connect, createDatabase, loadDuckDb, sqlName, sqlText, streamRows } from './duckdb.ts';
import type { Row } from './tables.ts';

export interface QueryResult {
  columns: string[];
  rows: Row[];
}

/** One SQL statement over the tables of the lake → rows, at most so many. */
export type QueryLake = (sql: string, maxRows?: number) => Promise<QueryResult>;

export interface QueryOptions {
  /** Rows returned at most; default 100,000. */
  maxRows?: number;
}

const DEFAULT_MAX_ROWS = 100_000;

/**
 * Answer one SQL statement over tables, each visible under its schema's name.
 * @throws {TerminalError} request.invalid with DuckDB's words when the statement is wrong or would change something
 */
export async function query(
  tables: readonly DeltaTable[],
  sql: string,
  options: QueryOptions = {},
): Promise<QueryResult> {
  const views = await Promise.all(tables.map(viewOf));
  const folders = [...new Set(tables.map((table) => table.cache.folder))];
  // A database of its own: what the statement does cannot outlive it.
  const database = await createDatabase();
  try {
    const connection = await connect(database);
    for (const view of views) await connection.run(view);
    if (tables.some((table) => table.schema.name === 'results')) await connection.run(LATEST_RESULTS);
    await connection.run(`SET allowed_directories = [${folders.map((folder) => sqlText(`${folder}/`)).join(', ')}]`);
    await connection.run('SET enable_external_access = false');
    await connection.run('SET lock_configuration = true');
    try {
      const duckdb = await loadDuckDb();
      const statements = await connection.extractStatements(sql);
      if (statements.count !== 1) throw new Error(`Need one statement; have ${statements.count}`);
      const statement = await statements.prepare(0);
      const { SELECT, EXPLAIN } = duckdb.StatementType;
      if (![SELECT, EXPLAIN].includes(statement.statementType))
        throw new Error('Only statements that read are answered');
      const result = await statement.stream();
      const columns = result.deduplicatedColumnNames();
      const rows: Row[] = [];
      const maxRows = options.maxRows ?? DEFAULT_MAX_ROWS;
      for await (const chunk of streamRows(result, duckdb)) {
        rows.push(...chunk.slice(0, maxRows - rows.length));
        if (rows.length >= maxRows) break;
      }
      return { columns, rows };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      throw new TerminalError('request.invalid', message, { cause: error });
    } finally {
      connection.closeSync();
    }
  } finally {
    database.closeSync();
  }
}

/**
 * The decision on each document that counts: the newest, or what a person said about the same content under the same labels, even if a run
 * decided in the same moment. Found on narrow columns, so that wide ones need not be held.
 */
const LATEST_RESULTS = `CREATE VIEW latest_results AS
  WITH newest AS (
    SELECT document_id, run_id, processed_at, taxonomy_version, coalesce(content_sha256, source_etag) AS content FROM results
    QUALIFY row_number() OVER (PARTITION BY document_id ORDER BY processed_at DESC, run_id DESC) = 1
  ), said AS (
    SELECT document_id, taxonomy_version, coalesce(content_sha256, source_etag) AS content,
      arg_max(run_id, processed_at) AS run_id, max(processed_at) AS processed_at
    FROM results WHERE decided_by = 'human' GROUP BY ALL
  ), counts AS (
    SELECT newest.document_id, CASE WHEN said.document_id IS NULL THEN newest.run_id ELSE said.run_id END AS run_id,
      coalesce(said.processed_at, newest.processed_at) AS processed_at
    FROM newest LEFT JOIN said ON newest.document_id = said.document_id AND newest.content IS NOT DISTINCT FROM said.content
      AND newest.taxonomy_version IS NOT DISTINCT FROM said.taxonomy_version
  )
  SELECT results.* FROM results SEMI JOIN counts ON results.document_id = counts.document_id
    AND results.run_id IS NOT DISTINCT FROM counts.run_id
    AND results.processed_at IS NOT DISTINCT FROM counts.processed_at`;

async function viewOf(table: DeltaTable): Promise<string> {
  const snapshot = await table.snapshot();
  const files = [...(snapshot?.files.values() ?? [])];
  const paths = files.map((file) => `${table.path}/${decodePath(file.path)}`);
  const local = await table.cache.fetch(table.store, paths);
  const columns = snapshot?.columns ?? table.schema.columns;
  const partitionColumns = snapshot?.metadata.partitionColumns ?? table.schema.partitionColumns;
  return `CREATE VIEW ${sqlName(table.schema.name)} AS ${sqlRelation(columns, partitionColumns, files, local)}`;
}
