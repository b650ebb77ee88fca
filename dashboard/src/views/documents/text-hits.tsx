// Documents by the words that stand in them, the best first, with the places. Text is text here: nothing of it becomes markup.
import { useState } from 'preact/hooks';
import type { SearchPage, SearchResult, TextFragment } from '../../../../shared/api/decisions.ts';
import { links } from '../../links.ts';
import { StatusBadge } from '../../parts/basics.tsx';
import { Empty, Show } from '../../parts/states.tsx';
import { useResource } from '../../resource.ts';
import { nameOf, shownPath } from '../../result-row.ts';
import { words } from '../../words/documents.ts';
import { apiQuery, type Filter } from './filter.ts';

const PAGE_HITS = 20;
/** While documents wait to be indexed. */
const WAITING_MS = 2000;

/** @param filter  with a text @param cursor  `next` of the page before */
export function TextHits({ filter, cursor }: { filter: Filter; cursor?: string }) {
  const [hasMore, setHasMore] = useState(false);
  const page = useResource<SearchPage>(
    `search${apiQuery(filter, { limit: PAGE_HITS, ...(cursor === undefined ? {} : { cursor }) })}`,
    (data) => (data !== undefined && data.waiting > 0 && cursor === undefined ? WAITING_MS : 0),
  );
  return (
    <Show resource={page} what={words.theDocuments}>
      {({ results, next, total, waiting }) => (
        <>
          {cursor === undefined && <Told total={total} waiting={waiting} />}
          {results.length > 0 && (
            <ol class="text-hits">
              {results.map((hit) => (
                <Hit key={hit.decision.documentId} hit={hit} />
              ))}
            </ol>
          )}
          {next !== null &&
            (hasMore ? (
              <TextHits key={next} filter={filter} cursor={next} />
            ) : (
              <button type="button" onClick={() => setHasMore(true)}>
                {words.moreHits}
              </button>
            ))}
        </>
      )}
    </Show>
  );
}

function Told({ total, waiting }: { total: number; waiting: number }) {
  if (total === 0 && waiting === 0)
    return (
      <Empty title={words.noMatch}>
        <p>{words.howToSearch}</p>
      </Empty>
    );
  return (
    <p class="dim" role="status">
      {words.found(total)}
      {waiting > 0 && ` · ${words.toBeIndexed(waiting)}`}
    </p>
  );
}

function Hit({ hit: { decision, foundIn, fragments } }: { hit: SearchResult }) {
  const { name, folder, archive } = nameOf(shownPath(decision), decision.archivePath);
  return (
    <li class="card text-hit">
      <p class="row">
        <a href={links.document(decision.documentId)}>{name}</a>
        <StatusBadge status={decision.status} />
        {decision.label !== null && <span>{decision.label}</span>}
      </p>
      <p class="dim">{[folder, archive].filter(Boolean).join('/')}</p>
      {fragments.map((fragment, i) => (
        <p key={i} class="fragment">
          <Fragment fragment={fragment} />
        </p>
      ))}
      {!foundIn.includes('text') && <p class="dim">{words.inReasons}</p>}
    </li>
  );
}

function Fragment({ fragment: { text, isBeginning, marks } }: { fragment: TextFragment }) {
  return (
    <>
      {isBeginning ? '' : '… '}
      {marks.map(([from, to], i) => [
        text.slice(marks[i - 1]?.[1] ?? 0, from),
        <mark key={from} class="quote">
          {text.slice(from, to)}
        </mark>,
      ])}
      {text.slice(marks.at(-1)?.[1] ?? 0)}
    </>
  );
}
