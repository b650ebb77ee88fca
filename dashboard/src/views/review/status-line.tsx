// What was decided last, with a way back, and what did not go as it should. Read out as it changes.
import { count, fullPath } from '../../format.ts';
import { nameOf } from '../../result-row.ts';
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
            {said ?? <span class="dim">Choose a label for the document below.</span>}
          </p>
          {(held !== undefined || past.length > 0) && (
            <button type="button" class="quiet" onClick={onUndo}>
              Undo <kbd>U</kbd>
            </button>
          )}
        </div>
      )}
      {unsent.length > 0 && (
        <div class="note warn row" role="alert">
          <span>
            {count(unsent.length)} {unsent.length === 1 ? 'decision' : 'decisions'} could not be stored: the host does
            not answer. They are kept in this tab.
          </span>
          <button type="button" onClick={() => dispatch({ kind: 'retried' })}>
            Send again
          </button>
        </div>
      )}
      <p class="visually-hidden" aria-live="polite">
        {said === undefined ? '' : `${said.replace(/\.$/, '')}. `}
        {focus === undefined
          ? ''
          : `Next: ${fullPath(focus.path, focus.archivePath)}, proposed ${focus.label ?? 'nothing'}.`}
      </p>
    </>
  );
}
