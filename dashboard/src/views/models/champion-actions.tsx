// Moving the champion: promote a version or go back to the one before, each with a reason that is kept.
import { useState } from 'preact/hooks';
import { ApiError, sendJson } from '../../api.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { ErrorNote } from '../../parts/states.tsx';
import { toast } from '../../toasts.tsx';
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
      title={`Promote ${version}`}
      path={`models/${encodeURIComponent(version)}/promote`}
      act="Promote"
      placeholder="Better on invoices, same precision"
      done={`${version} is the champion`}
      onDone={onDone}
      onClose={onClose}
    >
      {version} decides in every run that starts from now on
      {champion === null ? '' : ` in place of ${champion}`}; runs under way keep their model. Documents decided before
      keep their decisions until they are run again.
    </ReasonDialog>
  );
}

export function RollbackDialog({ champion, onDone, onClose }: ActionProps & { champion: string }) {
  return (
    <ReasonDialog
      title="Roll back"
      path="models/rollback"
      act="Roll back"
      placeholder="Escalation rate doubled since Monday"
      done={`The champion before ${champion} decides again`}
      onDone={onDone}
      onClose={onClose}
    >
      The champion before {champion} decides again in runs that start from now on. {champion} stays registered and can
      be promoted again.
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
          Reason (kept in the history)
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
            Promote it all the same; why it was refused is kept with the reason
          </label>
        )}
        <div class="row end">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="primary" disabled={isBusy || reason.trim() === ''}>
            {isBusy ? 'Working…' : act}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
