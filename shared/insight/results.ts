// Decisions as the API shows them: pages, one document's history, and the SQL conditions of a filter.
// Invariants: Q1 a value of a request enters SQL as a quoted literal or a checked number only. Q2 paging is by key (time, document, run), so rows that arrive
// meanwhile neither shift nor repeat a page.
import type { ListResults, ResultFilter } from '../api/decisions.ts';
import { RequestError } from '../api/problem.ts';
import { TerminalError } from '../errors.ts';
import { sqlText } from '../lake/duckdb.ts';
import type { QueryLake } from '../lake/query.ts';
import type { Row } from '../lake/tables.ts';

export interface ResultsPage {
  /** Rows of table `results`, newest first. */
  results: Row[];
  /** Give it as `cursor` for the next page; null on the last. */
  next: string | null;
}

export interface DocumentHistory {
  documentId: string;
  /** The decision that counts. */
  latest: Row;
  /** All decisions, newest first. */
  history: Row[];
  /** What people said, newest first. */
  feedback: Row[];
}

/** One page. @throws {RequestError} request.invalid for a cursor that is none of ours */
export async function listResults(
  query: QueryLake,
  request: MatchedFilter & Pick<ListResults, 'limit' | 'cursor'>,
): Promise<ResultsPage> {
  const { limit, cursor, ...filter } = request;
  const conditions = conditionsOf(filter);
  if (cursor !== undefined) {
    const [time, document, run] = decodeCursor(cursor);
    const after = `(TIMESTAMPTZ ${sqlText(time)}, ${sqlText(document)}, ${sqlText(run)})`;
    conditions.push(`(processed_at, document_id, run_id) < ${after}`);
  }
  const order = 'processed_at DESC, document_id DESC, run_id DESC';
  const sql = `SELECT * FROM ${relationOf(filter)} ${where(conditions)} ORDER BY ${order} LIMIT ${limit + 1}`;
  const { rows } = await query(sql, limit + 1);
  const results = rows.slice(0, limit);
  const last = results.at(-1);
  return { results, next: rows.length > limit && last !== undefined ? encodeCursor(last) : null };
}

/** Everything that was decided on a document. @throws {TerminalError} document.not-found */
export async function documentHistory(query: QueryLake, documentId: string): Promise<DocumentHistory> {
  const is = `WHERE document_id = ${sqlText(documentId)}`;
  const { rows: history } = await query(`SELECT * FROM results ${is} ORDER BY processed_at DESC, run_id DESC`);
  const [newest] = history;
  if (newest === undefined)
    throw new TerminalError('document.not-found', `document ${documentId} is not known`, { ids: { documentId } });
  const { rows: feedback } = await query(`SELECT * FROM feedback ${is} ORDER BY created_at DESC`);
  return { documentId, latest: thatCounts(newest, history), history, feedback };
}

/** The same of several; documents that are not known are not in it. */
export async function documentHistories(
  query: QueryLake,
  documentIds: readonly string[],
): Promise<Map<string, DocumentHistory>> {
  const among = `WHERE document_id IN (${documentIds.map(sqlText).join(', ') || "''"})`;
  const { rows: history } = await query(`SELECT * FROM results ${among} ORDER BY processed_at DESC, run_id DESC`);
  const { rows: feedback } = await query(`SELECT * FROM feedback ${among} ORDER BY created_at DESC`);
  const [decided, said] = [Map.groupBy(history, documentOf), Map.groupBy(feedback, documentOf)];
  return new Map(
    [...decided].flatMap(([documentId, rows]) => {
      const [newest] = rows;
      if (newest === undefined) return [];
      const latest = thatCounts(newest, rows);
      return [[documentId, { documentId, latest, history: rows, feedback: said.get(documentId) ?? [] }] as const];
    }),
  );
}

const documentOf = (row: Row): string => String(row.document_id);

/** As view `latest_results`: what a person said about the same content under the same labels, else the newest. @param history  newest first */
function thatCounts(newest: Row, history: readonly Row[]): Row {
  const content = (row: Row) => row.content_sha256 ?? row.source_etag ?? null;
  const isSame = (row: Row) =>
    content(row) === content(newest) && (row.taxonomy_version ?? null) === (newest.taxonomy_version ?? null);
  return history.find((row) => row.decided_by === 'human' && isSame(row)) ?? newest;
}

/** A filter whose text or likeness, where it had one, has become a condition of SQL. */
export type MatchedFilter = Omit<ResultFilter, 'text' | 'in' | 'like' | 'similarity'> & { matching?: string };

/** The view a filter reads: a run's own rows, or the newest decision of every document. */
export const relationOf = (filter: MatchedFilter): string => (filter.run === undefined ? 'latest_results' : 'results');

/** SQL conditions of a filter (Q1). */
export function conditionsOf(filter: MatchedFilter): string[] {
  const equal: [string, string | undefined][] = [
    ['run_id', filter.run],
    ['label', filter.label],
    ['status', filter.status],
    ['failure_code', filter.code],
    ['decided_by', filter.decidedBy],
    ['media_type', filter.mediaType],
  ];
  const conditions = equal.flatMap(([column, value]) => (value === undefined ? [] : [`${column} = ${sqlText(value)}`]));
  if (filter.matching !== undefined) conditions.push(`(${filter.matching})`);
  if (filter.path !== undefined) conditions.push(`starts_with(source_path, ${sqlText(filter.path)})`);
  if (filter.search !== undefined) {
    const wanted = `lower(${sqlText(filter.search)})`; // contains() knows no wildcards
    const columns = ['source_path', 'source_name', 'archive_path'];
    conditions.push(`(${columns.map((column) => `contains(lower(${column}), ${wanted})`).join(' OR ')})`);
  }
  if (filter.minConfidence !== undefined) conditions.push(`confidence >= ${filter.minConfidence}::DOUBLE`);
  if (filter.maxConfidence !== undefined) conditions.push(`confidence <= ${filter.maxConfidence}::DOUBLE`);
  if (filter.from !== undefined) conditions.push(`processed_at >= TIMESTAMPTZ ${sqlText(filter.from)}`);
  if (filter.to !== undefined) conditions.push(`processed_at < TIMESTAMPTZ ${sqlText(filter.to)}`);
  return conditions;
}

export const where = (conditions: readonly string[]): string =>
  conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;

const encodeCursor = (row: Row): string =>
  Buffer.from(JSON.stringify([row.processed_at, row.document_id, row.run_id])).toString('base64url');

function decodeCursor(cursor: string): [string, string, string] {
  const wrong = new RequestError([{ field: 'cursor', message: 'is not the `next` of a page' }]);
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    throw wrong;
  }
  const isCursor = Array.isArray(parsed) && parsed.length === 3 && parsed.every((part) => typeof part === 'string');
  if (!isCursor || Number.isNaN(Date.parse((parsed as string[])[0] ?? ''))) throw wrong;
  return parsed as [string, string, string];
}
