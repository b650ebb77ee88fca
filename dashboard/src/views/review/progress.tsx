// How far the day's review is, and the end of it.
import type { ReviewProgress } from '../../../../shared/api/insights.ts';

import { percent } from '../../format.ts';
import { links } from '../../links.ts';
import { Progress } from '../../parts/basics.tsx';
import { Empty } from '../../parts/states.tsx';
import { words } from '../../words/review.ts';
import { askOf } from './lines.ts';
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
    <section class="day-progress" aria-label={words.progressOfDay}>
      <Progress done={all} total={all + waiting} label={words.progressLabel} />
      <p>
        {words.waiting(bold, waiting)} · {words.decidedByYou(bold, mine)}
        {all !== mine && words.byAll(all)}
        {progress.proposed > 0 && ` · ${words.keptProposal(percent(progress.kept / progress.proposed))}`}
      </p>
    </section>
  );
}

const bold = (text: string) => <strong>{text}</strong>;

export function NothingWaits({ progress, choice, skipped }: NothingWaitsProps) {
  const isFiltered = choice.label !== undefined || choice.run !== undefined || askOf(choice.line).queue !== undefined;
  const waiting = progress?.waiting ?? 0;
  return (
    <Empty title={isFiltered || waiting > 0 ? words.nothingHere : words.nothing}>
      {progress !== undefined && progress.decidedByAll > 0 && (
        <p>
          {words.today(progress.decidedByMe, progress.decidedByAll)}
          {progress.proposed > 0 && words.proposalsKept(progress.kept, progress.proposed)}.
        </p>
      )}
      {skipped > 0 && (
        <p>
          <button type="button" onClick={() => dispatch({ kind: 'skipped-shown' })}>
            {words.showSkipped(skipped)}
          </button>
        </p>
      )}
      {isFiltered ? (
        <p>
          <a href={links.review}>{words.reviewAll}</a>
        </p>
      ) : (
        waiting > 0 && skipped === 0 && <p>{words.withOthers(waiting)}</p>
      )}
      {!isFiltered && waiting === 0 && (
        <p>
          {words.goThrough((text) => (
            <a href={links.documents({ status: 'labelled', select: '1' })}>{text}</a>
          ))}
        </p>
      )}
      <p class="dim">{words.newAppear}</p>
    </Empty>
  );
}

interface NothingWaitsProps {
  progress: ReviewProgress | undefined;
  choice: Choice;
  skipped: number;
}
