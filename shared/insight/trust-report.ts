// Whether the decisions can be trusted: how often documents were escalated, how often people kept what was proposed, and what was seen of
// the champion's promise.
// Invariants: T1 a decision of a person is measured against the decision it replaced, once; one that replaces another person's is not measured.
// T2 people look at documents that were uncertain: agreement says nothing of documents nobody looked at; spot checks do (spot-checks.ts).
import type { TrustReport } from '../api/insights.ts';

import { sqlText } from '../lake/duckdb.ts';
import type { QueryLake } from '../lake/query.ts';
import type { AcceptRule } from '../models/accept-rule.ts';
import type { DecisionLake } from '../pipeline/decision-lake.ts';
import { BY_RUNS, WAS_ASKED } from './cost-report.ts';
import { lastDays } from './period.ts';
import { measureSpotChecks } from './spot-checks.ts';
import { type UncheckedSources, uncheckedDescriptions } from './unchecked-descriptions.ts';

const MAX_CORRECTIONS = 50;

type Promised = Pick<AcceptRule, 'precision' | 'confidence' | 'basis'>;

export interface TrustSources extends DecisionLake, Pick<UncheckedSources, 'encoders'> {
  registry: {
    championVersion(): Promise<string | undefined>;
    manifest(version: string): Promise<{ accept: Promised; stage?: { accept: Promised } | null }>;
  };
}

/** @param days  today and the days before it, UTC */
export async function trustReport(sources: TrustSources, days: number): Promise<TrustReport> {
  const { services, query, registry } = sources;
  const { first } = lastDays(services.clock.now(), days);
  const measured = measuredSince(first);
  const count = 'count(*) AS decisions, count(*) FILTER (WHERE label = proposal) AS kept';
  const { rows: agreement } = await query(
    `${measured} SELECT proposed_by, ${count} FROM measured GROUP BY 1 ORDER BY decisions DESC, proposed_by`,
  );
  const { rows: weeks } = await query(
    `${measured} SELECT date_trunc('week', run_date)::DATE AS week, ${count}, count(DISTINCT reviewer) AS reviewers
      FROM measured GROUP BY 1 ORDER BY 1`,
  );
  const { rows: corrections } = await query(
    `${measured} SELECT proposal, label, count(*) AS decisions FROM measured WHERE label <> proposal
      GROUP BY 1, 2 ORDER BY decisions DESC, proposal, label LIMIT ${MAX_CORRECTIONS}`,
  );
  const promise = await readPromise(query, registry, measured);
  return {
    escalation: await readEscalation(query, first),
    agreement: agreement.map((row) => ({
      proposedBy: row.proposed_by as TrustReport['agreement'][number]['proposedBy'], // the CASE's words, or the table's
      decisions: Number(row.decisions),
      kept: Number(row.kept),
    })),
    weeks: weeks.map((row) => ({
      week: String(row.week),
      decisions: Number(row.decisions),
      kept: Number(row.kept),
      reviewers: Number(row.reviewers),
    })),
    corrections: corrections.map((row) => ({
      from: String(row.proposal),
      to: String(row.label),
      decisions: Number(row.decisions),
    })),
    promise,
    spotChecks: await measureSpotChecks(
      services,
      query,
      days,
      promise && { modelVersion: promise.modelVersion, precision: promise.precision },
    ),
    unchecked: await uncheckedDescriptions(sources),
  };
}

/**
 * T1: feedback beside the decision that stood when it was given. A document in review shows the best guess of the model, of descriptions where there was
 * none, or what the LLM suggested with too little confidence.
 */
const measuredSince = (first: string): string => `WITH measured AS (
  SELECT feedback.run_date, feedback.reviewer, feedback.label, results.label AS proposal,
    results.model_version, results.decided_by,
    CASE WHEN results.decided_by IS NOT NULL THEN results.decided_by
      WHEN results.duplicate_of IS NOT NULL THEN 'duplicate'
      WHEN results.failure_code = 'llm.low-confidence' THEN 'llm'
      WHEN results.model_version IS NULL THEN 'encoder' ELSE 'model' END AS proposed_by
  FROM feedback ASOF JOIN results
    ON feedback.document_id = results.document_id AND feedback.created_at > results.processed_at
  WHERE feedback.run_date >= DATE '${first}' AND feedback.label IS NOT NULL
    AND results.label IS NOT NULL AND results.decided_by IS DISTINCT FROM 'human')`;

async function readEscalation(query: QueryLake, first: string): Promise<TrustReport['escalation']> {
  const { rows } = await query(
    `SELECT run_date AS date, count(*) FILTER (WHERE status <> 'failed') AS documents,
      count(*) FILTER (WHERE decided_by IN ('model', 'encoder')) AS by_model, count(*) FILTER (WHERE ${WAS_ASKED}) AS asked,
      count(*) FILTER (WHERE status = 'review') AS review, count(*) FILTER (WHERE status = 'failed') AS failed
      FROM results WHERE run_date >= DATE '${first}' AND ${BY_RUNS} GROUP BY 1 ORDER BY 1`,
  );
  return rows.map((row) => ({
    date: String(row.date),
    documents: Number(row.documents),
    byModel: Number(row.by_model),
    asked: Number(row.asked),
    review: Number(row.review),
    failed: Number(row.failed),
  }));
}

async function readPromise(
  query: QueryLake,
  registry: TrustSources['registry'],
  measured: string,
): Promise<TrustReport['promise']> {
  const modelVersion = await registry.championVersion();
  if (modelVersion === undefined) return null;
  const { accept, stage } = await registry.manifest(modelVersion);
  const { precision, confidence, basis } = stage?.accept ?? accept; // one promise over both local stages
  const { rows } = await query(
    `${measured} SELECT count(*) AS checked, count(*) FILTER (WHERE label = proposal) AS correct FROM measured
      WHERE decided_by IN ('model', 'encoder') AND model_version = ${sqlText(modelVersion)}`,
  );
  const [{ checked, correct } = {}] = rows;
  return { modelVersion, precision, confidence, basis, checked: Number(checked ?? 0), right: Number(correct ?? 0) };
}
