// Pages of the list, one after the other, and the place in it for whoever comes back from a document.
// Invariants: P1 rows of one filter never stand under another. P2 one page is asked for at a time. P3 a page that failed is asked for again
// only when the viewer says so.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Decision } from '../../../../shared/api/answers.ts';
import { ApiError, getJson } from '../../api.ts';
import { type ListRow, toListRow } from './list-row.ts';

const PAGE_ROWS = 200;
/** How long a list that was left is still worth coming back to. */
const KEPT_MS = 10 * 60_000;

interface Pages {
  query: string;
  rows: readonly ListRow[];
  /** undefined: not asked yet; null: that was the last page */
  next: string | null | undefined;
  error: ApiError | undefined;
}

interface Left extends Pages {
  scrollY: number;
  leftAtMs: number;
}

let left: Left | undefined;

export interface PagesInView extends Pages {
  isLoading: boolean;
  /** Ask for the next page, unless one is on its way, the last is here, or one failed. */
  more(): void;
  retry(): void;
  /** Begin again with the newest decisions. */
  reload(): void;
}

/** @param query  the filter as a query string of the API, '' for all documents @param isWanted  false: nothing is asked */
export function usePages(query: string, isWanted = true): PagesInView {
  const [pages, setPages] = useState<Pages>(() => comeBack(query) ?? begin(query));
  const abort = useRef<AbortController | undefined>(undefined);
  const isMine = pages.query === query;
  const shown = isMine ? pages : begin(query); // P1

  const load = async (from: Pages) => {
    const mine = new AbortController();
    abort.current?.abort();
    abort.current = mine;
    const cursor = from.next === undefined || from.next === null ? '' : `&cursor=${encodeURIComponent(from.next)}`;
    try {
      const path = `results${query === '' ? '?' : `${query}&`}limit=${PAGE_ROWS}${cursor}`;
      const page = await getJson<{ results: Decision[]; next: string | null }>(path, mine.signal);
      const rows = [...from.rows, ...page.results.map(toListRow)];
      setPages({ query, rows, next: page.next, error: undefined });
    } catch (error) {
      if (mine.signal.aborted) return;
      const reason = error instanceof ApiError ? error : new ApiError(0, { detail: String(error) });
      setPages({ ...from, query, error: reason });
    } finally {
      if (abort.current === mine) abort.current = undefined;
    }
  };

  // A filter is loaded once, when it is first shown.
  useEffect(() => {
    if (isWanted && shown.next === undefined) void load(shown);
    return () => {
      abort.current?.abort();
      abort.current = undefined;
    };
  }, [query]);

  const newest = useRef(shown);
  newest.current = shown;
  useEffect(() => {
    const { scrollY } = left?.query === newest.current.query ? left : { scrollY: 0 };
    if (scrollY > 0) requestAnimationFrame(() => scrollTo(0, scrollY));
    left = undefined;
    // The place is noted while scrolling: when the view goes, the next one has already moved the window.
    let place = scrollY;
    const { pathname } = location;
    const note = () => {
      if (location.pathname === pathname) place = window.scrollY;
    };
    addEventListener('scroll', note, { passive: true });
    return () => {
      removeEventListener('scroll', note);
      if (newest.current.next !== undefined) left = { ...newest.current, scrollY: place, leftAtMs: Date.now() };
    };
  }, []);

  return {
    ...shown,
    isLoading: shown.error === undefined && (shown.next === undefined || abort.current !== undefined),
    more() {
      if (isMine && shown.next && shown.error === undefined && abort.current === undefined) void load(shown); // P2, P3
    },
    retry() {
      const again = { ...shown, error: undefined };
      setPages(again);
      void load(again);
    },
    reload() {
      const first = begin(query);
      setPages(first);
      void load(first);
    },
  };
}

const begin = (query: string): Pages => ({ query, rows: [], next: undefined, error: undefined });

function comeBack(query: string): Pages | undefined {
  return left?.query === query && Date.now() - left.leftAtMs < KEPT_MS ? left : undefined;
}
