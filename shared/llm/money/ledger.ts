// One row for each HTTP attempt: what was asked, what came back, what it cost. Rows of table llm_calls.
// Invariants: L1 every intent is a row. L2 money that may be spent is never zero: a call without a known end is booked at its highest cost.
import { runPaths } from '../../paths.ts';
import type { LakeStore } from '../../ports.ts';
import { parseRecord } from '../../record-json.ts';
import { CallLog, type CallRecord, type Intent, type Outcome } from '../calls.ts';

export type LedgerOutcome = 'ok' | 'partial' | 'wasted' | 'duplicate' | 'unknown';

/** Columns of llm_calls. Timestamps are ISO 8601 UTC, the cost is in nano-dollars (1e-9 USD). */
export type LedgerRow = {
  run_id: string;
  batch_id: string;
  call_key: string;
  attempt: number;
  document_count: number;
  deployment: string;
  model: string | null;
  service_tier: string | null;
  request_id: string | null;
  started_at: string;
  ended_at: string | null;
  http_status: number | null;
  finish_reason: string | null;
  charge_estimate: number;
  tokens_prompt: number;
  tokens_cached: number;
  tokens_cache_write: number;
  tokens_completion: number;
  tokens_reasoning: number;
  price_id: string;
  cost_nano_usd: number;
  outcome: LedgerOutcome;
  error_code: string | null;
  run_date: string;
  service_words: string | null;
};

/** Path of the finished batch: its answers and its ledger. */
export const finishedPath = (runId: string, batchId: string): string => `${runPaths.llm(runId, batchId)}/done.json`;

/**
 * Rows of a batch, finished or not.
 * @returns rows in the order of their start
 */
export async function readLedger(store: LakeStore, runId: string, batchId: string): Promise<LedgerRow[]> {
  const path = finishedPath(runId, batchId);
  const done = await store.readIfExists(path);
  if (done !== undefined) return parseRecord<{ ledger: LedgerRow[] }>(done.bytes, path).ledger;
  const log = new CallLog(store, runId, batchId);
  await log.load();
  return ledgerRows(log, runId, batchId, () => undefined);
}

/**
 * Rows of everything the log knows.
 * @param answeredOf  documents that the answer of a call decided; undefined when it was not judged
 */
export function ledgerRows(
  log: CallLog,
  runId: string,
  batchId: string,
  answeredOf: (callKey: string) => number | undefined,
): LedgerRow[] {
  return log
    .keys()
    .flatMap((key) => {
      const record = log.record(key);
      return [...record.intents.values()].map((intent) =>
        row(intent, outcomeOf(record, intent), {
          runId,
          batchId,
          answered: answeredOf(key),
          isAnswer: record.answer?.attempt === intent.attempt,
        }),
      );
    })
    .sort((a, b) =>
      a.started_at < b.started_at ? -1 : a.started_at > b.started_at ? 1 : a.call_key < b.call_key ? -1 : 1,
    );
}

function outcomeOf(record: CallRecord, intent: Intent): Outcome | undefined {
  return record.answer?.attempt === intent.attempt ? record.answer : record.outcomes.get(intent.attempt);
}

function row(
  intent: Intent,
  outcome: Outcome | undefined,
  context: { runId: string; batchId: string; answered: number | undefined; isAnswer: boolean },
): LedgerRow {
  const isUnknown = outcome === undefined || outcome.cost === null;
  const usage = outcome?.usage;
  const started = new Date(intent.startedAt).toISOString();
  return {
    run_id: context.runId,
    batch_id: context.batchId,
    call_key: intent.callKey,
    attempt: intent.attempt,
    document_count: intent.documentCount,
    deployment: intent.deployment,
    model: outcome?.model ?? null,
    service_tier: outcome?.serviceTier ?? null,
    request_id: outcome?.requestId ?? null,
    started_at: started,
    ended_at: outcome === undefined ? null : new Date(outcome.endedAt).toISOString(),
    http_status: outcome?.httpStatus ?? null,
    finish_reason: outcome?.finishReason ?? null,
    charge_estimate: intent.chargeEstimate,
    tokens_prompt: usage?.promptTokens ?? (isUnknown ? intent.promptTokens : 0),
    tokens_cached: usage?.cachedTokens ?? 0,
    tokens_cache_write: usage?.cacheWriteTokens ?? 0,
    tokens_completion: usage?.completionTokens ?? (isUnknown ? intent.maxOutputTokens : 0),
    tokens_reasoning: usage?.reasoningTokens ?? 0,
    price_id: intent.priceId,
    cost_nano_usd: Number(isUnknown ? intent.costAtMost : outcome.cost),
    outcome: kindOf(intent, outcome, isUnknown, context),
    error_code: outcome === undefined ? 'no-outcome' : outcome.rule,
    run_date: started.slice(0, 10),
    service_words: outcome?.words || null,
  };
}

function kindOf(
  intent: Intent,
  outcome: Outcome | undefined,
  isUnknown: boolean,
  context: { answered: number | undefined; isAnswer: boolean },
): LedgerOutcome {
  if (isUnknown) return 'unknown';
  if (outcome?.isDuplicate) return 'duplicate';
  if (!context.isAnswer || outcome?.rule !== null) return 'wasted';
  const answered = context.answered ?? (outcome.finishReason === 'stop' ? intent.documentCount : 0);
  return answered >= intent.documentCount ? 'ok' : answered > 0 ? 'partial' : 'wasted';
}
