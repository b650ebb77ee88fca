// The last days in numbers, for people who do not open the page.
import type { Digest } from '../api/notices.ts';
import { BY_RUNS, costReport } from './cost-report.ts';
import { driftReport } from './drift-report.ts';
import { lastDays } from './period.ts';
import { type TrustSources, trustReport } from './trust-report.ts';

const MAX_LABELS = 10;

/** @param days  today and the days before it, UTC */
export async function digestOf(sources: TrustSources, days: number): Promise<Digest> {
  const { services, query } = sources;
  const { today, first } = lastDays(services.clock.now(), days);
  const [costs, trust, drift] = [
    await costReport(sources, days, 0),
    await trustReport(sources, days),
    await driftReport(sources),
  ];
  const { rows: waiting } = await query(`SELECT count(*) AS documents FROM latest_results WHERE status = 'review'`);
  const { rows: labels } = await query(
    `SELECT label, count(DISTINCT document_id) AS documents FROM results
      WHERE ${BY_RUNS} AND status = 'labelled' AND run_date >= DATE '${first}'
      GROUP BY 1 ORDER BY documents DESC, label LIMIT ${MAX_LABELS}`,
  );
  const sum = (key: 'documents' | 'byModel' | 'asked' | 'review' | 'failed') =>
    trust.escalation.reduce((total, day) => total + day[key], 0);
  const { spotChecks } = trust;
  return {
    from: first,
    to: today,
    documents: sum('documents'),
    byModel: sum('byModel'),
    asked: sum('asked'),
    review: sum('review'),
    failed: sum('failed'),
    waiting: Number(waiting[0]?.documents ?? 0),
    costUsd: costs.total.costUsd,
    wastedUsd: costs.days.reduce((total, day) => total + day.wastedUsd, 0),
    agreement: {
      decisions: trust.agreement.reduce((total, { decisions }) => total + decisions, 0),
      kept: trust.agreement.reduce((total, { kept }) => total + kept, 0),
    },
    spotChecks:
      spotChecks === null
        ? null
        : {
            drawn: spotChecks.drawn,
            checked: spotChecks.checked,
            right: spotChecks.right,
            low: spotChecks.low,
            high: spotChecks.high,
          },
    promised: trust.promise?.precision ?? null,
    labels: labels.map((row) => ({ label: String(row.label), documents: Number(row.documents) })),
    drift: drift.measures.filter(({ isSeen }) => isSeen),
  };
}
