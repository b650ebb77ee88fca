// How far people have come with the review: what waits, and what was decided since a moment, such as the start of the caller's day.
// Invariant: G1 documents are counted, not clicks: a change of mind counts once, with the last label, against what the machine had proposed first.
import type { ReviewProgress } from '../api/insights.ts';
import { sqlText } from '../lake/duckdb.ts';
import type { QueryLake } from '../lake/query.ts';
import { WAITING } from './queue.ts';

/**
 * @param since     ISO 8601 with offset
 * @param reviewer  name under which the caller's decisions are stored; callers with a function key share one
 */
export async function reviewProgress(query: QueryLake, since: string, reviewer: string): Promise<ReviewProgress> {
  const start = `TIMESTAMPTZ ${sqlText(since)}`;
  const { rows } = await query(`
    WITH decided AS (
      SELECT
        first(previous_label ORDER BY created_at, feedback_id) AS proposal,
        last(label ORDER BY created_at, feedback_id) AS label,
        bool_or(reviewer = ${sqlText(reviewer)} AND created_at >= ${start}) AS is_mine
      FROM feedback WHERE label IS NOT NULL GROUP BY document_id HAVING max(created_at) >= ${start}
    )
    SELECT
      (SELECT count(*) FROM latest_results WHERE ${WAITING}) AS waiting,
      count(*) FILTER (WHERE is_mine) AS mine,
      count(*) AS total,
      count(*) FILTER (WHERE proposal IS NOT NULL) AS proposed,
      count(*) FILTER (WHERE proposal = label) AS kept
    FROM decided`);
  const count = (name: string) => Number(rows[0]?.[name] ?? 0);
  return {
    waiting: count('waiting'),
    decidedByMe: count('mine'),
    decidedByAll: count('total'),
    kept: count('kept'),
    proposed: count('proposed'),
  };
}
