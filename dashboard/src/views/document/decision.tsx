// The decision that counts, in one card: what, how sure, by whom, and what to do where it failed.

import type { Decision } from '../../../../shared/api/answers.ts';
import { money } from '../../format.ts';
import { links } from '../../links.ts';
import { Badge, Confidence, StatusBadge } from '../../parts/basics.tsx';
import { problemOf } from '../../problem.ts';

import { words } from '../../words/document.ts';

export function Decided({ row }: { row: Decision }) {
  return (
    <section class="card decision">
      <h2 class="visually-hidden">{words.decision}</h2>
      <p class="decision-label">
        {row.label ?? <span class="dim">{words.noLabel}</span>} <StatusBadge status={row.status} />
      </p>
      <p class="row">
        {row.confidence !== null && (
          <>
            <span class="dim">{words.confidence}</span> <Confidence value={row.confidence} />
          </>
        )}
        <span class="dim">{deciderOf(row)}</span>
      </p>
      {row.status !== 'labelled' && row.code !== null && (
        <div class={`note ${row.status === 'failed' ? 'bad' : 'warn'}`}>
          <p>
            <strong>{row.status === 'failed' ? words.notDecidable : words.waits}</strong> <Failure row={row} />
          </p>
          <p class="row">
            <code>{row.code}</code>
            <a href={links.documents({ code: row.code })}>{words.sameCode}</a>
          </p>
        </div>
      )}
      {row.duplicateOf !== null && (
        <p>
          <CopyOf documentId={row.duplicateOf} />
        </p>
      )}
      <Unread row={row} />
      <Quote row={row} />
    </section>
  );
}

/** What happened and what to do; the API's own words follow where they are not these. */
export function Failure({ row }: { row: Pick<Decision, 'code' | 'message'> }) {
  const { message, remedy, own } = problemOf(row.code, row.message ?? '');
  if (own === undefined) return <>{[message, remedy].filter(Boolean).join('. ')}</>;
  return (
    <>
      {message}. {remedy}{' '}
      <span class="dim" lang="en">
        {own}
      </span>
    </>
  );
}

const CopyOf = ({ documentId }: { documentId: string }) => (
  <>
    {words.copyOf((text) => (
      <a href={links.document(documentId)}>{text}</a>
    ))}
  </>
);

/** What of the document was not read: the label may rest on less than a person sees. */
function Unread({ row }: { row: Decision }) {
  const { warnings } = row;
  if (warnings.length === 0) return null;
  return (
    <div class={`note ${warnings.some((warning) => warning.startsWith('needs-ocr:')) ? 'warn' : ''}`}>
      <p>
        <strong>{words.unread}</strong>
      </p>
      <ul>
        {warnings.map((warning) => (
          <li key={warning}>{warning}</li>
        ))}
      </ul>
    </div>
  );
}

function Quote({ row }: { row: Decision }) {
  if (row.quoteVerified === null) return null;
  if (row.quote === null)
    return (
      <p>
        <Badge tone="warn">{words.quoteNotFound}</Badge> {words.quoteNotFoundNote}
      </p>
    );
  return (
    <figure class="quote">
      <blockquote>{row.quote}</blockquote>
      <figcaption>
        {row.quoteVerified ? (
          <Badge tone="good">{words.verified}</Badge>
        ) : (
          <Badge tone="warn">{words.notVerified}</Badge>
        )}{' '}
        {row.quoteVerified ? words.verifiedNote : words.notVerifiedNote}
      </figcaption>
    </figure>
  );
}

/** Who decided, with what, in a line. */
export function deciderOf(row: Decision): string {
  const cost = (row.costUsd ?? 0) > 0 ? money(row.costUsd ?? 0) : null;
  if (row.decidedBy === 'model') return words.byModel(row.modelVersion ?? '');
  if (row.decidedBy === 'encoder')
    return row.modelVersion === null ? words.byDescriptions : words.byEncoder(row.modelVersion);
  if (row.decidedBy === 'llm') return words.byLlm(row.llmDeployment, cost);
  if (row.decidedBy === 'duplicate') return words.byCopy;
  if (row.decidedBy === 'human') return words.byPerson;
  return row.llmDeployment !== null ? words.llmAsked(row.llmDeployment, cost) : words.notDecided;
}
