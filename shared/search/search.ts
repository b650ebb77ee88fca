// Documents by what stands in them: the best first, with the places that were meant; and the same question as a condition for lists, counts and files.
// Invariants: R1 a page shows what is decided now, whatever the index remembers. R2 texts leave the lake for those alone who may see them (the routes ask
// for the role). R3 a question costs the same however many documents it finds: wide rows and texts are read for one page.
import pLimit from 'p-limit';
import {
  type ResultFilter,
  type SearchPage,
  type SearchRequest,
  type SearchResult,
  SIMILARITY,
} from '../api/decisions.ts';
import { RequestError } from '../api/problem.ts';
import { codeOf, RetryableError } from '../errors.ts';
import { decisionOf } from '../insight/decision-of-row.ts';
import { conditionsOf, type MatchedFilter, relationOf, where } from '../insight/results.ts';
import { sqlText } from '../lake/duckdb.ts';
import type { LakeView } from '../lake/query.ts';
import type { Row } from '../lake/tables.ts';
import type { LakeStore } from '../ports.ts';
import { fragmentsOf } from './highlight.ts';
import { likeDocument } from './like.ts';
import { likeCondition, matchCondition, matchSql, REASON_MARK, TEXT_MARK } from './match-sql.ts';
import type { SearchIndex, SearchState } from './search-index.ts';
import { readEntryText } from './segment.ts';
import { parseTextQuery, type TextQuery } from './text-query.ts';

/** How long a question waits for an index that is behind, before it is answered from what there is. */
const WAIT_MS = 1500;
/** And a file, which shall lack nothing. */
const WHOLE_WAIT_MS = 120_000;
/** Nobody reads further; a file holds everything (export). */
const MAX_SHOWN = 10_000;
const TEXTS_AT_ONCE = 8;
/** A question is given up after so long, whatever it is. */
const ANSWER_MS = 10_000;

interface SearchLake {
  services: { lake: LakeStore };
  search: SearchIndex;
}

/** @throws {RequestError} request.invalid for a question without words, or a cursor that is none of ours */
export async function searchDocuments(lake: SearchLake, request: SearchRequest): Promise<SearchPage> {
  const { limit, cursor, text, in: searchedIn, like, similarity, ...filter } = request;
  const asked = text === undefined ? NOTHING : parseTextQuery(text);
  const from = cursor === undefined ? 0 : offsetOf(cursor);
  const state = await lake.search.open(WAIT_MS);
  const { view, index, indexed, waiting } = state;
  const alike = like === undefined ? undefined : await likeDocument(lake.services.lake, state, like);
  const match = alike?.match ?? matchSql(asked, index, searchedIn);
  const atLeast = alike === undefined ? '' : `WHERE score >= ${(alike.ownScore * similarity).toFixed(6)}`;
  const relation = relationOf(filter);
  const conditions = where(conditionsOf(filter));
  const { rows: found } = await view.within(ANSWER_MS)(`
    WITH hits AS MATERIALIZED (${match}),
    counting AS (
      SELECT document_id, run_id, processed_at, ${TEXT_MARK} AS text_mark, ${REASON_MARK} AS reason_mark FROM ${relation} ${conditions}),
    met AS (
      SELECT counting.document_id, counting.run_id, counting.processed_at, hits.* EXCLUDE (document_id)
      FROM counting JOIN hits ON hits.document_id = counting.document_id AND hits.mark IN (counting.text_mark, counting.reason_mark)),
    best AS (
      SELECT document_id, run_id, processed_at, max(score) AS score, max_by({segment: segment, text_at: text_at, text_bytes: text_bytes}, score) AS place,
        list(DISTINCT kind) AS kinds
      FROM met GROUP BY ALL)
    SELECT document_id, run_id, processed_at, score, place.segment, place.text_at, place.text_bytes, kinds, count(*) OVER () AS total
    FROM best ${atLeast} ORDER BY score DESC, processed_at DESC, document_id LIMIT ${limit + 1} OFFSET ${from}`);
  const page = found.slice(0, limit);
  const rows = await rowsOf(view, relation, page);
  const fragments = await fragmentsOfPage(lake.services.lake, page, asked);
  const similarityOf = (hit: Row) =>
    alike === undefined ? null : Math.min(1, Number(hit.score) / Math.max(alike.ownScore, Number.MIN_VALUE));
  const results = page.flatMap((hit, i): SearchResult[] => {
    const row = rows.get(keyOf(hit));
    return row === undefined
      ? []
      : [
          {
            decision: decisionOf(row),
            foundIn: kindsOf(hit),
            similarity: similarityOf(hit),
            fragments: fragments[i] ?? [],
          },
        ];
  });
  return {
    results,
    next: found.length > limit && from + limit < MAX_SHOWN ? cursorOf(from + limit) : null,
    total: Number(found[0]?.total ?? 0),
    indexed,
    waiting,
  };
}

