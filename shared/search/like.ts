// What makes a text what it is: the words that stand in it often and in others seldom.
// Invariant: K1 the question that follows has so many words and no more, however long the text.
import { RetryableError, TerminalError } from '../errors.ts';
import { sqlReadParquet, sqlText } from '../lake/duckdb.ts';
import type { LakeStore } from '../ports.ts';
import { likeSql, type OpenIndex, ownScore, TEXT_MARK, type Weighed } from './match-sql.ts';
import type { SearchState } from './search-index.ts';
import { readEntryText } from './segment.ts';
import { wordsOf } from './words.ts';

/** Words of the text whose rareness is looked up, the most frequent first. */
const MAX_CANDIDATES = 400;
const MAX_WORDS = 32;

/** @returns a question as `matchSql` gives, and the score of the document itself @throws {TerminalError} document.not-found where no text of it is kept, {RetryableError} search.not-ready where it may only not be indexed yet */
export async function likeDocument(
  lake: LakeStore,
  { view, index, waiting }: SearchState,
  documentId: string,
): Promise<{ match: string; ownScore: number }> {
  const text = await textOf(lake, { view, index, waiting }, documentId);
  const counts = new Map<string, number>();
  for (const { term } of wordsOf(text)) if (term.length > 2) counts.set(term, (counts.get(term) ?? 0) + 1);
  const candidates = [...counts].sort(([, a], [, b]) => b - a).slice(0, MAX_CANDIDATES);
  const words = await rarest(view, index, candidates);
  return { match: likeSql(words, index), ownScore: ownScore(words, counts) };
}

async function textOf(
  lake: LakeStore,
  { view, index, waiting }: Pick<SearchState, 'view' | 'index' | 'waiting'>,
  documentId: string,
): Promise<string> {
  const is = `document_id = ${sqlText(documentId)}`;
  const gone =
    waiting > 0
      ? new RetryableError(
          'search.not-ready',
          `${waiting} document(s) wait to be indexed, ${documentId} among them perhaps`,
        )
      : new TerminalError('document.not-found', `no text is kept of document ${documentId}`, { ids: { documentId } });
  if (index.segments.length === 0) throw gone;
  const { rows } = await view.query(
    `SELECT segment, text_at, text_bytes FROM ${sqlReadParquet(index.local.map((file) => file.entries))}
      WHERE ${is} AND kind = 'text' AND mark IN (SELECT ${TEXT_MARK} FROM latest_results WHERE ${is}) LIMIT 1`,
  );
  const [place] = rows;
  if (place === undefined) throw gone;
  return await readEntryText(lake, {
    segment: String(place.segment),
    at: Number(place.text_at),
    bytes: Number(place.text_bytes),
  });
}

async function rarest(
  view: SearchState['view'],
  { segments, local }: OpenIndex,
  candidates: readonly (readonly [term: string, count: number])[],
): Promise<Weighed[]> {
  if (candidates.length === 0) return [];
  const entries = segments.reduce((sum, segment) => sum + segment.entries, 0);
  const among = candidates.map(([term]) => sqlText(term)).join(', ');
  const { rows } = await view.query(
    `SELECT term, count(*) AS n FROM ${sqlReadParquet(local.map((file) => file.postings))} WHERE term IN (${among}) GROUP BY term`,
  );
  const found = new Map(rows.map((row) => [String(row.term), Number(row.n)]));
  return candidates
    .map(([term, count]) => {
      const n = found.get(term) ?? 1;
      return { term, weight: Math.log(1 + (entries - n + 0.5) / (n + 0.5)), count };
    })
    .sort((a, b) => b.weight * Math.log1p(b.count) - a.weight * Math.log1p(a.count))
    .slice(0, MAX_WORDS)
    .map(({ term, weight }) => ({ term, weight }));
}
