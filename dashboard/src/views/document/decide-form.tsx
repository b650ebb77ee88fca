// A person's decision on the document at hand.
import { useState } from 'preact/hooks';
import type { Decision, FeedbackAnswer } from '../../../../shared/api/answers.ts';
import { ApiError, sendJson } from '../../api.ts';
import { ErrorNote } from '../../parts/states.tsx';
import { labels } from '../../session.ts';
import { toast } from '../../toasts.tsx';
import { words } from '../../words/document.ts';

interface DecideFormProps {
  documentId: string;
  latest: Decision;
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
        <h2>{words.decide}</h2>
        <p class="dim">{words.noTaxonomy}</p>
      </section>
    );
  const label = chosen ?? (latest.label !== null && labels.value.includes(latest.label) ? latest.label : '');
  const send = async () => {
    setIsBusy(true);
    setError(undefined);
    try {
      const said = note.trim();
      const answer = await sendJson<FeedbackAnswer>('POST', 'feedback', {
        documentId,
        label,
        ...(said === '' ? {} : { note: said }),
      });
      toast(answer.isNew ? words.stored(answer.label) : words.storedAlready(answer.label), 'good');
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
      <h2>{latest.status === 'labelled' ? words.correct : words.decide}</h2>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <label>
          {words.label}
          <select value={label} required onChange={(event) => setChosen(event.currentTarget.value)}>
            <option value="" disabled>
              {words.chooseLabel}
            </option>
            {labels.value.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <label>
          {words.noteForRecord}
          <textarea
            rows={2}
            maxLength={2000}
            value={note}
            placeholder={words.optional}
            onInput={(event) => setNote(event.currentTarget.value)}
          />
        </label>
        {error !== undefined && <ErrorNote error={error} />}
        <div class="row end">
          <button type="submit" class="primary" disabled={label === '' || isBusy}>
            {isBusy ? words.storing : label !== '' && label === latest.label ? words.confirmLabel : words.storeDecision}
          </button>
        </div>
      </form>
    </section>
  );
}
