// What the list keeps of a decision: a hundred thousand rows fit in memory, their evidence would not.
import type { Decision } from '../../../../shared/api/answers.ts';
import { isErased, leadingTerms, nameOf, type PathParts, shownPath } from '../../result-row.ts';

export interface ListRow extends PathParts {
  documentId: string;
  runId: string;
  status: Decision['status'];
  label: string | null;
  confidence: number | null;
  decidedBy: Decision['decidedBy'];
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

export const toListRow = (row: Decision): ListRow => ({
  ...nameOf(shownPath(row), row.archivePath),
  documentId: row.documentId,
  runId: row.runId,
  status: row.status,
  label: row.label,
  confidence: row.confidence,
  decidedBy: row.decidedBy,
  why: whyOf(row),
  at: row.decidedAt,
});

/** The reason for a decision in a line. */
export function whyOf(row: Decision): Why {
  if (isErased(row)) return { kind: 'erased', text: '' };
  if (row.status !== 'labelled') return { kind: 'message', text: short(row.message ?? row.code ?? ''), code: row.code };
  if (row.decidedBy === 'human') return { kind: 'human', text: '' };
  if (row.decidedBy === 'duplicate') return { kind: 'copy', text: '' };
  if (row.decidedBy === 'llm' && row.quote) return { kind: 'quote', text: short(row.quote) };
  return { kind: 'terms', text: leadingTerms(row, TERMS).join(', ') };
}

function short(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= MAX_CHARS ? line : `${line.slice(0, MAX_CHARS - 1)}…`;
}
