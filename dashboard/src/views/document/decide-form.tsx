// A person's decision on the document at hand.
import { useState } from 'preact/hooks';
import type { FeedbackAnswer } from '../../../../shared/api/answers.ts';
import { ApiError, sendJson } from '../../api.ts';
import { ErrorNote } from '../../parts/states.tsx';
import type { ResultRow } from '../../result-row.ts';
import { labels } from '../../session.ts';
import { toast } from '../../toasts.tsx';

interface DecideFormProps {
  documentId: string;
  latest: ResultRow;
  onDecided: () => void;
}

export function DecideForm({ documentId, latest, onDecided }: DecideFormProps) {
  const [chosen, setChosen] = useState<string | undefined>(undefined);
  const [note, setNote] = useState('');
  const [isBusy, setIsBusy] = useState(false);
  const [error, setError] = useState<ApiError | undefined>(undefined);
  if (labels.value.length === 0)
    return (
      <section class="card">
        <h2>Decide</h2>
        <p class="dim">There is no taxonomy yet. Publish one, then its labels can be given here.</p>
      </section>
    );
  const label = chosen ?? (latest.label !== null && labels.value.includes(latest.label) ? latest.label : '');
  const send = async () => {
    setIsBusy(true);
    setError(undefined);
    try {
      const words = note.trim();
      const answer = await sendJson<FeedbackAnswer>('POST', 'feedback', {
        documentId,
        label,
        ...(words === '' ? {} : { note: words }),
      });
      toast(answer.isNew ? `Stored: ${answer.label}` : `${answer.label} was stored already`, 'good');
      setNote('');
      setChosen(undefined);
      onDecided();
    } catch (reason) {
      setError(reason instanceof ApiError ? reason : new ApiError(0, { detail: String(reason) }));
    } finally {
      setIsBusy(false);
    }
  };
  return (
    <section class="card">
      <h2>{latest.status === 'labelled' ? 'Correct' : 'Decide'}</h2>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <label>
          Label
          <select value={label} required onChange={(event) => setChosen(event.currentTarget.value)}>
            <option value="" disabled>
              Choose a label
            </option>
            {labels.value.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <label>
          Note for the record
          <textarea
            rows={2}
            maxLength={2000}
            value={note}
            placeholder="optional"
            onInput={(event) => setNote(event.currentTarget.value)}
          />
        </label>
        {error !== undefined && <ErrorNote error={error} />}
        <div class="row end">
          <button type="submit" class="primary" disabled={label === '' || isBusy}>
            {isBusy ? 'Storing…' : label !== '' && label === latest.label ? 'Confirm label' : 'Store decision'}
          </button>
        </div>
      </form>
    </section>
  );
}
