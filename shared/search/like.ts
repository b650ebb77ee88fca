// What makes a text what it is: the words that stand in it often and in others seldom.
// Invariant: K1 the question that follows has so many words and no more, however long the text.
import { RetryableError, TerminalError } from '../errors.ts';
import { sqlText } from '../lake/duckdb.ts';
import type { LakeStore } from '../ports.ts';
import { readEntryPlaces } from './entry-file.ts';
import { DOCUMENT_KEY } from './mark-keys.ts';
import { countEntries, type Fitting, matchLike, ownScore, type Turn, type Weighed } from './match.ts';
import type { SearchState } from './search-index.ts';
import { readEntryText } from './segment.ts';
import { wordsOf } from './words.ts';

/** Words of the text whose rareness is looked up, the most frequent first. */
const MAX_CANDIDATES = 400;
const MAX_WORDS = 32;

/** @returns what fits of each segment, and the score of the document itself @throws {TerminalError} document.not-found where no text of it is kept, {RetryableError} search.not-ready where it may only not be indexed yet */
export async function likeDocument(
  lake: LakeStore,
  state: SearchState,
  documentId: string,
  turn: Turn,
): Promise<{ fitting: Fitting[]; ownScore: number }> {
  const text = await textOf(lake, state, documentId);
  const counts = new Map<string, number>();
  for (const { term } of wordsOf(text)) if (term.length > 2) counts.set(term, (counts.get(term) ?? 0) + 1);
  const candidates = [...counts].sort(([, a], [, b]) => b - a).slice(0, MAX_CANDIDATES);
  const words = await rarest(state, candidates, turn);
  return { fitting: await matchLike(words, state.segments, turn), ownScore: ownScore(words, counts) };
}

async function textOf(
  lake: LakeStore,
  { view, segments, counted, waiting }: SearchState,
  documentId: string,
): Promise<string> {
  const { rows } = await view.query(
    `SELECT ${DOCUMENT_KEY} AS key FROM (SELECT ${sqlText(documentId)} AS document_id)`,
  );
  const key = Number(rows[0]?.key);
  for (const [i, { id, columns, local }] of segments.entries())
    for (
      let entry = columns.documentKeys.indexOf(key);
      entry !== -1;
      entry = columns.documentKeys.indexOf(key, entry + 1)
    ) {
      if (columns.isReason[entry] === 1 || !counted.hasRow(i, entry)) continue;
      const [place] = await readEntryPlaces(local.entries, [entry]);
      if (place?.documentId !== documentId) continue;
      return await readEntryText(lake, { segment: id, at: place.textAt, bytes: place.textBytes });
    }
  if (waiting > 0)
    throw new RetryableError(
      'search.not-ready',
      `${waiting} document(s) wait to be indexed, ${documentId} among them perhaps`,
    );
  throw new TerminalError('document.not-found', `no text is kept of document ${documentId}`, { ids: { documentId } });
}

async function rarest(
  { segments }: SearchState,
  candidates: readonly (readonly [term: string, count: number])[],
  turn: Turn,
): Promise<Weighed[]> {
  const entries = segments.reduce((sum, segment) => sum + segment.entries, 0);
  const found = await countEntries(
    candidates.map(([term]) => term),
    segments,
    turn,
  );
  return candidates
    .map(([term, count]) => {
      const n = found.get(term) ?? 1;
      return { term, weight: Math.log(1 + (entries - n + 0.5) / (n + 0.5)), count };
    })
    .sort((a, b) => b.weight * Math.log1p(b.count) - a.weight * Math.log1p(a.count))
    .slice(0, MAX_WORDS)
    .map(({ term, weight }) => ({ term, weight }));
}
