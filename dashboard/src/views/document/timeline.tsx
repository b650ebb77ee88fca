// The story of a document's decisions, newest first: by whom, in which run, with which versions, for how much.

import type { DecisionHistory } from '../../../../shared/api/answers.ts';
import { money, sure, when } from '../../format.ts';
import { links } from '../../links.ts';
import { Badge, StatusBadge } from '../../parts/basics.tsx';
import { words } from '../../words/document.ts';
import { RunLink } from '../runs/run-link.tsx';
import { deciderOf, Failure } from './decision.tsx';
import { type Chapter, storyOf } from './reasons.ts';

export function Timeline({ history, feedback }: Pick<DecisionHistory, 'history' | 'feedback'>) {
  return (
    <section class="card">
      <h2>{words.history}</h2>
      <ol class="timeline">
        {storyOf({ history, feedback }).map((chapter) => (
          <Entry key={`${chapter.row.runId}/${chapter.row.decidedAt}`} chapter={chapter} />
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
  const tokens = (row.tokensIn ?? 0) + (row.tokensOut ?? 0);
  const versions = [
    row.decidedBy !== 'human' && row.modelVersion !== null && <ModelLink version={row.modelVersion} />,
    row.decidedBy !== 'human' && row.promptVersion !== null && words.prompt(row.promptVersion),
    tokens > 0 && words.tokens(tokens),
    (row.costUsd ?? 0) > 0 && <>{money(row.costUsd ?? 0)}</>,
  ].filter((part) => part !== false);
  return (
    <li class={row.decidedBy ?? 'none'}>
      <p class="dim">
        <time dateTime={row.decidedAt}>{when(row.decidedAt)}</time> ·{' '}
        {feedback?.reviewer ? words.byReviewer(feedback.reviewer) : deciderOf(row)}
      </p>
      <p>
        <strong>{row.label ?? words.noLabelYet}</strong>
        {row.confidence !== null && <> {sure(row.confidence)}</>} <StatusBadge status={row.status} />{' '}
        {isNewContent && <Badge tone="accent">{words.newContent}</Badge>}
      </p>
      {row.message !== null && (
        <p class="dim">
          <Failure row={row} />
        </p>
      )}
      {feedback?.previousLabel && feedback.previousLabel !== feedback.label && (
        <p class="dim">{words.insteadOf(feedback.previousLabel)}</p>
      )}
      {feedback?.note && <blockquote>{feedback.note}</blockquote>}
      <p class="dim path">
        {words.run(<RunLink runId={row.runId} />)}
        {versions.map((part, i) => (
          <span key={i}> · {part}</span>
        ))}
      </p>
    </li>
  );
}
