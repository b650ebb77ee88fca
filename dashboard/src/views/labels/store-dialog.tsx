// What storing changes, before it does.
import { useState } from 'preact/hooks';
import { Dialog } from '../../parts/dialog.tsx';
import { words } from '../../words/labels.ts';
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
    <Dialog title={words.useThese} onClose={onClose}>
      <div class="stack">
        <ul class="label-changes">
          {changes.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
        <p>
          {check.diff !== null && check.diff.removed.length + check.diff.added.length > 0
            ? words.fromNowOnChanged
            : words.fromNowOn}
        </p>
        {check.remarks.length > 0 && (
          <p class="note warn">
            {verdictOf(check)} {words.nevertheless}
          </p>
        )}
        <div class="row end">
          <button type="button" onClick={onClose}>
            {words.notYet}
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
            {words.storeNow}
          </button>
        </div>
      </div>
    </Dialog>
  );
}
