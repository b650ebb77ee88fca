// Which documents of an earlier run a re-run is about.
// Invariant: R1 what a person has decided, in whichever run, is not decided again.
import type { RerunRequest } from '../api/runs.ts';
import type { Row } from '../lake/tables.ts';
import { contentOf, type FindDecision } from './people-decisions.ts';

/** Columns of a result row that the filter looks at. */
export const RERUN_FILTER_COLUMNS = [
  'decided_by',
  'status',
  'label',
  'failure_code',
  'media_type',
  'processed_at',
  'content_sha256',
  'source_etag',
] as const;

/** The rows of a batch that a re-run is about; `rows` may hold what people decided later, `said` what they decided anywhere (R1). */
export function wantedRows(request: RerunRequest, rows: readonly Row[], said: FindDecision = () => undefined): Row[] {
  const isSaid = (row: Row) => row.decided_by === 'human' || said(contentOf(row))?.documentId === row.document_id;
  const byPeople = new Set(rows.filter(isSaid).map((row) => row.document_id));
  return rows.filter((row) => !byPeople.has(row.document_id ?? null) && isWanted(request, row));
}

/** Does the decision satisfy every condition of the request? */
export function isWanted(request: RerunRequest, row: Row): boolean {
  const is = (wanted: string | undefined, value: Row[string] | undefined) => wanted === undefined || wanted === value;
  const decidedAt = Date.parse(String(row.processed_at));
  return (
    row.failure_code !== 'document.erased' &&
    (request.only === 'all' || row.status === request.only) &&
    is(request.label, row.label) &&
    is(request.code, row.failure_code) &&
    is(request.mediaType, row.media_type) &&
    (request.decidedAfter === undefined || decidedAt >= Date.parse(request.decidedAfter)) &&
    (request.decidedBefore === undefined || decidedAt < Date.parse(request.decidedBefore))
  );
}
