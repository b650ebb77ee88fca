// Does what arrives still look like what arrived before? The last days against the four weeks before them.
// Invariants: D1 a document counts once, with its first decision by a run: re-runs of what is there are no arrival. D2 a difference is seen when it is
// both large (`LEAST`) and unlikely (`LEVEL`, shared among the measures): with many documents every small difference is unlikely.
// Two proportions, pooled z.

import type { DriftMeasure, DriftReport, Share } from '../api/notices.ts';
import { sqlText } from '../lake/duckdb.ts';
import type { QueryLake } from '../lake/query.ts';
import { SHOWN_PATH } from '../lake/shown-path.ts';
import type { Row } from '../lake/tables.ts';
import type { DecisionLake } from '../pipeline/decision-lake.ts';
import { BY_RUNS, WAS_ASKED } from './cost-report.ts';
import { lastDays } from './period.ts';

export const RECENT_DAYS = 7;
const BEFORE_DAYS = 28;
/** Documents on either side below which nothing is said. */
export const MIN_DOCUMENTS = 50;
/** The least difference of shares that is told. */
const LEAST = 0.05;
const LEVEL = 0.001;
const MAX_DOCUMENTS = 20;

const arrivals = (from: string, recentFrom: string): string => `WITH arrived AS (
  SELECT document_id, ${SHOWN_PATH} AS source_path, archive_path, label, confidence, model_version, run_date >= DATE '${recentFrom}' AS is_recent,
    status = 'review' OR ${WAS_ASKED} AS is_unsure, failure_code IS NOT DISTINCT FROM 'route.foreign' AS is_foreign
  FROM results WHERE ${BY_RUNS} AND status <> 'failed' AND duplicate_of IS NULL
  QUALIFY row_number() OVER (PARTITION BY document_id ORDER BY processed_at) = 1 AND run_date >= DATE '${from}')`;

export async function driftReport({
  services,
  query,
}: {
  services: Pick<DecisionLake['services'], 'clock'>;
  query: QueryLake;
}): Promise<DriftReport> {
  const now = services.clock.now();
  const { first: recentFrom } = lastDays(now, RECENT_DAYS);
  const { first: from } = lastDays(now, RECENT_DAYS + BEFORE_DAYS);
  const arrived = arrivals(from, recentFrom);
  const { rows } = await query(
    `${arrived} SELECT is_recent, label, count(*) AS documents, count(*) FILTER (WHERE is_unsure) AS unsure,
      count(*) FILTER (WHERE is_foreign) AS foreigners FROM arrived GROUP BY 1, 2 ORDER BY 1, 2`,
  );
  const measures = measure(rows);
  const { rows: models } = await query(
    `${arrived} SELECT DISTINCT is_recent, model_version FROM arrived WHERE model_version IS NOT NULL ORDER BY 1, 2`,
  );
  const modelsOf = (isRecent: boolean) =>
    models.filter((row) => row.is_recent === isRecent).map((row) => String(row.model_version));
  return {
    recentFrom,
    from,
    measures,
    documents: await examples(query, arrived, measures),
    models: { recent: modelsOf(true), before: modelsOf(false) },
  };
}

function measure(rows: readonly Row[]): DriftMeasure[] {
  const sum = (isRecent: boolean, column: string, label?: string): number =>
    rows.reduce(
      (total, row) =>
        row.is_recent === isRecent && (label === undefined || row.label === label)
          ? total + Number(row[column])
          : total,
      0,
    );
  const wholes = [sum(true, 'documents'), sum(false, 'documents')] as const;
  const labels = [...new Set(rows.flatMap(({ label }) => (typeof label === 'string' ? [label] : [])))].sort();
  const wanted: { what: DriftMeasure['what']; label: string | null; column: string }[] = [
    { what: 'unsure', label: null, column: 'unsure' },
    { what: 'foreign', label: null, column: 'foreigners' },
    ...labels.map((label) => ({ what: 'label' as const, label, column: 'documents' })),
  ];
  return wanted.map(({ what, label, column }) => {
    const share = (isRecent: boolean, whole: number): Share => ({
      part: sum(isRecent, column, label ?? undefined),
      whole,
    });
    const [recent, before] = [share(true, wholes[0]), share(false, wholes[1])];
    const isEnough = recent.whole >= MIN_DOCUMENTS && before.whole >= MIN_DOCUMENTS;
    const pValue = isEnough ? pValueOf(recent, before) : null;
    const difference = isEnough ? recent.part / recent.whole - before.part / before.whole : 0;
    // Fewer unsure or foreign documents are no alarm.
    const isLarge = what === 'label' ? Math.abs(difference) >= LEAST : difference >= LEAST;
    return {
      what,
      label,
      recent,
      before,
      pValue,
      isSeen: pValue !== null && isLarge && pValue * wanted.length <= LEVEL,
    }; // D2
  });
}

/** Two-sided. */
function pValueOf(a: Share, b: Share): number {
  const pooled = (a.part + b.part) / (a.whole + b.whole);
  const deviation = Math.sqrt(pooled * (1 - pooled) * (1 / a.whole + 1 / b.whole));
  if (deviation === 0) return 1;
  return Math.min(1, 2 * upperTail(Math.abs(a.part / a.whole - b.part / b.whole) / deviation));
}

/** P(Z >= z) of the normal distribution, z >= 0: Abramowitz & Stegun 26.2.17, |error| < 7.5e-8. */
function upperTail(z: number): number {
  const t = 1 / (1 + 0.2316419 * z);
  const series = [1.330274429, -1.821255978, 1.781477937, -0.356563782, 0.31938153].reduce(
    (sum, factor) => (sum + factor) * t,
    0,
  );
  return (series * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI);
}

/** Recent documents of what was seen, those that the models were least sure of first. */
async function examples(
  query: QueryLake,
  arrived: string,
  measures: readonly DriftMeasure[],
): Promise<DriftReport['documents']> {
  const seen = measures.filter(({ isSeen }) => isSeen);
  if (seen.length === 0) return [];
  const cases = seen.map(({ what, label }) =>
    what === 'label'
      ? { when: `label = ${sqlText(label ?? '')}`, what: 'label' }
      : { when: what === 'unsure' ? 'is_unsure' : 'is_foreign', what },
  );
  const { rows } = await query(
    `${arrived} SELECT document_id, source_path, archive_path, label,
      CASE ${cases.map(({ when, what }) => `WHEN ${when} THEN '${what}'`).join(' ')} END AS what FROM arrived
      WHERE is_recent AND what IS NOT NULL ORDER BY confidence NULLS FIRST, document_id LIMIT ${MAX_DOCUMENTS}`,
  );
  return rows.map((row) => ({
    documentId: String(row.document_id),
    path: String(row.source_path),
    archivePath: String(row.archive_path ?? ''),
    label: row.label === null ? null : String(row.label),
    what: String(row.what),
  }));
}
