// Moving the champion: promote a version or go back to the one before, each with a reason that is kept.
import { useState } from 'preact/hooks';
import { ApiError, sendJson } from '../../api.ts';
import { guideMoved } from '../../guide.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { ErrorNote } from '../../parts/states.tsx';
import { toast } from '../../toasts.tsx';
import { words } from '../../words/models.ts';
import { canForce, promoteBody } from './promote-request.ts';

interface ActionProps {
  /** Called when the champion has moved. */
  onDone: () => void;
  onClose: () => void;
}

export function PromoteDialog({
  version,
  champion,
  onDone,
  onClose,
}: ActionProps & { version: string; champion: string | null }) {
  return (
    <ReasonDialog
      title={words.promoteTitle(version)}
      path={`models/${encodeURIComponent(version)}/promote`}
      act={words.promote}
      placeholder={words.promoteExample}
      done={words.promoted(version)}
      onDone={onDone}
      onClose={onClose}
    >
      {words.promoteNote(version, champion)}
    </ReasonDialog>
  );
}

export function RollbackDialog({ champion, onDone, onClose }: ActionProps & { champion: string }) {
  return (
    <ReasonDialog
      title={words.rollBack}
      path="models/rollback"
      act={words.rollBack}
      placeholder={words.rollBackExample}
      done={words.rolledBack(champion)}
      onDone={onDone}
      onClose={onClose}
    >
      {words.rollBackNote(champion)}
    </ReasonDialog>
  );
}

interface ReasonDialogProps extends ActionProps {
  title: string;
  /** Route that takes {reason}. */
  path: string;
  act: string;
  placeholder: string;
  done: string;
  children: preact.ComponentChildren;
}

function ReasonDialog({ title, path, act, placeholder, done, onDone, onClose, children }: ReasonDialogProps) {
  const [reason, setReason] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | undefined>(undefined);
  const [isForced, setForced] = useState(false);
  // once offered it stays, so that a second refusal does not take it away
  const [isForceOffered, setForceOffered] = useState(false);
  const submit = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await sendJson('POST', path, promoteBody(reason, isForced));
      toast(done, 'good');
      guideMoved();
      onDone();
      onClose();
    } catch (thrown) {
      const refused = thrown instanceof ApiError ? thrown : new ApiError(0, { detail: String(thrown) });
      setError(refused);
      if (canForce(refused.code)) setForceOffered(true);
      setBusy(false);
    }
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <p>{children}</p>
        <label>
          {words.reason}
          <input
            required
            maxLength={500}
            value={reason}
            placeholder={placeholder}
            onInput={(event) => setReason(event.currentTarget.value)}
          />
        </label>
        {error && <ErrorNote error={error} />}
        {isForceOffered && (
          <label class="inline">
            <input type="checkbox" checked={isForced} onChange={(event) => setForced(event.currentTarget.checked)} />
            {words.force}
          </label>
        )}
        <div class="row end">
          <button type="button" onClick={onClose}>
            {words.cancel}
          </button>
          <button type="submit" class="primary" disabled={isBusy || reason.trim() === ''}>
            {isBusy ? words.working : act}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
