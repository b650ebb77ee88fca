// Which documents of an earlier run a re-run is about.
// Invariant: R1 what a person has decided since is not decided again.
import type { RerunRequest } from '../api/runs.ts';
import type { Row } from '../lake/tables.ts';

/** Columns of a result row that the filter looks at. */
export const RERUN_FILTER_COLUMNS = [
  'decided_by',
  'status',
  'label',
  'failure_code',
  'media_type',
  'processed_at',
] as const;

/** The rows of a batch that a re-run is about; `rows` may hold what people decided later (R1). */
export function wantedRows(request: RerunRequest, rows: readonly Row[]): Row[] {
  const byPeople = new Set(rows.filter((row) => row.decided_by === 'human').map((row) => row.document_id));
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
