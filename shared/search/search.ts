// Documents by what stands in them: the best first, with the places that were meant; and the same question as a condition for lists, counts and files.
// Invariants: R1 a page shows what is decided now, whatever the index remembers. R2 texts leave the lake for those alone who may see them (the routes ask
// for the role). R3 wide rows and texts are read for one page, however many documents are found.
import pLimit from 'p-limit';
import {
  type ResultFilter,
  type SearchPage,
  type SearchRequest,
  type SearchResult,
  SIMILARITY,
} from '../api/decisions.ts';
import { RequestError } from '../api/problem.ts';
import { codeOf, RetryableError, SluiceError, TerminalError } from '../errors.ts';
import { sha256Hex } from '../ids.ts';
import { decisionOf } from '../insight/decision-of-row.ts';
import { conditionsOf, type MatchedFilter } from '../insight/results.ts';
import { microsOf, sqlText } from '../lake/duckdb.ts';
import type { LakeView, TimedView } from '../lake/query.ts';
import type { Row } from '../lake/tables.ts';
import type { Clock, LakeStore } from '../ports.ts';
import { bestRows, type Hit } from './best-rows.ts';
import type { CountedRows } from './counted-rows.ts';
import { readEntryPlaces } from './entry-file.ts';
import { fragmentsOf } from './highlight.ts';
import { likeDocument } from './like.ts';
import { REASON_KEY, TEXT_KEY } from './mark-keys.ts';
import { type Fitting, matchQuery, type SearchedIn, type Turn } from './match.ts';
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
  services: { lake: LakeStore; clock: Clock };
  search: SearchIndex;
}

/** @throws {RequestError} request.invalid for a question without words, or a cursor that is none of ours; {TerminalError} query.timeout */
export async function searchDocuments(lake: SearchLake, request: SearchRequest): Promise<SearchPage> {
  const { limit, cursor, text, in: searchedIn, like, similarity, ...filter } = request;
  const asked = text === undefined ? NOTHING : parseTextQuery(text);
  const from = cursor === undefined ? 0 : offsetOf(cursor);
  return await withIndex(lake, WAIT_MS, async (state) => {
    const { search, services } = lake;
    const turn = turnOf(services.clock);
    const alike = like === undefined ? undefined : await likeDocument(services.lake, state, like, turn);
    const fitting = alike?.fitting ?? (await matchQuery(asked, state.segments, searchedIn, turn));
    const conditions = conditionsOf(filter).join(' AND ');
    const rows = filter.run === undefined ? state.counted : await search.rowsOfRun(state, conditions);
    const isAmong =
      filter.run === undefined && conditions !== '' ? await search.filtered(state, conditions) : undefined;
    const atLeast = alike === undefined ? 0 : alike.ownScore * similarity;
    const { total, hits } = bestRows(fitting, rows, state.segments, { from, limit, isAmong, atLeast });
    const page = await placesOf(state, hits);
    const decided = await rowsOf(state.view, rows, page);
    const fragments = await fragmentsOfPage(services.lake, page, asked);
    const results = page.flatMap((hit, i): SearchResult[] => {
      const row = decided.get(keyOf(hit.documentId, rows.decidedAt(hit.row)));
      const similar = alike === undefined ? null : Math.min(1, hit.score / Math.max(alike.ownScore, Number.MIN_VALUE));
      if (row === undefined) return []; // decided anew just now
      return [{ decision: decisionOf(row), foundIn: hit.foundIn, similarity: similar, fragments: fragments[i] ?? [] }];
    });
    const hasMore = from + limit < Math.min(total, MAX_SHOWN);
    return {
      results,
      next: hasMore ? cursorOf(from + limit) : null,
      total,
      indexed: state.indexed,
      waiting: state.waiting,
    };
  });
}

/** What says how to look, where nothing is looked for. */
export const strayIn = ({ text, in: searchedIn, like, similarity }: ResultFilter) =>
  similarity !== undefined && like === undefined
    ? { field: 'similarity', message: 'needs like: the document that others are to be like' }
    : searchedIn !== undefined && text === undefined
      ? { field: 'in', message: 'needs text: the words to look for' }
      : undefined;

/**
 * The filter with its text or likeness as a condition, and the tables it holds for. Without either the tables are those of `newest`.
 * @param options.isWhole  wait until everything is indexed, for a file that shall lack nothing
 * @throws {RetryableError} search.not-ready when documents wait to be indexed still
 * @throws {RequestError} request.invalid for both at once, and for what belongs to one that is missing: everything would fit
 */
