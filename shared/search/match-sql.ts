// A question about texts as SQL over the index.
// Invariants: M1 what was typed enters as quoted literals of folded words only. M2 an entry counts only while the row it is met with says what the
// entry was read from: what was decided anew, replaced or erased is not found, however old the index is.
import { sqlReadParquet, sqlText } from '../lake/duckdb.ts';
import type { LocalSegment, Segment } from './segment.ts';
import type { Clause, TextQuery } from './text-query.ts';

/** What the text of a row's document was read from, and which decision a row is: SQL over `results`. */
export const TEXT_MARK = `'t:' || coalesce(content_sha256, source_etag, '') || ':' || coalesce(chars, 0)`;
export const REASON_MARK = `'r:' || run_id || ':' || epoch_us(processed_at)`;

/** Okapi BM25 (Robertson & Walker 1994). */
const K1 = 1.2;
const B = 0.75;
/** A word that only begins as was asked counts half of one that is the same. */
const BEGINNING_WORTH = 0.5;

/** The index as it stands on this machine. */
export interface OpenIndex {
  segments: readonly Segment[];
  local: readonly LocalSegment[];
}

/** Which of the two kinds of text is searched. */
export type SearchedIn = 'text' | 'reasons' | undefined;

/** @returns a SELECT of document_id, kind, mark, segment, text_at, text_bytes, score: entries that fit, whether they count or not */
export function matchSql(query: TextQuery, { segments, local }: OpenIndex, where: SearchedIn): string {
  if (segments.length === 0)
    return `SELECT '' AS document_id, '' AS kind, '' AS mark, '' AS segment, 0 AS text_at, 0 AS text_bytes, 0.0 AS score WHERE false`;
  const postings = sqlReadParquet(local.map((file) => file.postings));
  const entries = sqlReadParquet(local.map((file) => file.entries));
  const count = segments.reduce((sum, segment) => sum + segment.entries, 0);
  const meanWords = Math.max(1, segments.reduce((sum, { words }) => sum + words, 0) / Math.max(1, count));
  const tables = query.must.map((clause, i) => `must${i} AS MATERIALIZED (${clauseSql(clause, postings)})`);
  const joins = query.must.slice(1).map((_, i) => `JOIN must${i + 1} USING (doc)`);
  const without = query.not.map((clause) => `ANTI JOIN (${clauseSql(clause, postings)}) USING (doc)`);
  const length = `(${1 - B} + ${B} * entry.words / ${meanWords.toFixed(3)})`;
  const score = query.must.map(
    (_, i) =>
      `ln(1 + (${count} - found${i}.n + 0.5) / (found${i}.n + 0.5)) * must${i}.tf * ${K1 + 1} / (must${i}.tf + ${K1} * ${length})`,
  );
  // Counted once each: a subquery in the list of columns would be worked out beside every row.
  const found = query.must.map((_, i) => `CROSS JOIN (SELECT count(*) AS n FROM must${i}) found${i}`);
  const kind = where === undefined ? '' : `WHERE entry.kind = ${where === 'text' ? "'text'" : "'reason'"}`;
  return `WITH ${tables.join(', ')}
    SELECT entry.document_id, entry.kind, entry.mark, entry.segment, entry.text_at, entry.text_bytes, ${score.join(' + ')} AS score
    FROM must0 ${joins.join(' ')} ${without.join(' ')} JOIN ${entries} entry USING (doc) ${found.join(' ')} ${kind}`;
}

/** Words that make a text what it is, and how rare each is. */
export interface Weighed {
  term: string;
  weight: number;
}

/** The same columns for texts that hold words of another, scored by those they hold. */
export function likeSql(words: readonly Weighed[], index: OpenIndex): string {
  if (words.length === 0 || index.segments.length === 0)
    return matchSql({ must: [], not: [] }, { segments: [], local: [] }, 'text');
  const values = words.map(({ term, weight }) => `(${sqlText(term)}, ${weight.toFixed(6)}::DOUBLE)`).join(', ');
  const among = words.map(({ term }) => sqlText(term)).join(', ');
  return `WITH words(term, weight) AS (VALUES ${values}),
    scored AS (SELECT doc, sum(weight * len(positions) / (len(positions) + ${K1})) AS score
      FROM ${sqlReadParquet(index.local.map((file) => file.postings))} JOIN words USING (term) WHERE term IN (${among}) GROUP BY doc)
    SELECT entry.document_id, entry.kind, entry.mark, entry.segment, entry.text_at, entry.text_bytes, scored.score
    FROM scored JOIN ${sqlReadParquet(index.local.map((file) => file.entries))} entry USING (doc) WHERE entry.kind = 'text'`;
}

/** M2, of `likeSql`. @param atLeast  score of those that are like enough */
export const likeCondition = (match: string, atLeast: number): string =>
  `(document_id, ${TEXT_MARK}) IN (SELECT (document_id, mark) FROM (${match}) WHERE score >= ${atLeast.toFixed(6)})`;

/** What a text scores by its own words, as `likeSql` scores it. */
export const ownScore = (words: readonly Weighed[], counts: ReadonlyMap<string, number>): number =>
  words.reduce((sum, { term, weight }) => sum + (weight * (counts.get(term) ?? 0)) / ((counts.get(term) ?? 0) + K1), 0);

/** A SELECT of doc and tf, one row an entry. */
function clauseSql({ terms, isBeginning }: Clause, postings: string): string {
  const [term = ''] = terms;
  if (terms.length > 1) return phraseSql(terms, isBeginning, postings);
  if (!isBeginning) return `SELECT doc, len(positions)::DOUBLE AS tf FROM ${postings} WHERE term = ${sqlText(term)}`;
  const worth = `CASE WHEN term = ${sqlText(term)} THEN 1 ELSE ${BEGINNING_WORTH} END`;
  return `SELECT doc, sum(len(positions) * ${worth})::DOUBLE AS tf FROM ${postings} WHERE ${beginsWith(term)} GROUP BY doc`;
}

/** Places where the words stand one after the other. */
function phraseSql(terms: readonly string[], isBeginning: boolean, postings: string): string {
  const words = terms.map((term, i) => {
    const is = isBeginning && i === terms.length - 1 ? beginsWith(term) : `term = ${sqlText(term)}`;
    return `(SELECT doc, unnest(positions) - ${i} AS spot FROM ${postings} WHERE ${is})`;
  });
  return `SELECT doc, count(DISTINCT spot)::DOUBLE AS tf FROM ${words[0]} ${words
    .slice(1)
    .map((word) => `JOIN ${word} USING (doc, spot)`)
    .join(' ')} GROUP BY doc`;
}

/** DuckDB compares texts by their bytes. */
const beginsWith = (term: string): string => `term >= ${sqlText(term)} AND term < ${sqlText(`${term}\u{10FFFF}`)}`;

/** M2: a condition on rows of `results` or `latest_results`. @param match  of `matchSql` */
export const matchCondition = (match: string): string =>
  `(document_id, ${TEXT_MARK}) IN (SELECT (document_id, mark) FROM (${match}) WHERE kind = 'text')
    OR (document_id, ${REASON_MARK}) IN (SELECT (document_id, mark) FROM (${match}) WHERE kind = 'reason')`;
