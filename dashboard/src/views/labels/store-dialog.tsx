// What storing changes, before it does.
import { useState } from 'preact/hooks';
import { Dialog } from '../../parts/dialog.tsx';
import { changesIn, type LabelCheck, verdictOf } from './remarks.ts';

export function StoreDialog({
  check,
  onStore,
  onClose,
}: {
  check: LabelCheck;
  onStore: () => Promise<void>;
  onClose: () => void;
}) {
  const [isBusy, setBusy] = useState(false);
  const changes = changesIn(check.diff, check.labels);
  return (
    <Dialog title="Use these labels from now on?" onClose={onClose}>
      <div class="stack">
        <ul class="label-changes">
          {changes.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
        <p>
          Runs that start from now on use them. Decisions that are there stay as they are
          {check.diff !== null && check.diff.removed.length + check.diff.added.length > 0
            ? '; run again to sort by the new ones, and train the model again: it knows the old ones.'
            : '.'}
        </p>
        {check.remarks.length > 0 && <p class="note warn">{verdictOf(check)} They can be stored nevertheless.</p>}
        <div class="row end">
          <button type="button" onClick={onClose}>
            Not yet
          </button>
          <button
            type="button"
            class="primary"
            disabled={isBusy}
            onClick={() => {
              setBusy(true);
              void onStore();
            }}
          >
            Store
          </button>
        </div>
      </div>
    </Dialog>
  );
}
