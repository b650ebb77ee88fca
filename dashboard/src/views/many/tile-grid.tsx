// The documents as tiles that are ticked. One of them is reached by Tab, the others from it by the arrows.
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { percent } from '../../format.ts';
import { links } from '../../links.ts';
import { Badge, StatusBadge } from '../../parts/basics.tsx';
import { words } from '../../words/many.ts';
import { type Candidate, type Chosen, tileAfterKey } from './choice.ts';
import { Thumbnail } from './thumbnail.tsx';

/** Tiles that come into the page together, the next when their end comes near. */
const TILES_AT_ONCE = 60;

interface TileGridProps {
  candidates: readonly Candidate[];
  chosen: Chosen;
  /** @param isRange  and all from the one before */
  onChoose: (at: number, isRange: boolean) => void;
}

export function TileGrid({ candidates, chosen, onChoose }: TileGridProps) {
  const [most, setMost] = useState(TILES_AT_ONCE);
  const [focused, setFocused] = useState(0);
  const grid = useRef<HTMLUListElement>(null);
  const wanted = useRef<number | undefined>(undefined);
  const shown = candidates.slice(0, Math.max(most, focused + 1));
  const at = Math.min(focused, shown.length - 1);
  useLayoutEffect(() => {
    if (wanted.current === undefined) return;
    const tick = grid.current?.querySelector<HTMLInputElement>(`[data-tile="${wanted.current}"] input`);
    wanted.current = undefined;
    tick?.focus({ preventScroll: true });
    tick?.closest('li')?.scrollIntoView({ block: 'nearest' });
  });
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const next = tileAfterKey(event.key, at, candidates.length, columnsOf(grid.current));
    if (next === undefined) return;
    event.preventDefault();
    wanted.current = next;
    setFocused(next);
    if (event.shiftKey) onChoose(next, true);
  };
  return (
    <>
      <ul
        class="many-tiles"
        ref={grid}
        onKeyDown={onKeyDown}
        onFocusIn={(event) => {
          const tile = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-tile]') : null;
          if (tile !== null) setFocused(Number(tile.dataset.tile));
        }}
      >
        {shown.map((one, i) => (
          <Tile
            key={one.documentId}
            one={one}
            index={i}
            isChosen={chosen.has(one.documentId)}
            isReached={i === at}
            onChoose={onChoose}
          />
        ))}
      </ul>
      {shown.length < candidates.length && <End onNear={() => setMost((n) => n + TILES_AT_ONCE)} key={shown.length} />}
    </>
  );
}

interface TileProps {
  one: Candidate;
  index: number;
  isChosen: boolean;
  isReached: boolean;
  onChoose: TileGridProps['onChoose'];
}

function Tile({ one, index, isChosen, isReached, onChoose }: TileProps) {
  const { documentId, name, folder, archive, label, status, similarity, isByPerson } = one;
  return (
    <li class={`many-tile ${isChosen ? 'chosen' : ''}`} data-tile={index}>
      <label title={[folder, archive, name].filter(Boolean).join('/')}>
        <Thumbnail documentId={documentId} />
        <span class="many-name">
          <input
            type="checkbox"
            checked={isChosen}
            tabIndex={isReached ? 0 : -1}
            onClick={(event) => onChoose(index, event.shiftKey)}
          />
          <span>{name}</span>
        </span>
        <span class="many-facts">
          {status !== 'labelled' && <StatusBadge status={status} />}
          {label !== null && <span>{label}</span>}
          {isByPerson && <Badge tone="accent">{words.byPerson}</Badge>}
          {similarity !== null && <span class="dim">{words.alike(percent(similarity))}</span>}
        </span>
      </label>
      <a
        class="many-open"
        href={links.document(documentId)}
        tabIndex={isReached ? 0 : -1}
        aria-label={words.open(name)}
        title={words.open(name)}
      >
        ↗
      </a>
    </li>
  );
}

/** Tells once when it comes near. */
function End({ onNear }: { onNear: () => void }) {
  const mark = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const target = mark.current;
    if (target === null) return;
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && onNear(), { rootMargin: '800px' });
    observer.observe(target);
    return () => observer.disconnect();
  }, []);
  return <div ref={mark} class="many-end" />;
}

/** Tiles that stand beside the first. */
function columnsOf(grid: HTMLElement | null): number {
  const tiles = [...(grid?.children ?? [])].filter((tile): tile is HTMLElement => tile instanceof HTMLElement);
  const top = tiles[0]?.offsetTop;
  const other = tiles.findIndex((tile) => tile.offsetTop !== top);
  return Math.max(1, other === -1 ? tiles.length : other);
}
