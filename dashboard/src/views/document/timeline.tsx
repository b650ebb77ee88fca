// The story of a document's decisions, newest first: by whom, in which run, with which versions, for how much.
import { money, percent, when } from '../../format.ts';
import { links } from '../../links.ts';
import { Badge, StatusBadge } from '../../parts/basics.tsx';
import type { DocumentAnswer } from '../../result-row.ts';
import { words } from '../../words/document.ts';
import { RunLink } from '../runs/run-link.tsx';
import { deciderOf, Failure } from './decision.tsx';
import { type Chapter, storyOf } from './reasons.ts';

export function Timeline({ history, feedback }: Pick<DocumentAnswer, 'history' | 'feedback'>) {
  return (
    <section class="card">
      <h2>{words.history}</h2>
      <ol class="timeline">
        {storyOf({ history, feedback }).map((chapter) => (
          <Entry key={`${chapter.row.run_id}/${chapter.row.processed_at}`} chapter={chapter} />
        ))}
      </ol>
    </section>
  );
}

const ModelLink = ({ version }: { version: string }) => (
  <>
    {words.model(
      (text) => (
        <a href={links.model(version)}>{text}</a>
      ),
      version,
    )}
  </>
);

function Entry({ chapter: { row, feedback, isNewContent } }: { chapter: Chapter }) {
  const tokens = (row.tokens_in ?? 0) + (row.tokens_out ?? 0);
  const versions = [
    row.decided_by !== 'human' && row.model_version !== null && <ModelLink version={row.model_version} />,
    row.decided_by !== 'human' && row.prompt_version !== null && words.prompt(row.prompt_version),
    tokens > 0 && words.tokens(tokens),
    (row.cost_usd ?? 0) > 0 && <>{money(row.cost_usd ?? 0)}</>,
  ].filter((part) => part !== false);
  return (
    <li class={row.decided_by ?? 'none'}>
      <p class="dim">
        <time dateTime={row.processed_at}>{when(row.processed_at)}</time> ·{' '}
        {feedback?.reviewer ? words.byReviewer(feedback.reviewer) : deciderOf(row)}
      </p>
      <p>
        <strong>{row.label ?? words.noLabelYet}</strong>
        {row.confidence !== null && <> {percent(row.confidence)}</>} <StatusBadge status={row.status} />{' '}
        {isNewContent && <Badge tone="accent">{words.newContent}</Badge>}
      </p>
      {row.failure_message !== null && (
        <p class="dim">
          <Failure row={row} />
        </p>
      )}
      {feedback?.previous_label && feedback.previous_label !== feedback.label && (
        <p class="dim">{words.insteadOf(feedback.previous_label)}</p>
      )}
      {feedback?.note && <blockquote>{feedback.note}</blockquote>}
      <p class="dim path">
        {words.run(<RunLink runId={row.run_id} />)}
        {versions.map((part, i) => (
          <span key={i}> · {part}</span>
        ))}
      </p>
    </li>
  );
}
