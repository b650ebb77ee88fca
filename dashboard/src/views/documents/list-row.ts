// What the list keeps of a decision: a hundred thousand rows fit in memory, their evidence would not.
import { isErased, leadingTerms, nameOf, type PathParts, type ResultRow, shownPath } from '../../result-row.ts';

export interface ListRow extends PathParts {
  documentId: string;
  runId: string;
  status: ResultRow['status'];
  label: string | null;
  confidence: number | null;
  decidedBy: ResultRow['decided_by'];
  why: Why;
  /** ISO 8601 */
  at: string;
}

export interface Why {
  /** The first three are said by the page. */
  kind: 'erased' | 'human' | 'copy' | 'terms' | 'quote' | 'message';
  text: string;
  /** Of a message. */
  code?: string | null;
}

const TERMS = 3;
/** More than a line of any screen. */
const MAX_CHARS = 220;

export const toListRow = (row: ResultRow): ListRow => ({
  ...nameOf(shownPath(row), row.archive_path),
  documentId: row.document_id,
  runId: row.run_id,
  status: row.status,
  label: row.label,
  confidence: row.confidence,
  decidedBy: row.decided_by,
  why: whyOf(row),
  at: row.processed_at,
});

/** The reason for a decision in a line. */
export function whyOf(row: ResultRow): Why {
  if (isErased(row)) return { kind: 'erased', text: '' };
  if (row.status !== 'labelled')
    return { kind: 'message', text: short(row.failure_message ?? row.failure_code ?? ''), code: row.failure_code };
  if (row.decided_by === 'human') return { kind: 'human', text: '' };
  if (row.decided_by === 'duplicate') return { kind: 'copy', text: '' };
  if (row.decided_by === 'llm' && row.llm_quote) return { kind: 'quote', text: short(row.llm_quote) };
  return { kind: 'terms', text: leadingTerms(row, TERMS).join(', ') };
}

function short(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= MAX_CHARS ? line : `${line.slice(0, MAX_CHARS - 1)}…`;
}
