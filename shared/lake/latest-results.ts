// Which decision on each document counts, as view `latest_results`: the newest, or what a person said about the same content under the same labels, even
// if a run decided in the same moment.
// Invariants: L1 for each version of the results it is worked out once, when a statement first names it, and kept as places of rows (8 bytes each, of
// what counts or of what does not, whichever is less). L2 beyond MAX_KEPT rows each statement works it out anew, in DuckDB's limit of memory.
import type { DuckDBConnection } from '@duckdb/node-api';
import { countRows, sqlName } from './duckdb.ts';
import type { Column } from './tables.ts';

/** Results with `file_no` and `row_no`: where a row lies. */
export const PLACED_RESULTS = 'results_rows';
/** Of them those that count. */
export const PLACED_LATEST = 'latest_rows';

/** Places that are kept in memory: at most 40 MB. */
const MAX_KEPT = 5_000_000;

const PLACE = '{file_no: file_no, row_no: row_no}';
const CONTENT = 'coalesce(content_sha256, source_etag)';
/** Found on narrow columns, so that wide ones need not be held. */
const KEYS = `WITH newest AS (
    SELECT document_id, arg_max(${PLACE}, (processed_at, run_id)) AS place FROM ${PLACED_RESULTS} GROUP BY document_id
  ), said AS (
    SELECT document_id, taxonomy_version, ${CONTENT} AS content, arg_max(${PLACE}, (processed_at, run_id)) AS place
    FROM ${PLACED_RESULTS} WHERE decided_by = 'human' GROUP BY ALL
  ), current AS (
    SELECT document_id, arg_max({content: ${CONTENT}, taxonomy: taxonomy_version}, (processed_at, run_id)) AS what
    FROM ${PLACED_RESULTS} SEMI JOIN said USING (document_id) GROUP BY document_id
  ), stands AS (
    SELECT said.document_id, said.place FROM said JOIN current ON said.document_id = current.document_id
      AND said.content IS NOT DISTINCT FROM current.what.content AND said.taxonomy_version IS NOT DISTINCT FROM current.what.taxonomy
  ), counts AS (
    SELECT coalesce(stands.place, newest.place) AS place FROM newest LEFT JOIN stands ON newest.document_id = stands.document_id
  )
  SELECT place.file_no AS file_no, place.row_no AS row_no FROM counts`;

/** Make the view as every statement can read it, whatever it costs. */
export async function showLatest(connection: DuckDBConnection, columns: readonly Column[]): Promise<void> {
  await connection.run(
    `CREATE OR REPLACE VIEW ${PLACED_LATEST} AS SELECT * FROM ${PLACED_RESULTS} SEMI JOIN (${KEYS}) USING (file_no, row_no)`,
  );
  await showColumns(connection, columns);
}

/**
 * Work out what counts and keep it (L1), as far as that is worth it (L2).
 * @returns  what follows a table with all places, to have the rows that count; undefined: it is not kept
 */
export async function keepLatest(connection: DuckDBConnection): Promise<string | undefined> {
  const rows = await countRows(connection, PLACED_RESULTS);
  if (rows > MAX_KEPT) return undefined;
  await connection.run(`CREATE OR REPLACE TABLE latest_keys AS ${KEYS}`);
  const counted = await countRows(connection, 'latest_keys');
  let which = 'SEMI JOIN memory.main.latest_keys USING (file_no, row_no)';
  if (counted > rows / 2) {
    await connection.run(
      `CREATE OR REPLACE TABLE stale_keys AS SELECT file_no, row_no FROM ${PLACED_RESULTS} ANTI JOIN latest_keys USING (file_no, row_no)`,
    );
    await connection.run('TRUNCATE latest_keys');
    which = counted === rows ? '' : 'ANTI JOIN memory.main.stale_keys USING (file_no, row_no)';
  }
  await connection.run(`CREATE OR REPLACE VIEW ${PLACED_LATEST} AS SELECT * FROM ${PLACED_RESULTS} ${which}`);
  return which;
}

async function showColumns(connection: DuckDBConnection, columns: readonly Column[]): Promise<void> {
  const names = columns.map(({ name }) => sqlName(name)).join(', ');
  await connection.run(`CREATE OR REPLACE VIEW latest_results AS SELECT ${names} FROM ${PLACED_LATEST}`);
}
