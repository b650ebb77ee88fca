// What was decided last, with a way back, and what did not go as it should. Read out as it changes.
import { fullPath } from '../../format.ts';
import { nameOf } from '../../result-row.ts';
import { words } from '../../words/review.ts';
import { dispatch, queue, UNDO_MS } from './use-queue.ts';

export function StatusLine({ onUndo }: { onUndo: () => void }) {
  const { held, message, unsent, past, items, at } = queue.value;
  const focus = items[at];
  const said =
    held !== undefined ? `${held.label}: ${nameOf(held.item.path, held.item.archivePath).name}` : message?.text;
  const tone = held !== undefined ? 'good' : (message?.tone ?? 'plain');
  const isShown = said !== undefined || focus !== undefined || past.length > 0;
  return (
    <>
      {isShown && (
        <div class={`status-line ${tone}`} style={{ '--undo-ms': `${UNDO_MS}ms` }}>
          <p key={held?.item.documentId ?? 'message'} class={held === undefined ? '' : 'held'}>
            {said ?? <span class="dim">{words.chooseBelow}</span>}
          </p>
          {(held !== undefined || past.length > 0) && (
            <button type="button" class="quiet" onClick={onUndo}>
              {words.undo} <kbd>U</kbd>
            </button>
          )}
        </div>
      )}
      {unsent.length > 0 && (
        <div class="note warn row unsent-note" role="alert">
          <span>{words.notStored(unsent.length)}</span>
          <button type="button" onClick={() => dispatch({ kind: 'retried' })}>
            {words.sendAgain}
          </button>
        </div>
      )}
      <p class="visually-hidden" aria-live="polite">
        {said === undefined ? '' : `${said.replace(/\.$/, '')}. `}
        {focus === undefined ? '' : words.nextSaid(fullPath(focus.path, focus.archivePath), focus.label)}
      </p>
    </>
  );
}
