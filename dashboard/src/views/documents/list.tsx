// The list: a table of which only the rows in sight are in the page; on narrow screens each row is a card.
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { ResultSort } from '../../../../shared/api/decisions.ts';
import { when, whenThisYear } from '../../format.ts';
import { links } from '../../links.ts';
import { Confidence, StatusBadge } from '../../parts/basics.tsx';
import { problemOf } from '../../problem.ts';
import { words } from '../../words/documents.ts';
import { words as partsWords } from '../../words/parts.ts';
import { type Filter, sortOf, withField } from './filter.ts';
import type { ListRow, Why } from './list-row.ts';
import { planVisibleRows, rowAfterKey, type Viewport } from './visible-rows.ts';

/** Heights are fixed, in the style sheet as well: what is not in the page must not be measured. */
const ROW_HEIGHT = 58;
const CARD_HEIGHT = 148;
const NARROW = '(max-width: 760px)';

/** Upwards, and downwards where there is one. */
type Orders = readonly [ResultSort, ResultSort?];
const ORDERS = {
  byPath: ['path'],
  byLabel: ['label'],
  byConfidence: ['unsure', 'sure'],
  byTime: ['oldest', 'newest'],
} as const satisfies Record<string, Orders>;

interface ListProps {
  rows: readonly ListRow[];
  /** Documents of the filter, loaded or not; undefined while unknown. */
  total: number | undefined;
  filter: Filter;
  onNearEnd: () => void;
}

export function DocumentList({ rows, total, filter, onNearEnd }: ListProps) {
  const body = useRef<HTMLTableSectionElement>(null);
  const { view, isNarrow } = useViewport(body);
  const [focused, setFocused] = useState(-1);
  const height = isNarrow ? CARD_HEIGHT : ROW_HEIGHT;
  const plan = planVisibleRows(rows.length, height, view, focused);
  const wanted = useRef(-1);
  useLayoutEffect(() => {
    if (plan.isNearEnd) onNearEnd();
    if (wanted.current < 0) return;
    const link = body.current?.querySelector<HTMLElement>(`[data-row="${wanted.current}"] a`);
    wanted.current = -1;
    link?.focus({ preventScroll: true });
    link?.closest('tr')?.scrollIntoView({ block: 'nearest' });
  });
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || focused < 0) return;
    const next = rowAfterKey(event.key, focused, rows.length, Math.max(1, Math.floor(view.height / height) - 2));
    if (next === undefined) return;
    event.preventDefault();
    wanted.current = next;
    setFocused(next);
  };
  return (
    <table class="documents" aria-rowcount={total === undefined ? -1 : total + 1} aria-label={words.title}>
      <thead>
        <tr aria-rowindex={1}>
          <SortHead name={words.document} filter={filter} orders={ORDERS.byPath} />
          <SortHead name={words.label} filter={filter} orders={ORDERS.byLabel} />
          <SortHead name={words.confidence} filter={filter} orders={ORDERS.byConfidence} />
          <th scope="col">{words.status}</th>
          <th scope="col">{words.decidedBy}</th>
          <th scope="col">{words.why}</th>
          <SortHead name={words.decided} filter={filter} orders={ORDERS.byTime} />
        </tr>
      </thead>
      <tbody
        ref={body}
        onKeyDown={onKeyDown}
        onFocusIn={(event) => setFocused(rowIndexOf(event.target))}
        onFocusOut={() => {
          if (wanted.current < 0) setFocused(-1);
        }}
      >
        {plan.rows.flatMap((index, i) => {
          const row = rows[index];
          const gap = plan.gapBefore[i] ?? 0;
          return [
            gap > 0 && <Gap key={`gap before ${index}`} height={gap * height} />,
            row && <Row key={`${row.documentId}/${row.runId}/${row.at}`} row={row} index={index} />,
          ];
        })}
        {plan.gapAfter > 0 && <Gap key="gap" height={plan.gapAfter * height} />}
      </tbody>
    </table>
  );
}

