// What is out of the ordinary about a run, and the way on.
import { useState } from 'preact/hooks';
import type { RunReport } from '../../../../shared/api/insights.ts';

import { sendJson } from '../../api.ts';
import { when } from '../../format.ts';
import { problemOf } from '../../problem.ts';
import { canOperate } from '../../session.ts';
import { toast, toastError } from '../../toasts.tsx';
import { words } from '../../words/run.ts';
import { isActive } from '../runs/run-list.ts';
import type { RunStatus } from '../runs/steps.ts';
import { takeUpOf } from './take-up.ts';

interface NotesProps {
  run: RunStatus;
  report: RunReport | undefined;
  onChanged: () => void;
}

export function Notes({ run, report, onChanged }: NotesProps) {
  const isStopped = run.state === 'failed' || run.state === 'cancelled';
  return (
    <>
      {isStopped && (
        <section class={`note ${run.state === 'failed' ? 'bad' : 'warn'}`} role="alert">
          <p>
            <strong>
              {run.error === null
                ? run.state === 'failed'
                  ? words.failed
                  : words.wasCancelled
                : problemOf(run.error.code, run.error.message).message}
            </strong>{' '}
            {run.error !== null && <code>{run.error.code}</code>} {words.nothingCommitted}
          </p>
          {canOperate.value && report !== undefined && <TakeUp report={report} onChanged={onChanged} />}
        </section>
      )}
      {run.llm === 'off' && <p class="note">{words.llmOff}</p>}
      {run.llm === 'none' && <p class="note">{words.llmNone}</p>}
      {run.llm === 'too-many-labels' && <p class="note">{words.llmTooManyLabels}</p>}
      {run.stalledSince !== undefined && isActive(run) && (
        <p class="note warn" role="alert">
          <strong>{words.noProgressSince(when(run.stalledSince))}</strong> {words.takenUpByItself}
        </p>
      )}
    </>
  );
}

function TakeUp({ report, onChanged }: { report: RunReport; onChanged: () => void }) {
  const [isBusy, setIsBusy] = useState(false);
  const request = takeUpOf(report);
  if (request === undefined) return null;
  const start = async () => {
    setIsBusy(true);
    try {
      await sendJson('POST', request.path, request.body);
      toast(words.takenUp, 'good');
      onChanged();
    } catch (error) {
      toastError(error);
    } finally {
      setIsBusy(false);
    }
  };
  return (
    <p>
      <button type="button" disabled={isBusy} onClick={() => void start()}>
        {words.takeUp}
      </button>
    </p>
  );
}
