// Search, filter fields, what is set as removable chips, and the same documents as a file.
import { useEffect, useRef, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import type { DecisionHistory } from '../../../../shared/api/answers.ts';
import { getBlob } from '../../api.ts';
import { when } from '../../format.ts';
import { links } from '../../links.ts';
import { useResource } from '../../resource.ts';
import { nameOf, shownPath } from '../../result-row.ts';
import { saveBlob } from '../../save.ts';
import { labels } from '../../session.ts';
import { toastError } from '../../toasts.tsx';
import { words } from '../../words/documents.ts';
import { words as partsWords } from '../../words/parts.ts';
import { useRunName } from '../runs/run-link.tsx';
import {
  apiQuery,
  chipsOf,
  dateOf,
  type Field,
  type Filter,
  momentOf,
  SORTS,
  shareOf,
  sortOf,
  withField,
} from './filter.ts';

const TYPING_MS = 250;

/** A field of words that are looked for while they are typed. @param kind  the part of the filter they are */
export function SearchBox({ filter, kind: field = 'search' }: { filter: Filter; kind?: 'search' | 'text' }) {
  const { route } = useLocation();
  const [text, setText] = useState(filter[field] ?? '');
  const typed = useRef(filter[field] ?? '');
  useEffect(() => {
    // The address changed by itself: a chip was removed, or the viewer went back.
    if ((filter[field] ?? '') !== typed.current) {
      typed.current = filter[field] ?? '';
      setText(typed.current);
    }
  }, [filter[field]]);
  useEffect(() => {
    const trimmed = text.trim();
    if (trimmed === typed.current) return;
    const timer = setTimeout(() => {
      typed.current = trimmed;
      route(links.documents(withField(filter, field, trimmed)), true);
    }, TYPING_MS);
    return () => clearTimeout(timer);
  }, [text, filter, route]);
  return (
    <search>
      <form onSubmit={(event) => event.preventDefault()}>
        <input
          type="search"
          aria-label={words.searches[field].label}
          placeholder={words.searches[field].placeholder}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </form>
    </search>
  );
}

export function Chips({ filter }: { filter: Filter }) {
  const run = useRunName(filter.run ?? '');
  const like = useDocumentName(filter.like);
  const named = { ...(filter.run === undefined ? {} : { run }), ...(like === undefined ? {} : { like }) };
  const chips = chipsOf({ ...filter, ...named }, when);
  if (chips.length === 0) return null;
  return (
    <ul class="chips" aria-label={words.filtersSet}>
      {chips.map(({ field, name, value }) => (
        <li key={field}>
          <span class="chip">
            <span class="dim">{name}</span> {value}
            <a href={links.documents(withField(filter, field, undefined))} aria-label={words.remove(name, value)}>
              ×
            </a>
          </span>
        </li>
      ))}
      {chips.length > 1 && (
        <li>
          <a href={links.documents(filter.select === undefined ? {} : { select: filter.select })}>{words.removeAll}</a>
        </li>
      )}
    </ul>
  );
}

/** What people call a document; its id while that is being read. */
function useDocumentName(documentId: string | undefined): string | undefined {
  const path = documentId === undefined ? null : `results/${encodeURIComponent(documentId)}`;
  const { latest } = useResource<DecisionHistory>(path).data ?? {};
  return latest === undefined ? documentId?.slice(0, 12) : nameOf(shownPath(latest), latest.archivePath).name;
}

export function FilterFields({ filter }: { filter: Filter }) {
  const { route } = useLocation();
  const set = (field: Field, value: string | undefined) => route(links.documents(withField(filter, field, value)));
  const percent = (field: ShareField) =>
    filter[field] === undefined ? '' : String(Math.round(Number(filter[field]) * 1000) / 10);
  const choice = (name: string, field: Field, values: readonly (readonly [value: string, name: string])[]) => (
    <label>
      {name}
      <select value={filter[field] ?? ''} onChange={(event) => set(field, event.currentTarget.value)}>
        <option value="">{words.any}</option>
        {values.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
  const same = (values: readonly string[]) => values.map((value) => [value, value] as const);
  const named = (values: readonly string[], names: Readonly<Record<string, string>>) =>
    values.map((value) => [value, names[value] ?? value] as const);
  const text = (name: string, field: Field, placeholder: string) => (
    <label>
      {name}
      <input
        type="text"
        value={filter[field] ?? ''}
        placeholder={placeholder}
        onChange={(event) => set(field, event.currentTarget.value.trim())}
      />
    </label>
  );
  const share = (name: string, field: ShareField, placeholder = '%') => (
    <label>
      {name}
      <input
        type="number"
        min="0"
        max="100"
        step="any"
        value={percent(field)}
        placeholder={placeholder}
        onChange={(event) => set(field, shareOf(event.currentTarget.value))}
      />
    </label>
  );
  const date = (name: string, field: 'from' | 'to', dayOffset: 0 | 1) => (
    <label>
      {name}
      <input
        type="date"
        value={dateOf(filter[field], dayOffset)}
        onChange={(event) => set(field, momentOf(event.currentTarget.value, dayOffset))}
      />
    </label>
  );
  return (
    <div class="fields">
      {choice(words.label, 'label', same(labels.value))}
      {choice(words.status, 'status', named(['labelled', 'review', 'failed'], partsWords.status))}
      {choice(
        words.decidedBy,
        'decidedBy',
        named(['model', 'encoder', 'llm', 'duplicate', 'human'], partsWords.deciders),
      )}
      {text(words.run, 'run', 'run-…')}
      {text(words.code, 'code', 'extract.corrupt')}
      {text(words.pathBegins, 'path', 'folder/')}
      {text(words.mediaType, 'mediaType', 'application/pdf')}
      {date(words.decidedFrom, 'from', 0)}
      {date(words.decidedUntil, 'to', 1)}
      {share(words.confidenceFrom, 'minConfidence')}
      {share(words.confidenceUpTo, 'maxConfidence')}
      {filter.like !== undefined && share(words.alikeFrom, 'similarity', String(SIMILARITY * 100))}
    </div>
  );
}

type ShareField = 'minConfidence' | 'maxConfidence' | 'similarity';
/** Where nothing is said (shared/api/decisions.ts). */
const SIMILARITY = 0.4;

const FORMATS = ['csv', 'json', 'parquet'] as const;
type Format = (typeof FORMATS)[number];

/** Exactly what the filter shows, all of it, with every column of table `results`. */
export function Export({ filter }: { filter: Filter }) {
  const [busy, setBusy] = useState<Format | undefined>(undefined);
  const save = async (format: Format) => {
    setBusy(format);
    try {
      saveBlob(await getBlob(`results/export${apiQuery(filter, { format })}`), `documents.${format}`);
    } catch (error) {
      toastError(error);
    } finally {
      setBusy(undefined);
    }
  };
  return (
    <span class="row export">
      <span class="dim">{words.exportAs}</span>
      {FORMATS.map((format) => (
        <button
          key={format}
          type="button"
          aria-label={words.exports[format]}
          disabled={busy !== undefined}
          onClick={() => void save(format)}
        >
          {busy === format ? words.preparing : words.formats[format]}
        </button>
      ))}
    </span>
  );
}

export function SortField({ filter }: { filter: Filter }) {
  const { route } = useLocation();
  return (
    <select
      aria-label={words.sort}
      value={sortOf(filter)}
      onChange={(event) => {
        const { value } = event.currentTarget;
        route(links.documents(withField(filter, 'sort', value === 'newest' ? undefined : value)), true);
      }}
    >
      {SORTS.map((sort) => (
        <option key={sort} value={sort}>
          {words.sorts[sort]}
        </option>
      ))}
    </select>
  );
}
