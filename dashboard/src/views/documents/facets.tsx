// How the documents of a filter spread over labels, outcomes, deciders, codes and types; each count is a link to those documents.
import type { ResultFacets } from '../../../../shared/api/insights.ts';

import { count } from '../../format.ts';
import { links } from '../../links.ts';
import { words } from '../../words/documents.ts';
import { words as partsWords } from '../../words/parts.ts';
import { type Field, type Filter, withField } from './filter.ts';

interface Group {
  title: string;
  field: Field;
  entries: readonly { value: string; documents: number }[];
}

const SHOWN = 8;

export function FacetPanel({ facets, filter }: { facets: ResultFacets; filter: Filter }) {
  const groups: Group[] = [
    { title: words.status, field: 'status', entries: entriesOf(facets.statuses, 'status') },
    { title: words.label, field: 'label', entries: entriesOf(facets.labels, 'label') },
    { title: words.decidedBy, field: 'decidedBy', entries: entriesOf(facets.decidedBy, 'decidedBy') },
    { title: words.code, field: 'code', entries: entriesOf(facets.codes, 'code') },
    { title: words.type, field: 'mediaType', entries: entriesOf(facets.mediaTypes, 'mediaType') },
  ];
  return (
    <>
      {groups
        .filter(({ entries }) => entries.length > 0)
        .map((group) => (
          <FacetGroup key={group.field} group={group} filter={filter} total={facets.total} />
        ))}
    </>
  );
}

function FacetGroup({ group: { title, field, entries }, filter, total }: FacetGroupProps) {
  const shown = entries.slice(0, SHOWN);
  const rest = entries.slice(SHOWN);
  const list = (some: Group['entries']) => (
    <ul>
      {some.map(({ value, documents }) => {
        const isOn = filter[field] === value;
        return (
          <li key={value}>
            <a
              href={links.documents(withField(filter, field, isOn ? undefined : value))}
              aria-current={isOn ? 'true' : undefined}
              title={isOn ? words.showOthers : undefined}
            >
              <span class="facet-share" style={{ width: `${total === 0 ? 0 : (documents / total) * 100}%` }} />
              <span class="facet-name">
                {isOn && <span aria-hidden="true">✓ </span>}
                {nameOf(field, value)}
              </span>
              <span class="facet-count">{count(documents)}</span>
            </a>
          </li>
        );
      })}
    </ul>
  );
  return (
    <section class="facet">
      <h2>{title}</h2>
      {list(shown)}
      {rest.length > 0 && (
        <details>
          <summary>{words.more(rest.length)}</summary>
          {list(rest)}
        </details>
      )}
    </section>
  );
}

/** Words for what the API names; data stays as it is. */
function nameOf(field: Field, value: string): string {
  if (field === 'status') return partsWords.status[value] ?? value;
  return field === 'decidedBy' ? (partsWords.deciders[value] ?? value) : value;
}

interface FacetGroupProps {
  group: Group;
  filter: Filter;
  total: number;
}

const entriesOf = <K extends string>(
  list: readonly ({ documents: number } & { [key in K]: string })[],
  key: K,
): Group['entries'] => list.map((entry) => ({ value: entry[key], documents: entry.documents }));
