// Many documents at once: those of a filter, or those like one, as pictures; chosen, given a label, and taken back as one.
// Invariant: D1 how many get which label is said before it is done, and it is done by a press of its own.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import '../../../style/many.css';
import { links } from '../../links.ts';
import { Empty, ErrorNote, Loading } from '../../parts/states.tsx';
import { labels } from '../../session.ts';
import { words } from '../../words/many.ts';
import type { Filter } from '../documents/filter.ts';
import { commandOf, keysOf } from '../review/keys.ts';
import { placeOf, pressOf } from '../review/press.ts';
import { allOf, type Chosen, chosenOf, peoplesOf, toggled, withRange } from './choice.ts';
import { decideMany, recallGiven, underWay, undoGiven } from './given.ts';
import { GivenNote } from './given-note.tsx';
import { LabelBar } from './label-bar.tsx';
import { TileGrid } from './tile-grid.tsx';
import { MOST_CANDIDATES, useCandidates } from './use-candidates.ts';

interface DecideManyProps {
  filter: Filter;
  /** Something was decided or taken back. */
  onDecided: () => void;
}

const NOBODY: Chosen = new Set();

recallGiven(sessionStorage);

export function DecideMany({ filter, onDecided }: DecideManyProps) {
  const [round, setRound] = useState(0);
  const { candidates, isWhole, isCut, waiting, error } = useCandidates(filter, round);
  const [chosen, setChosen] = useState(NOBODY);
  const [label, setLabel] = useState<string | undefined>(undefined);
  const lastAt = useRef(0);
  const keys = useMemo(() => keysOf(labels.value), [labels.value]);
  const picked = chosenOf(candidates, chosen);
  const again = (work: Promise<void>) =>
    void work.then(() => {
      setChosen(NOBODY);
      setRound((n) => n + 1);
      onDecided();
    });
  const decide = () => {
    if (label !== undefined && picked.length > 0 && underWay.value === undefined) again(decideMany(label, picked));
  };
  const undo = () => {
    if (underWay.value === undefined) again(undoGiven());
  };
  const choose = (at: number, isRange: boolean) => {
    const one = candidates[at];
    if (one === undefined) return;
    setChosen((was) => (isRange ? withRange(was, candidates, lastAt.current, at) : toggled(was, one.documentId)));
    lastAt.current = at;
  };
  const chooseAll = () => setChosen(allOf(candidates));
  useKeys((event) => {
    const on = isTick(event.target) ? 'page' : placeOf(event.target);
    const isAll = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'a' && on !== 'text';
    const command = commandOf({ ...pressOf(event), on }, keys);
    if (isAll) chooseAll();
    else if (event.key === 'Escape' && on !== 'text') setChosen(NOBODY);
    else if (command?.kind === 'label') setLabel(command.label);
    else if (command?.kind === 'accept') decide();
    else if (command?.kind === 'undo') undo();
    else return;
    event.preventDefault();
  });
  const byPeople = peoplesOf(candidates);
  const free = candidates.length - byPeople.length;
  return (
    <section class="many" aria-label={words.title}>
      <GivenNote onUndo={undo} />
      {error !== undefined && <ErrorNote error={error} onRetry={() => setRound((n) => n + 1)} />}
      {waiting > 0 && (
        <p class="note" role="status">
          {words.indexing}
        </p>
      )}
      {candidates.length > 0 && (
        <>
          <div class="many-head">
            <p role="status">
              {isWhole ? words.fit(candidates.length) : words.loaded(candidates.length)} ·{' '}
              <strong>{words.chosen(picked.length)}</strong>
            </p>
            <button type="button" disabled={!isWhole || free === 0} onClick={chooseAll}>
              {words.chooseAll(free)} <kbd class="keys-only">Ctrl A</kbd>
            </button>
            <button type="button" disabled={picked.length === 0} onClick={() => setChosen(NOBODY)}>
              {words.chooseNone} <kbd class="keys-only">Esc</kbd>
            </button>
          </div>
          <p class="dim keys-only">{words.howTo}</p>
          {isCut && <p class="note warn">{words.cut(MOST_CANDIDATES)}</p>}
          {byPeople.length > 0 && <p class="dim">{words.byPeople(byPeople.length)}</p>}
          <TileGrid candidates={candidates} chosen={chosen} onChoose={choose} />
          <LabelBar keys={keys} label={label} picked={picked} onLabel={setLabel} onDecide={decide} />
        </>
      )}
      {candidates.length === 0 &&
        error === undefined &&
        (isWhole ? <NoneFits /> : <Loading what={words.theDocuments} />)}
    </section>
  );
}

const NoneFits = () => (
  <Empty title={words.noneFits}>
    <p>
      <a href={links.documents({ select: '1' })}>{words.narrow}</a>
    </p>
  </Empty>
);

const isTick = (target: EventTarget | null): boolean =>
  target instanceof HTMLInputElement && target.type === 'checkbox';

function useKeys(obey: (event: KeyboardEvent) => void): void {
  const newest = useRef(obey);
  newest.current = obey;
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (!event.defaultPrevented && document.querySelector('dialog[open]') === null) newest.current(event);
    };
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  }, []);
}
