// What became of the last decisions, with one way back for all of them, and by name which documents were left as they are.
import { links } from '../../links.ts';
import { ErrorNote } from '../../parts/states.tsx';
import { problemOf } from '../../problem.ts';
import { words } from '../../words/many.ts';
import { type Given, given, type Refused, underWay } from './given.ts';

const SHOWN = 10;

export function GivenNote({ onUndo }: { onUndo: () => void }) {
  const last = given.value;
  if (last === undefined) return null;
  const { batches, refused, error } = last;
  return (
    <div class={`note ${refused.length > 0 || error !== undefined ? 'warn' : 'good'} many-given`}>
      <p class="row" role="status">
        <span>{saidOf(last).join(' ')}</span>
        {batches.length > 0 && (
          <button type="button" disabled={underWay.value !== undefined} onClick={onUndo}>
            {words.undo} <kbd class="keys-only">U</kbd>
          </button>
        )}
      </p>
      {refused.length > 0 && <LeftOut refused={refused} />}
      {error !== undefined && <ErrorNote error={error} />}
    </div>
  );
}

function saidOf({ label, decided, unchanged, unsure, unsent, undone, batches }: Given): string[] {
  if (undone !== undefined) return [words.takenBack(undone), ...(batches.length > 0 ? [words.undoAgain] : [])];
  return [
    ...(decided > 0 || unsure === 0 ? [words.got(decided, label)] : []),
    ...(unchanged > 0 ? [words.had(unchanged)] : []),
    ...(unsure > 0 ? [words.unsure(unsure)] : []),
    ...(unsent > 0 ? [words.unsent(unsent)] : []),
  ];
}

function LeftOut({ refused }: { refused: readonly Refused[] }) {
  return (
    <>
      <p>{words.leftOut(refused.length)}</p>
      <ul>
        {refused.slice(0, SHOWN).map(({ documentId, name, code, message }) => (
          <li key={documentId}>
            <a href={links.document(documentId)}>{name}</a> {problemOf(code, message).message}
          </li>
        ))}
        {refused.length > SHOWN && <li>{words.andMore(refused.length - SHOWN)}</li>}
      </ul>
    </>
  );
}
