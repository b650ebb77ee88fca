// What is out of the ordinary about a run, and the way on.
import { useState } from 'preact/hooks';
import type { RunReport } from '../../../../shared/api/insights.ts';

import { sendJson } from '../../api.ts';
import { when } from '../../format.ts';
import { canOperate } from '../../session.ts';
import { toast, toastError } from '../../toasts.tsx';
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
              {run.error?.message ?? (run.state === 'failed' ? 'The run failed.' : 'The run was cancelled.')}
            </strong>{' '}
            {run.error !== null && <code>{run.error.code}</code>} Nothing was committed. Finished steps are kept: taken
            up again, the run does the rest, and nothing is paid twice.
          </p>
          {canOperate.value && report !== undefined && <TakeUp report={report} onChanged={onChanged} />}
        </section>
      )}
      {run.llm === 'off' && (
        <p class="note">The LLM is switched off for this run: what the model is unsure of goes to review.</p>
      )}
      {run.llm === 'none' && <p class="note">No LLM is configured: what the model is unsure of goes to review.</p>}
      {run.stalledSince !== undefined && isActive(run) && (
        <p class="note warn" role="alert">
          <strong>No progress since {when(run.stalledSince)}.</strong> The run is taken up again by itself when its work
          items return. If it stays so, check the host and its quota.
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
      toast('The run is taken up again.', 'good');
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
        Take it up again
      </button>
    </p>
  );
}
