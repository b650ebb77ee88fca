// The decision that counts, in one card: what, how sure, by whom, and what to do where it failed.
import { money } from '../../format.ts';
import { links } from '../../links.ts';
import { Badge, Confidence, StatusBadge } from '../../parts/basics.tsx';
import { type ResultRow, warningsOf } from '../../result-row.ts';

export function Decision({ row }: { row: ResultRow }) {
  return (
    <section class="card decision">
      <h2 class="visually-hidden">Decision</h2>
      <p class="decision-label">
        {row.label ?? <span class="dim">No label</span>} <StatusBadge status={row.status} />
      </p>
      <p class="row">
        {row.confidence !== null && (
          <>
            <span class="dim">Confidence</span> <Confidence value={row.confidence} />
          </>
        )}
        <span class="dim">{deciderOf(row)}</span>
      </p>
      {row.status !== 'labelled' && row.failure_code !== null && (
        <div class={`note ${row.status === 'failed' ? 'bad' : 'warn'}`}>
          <p>
            <strong>
              {row.status === 'failed' ? 'This document could not be decided.' : 'This document waits for a person.'}
            </strong>{' '}
            {row.failure_message}
          </p>
          <p class="row">
            <code>{row.failure_code}</code>
            <a href={links.documents({ code: row.failure_code })}>Other documents with this code</a>
          </p>
        </div>
      )}
      {row.duplicate_of !== null && (
        <p>
          Its text is that of <a href={links.document(row.duplicate_of)}>another document</a>, whose label it took over
          without a question to the LLM.
        </p>
      )}
      <Unread row={row} />
      <Quote row={row} />
    </section>
  );
}

/** What of the document was not read: the label may rest on less than a person sees. */
function Unread({ row }: { row: ResultRow }) {
  const warnings = warningsOf(row);
  if (warnings.length === 0) return null;
  return (
    <div class={`note ${warnings.some((warning) => warning.startsWith('needs-ocr:')) ? 'warn' : ''}`}>
      <p>
        <strong>What was not read as it stands</strong>
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
        <Badge tone="warn">quote not found</Badge> The LLM quoted words that do not stand in the text; its confidence
        was lowered for it.
      </p>
    );
  return (
    <figure class="quote">
      <blockquote>{row.llm_quote}</blockquote>
      <figcaption>
        {row.llm_quote_verified ? <Badge tone="good">✓ verified</Badge> : <Badge tone="warn">not verified</Badge>}{' '}
        {row.llm_quote_verified ? 'The LLM quoted these words, and they stand in the text.' : 'Quoted by the LLM.'}
      </figcaption>
    </figure>
  );
}

/** Who decided, with what, in a line. */
export function deciderOf(row: ResultRow): string {
  const cost = (row.cost_usd ?? 0) > 0 ? ` for ${money(row.cost_usd ?? 0)}` : '';
  if (row.decided_by === 'model') return `decided by model ${row.model_version ?? ''}`;
  if (row.decided_by === 'encoder')
    return row.model_version === null
      ? 'decided by the label descriptions, with the encoder'
      : `decided by model ${row.model_version} with its encoder`;
  if (row.decided_by === 'llm') return `decided by the LLM (${row.llm_deployment ?? 'unnamed'})${cost}`;
  if (row.decided_by === 'duplicate') return 'taken over from a copy';
  if (row.decided_by === 'human') return 'decided by a person';
  return row.llm_deployment !== null ? `the LLM (${row.llm_deployment}) was asked${cost}` : 'not decided';
}
