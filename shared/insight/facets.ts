// What a list of decisions is made of: counts by label, status, code, media type and who decided, in one pass.
import type { ResultFacets } from '../api/insights.ts';
import type { QueryLake } from '../lake/query.ts';
import { conditionsOf, type MatchedFilter, relationOf, where } from './results.ts';

const MAX_ENTRIES = 200;
const COLUMNS = ['label', 'status', 'decided_by', 'failure_code', 'media_type'] as const;

/** Count what fits the filter; all its conditions hold for every count. */
export async function countFacets(query: QueryLake, filter: MatchedFilter): Promise<ResultFacets> {
  const sets = ['()', ...COLUMNS.map((column) => `(${column})`)].join(', ');
  const { rows } = await query(
    `SELECT ${COLUMNS.join(', ')}, count(*) AS documents, grouping(${COLUMNS.join(', ')}) AS bits
      FROM ${relationOf(filter)} ${where(conditionsOf(filter))} GROUP BY GROUPING SETS (${sets})`,
  );
  const all = 2 ** COLUMNS.length - 1;
  const facet = (column: (typeof COLUMNS)[number]): [string, number][] => {
    // A bit is set for each column that a row was not grouped by; the first column has the highest.
    const bits = all - 2 ** (COLUMNS.length - 1 - COLUMNS.indexOf(column));
    return rows
      .filter((row) => Number(row.bits) === bits && typeof row[column] === 'string')
      .map((row): [string, number] => [String(row[column]), Number(row.documents)])
      .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
      .slice(0, MAX_ENTRIES);
  };
  // The tables hold only these words of status and of who decided.
  return {
    total: Number(rows.find((row) => Number(row.bits) === all)?.documents ?? 0),
    labels: facet('label').map(([label, documents]) => ({ label, documents })),
    statuses: facet('status').map(([status, documents]) => ({ status, documents })) as ResultFacets['statuses'],
    decidedBy: facet('decided_by').map(([decidedBy, documents]) => ({
      decidedBy,
      documents,
    })) as ResultFacets['decidedBy'],
    codes: facet('failure_code').map(([code, documents]) => ({ code, documents })),
    mediaTypes: facet('media_type').map(([mediaType, documents]) => ({ mediaType, documents })),
  };
}
