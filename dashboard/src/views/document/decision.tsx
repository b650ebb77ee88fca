// The decision that counts, in one card: what, how sure, by whom, and what to do where it failed.
import { money } from '../../format.ts';
import { links } from '../../links.ts';
import { Badge, Confidence, StatusBadge } from '../../parts/basics.tsx';
import { problemOf } from '../../problem.ts';
import { type ResultRow, warningsOf } from '../../result-row.ts';
import { words } from '../../words/document.ts';

export function Decision({ row }: { row: ResultRow }) {
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
      {row.status !== 'labelled' && row.failure_code !== null && (
        <div class={`note ${row.status === 'failed' ? 'bad' : 'warn'}`}>
          <p>
            <strong>{row.status === 'failed' ? words.notDecidable : words.waits}</strong> <Failure row={row} />
          </p>
          <p class="row">
            <code>{row.failure_code}</code>
            <a href={links.documents({ code: row.failure_code })}>{words.sameCode}</a>
          </p>
        </div>
      )}
      {row.duplicate_of !== null && (
        <p>
          <CopyOf documentId={row.duplicate_of} />
        </p>
      )}
      <Unread row={row} />
      <Quote row={row} />
    </section>
  );
}

/** What happened and what to do; the API's own words follow where they are not these. */
export function Failure({ row: { failure_code, failure_message } }: { row: ResultRow }) {
  const { message, remedy, own } = problemOf(failure_code, failure_message ?? '');
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
function Unread({ row }: { row: ResultRow }) {
  const warnings = warningsOf(row);
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

function Quote({ row }: { row: ResultRow }) {
  if (row.llm_quote_verified === null) return null;
  if (row.llm_quote === null)
    return (
      <p>
        <Badge tone="warn">{words.quoteNotFound}</Badge> {words.quoteNotFoundNote}
      </p>
    );
  return (
    <figure class="quote">
      <blockquote>{row.llm_quote}</blockquote>
      <figcaption>
        {row.llm_quote_verified ? (
          <Badge tone="good">{words.verified}</Badge>
        ) : (
          <Badge tone="warn">{words.notVerified}</Badge>
        )}{' '}
        {row.llm_quote_verified ? words.verifiedNote : words.notVerifiedNote}
      </figcaption>
    </figure>
  );
}

/** Who decided, with what, in a line. */
export function deciderOf(row: ResultRow): string {
  const cost = (row.cost_usd ?? 0) > 0 ? money(row.cost_usd ?? 0) : null;
  if (row.decided_by === 'model') return words.byModel(row.model_version ?? '');
  if (row.decided_by === 'encoder')
    return row.model_version === null ? words.byDescriptions : words.byEncoder(row.model_version);
  if (row.decided_by === 'llm') return words.byLlm(row.llm_deployment, cost);
  if (row.decided_by === 'duplicate') return words.byCopy;
  if (row.decided_by === 'human') return words.byPerson;
  return row.llm_deployment !== null ? words.llmAsked(row.llm_deployment, cost) : words.notDecided;
}
