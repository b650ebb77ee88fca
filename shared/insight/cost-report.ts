// What sorting has cost: the ledger's money beside the documents that runs decided.
// Invariants: C1 money comes from the ledger, so what was wasted or only may have been billed is in it. C2 what people decided is no work of a run
// and counts nowhere here.
import type { CostReport } from '../api/insights.ts';
import type { QueryLake } from '../lake/query.ts';
import type { Row } from '../lake/tables.ts';
import type { DecisionLake } from '../pipeline/decision-lake.ts';
import { lastDays } from './period.ts';

/** C2. */
export const BY_RUNS = "decided_by IS DISTINCT FROM 'human'";
/** The LLM has answered about this document itself; copies only share its answer. */
export const WAS_ASKED = 'prompt_version IS NOT NULL AND duplicate_of IS NULL';

/**
 * @param days           today and the days before it, UTC
 * @param spentTodayUsd  under the day's limit, what runs in work have set aside included
 */
export async function costReport(
  { services, query }: Pick<DecisionLake, 'services' | 'query'>,
  days: number,
  spentTodayUsd: number,
): Promise<CostReport> {
  const { config, clock } = services;
  const { today, first } = lastDays(clock.now(), days);
  const ledger = `FROM llm_calls WHERE run_date >= DATE '${first}'`;
  const money = `count(DISTINCT (run_id, batch_id, call_key)) AS calls, sum(cost_nano_usd)::BIGINT AS nano_usd,
    sum(tokens_prompt + tokens_completion)::BIGINT AS tokens`;
  const { rows: paid } = await query(
    `SELECT run_date AS date, ${money},
      sum(cost_nano_usd) FILTER (WHERE outcome IN ('wasted', 'duplicate', 'unknown'))::BIGINT AS wasted ${ledger} GROUP BY 1`,
  );
  const { rows: deployments } = await query(
    `SELECT deployment, ${money} ${ledger} GROUP BY 1 ORDER BY nano_usd DESC, deployment`,
  );
  const decided = await readDecided(query, first);
  const daily = mergeDays(paid, decided.days);
  const sum = (column: 'costUsd' | 'documents' | 'asked') => daily.reduce((total, day) => total + day[column], 0);
  const costUsd = paid.reduce((total, row) => total + Number(row.nano_usd), 0) / 1e9;
  const documents = sum('documents');
  const spent = daily.find(({ date }) => date === today)?.costUsd ?? 0;
  return {
    days: daily,
    labels: decided.labels,
    deployments: deployments.map((row) => ({
      deployment: String(row.deployment),
      calls: Number(row.calls),
      tokens: Number(row.tokens),
      costUsd: Number(row.nano_usd) / 1e9,
    })),
    total: {
      costUsd,
      documents,
      asked: sum('asked'),
      perThousandUsd: documents === 0 ? null : (costUsd / documents) * 1000,
    },
    budget: {
      perRunUsd: config.LLM_MAX_COST_USD_PER_RUN ?? null,
      perDayUsd: config.LLM_MAX_COST_USD_PER_DAY ?? null,
      spentTodayUsd: Math.max(spent, spentTodayUsd),
    },
  };
}

async function readDecided(query: QueryLake, first: string): Promise<{ days: Row[]; labels: CostReport['labels'] }> {
  const decisions = `FROM results WHERE run_date >= DATE '${first}' AND ${BY_RUNS}`;
  const counts = `count(*) AS documents, count(*) FILTER (WHERE ${WAS_ASKED}) AS asked`;
  const { rows: days } = await query(`SELECT run_date AS date, ${counts} ${decisions} GROUP BY 1`);
  const { rows: labels } = await query(
    `SELECT label, ${counts}, coalesce(sum(cost_usd), 0) AS usd ${decisions} AND status = 'labelled' AND label IS NOT NULL
      GROUP BY 1 ORDER BY usd DESC, documents DESC, label`,
  );
  return {
    days,
    labels: labels.map((row) => ({
      label: String(row.label),
      documents: Number(row.documents),
      asked: Number(row.asked),
      costUsd: Number(row.usd),
    })),
  };
}

/** Days with money, documents or both. A run of yesterday may have been paid today. */
function mergeDays(paid: readonly Row[], decided: readonly Row[]): CostReport['days'] {
  const dates = new Set([...paid, ...decided].map((row) => String(row.date)));
  return [...dates].sort().map((date) => {
    const on = (rows: readonly Row[], column: string) => Number(rows.find((row) => row.date === date)?.[column] ?? 0);
    return {
      date,
      costUsd: on(paid, 'nano_usd') / 1e9,
      documents: on(decided, 'documents'),
      asked: on(decided, 'asked'),
      calls: on(paid, 'calls'),
      wastedUsd: on(paid, 'wasted') / 1e9,
      tokens: on(paid, 'tokens'),
    };
  });
}
