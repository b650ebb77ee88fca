// What can be done with the document in focus: the proposals, every label with its key, a note, and the commands.
import type { RefObject } from 'preact';
import { useState } from 'preact/hooks';
import { sure } from '../../format.ts';
import { Meter } from '../../parts/basics.tsx';
import { labels } from '../../session.ts';
import { words as partsWords } from '../../words/parts.ts';
import { words } from '../../words/review.ts';
import { labelsWith } from './find-label.ts';
import type { Command } from './keys.ts';
import { LabelSearch, MANY_LABELS } from './label-search.tsx';
import type { Waiting } from './queue.ts';
import { dispatch, queue } from './use-queue.ts';

interface LabelPanelProps {
  item: Waiting;
  keys: ReadonlyMap<string, string>;
  /** What Enter accepts. */
  proposed: string | undefined;
  noteField: RefObject<HTMLTextAreaElement | null>;
  onCommand: (command: Command) => void;
}

const PROPOSALS = 3;

export function LabelPanel({ item, keys, proposed, noteField, onCommand }: LabelPanelProps) {
  const proposals = proposalsOf(item, proposed);
  const [typed, setTyped] = useState('');
  const hasMany = labels.value.length >= MANY_LABELS;
  const shown = hasMany ? labelsWith(labels.value, typed) : labels.value;
  const choose = (label: string) => (event: Event) => {
    // The next document is on screen by the time Enter is pressed again: it must not press this button.
    if (event.currentTarget instanceof HTMLElement) event.currentTarget.blur();
    setTyped('');
    onCommand({ kind: 'label', label });
  };
  return (
    <section class="card review-panel" aria-label={words.decide}>
      {proposals.length > 0 && (
        <>
          <h3>{proposed === undefined ? words.likely : words.proposed}</h3>
          <ul class="proposals">
            {proposals.map(({ label, share }) => (
              <li key={label}>
                <button type="button" class={label === proposed ? 'primary' : ''} onClick={choose(label)}>
                  <kbd>{label === proposed ? '↵' : (keys.get(label)?.toUpperCase() ?? '')}</kbd>
                  <span class="label-name">{label}</span>
                  {share !== undefined && (
                    <span class="share">
                      <Meter value={share} label={partsWords.confidence(sure(share))} />
                      <span>{sure(share)}</span>
                    </span>
                  )}
                </button>
              </li>
            ))}
          </ul>
        </>
      )}
      <h3>{words.allLabels}</h3>
      {labels.value.length === 0 && <p class="dim">{words.noTaxonomy}</p>}
      {hasMany && (
        <LabelSearch typed={typed} found={shown} onType={setTyped} onFirst={(label, event) => choose(label)(event)} />
      )}
      <ul class={`labels${hasMany ? ' many-labels' : ''}`}>
        {shown.map((label) => (
          <li key={label}>
            <button type="button" onClick={choose(label)}>
              {keys.has(label) && <kbd>{keys.get(label)?.toUpperCase()}</kbd>}
              <span class="label-name">{label}</span>
            </button>
          </li>
        ))}
      </ul>
      <label>
        <span>
          {words.note} <kbd>N</kbd>
        </span>
        <textarea
          ref={noteField}
          rows={2}
          maxLength={2000}
          placeholder={words.noteHint}
          value={queue.value.notes[item.documentId] ?? ''}
          onInput={(event) => dispatch({ kind: 'noted', text: event.currentTarget.value })}
          onKeyDown={(event) => {
            if (event.key === 'Escape') event.currentTarget.blur();
          }}
        />
      </label>
      <div class="commands">
        <CommandButton name={words.skip} keyName="S" onPress={() => onCommand({ kind: 'skip' })} />
        <CommandButton name={words.previous} keyName="K" onPress={() => onCommand({ kind: 'previous' })} />
        <CommandButton name={words.next} keyName="J" onPress={() => onCommand({ kind: 'next' })} />
        <CommandButton name={words.open} keyName="D" onPress={() => onCommand({ kind: 'open' })} />
        <CommandButton name={words.likeThis} keyName="L" onPress={() => onCommand({ kind: 'like' })} />
      </div>
    </section>
  );
}

function CommandButton({ name, keyName, onPress }: { name: string; keyName: string; onPress: () => void }) {
  return (
    <button
      type="button"
      onClick={(event) => {
        event.currentTarget.blur();
        onPress();
      }}
    >
      {name} <kbd>{keyName}</kbd>
    </button>
  );
}

/** The best guess first, then the model's others; the LLM's guess may be none of those. */
function proposalsOf(item: Waiting, proposed: string | undefined): { label: string; share: number | undefined }[] {
  const others = item.topLabels
    .filter(({ label }) => label !== proposed)
    .map(({ label, probability }) => ({ label, share: probability as number | undefined }));
  if (proposed === undefined) return others.slice(0, PROPOSALS);
  const share = item.confidence ?? item.topLabels.find(({ label }) => label === proposed)?.probability;
  return [{ label: proposed, share }, ...others].slice(0, PROPOSALS);
}
