// At the lower edge of the window: the labels with their keys, what is about to be done in words, and the press that does it.
import { useState } from 'preact/hooks';
import { Progress } from '../../parts/basics.tsx';
import { labels } from '../../session.ts';
import { words } from '../../words/many.ts';
import { labelsWith } from '../review/find-label.ts';
import { LabelSearch, MANY_LABELS } from '../review/label-search.tsx';
import { type Candidate, peoplesOf } from './choice.ts';
import { underWay } from './given.ts';

interface LabelBarProps {
  keys: ReadonlyMap<string, string>;
  label: string | undefined;
  picked: readonly Candidate[];
  onLabel: (label: string) => void;
  onDecide: () => void;
}

export function LabelBar({ keys, label, picked, onLabel, onDecide }: LabelBarProps) {
  const work = underWay.value;
  const [typed, setTyped] = useState('');
  const hasMany = labels.value.length >= MANY_LABELS;
  const found = hasMany ? labelsWith(labels.value, typed) : labels.value;
  // Enter decides then, and does not press the label again.
  const choose = (name: string, event: Event) => {
    if (event.currentTarget instanceof HTMLElement) event.currentTarget.blur();
    setTyped('');
    onLabel(name);
  };
  // Where labels are looked for, the one that is chosen stays in sight.
  const shown =
    label === undefined || !hasMany || typed !== '' ? found : [label, ...found.filter((name) => name !== label)];
  return (
    <div class="card many-bar">
      {labels.value.length === 0 && <p class="dim">{words.noTaxonomy}</p>}
      {hasMany && <LabelSearch typed={typed} found={found} onType={setTyped} onFirst={choose} />}
      <fieldset class="many-labels" disabled={work !== undefined}>
        <legend class="visually-hidden">{words.label}</legend>
        {shown.map((name) => (
          <button key={name} type="button" aria-pressed={name === label} onClick={(event) => choose(name, event)}>
            {keys.has(name) && <kbd>{keys.get(name)?.toUpperCase()}</kbd>} {name}
          </button>
        ))}
      </fieldset>
      {work !== undefined ? (
        <div class="many-work" role="status">
          <p>{work.kind === 'deciding' ? words.deciding(work.done, work.total) : words.undoing}</p>
          <Progress done={work.done} total={work.total} label={words.progress} />
        </div>
      ) : (
        <div class="many-go">
          <p role="status">
            <Said picked={picked} label={label} />
          </p>
          <button
            type="button"
            class="primary"
            disabled={label === undefined || picked.length === 0}
            onClick={(event) => {
              event.currentTarget.blur();
              onDecide();
            }}
          >
            {words.decide} <kbd class="keys-only">↵</kbd>
          </button>
        </div>
      )}
    </div>
  );
}

/** D1 of the view. */
function Said({ picked, label }: { picked: readonly Candidate[]; label: string | undefined }) {
  if (picked.length === 0) return <span class="dim">{words.chooseFirst}</span>;
  if (label === undefined) return <>{words.chooseLabel(picked.length)}</>;
  const corrected = peoplesOf(picked).length;
  return (
    <>
      {words.get(picked.length, label, (text) => (
        <strong>{text}</strong>
      ))}
      {corrected > 0 && <span class="warn-text">; {words.correct(corrected)}</span>}
    </>
  );
}