/** A column that orders the list: pressed once more it turns the order round, where it has another. */
function SortHead({ name, filter, orders: [up, down] }: { name: string; filter: Filter; orders: Orders }) {
  const sort = sortOf(filter);
  const state = sort === up ? 'ascending' : sort === down ? 'descending' : undefined;
  const next = down !== undefined && sort !== down ? down : up;
  return (
    <th scope="col" aria-sort={state}>
      <a
        class="sort"
        href={links.documents(withField(filter, 'sort', next === 'newest' ? undefined : next))}
        title={words.sorts[next]}
      >
        {name}
        <span aria-hidden="true" class={state === undefined ? 'sortable' : undefined}>
          {state === undefined ? ' ↕' : state === 'ascending' ? ' ↑' : ' ↓'}
        </span>
      </a>
    </th>
  );
}

function Row({ row, index }: { row: ListRow; index: number }) {
  return (
    <tr data-row={index} aria-rowindex={index + 2}>
      <td class="document">
        <a href={links.document(row.documentId)} title={[row.folder, row.archive, row.name].filter(Boolean).join('/')}>
          {row.archive !== '' && <span aria-hidden="true">▸ </span>}
          {row.why.kind === 'erased' ? partsWords.erased : row.name}
        </a>
        {row.folder + row.archive !== '' && (
          <span class="dim">{[row.folder, row.archive].filter(Boolean).join('/')}</span>
        )}
      </td>
      <td class="label">
        <div class="two-lines">{row.label ?? <span class="dim">{words.none}</span>}</div>
      </td>
      <td class="share">
        <Confidence value={row.confidence} />
      </td>
      <td class="status">
        <StatusBadge status={row.status} />
      </td>
      <td class="by">
        {row.decidedBy === null ? <span class="dim">–</span> : (partsWords.deciders[row.decidedBy] ?? row.decidedBy)}
      </td>
      <td class="why">
        <div class="two-lines">
          {row.why.kind === 'quote' ? <q>{row.why.text}</q> : saidOf(row.why) || <span class="dim">–</span>}
        </div>
      </td>
      <td class="at">
        <time class="two-lines" dateTime={row.at} title={when(row.at)}>
          {timeOf(row.at)}
        </time>
      </td>
    </tr>
  );
}

function saidOf({ kind, text, code }: Why): string {
  if (kind === 'erased' || kind === 'human' || kind === 'copy') return words.reasons[kind];
  return kind === 'message' ? problemOf(code ?? null, text).message : text;
}

/** Without the year while it is this one. */
function timeOf(iso: string): string {
  const at = new Date(iso);
  return at.getFullYear() === new Date().getFullYear() ? whenThisYear(iso) : when(iso);
}

const Gap = ({ height }: { height: number }) => (
  <tr class="gap" inert>
    {/* One column wide: more than are shown would make columns of their own. */}
    <td style={{ height: `${height}px` }} />
  </tr>
);

function rowIndexOf(target: EventTarget | null): number {
  const row = target instanceof Element ? target.closest<HTMLElement>('[data-row]') : null;
  return row === null ? -1 : Number(row.dataset.row);
}

/** Where the window stands over the list; renewed once a frame while scrolling. */
function useViewport(body: { readonly current: HTMLElement | null }): { view: Viewport; isNarrow: boolean } {
  const [state, setState] = useState({ view: { scrolled: 0, height: innerHeight }, isNarrow: false });
  useLayoutEffect(() => {
    let frame = 0;
    const measure = () => {
      frame = 0;
      const top = body.current?.getBoundingClientRect().top ?? 0;
      setState({ view: { scrolled: -top, height: innerHeight }, isNarrow: matchMedia(NARROW).matches });
    };
    const soon = () => {
      if (frame === 0) frame = requestAnimationFrame(measure);
    };
    measure();
    addEventListener('scroll', soon, { passive: true });
    addEventListener('resize', soon);
    return () => {
      cancelAnimationFrame(frame);
      removeEventListener('scroll', soon);
      removeEventListener('resize', soon);
    };
  }, [body]);
  return state;
}
