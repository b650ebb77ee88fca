// Decisions as the API shows them: pages, one document's history, and the SQL conditions of a filter.
// Invariants: Q1 a value of a request enters SQL as a quoted literal or a checked number only. Q2 paging is by key (what is sorted by, time, document, run), so
// rows that arrive meanwhile neither shift nor repeat a page.
import type { ListResults, ResultFilter, ResultSort } from '../api/decisions.ts';
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

/** Of a text that is sorted by, the characters that count: a cursor holds them, and the query of an address has an end. */
const begun = (text: string): string => `left(lower(${text}), 300)`;
/** What is sorted by, as text of SQL that is never null and orders as bytes do; undefined: by the time alone. */
const SORT_KEYS: Readonly<Record<ResultSort, { key?: string; isDescending: boolean }>> = {
  newest: { isDescending: true },
  oldest: { isDescending: false },
  unsure: { key: "printf('%.9f', coalesce(confidence, 9))", isDescending: false },
  sure: { key: "printf('%.9f', coalesce(confidence, -1))", isDescending: true },
  label: { key: `coalesce('0' || ${begun('label')}, '1')`, isDescending: false },
  path: { key: `coalesce('0' || ${begun('coalesce(source_name, source_path)')}, '1')`, isDescending: false },
};
const SORTED_BY = 'sorted_by';

/** One page. @throws {RequestError} request.invalid for a cursor that is none of ours, or of another order */
export async function listResults(
  query: QueryLake,
  request: MatchedFilter & Pick<ListResults, 'limit' | 'cursor' | 'sort'>,
): Promise<ResultsPage> {
  const { limit, cursor, sort = 'newest', ...filter } = request;
  const { key, isDescending } = SORT_KEYS[sort];
  const conditions = conditionsOf(filter);
  const isNewestFirst = key !== undefined || isDescending;
  if (cursor !== undefined) {
    const [time, document, run, by] = decodeCursor(cursor, sort, key !== undefined);
    const place = `(TIMESTAMPTZ ${sqlText(time)}, ${sqlText(document)}, ${sqlText(run)})`;
    const behind = `(processed_at, document_id, run_id) ${isNewestFirst ? '<' : '>'} ${place}`;
    const value = sqlText(by);
    conditions.push(
      key === undefined ? behind : `(${key} ${isDescending ? '<' : '>'} ${value} OR (${key} = ${value} AND ${behind}))`,
    );
  }
  const direction = (isDown: boolean) => (isDown ? 'DESC' : 'ASC');
  const byTime = ['processed_at', 'document_id', 'run_id'].map((name) => `${name} ${direction(isNewestFirst)}`);
  const order = [...(key === undefined ? [] : [`${key} ${direction(isDescending)}`]), ...byTime].join(', ');
  const columns = key === undefined ? '*' : `*, ${key} AS ${SORTED_BY}`;
  const sql = `SELECT ${columns} FROM ${relationOf(filter)} ${where(conditions)} ORDER BY ${order} LIMIT ${limit + 1}`;
  const { rows } = await query(sql, limit + 1);
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const results = key === undefined ? page : page.map(({ [SORTED_BY]: _, ...row }): Row => row);
  return { results, next: rows.length > limit && last !== undefined ? encodeCursor(last, sort) : null };
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

/** The place of a row in an order; that of the usual one has no name, as in earlier versions. */
const encodeCursor = (row: Row, sort: ResultSort): string =>
  Buffer.from(
    JSON.stringify([
      row.processed_at,
      row.document_id,
      row.run_id,
      ...(sort === 'newest' ? [] : [row[SORTED_BY] ?? '', sort]),
    ]),
  ).toString('base64url');

/** As rows tell theirs. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,6}Z$/;

function decodeCursor(cursor: string, sort: ResultSort, hasKey: boolean): [string, string, string, string] {
  const wrong = new RequestError([{ field: 'cursor', message: 'is not the `next` of a page in this order' }]);
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    throw wrong;
  }
  if (!Array.isArray(parsed) || !parsed.every((part): part is string => typeof part === 'string')) throw wrong;
  const [time = '', document = '', run = '', by = '', order = 'newest'] = parsed;
  const isOurs = parsed.length === (sort === 'newest' ? 3 : 5) && order === sort && (hasKey || by === '');
  if (!isOurs || !TIME.test(time) || Number.isNaN(Date.parse(time))) throw wrong;
  return [time, document, run, by];
}
