// All decisions: found by words and filters, counted by facets, scrolled without an end, saved as a file.
import { useMemo, useRef, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import '../../style/documents.css';
import '../../style/marked-text.css';
import type { ResultFacets } from '../../../shared/api/insights.ts';

import { count } from '../format.ts';
import { links } from '../links.ts';
import { Empty, ErrorNote, Loading } from '../parts/states.tsx';
import { useTitle } from '../parts/title.ts';
import { problemOf } from '../problem.ts';
import { useResource } from '../resource.ts';
import { canReview } from '../session.ts';
import { words } from '../words/documents.ts';
import { FacetPanel } from './documents/facets.tsx';
import { apiQuery, type Filter, readFilter, sortOf, withField } from './documents/filter.ts';
import { Chips, Export, FilterFields, SearchBox, SortField } from './documents/filter-bar.tsx';
import { DocumentList } from './documents/list.tsx';
import { type PagesInView, usePages } from './documents/pages.ts';
import { TextHits } from './documents/text-hits.tsx';
import { DecideMany } from './many/decide-many.tsx';

const FACETS_POLL_MS = 15_000;
const WIDE = '(min-width: 1180px)';

export function DocumentsView() {
  useTitle(words.title);
  const text = useOwnQuery();
  const filter = useMemo(() => readFilter(JSON.parse(text) as Record<string, string>), [text]);
  const asked = apiQuery(filter);
  const isByText = filter.text !== undefined;
  const isSelecting = filter.select !== undefined && canReview.value;
  const sort = sortOf(filter);
  const pages = usePages(apiQuery(filter, sort === 'newest' ? {} : { sort }), !isByText && !isSelecting);
  const facets = useResource<ResultFacets>(`results/facets${asked}`, FACETS_POLL_MS);
  const [isWide] = useState(() => matchMedia(WIDE).matches);
  const isFiltered = asked !== '';
  return (
    <>
      <div class="view-head">
        <h1>{words.title}</h1>
        <span class="row">
          {canReview.value && (
            <a
              class="button"
              aria-current={isSelecting ? 'true' : undefined}
              href={links.documents(withField(filter, 'select', isSelecting ? undefined : '1'))}
            >
              {isSelecting ? words.backToList : words.decideMany}
            </a>
          )}
          <Export filter={filter} />
        </span>
      </div>
      <div class="documents-bar">
        <SearchBox filter={filter} />
        {canReview.value && <SearchBox filter={filter} kind="text" />}
        {!isSelecting && !isByText && <SortField filter={filter} />}
        {!isSelecting && <Shown pages={pages} total={facets.data?.total} />}
        <details class="documents-filters">
          <summary>{words.filters}</summary>
          <FilterFields filter={filter} />
        </details>
      </div>
      <Chips filter={filter} />
      <div class="documents-columns">
        <aside aria-label={words.counts}>
          <details open={isWide}>
            <summary>{words.counts}</summary>
            {facets.data !== undefined ? (
              <FacetPanel facets={facets.data} filter={filter} />
            ) : facets.error !== undefined ? (
              <p class="dim">{words.noCounts(problemOf(facets.error.code, facets.error.message).message)}</p>
            ) : (
              <Loading what={words.theCounts} />
            )}
          </details>
        </aside>
        <div class="documents-list">
          {isSelecting ? (
            <DecideMany key={asked} filter={filter} onDecided={facets.reload} />
          ) : isByText ? (
            <TextHits key={asked} filter={filter} />
          ) : (
            <List pages={pages} total={facets.data?.total} isFiltered={isFiltered} filter={filter} />
          )}
        </div>
      </div>
    </>
  );
}

/** The query of this view, as JSON. While the next view is being loaded, the address is its own already. */
function useOwnQuery(): string {
  const { path, query } = useLocation();
  const own = useRef('{}');
  if (path === links.documents()) own.current = JSON.stringify(query);
  return own.current;
}

interface ListProps {
  pages: PagesInView;
  total: number | undefined;
  isFiltered: boolean;
  filter: Filter;
}

function List({ pages, total, isFiltered, filter }: ListProps) {
  const { rows, next, error, isLoading } = pages;
  if (rows.length === 0) {
    if (error !== undefined) return <ErrorNote error={error} onRetry={pages.retry} />;
    if (next === undefined) return <Loading what={words.theDocuments} />;
    return isFiltered ? (
      <Empty title={words.noMatch}>
        <p>
          {words.removeFilter((text) => (
            <a href={links.documents()}>{text}</a>
          ))}
        </p>
      </Empty>
    ) : (
      <Empty title={words.noneYet}>
        <p>
          {words.dropOne((text) => (
            <a href={links.runs}>{text}</a>
          ))}
        </p>
      </Empty>
    );
  }
  return (
    <>
      <DocumentList rows={rows} total={total} filter={filter} onNearEnd={pages.more} />
      {error !== undefined && <ErrorNote error={error} onRetry={pages.retry} />}
      {error === undefined && next !== null && isLoading && <Loading what={words.moreDocuments} />}
      {next === null && rows.length > 20 && <p class="dim documents-end">{words.thatIsAll}</p>}
    </>
  );
}

/** How much of the list is here, and whether it is still the newest. */
function Shown({ pages, total }: { pages: PagesInView; total: number | undefined }) {
  const { rows, next } = pages;
  if (next === undefined) return <p class="dim" role="status" />;
  const all = next === null ? rows.length : total;
  const isStale = next === null && total !== undefined && total > rows.length;
  return (
    <p class="dim" role="status">
      {words.shown(count(rows.length), all === undefined ? undefined : count(all))}
      {isStale && (
        <>
          {' · '}
          <button type="button" class="quiet" onClick={pages.reload}>
            {words.newer(total - rows.length)}
          </button>
        </>
      )}
    </p>
  );
}