/**
 * The filter with its text or likeness as a condition, and the tables it holds for. Without either the tables are those of `newest`.
 * @param options.isWhole  wait until everything is indexed, for a file that shall lack nothing
 * @throws {RetryableError} search.not-ready when documents wait to be indexed still
 * @throws {RequestError} request.invalid for both at once
 */
export async function matchedFilter(
  lake: SearchLake & { newest(tables: readonly string[]): Promise<LakeView> },
  { text, in: searchedIn, like, similarity = SIMILARITY, ...filter }: ResultFilter,
  { isWhole = false }: { isWhole?: boolean } = {},
): Promise<{ view: LakeView; filter: MatchedFilter }> {
  if (text === undefined && like === undefined) return { view: await lake.newest(['results']), filter };
  if (text !== undefined && like !== undefined)
    throw new RequestError([{ field: 'like', message: 'excludes text: one of the two' }]);
  const asked = text === undefined ? undefined : parseTextQuery(text);
  const state = await lake.search.open(isWhole ? WHOLE_WAIT_MS : WAIT_MS);
  const { view, index, waiting } = state;
  if (isWhole && waiting > 0)
    throw new RetryableError('search.not-ready', `${waiting} document(s) wait to be indexed`, {
      retryAfterMs: WAIT_MS,
    });
  const ids = index.segments.map(({ id }) => id).join(' ');
  // What is found changes with the index too.
  const version = `${view.version}, index ${ids}`;
  const matching =
    asked === undefined
      ? await likeness(lake, state, String(like), similarity)
      : matchCondition(matchSql(asked, index, searchedIn));
  return { view: { ...view, version }, filter: { ...filter, matching } };
}

async function likeness(
  { services }: SearchLake,
  state: SearchState,
  like: string,
  similarity: number,
): Promise<string> {
  const { match, ownScore } = await likeDocument(services.lake, state, like);
  return likeCondition(match, ownScore * similarity);
}

const keyOf = (row: Row): string => `${row.document_id} ${row.run_id} ${row.processed_at}`;
const kindsOf = (hit: Row): SearchResult['foundIn'] => JSON.parse(String(hit.kinds)) as SearchResult['foundIn']; // of the index

async function rowsOf({ query }: LakeView, relation: string, page: readonly Row[]): Promise<Map<string, Row>> {
  if (page.length === 0) return new Map();
  const ids = page.map((hit) => sqlText(String(hit.document_id))).join(', ');
  const { rows } = await query(`SELECT * FROM ${relation} WHERE document_id IN (${ids})`);
  return new Map(rows.map((row) => [keyOf(row), row]));
}

async function fragmentsOfPage(lake: LakeStore, page: readonly Row[], asked: TextQuery) {
  const atOnce = pLimit(TEXTS_AT_ONCE);
  return await Promise.all(
    page.map((hit) =>
      atOnce(async () => {
        try {
          const place = { segment: String(hit.segment), at: Number(hit.text_at), bytes: Number(hit.text_bytes) };
          return fragmentsOf(await readEntryText(lake, place), asked);
        } catch (error) {
          // The segment went between the question and this: its documents are found, and shown without a place.
          if (codeOf(error) !== 'lake.not-found') throw error;
          return [];
        }
      }),
    ),
  );
}

const NOTHING: TextQuery = { must: [], not: [] };

const cursorOf = (from: number): string => Buffer.from(JSON.stringify({ from })).toString('base64url');

function offsetOf(cursor: string): number {
  const wrong = new RequestError([{ field: 'cursor', message: 'is not the `next` of a page' }]);
  try {
    const { from } = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as { from: unknown };
    if (Number.isSafeInteger(from) && (from as number) >= 0 && (from as number) < MAX_SHOWN) return from as number;
  } catch {
    throw wrong;
  }
  throw wrong;
}
