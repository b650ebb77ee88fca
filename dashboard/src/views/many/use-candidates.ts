// The documents that fit a filter, or are like one, page by page until all are here or there are too many to decide in one go.
import { useEffect, useState } from 'preact/hooks';
import type { DecisionsPage } from '../../../../shared/api/answers.ts';
import type { SearchPage } from '../../../../shared/api/decisions.ts';
import { ApiError, getJson } from '../../api.ts';
import { apiQuery, type Filter } from '../documents/filter.ts';
import { type Candidate, candidateOf, withMore } from './choice.ts';

/** Who means more narrows the filter, or writes a file (`sluice decide --from`). */
export const MOST_CANDIDATES = 2000;
const PAGE_ROWS = 200;
const PAGE_HITS = 100;
/** Between two looks at texts that are still being indexed. */
const INDEXING_MS = 2000;

export interface Candidates {
  candidates: readonly Candidate[];
  /** Whether all of them are here, or as many as are taken. */
  isWhole: boolean;
  /** More fit than are taken. */
  isCut: boolean;
  /** Documents that are not indexed yet, where texts are looked through; they come by themselves. */
  waiting: number;
  error: ApiError | undefined;
}

const NONE: Candidates = { candidates: [], isWhole: false, isCut: false, waiting: 0, error: undefined };

/** @param round  another number asks again; what is shown stays until the answer is there */
export function useCandidates(filter: Filter, round: number): Candidates {
  const query = apiQuery(filter);
  const [held, setHeld] = useState<{ query: string; found: Candidates }>({ query, found: NONE });
  useEffect(() => {
    const abort = new AbortController();
    void loadUntilIndexed(filter, abort.signal, (found) => {
      if (abort.signal.aborted) return;
      // What is shown whole stays until the new is whole.
      setHeld((was) => (was.query === query && was.found.isWhole && !isEnd(found) ? was : { query, found }));
    });
    return () => abort.abort();
  }, [query, round]);
  return held.query === query ? held.found : NONE;
}

const isEnd = ({ isWhole, error }: Candidates): boolean => isWhole || error !== undefined;

async function loadUntilIndexed(filter: Filter, signal: AbortSignal, show: (found: Candidates) => void): Promise<void> {
  for (;;) {
    const waiting = await load(filter, signal, show);
    if (waiting === 0 || signal.aborted) return;
    await new Promise((resolve) => setTimeout(resolve, INDEXING_MS));
    if (signal.aborted) return;
  }
}

/** @returns documents that wait to be indexed */
async function load(filter: Filter, signal: AbortSignal, show: (found: Candidates) => void): Promise<number> {
  let candidates: Candidate[] = [];
  try {
    for (let cursor: string | undefined; ; ) {
      const { rows, next, waiting } = await pageOf(filter, cursor, signal);
      candidates = withMore(candidates, rows);
      const isCut = candidates.length > MOST_CANDIDATES || (next !== null && candidates.length === MOST_CANDIDATES);
      const isWhole = next === null || isCut;
      show({ candidates: candidates.slice(0, MOST_CANDIDATES), isWhole, isCut, waiting, error: undefined });
      if (isWhole || signal.aborted) return waiting;
      cursor = next ?? undefined;
    }
  } catch (error) {
    if (signal.aborted) return 0;
    const reason = error instanceof ApiError ? error : new ApiError(0, { detail: String(error) });
    const isIndexing = reason.code === 'search.not-ready';
    show({ ...NONE, candidates, ...(isIndexing ? { waiting: 1 } : { error: reason }) });
    return isIndexing ? 1 : 0;
  }
}

async function pageOf(filter: Filter, cursor: string | undefined, signal: AbortSignal) {
  const more = cursor === undefined ? {} : { cursor };
  if (filter.like === undefined && filter.text === undefined) {
    const page = await getJson<DecisionsPage>(`results${apiQuery(filter, { limit: PAGE_ROWS, ...more })}`, signal);
    return { rows: page.results.map((row) => candidateOf(row)), next: page.next, waiting: 0 };
  }
  // The best first.
  const { results, next, waiting } = await getJson<SearchPage>(
    `search${apiQuery(filter, { limit: PAGE_HITS, ...more })}`,
    signal,
  );
  return { rows: results.map(({ decision, similarity }) => candidateOf(decision, similarity)), next, waiting };
}
