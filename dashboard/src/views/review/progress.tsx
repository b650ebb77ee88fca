// How far the day's review is, and the end of it.
import type { ReviewProgress } from '../../../../shared/api/insights.ts';

import { count, percent } from '../../format.ts';
import { links } from '../../links.ts';
import { Progress } from '../../parts/basics.tsx';
import { Empty } from '../../parts/states.tsx';
import { type Choice, dispatch } from './use-queue.ts';

/** The progress as the viewer sees it. @param onTheWay  documents decided here that the server does not know yet */
export const withOnTheWay = (progress: ReviewProgress, onTheWay: number): ReviewProgress => ({
  ...progress,
  waiting: Math.max(0, progress.waiting - onTheWay),
  decidedByMe: progress.decidedByMe + onTheWay,
  decidedByAll: progress.decidedByAll + onTheWay,
});

export function DayProgress({ progress }: { progress: ReviewProgress }) {
  const { decidedByMe: mine, decidedByAll: all, waiting } = progress;
  return (
    <section class="day-progress" aria-label="Progress of the day">
      <Progress done={all} total={all + waiting} label="Decided today, of those and what waits" />
      <p>
        <strong>{count(waiting)}</strong> waiting · <strong>{count(mine)}</strong> decided by you today
        {all !== mine && <>, {count(all)} by all</>}
        {progress.proposed > 0 && <> · {percent(progress.kept / progress.proposed)} kept the proposal</>}
      </p>
    </section>
  );
}

export function NothingWaits({ progress, choice, skipped }: NothingWaitsProps) {
  const isFiltered = choice.label !== undefined || choice.run !== undefined || choice.line === 'spot-check';
  const waiting = progress?.waiting ?? 0;
  return (
    <Empty title={isFiltered || waiting > 0 ? 'Nothing waits for you here' : 'Nothing waits'}>
      {progress !== undefined && progress.decidedByAll > 0 && (
        <p>
          Today you decided {count(progress.decidedByMe)} of {count(progress.decidedByAll)} documents
          {progress.proposed > 0 && (
            <>
              ; {count(progress.kept)} of {count(progress.proposed)} proposals were kept
            </>
          )}
          .
        </p>
      )}
      {skipped > 0 && (
        <p>
          <button type="button" onClick={() => dispatch({ kind: 'skipped-shown' })}>
            Show the {count(skipped)} you skipped
          </button>
        </p>
      )}
      {isFiltered ? (
        <p>
          <a href={links.review}>Review all that waits</a>
        </p>
      ) : (
        waiting > 0 && skipped === 0 && <p>{count(waiting)} are with other reviewers, or put aside for an hour.</p>
      )}
      <p class="dim">New documents appear here by themselves.</p>
    </Empty>
  );
}

interface NothingWaitsProps {
  progress: ReviewProgress | undefined;
  choice: Choice;
  skipped: number;
}
