// Two runs side by side: which documents they share, whose label or status flipped, and what had changed in between.
// Invariant: K1 each shared document is either the same in both or one flip, with exactly one reason.
import type { FlipReason, RunComparison } from '../api/runs.ts';
import { TerminalError } from '../errors.ts';
import { sqlText } from '../lake/duckdb.ts';
import type { QueryLake } from '../lake/query.ts';
import type { Row } from '../lake/tables.ts';

/**
 * Compare the decisions of two completed runs; what people decided later is left out.
 * @param maxFlips  flips named one by one; the counts cover all
 * @throws {TerminalError} run.not-found when a run has no decisions
 */
export async function compareRuns(query: QueryLake, a: string, b: string, maxFlips = 1000): Promise<RunComparison> {
  const pairs = `WITH a AS (${decisionsOf(a)}), b AS (${decisionsOf(b)}), pairs AS (
    SELECT coalesce(a.document_id, b.document_id) AS document_id,
      coalesce(b.source_name, a.source_name, b.source_path, a.source_path) AS source_path, coalesce(b.archive_path, a.archive_path) AS archive_path,
      a.document_id IS NOT NULL AS in_a, b.document_id IS NOT NULL AS in_b,
      a.status AS status_a, b.status AS status_b, a.label AS label_a, b.label AS label_b,
      a.confidence AS confidence_a, b.confidence AS confidence_b, a.decided_by AS decided_a, b.decided_by AS decided_b,
      in_a AND in_b AND (a.status IS DISTINCT FROM b.status
        OR (a.status = 'labelled' AND a.label IS DISTINCT FROM b.label)) AS is_flip,
      CASE WHEN NOT is_flip THEN NULL ${reasons()} ELSE 'answer' END AS reason
    FROM a FULL OUTER JOIN b ON a.document_id = b.document_id)`;
  const { rows: sizes } = await query(
    `${pairs} SELECT count(*) FILTER (WHERE in_a) AS a, count(*) FILTER (WHERE in_b) AS b,
      count(*) FILTER (WHERE in_a AND in_b) AS shared, count(*) FILTER (WHERE is_flip) AS flips FROM pairs`,
  );
  const count = (column: string) => Number(sizes[0]?.[column] ?? 0);
  for (const [side, run] of [
    ['a', a],
    ['b', b],
  ] as const)
    if (count(side) === 0) throw new TerminalError('run.not-found', `run ${run} has no decisions`, { ids: { run } });
  const outcome = (side: 'a' | 'b') =>
    `CASE WHEN status_${side} = 'labelled' THEN label_${side} ELSE status_${side} END`;
  const { rows: byLabel } = await query(
    `${pairs} SELECT ${outcome('a')} AS "from", ${outcome('b')} AS "to", count(*) AS documents
      FROM pairs WHERE is_flip GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2`,
  );
  const { rows: byReason } = await query(
    `${pairs} SELECT reason, count(*) AS documents FROM pairs WHERE is_flip GROUP BY 1 ORDER BY 2 DESC, 1`,
  );
  const { rows: flips } = await query(
    `${pairs} SELECT document_id, source_path, archive_path, reason, status_a, label_a, confidence_a, decided_a,
      status_b, label_b, confidence_b, decided_b FROM pairs WHERE is_flip
      ORDER BY source_path, archive_path, document_id LIMIT ${maxFlips}`,
  );
  return {
    a,
    b,
    documents: { a: count('a'), b: count('b'), shared: count('shared'), same: count('shared') - count('flips') },
    flipped: count('flips'),
    byLabel: byLabel.map((row) => ({ from: String(row.from), to: String(row.to), documents: Number(row.documents) })),
    byReason: Object.fromEntries(byReason.map((row) => [String(row.reason), Number(row.documents)])),
    flips: flips.map(toFlip),
  };
}

/** The run's own row of each document: what people decide on it later comes after. */
const decisionsOf = (run: string): string =>
  `SELECT * FROM results WHERE run_id = ${sqlText(run)}
    QUALIFY row_number() OVER (PARTITION BY document_id ORDER BY processed_at) = 1`;

/** What had changed, the most telling first. */
function reasons(): string {
  const changed: [FlipReason, string][] = [
    ['content', 'content_sha256'],
    ['reading', 'failure_code'],
    ['taxonomy', 'taxonomy_version'],
    ['model', 'model_version'],
    ['prompt', 'prompt_version'],
  ];
  return changed
    .map(([reason, column]) => {
      const differs = `a.${column} IS DISTINCT FROM b.${column}`;
      if (reason === 'reading') return `WHEN 'failed' IN (a.status, b.status) THEN 'reading'`;
      // Asked in one run only is not another prompt.
      const both = reason === 'prompt' ? ` AND a.${column} IS NOT NULL AND b.${column} IS NOT NULL` : '';
      return `WHEN ${differs}${both} THEN '${reason}'`;
    })
    .concat(`WHEN a.decided_by IS DISTINCT FROM b.decided_by THEN 'route'`)
    .join(' ');
}

const toFlip = (row: Row): RunComparison['flips'][number] => ({
  documentId: String(row.document_id),
  path: String(row.source_path ?? ''),
  archivePath: String(row.archive_path ?? ''),
  reason: row.reason as FlipReason, // one of the CASE's texts
  before: side(row, 'a'),
  after: side(row, 'b'),
});

const side = (row: Row, name: 'a' | 'b'): RunComparison['flips'][number]['before'] => ({
  status: String(row[`status_${name}`]),
  label: row[`label_${name}`] === null ? null : String(row[`label_${name}`]),
  confidence: typeof row[`confidence_${name}`] === 'number' ? Number(row[`confidence_${name}`]) : null,
  decidedBy: row[`decided_${name}`] === null ? null : String(row[`decided_${name}`]),
});