export async function matchedFilter(
  lake: SearchLake & { newest(tables: readonly string[]): Promise<LakeView> },
  { text, in: searchedIn, like, similarity, ...filter }: ResultFilter,
  { isWhole = false }: { isWhole?: boolean } = {},
): Promise<{ view: LakeView; filter: MatchedFilter }> {
  const stray = strayIn({ text, in: searchedIn, like, similarity });
  if (stray !== undefined) throw new RequestError([stray]);
  if (text === undefined && like === undefined) return { view: await lake.newest(['results']), filter };
  if (text !== undefined && like !== undefined)
    throw new RequestError([{ field: 'like', message: 'excludes text: one of the two' }]);
  const asked = text === undefined ? undefined : parseTextQuery(text);
  return await withIndex(lake, isWhole ? WHOLE_WAIT_MS : WAIT_MS, async (state) => {
    const { view, segments, waiting } = state;
    if (isWhole && waiting > 0)
      throw new RetryableError('search.not-ready', `${waiting} document(s) wait to be indexed`, {
        retryAfterMs: WAIT_MS,
      });
    const turn = turnOf(lake.services.clock);
    const fitting =
      asked === undefined
        ? await likeEnough(lake, state, { like: String(like), similarity: similarity ?? SIMILARITY, turn })
        : await matchQuery(asked, segments, searchedIn, turn);
    // What is found changes with the index too.
    const version = `${view.version}, index ${segments.map(({ id }) => id).join(' ')}`;
    const name = `found_${sha256Hex(JSON.stringify([version, text, searchedIn, like, similarity]))}`;
    const where = asked === undefined ? 'text' : searchedIn;
    return {
      view: { ...view.holding({ name, numbers: keysOf(fitting, state) }), version },
      filter: { ...filter, matching: matchCondition(name, where) },
    };
  });
}

async function likeEnough(
  { services }: SearchLake,
  state: SearchState,
  { like, similarity, turn }: { like: string; similarity: number; turn: Turn },
): Promise<Fitting[]> {
  const { fitting, ownScore } = await likeDocument(services.lake, state, like, turn);
  return fitting.map(({ docs, scores }) => ({
    docs: docs.filter((_, i) => (scores[i] ?? 0) >= ownScore * similarity),
    scores: scores.filter((score) => score >= ownScore * similarity),
  }));
}

/** Work with the index as it is; once more where a file of it turns out to be damaged, or a copy of one was cleared away. */
async function withIndex<T>(lake: SearchLake, waitMs: number, work: (state: SearchState) => Promise<T>): Promise<T> {
  for (let isAgain = false; ; isAgain = true) {
    const state = await lake.search.open(waitMs);
    try {
      return await work(state);
    } catch (error) {
      if (isAgain) throw error;
      if (error instanceof SluiceError && error.code === 'lake.corrupt-table')
        await lake.search.discard(String(error.ids.path));
      else if ((error as NodeJS.ErrnoException).code === 'ENOENT') lake.search.fetchAgain();
      else throw error;
    }
  }
}

/** Gives others a turn between segments, and ends what takes too long. */
function turnOf(clock: Clock): Turn {
  const end = clock.now() + ANSWER_MS;
  return async () => {
    await new Promise((resolve) => setImmediate(resolve));
    if (clock.now() > end) throw new TerminalError('query.timeout', `no answer within ${ANSWER_MS / 1000} s`);
  };
}

/** Keys of the entries that fit, whether they count or not. */
function keysOf(fitting: readonly Fitting[], { segments }: SearchState): BigUint64Array {
  const keys: bigint[] = [];
  for (const [i, { docs }] of fitting.entries()) {
    const columns = segments[i]?.columns;
    if (columns === undefined) continue;
    const all = new BigUint64Array(columns.keys.buffer);
    for (const doc of docs) keys.push(all[doc] ?? 0n);
  }
  return BigUint64Array.from(keys);
}

/** M1 of mark-keys.ts, as a condition on rows of `results` or `latest_results`. */
const matchCondition = (name: string, searchedIn: SearchedIn): string =>
  [...(searchedIn === 'reasons' ? [] : [TEXT_KEY]), ...(searchedIn === 'text' ? [] : [REASON_KEY])]
    .map((key) => `${key} IN (SELECT n FROM ${name})`)
    .join(' OR ');

/** A hit with where its text lies. */
interface PlacedHit extends Hit {
  documentId: string;
  place: { segment: string; at: number; bytes: number };
}

async function placesOf({ segments }: SearchState, hits: readonly Hit[]): Promise<PlacedHit[]> {
  const placed = new Map<Hit, PlacedHit>();
  for (const [number, those] of Map.groupBy(hits, ({ segment }) => segment)) {
    const segment = segments[number];
    if (segment === undefined) continue;
    const places = await readEntryPlaces(
      segment.local.entries,
      those.map(({ entry }) => entry),
    );
    for (const [i, hit] of those.entries()) {
      const { documentId = '', textAt: at = 0, textBytes: bytes = 0 } = places[i] ?? {};
      placed.set(hit, { ...hit, documentId, place: { segment: segment.id, at, bytes } });
    }
  }
  return hits.flatMap((hit) => placed.get(hit) ?? []);
}

const keyOf = (documentId: string, decidedAtMicros: number): string => `${documentId} ${decidedAtMicros}`;

/** Rows by document and time, from their own files alone. */
async function rowsOf(view: TimedView, counted: CountedRows, page: readonly PlacedHit[]): Promise<Map<string, Row>> {
  if (page.length === 0) return new Map();
  const paths = [...new Set(page.map((hit) => counted.pathOf(hit.row)))];
  const ids = page.map((hit) => sqlText(hit.documentId)).join(', ');
  const rows = await view.ofFiles(paths, `document_id IN (${ids})`);
  return new Map(rows.map((row) => [keyOf(String(row.document_id), Number(microsOf(String(row.processed_at)))), row]));
}

async function fragmentsOfPage(lake: LakeStore, page: readonly PlacedHit[], asked: TextQuery) {
  const atOnce = pLimit(TEXTS_AT_ONCE);
  return await Promise.all(
    page.map((hit) =>
      atOnce(async () => {
        try {
          return fragmentsOf(await readEntryText(lake, hit.place), asked);
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
