// The end of a run: check conservation, commit all part files as one Delta version, write the summary.
// Invariants: C1 nothing is committed unless documents in = labelled + review + failed. C2 replaying adds nothing (txn = run id).
import pLimit from 'p-limit';
import { type RunCounts, type RunState, STEPS } from '../api/runs.ts';
import { TerminalError } from '../errors.ts';
import { batchId } from '../ids.ts';
import type { Row } from '../lake/tables.ts';
import { readEmbeddingLedger } from '../llm/embeddings/embedding-ledger.ts';
import { runPaths } from '../paths.ts';
import { ledgerOf } from './ask-documents.ts';
import { encoderOf } from './encoder-counts.ts';
import { groupId } from './group-questions.ts';
import { readRanking } from './rank-questions.ts';
import {
  createJson,
  type Plan,
  type RunRecord,
  type RunSummary,
  readAttempt,
  readJson,
  readPlan,
  requireJson,
  requireStep,
  type StepRecord,
} from './records.ts';
import { runSource } from './run-source.ts';
import type { PipelineServices, StagedPart } from './services.ts';
import { type Failure, failureThatStopped, stopRun } from './stop-marker.ts';
import { addCounts } from './tally.ts';

const BATCHES_AT_ONCE = 16;

/** Commit a run whose batches are all decided. @throws {TerminalError} run.conservation */
export async function commitRun(services: PipelineServices, runId: string): Promise<RunCounts> {
  const done = await readJson<RunSummary>(services.lake, runPaths.summary(runId));
  if (done !== undefined) return pickCounts(done);
  const plan = await readPlan(services.lake, runId);
  const totals = await gather(services, plan);
  if (totals.parts.length > 0) await services.tables.commitResults(runId, totals.parts);
  await appendCalls(services, runId, totals.ledger);
  const summary = await summarise(services, runId, 'completed', plan, totals, null);
  services.logger.info('run.completed', {
    runId,
    ...pickCounts(summary),
    costUsd: summary.costUsd,
    tookMs: tookMs(summary),
  });
  return pickCounts(summary);
}

/**
 * End a run that failed or was cancelled: no results are committed, what was paid is. Its other lanes are told to stop.
 * @param told  what the orchestration says; the failure of the step that stopped the run goes first
 */
export async function endRun(services: PipelineServices, runId: string, told: Failure): Promise<{ state: RunState }> {
  const done = await readJson<RunSummary>(services.lake, runPaths.summary(runId));
  if (done !== undefined) return { state: done.state };
  const error = (await failureThatStopped(services.lake, runId)) ?? told;
  const state = error.code === 'run.cancelled' ? 'cancelled' : 'failed';
  await stopRun(services.lake, runId, state === 'failed' ? error : undefined);
  const plan = await readJson<Plan>(services.lake, runPaths.plan(runId));
  const ledger = plan === undefined ? [] : await gatherLedger(services, plan);
  await appendCalls(services, runId, ledger);
  const summary = await summarise(
    services,
    runId,
    state,
    plan,
    { ...emptyTotals(), ledger },
    state === 'failed' ? error : null,
  );
  services.logger.warn('run.ended', { runId, state, code: error.code, tookMs: tookMs(summary) });
  return { state };
}

/** Append the calls that an earlier, failed attempt of the run has not appended yet. */
async function appendCalls(services: PipelineServices, runId: string, ledger: readonly Row[]): Promise<void> {
  const attempt = await readAttempt(services.lake, runId);
  const before = new Set<string>();
  for (let earlier = 0; earlier < attempt; earlier++)
    for (const call of (await readJson<string[]>(services.lake, runPaths.calls(runId, earlier))) ?? [])
      before.add(call);
  const fresh = ledger.filter((row) => !before.has(callKey(row)));
  if (fresh.length === 0) return;
  await createJson(services.lake, runPaths.calls(runId, attempt), fresh.map(callKey));
  await services.tables.append('llm_calls', { runId, attempt }, fresh);
}

/** From the request to the end, milliseconds. */
const tookMs = ({ createdAt, endedAt }: RunSummary): number => Date.parse(endedAt ?? createdAt) - Date.parse(createdAt);

const callKey = (row: Row): string => `${row.call_key}#${row.attempt}`;

interface Totals {
  counts: RunCounts;
  parts: StagedPart[];
  ledger: Row[];
  steps: Record<string, number>;
  asked: number;
  /** The record that ends each batch. */
  decided: StepRecord[];
  failures: Record<string, number>;
  formats: Record<string, number>;
}

const emptyTotals = (): Totals => ({
  counts: { documents: 0, labelled: 0, review: 0, failed: 0 },
  parts: [],
  ledger: [],
  steps: {},
  asked: 0,
  decided: [],
  failures: {},
  formats: {},
});

async function gather(services: PipelineServices, plan: Plan): Promise<Totals> {
  const totals = emptyTotals();
  const ids = [...batchIds(plan)];
  const limit = pLimit(BATCHES_AT_ONCE);
  totals.decided = await Promise.all(
    ids.map((id) =>
      limit(async () => {
        const [extracted, decided] = await Promise.all([
          requireStep(services.lake, plan.runId, id, 'extract'),
          requireStep(services.lake, plan.runId, id, 'decide'),
        ]);
        checkBatch(plan.runId, id, extracted, decided);
        return decided;
      }),
    ),
  );
  const quiet = new Set<string>();
  for (const [i, decided] of totals.decided.entries()) {
    const id = ids[i] ?? '';
    if (decided.questions === 0) quiet.add(id);
    addCounts(totals.counts as unknown as Record<string, number>, decided.counts as unknown as Record<string, number>);
    addCounts(totals.failures, decided.failures);
    addCounts(totals.formats, decided.formats);
    totals.asked += decided.asked;
    if (decided.part !== null && decided.part !== undefined) totals.parts.push(decided.part);
  }
  totals.ledger = await gatherLedger(services, plan, quiet);
  for (const step of STEPS) totals.steps[step] = totals.counts.documents;
  return totals;
}

/** The conservation law, per batch. @throws {TerminalError} run.conservation */
function checkBatch(runId: string, id: string, extracted: StepRecord, decided: StepRecord): void {
  const { labelled = 0, review = 0, failed = 0 } = decided.counts ?? {};
  if (extracted.documents !== labelled + review + failed || extracted.documents !== decided.documents)
    throw new TerminalError(
      'run.conservation',
      `batch ${id}: ${extracted.documents} documents in, ${labelled} labelled + ${review} review + ${failed} failed out`,
      { ids: { runId, batchId: id } },
    );
}

/** @param quiet  batches that asked nothing */
async function gatherLedger(
  services: PipelineServices,
  plan: Plan,
  quiet: ReadonlySet<string> = new Set(),
): Promise<Row[]> {
  const rows: Row[] = [];
  if (typeof plan.encoder === 'string')
    rows.push(...(await readEmbeddingLedger(services.lake, plan.runId)).map((row): Row => ({ ...row })));
  if (!plan.llm) return rows;
  const groups = (await readRanking(services, plan.runId))?.groups ?? [];
  for (const id of [...batchIds(plan), ...groups.map((_, index) => groupId(index))])
    if (!quiet.has(id)) rows.push(...(await ledgerOf(services, { runId: plan.runId, batchId: id })));
  return rows;
}

async function summarise(
  services: PipelineServices,
  runId: string,
  state: RunState,
  plan: Plan | undefined,
  totals: Totals,
  error: { code: string; message: string } | null,
): Promise<RunSummary> {
  const run = await requireJson<RunRecord>(services.lake, runPaths.request(runId));
  const endedAt = new Date(services.clock.now()).toISOString();
  const sum = (column: string) => totals.ledger.reduce((total, row) => total + Number(row[column] ?? 0), 0);
  const costUsd = sum('cost_nano_usd') / 1e9;
  const summary: RunSummary = {
    runId,
    kind: run.kind,
    source: runSource(run),
    state,
    createdAt: run.createdAt,
    endedAt,
    ...totals.counts,
    batches: plan?.batches ?? 0,
    steps: Object.fromEntries(STEPS.map((step) => [step, totals.steps[step] ?? 0])) as RunSummary['steps'], // keys are STEPS
    asked: totals.asked,
    costUsd,
    quote: run.request?.quote ?? null,
    remainingSeconds: null,
    modelVersion: plan?.modelVersion ?? null,
    taxonomyVersion: plan?.taxonomyVersion ?? null,
    ...(plan?.llmUse === undefined ? {} : { llm: plan.llmUse }),
    ...encoderOf(plan, totals.decided),
    failures: totals.failures,
    formats: totals.formats,
    error,
    calls: totals.ledger.length,
    tokensIn: sum('tokens_prompt'),
    tokensOut: sum('tokens_completion'),
  };
  await services.tables.append('runs', { runId, attempt: await readAttempt(services.lake, runId) }, [
    {
      run_id: runId,
      kind: run.kind,
      state,
      started_at: run.createdAt,
      ended_at: endedAt,
      ...totals.counts,
      cost_usd: costUsd,
      model_version: summary.modelVersion,
      taxonomy_version: summary.taxonomyVersion,
      pipeline_version: services.pipelineVersion,
      request_json: JSON.stringify(run.request ?? run.rerun ?? { windowId: run.windowId }),
      run_date: run.createdAt.slice(0, 10),
    },
  ]);
  await createJson(services.lake, runPaths.summary(runId), summary); // last: its presence says that the run has ended
  return summary;
}

function* batchIds(plan: Plan): Generator<string> {
  for (let index = 0; index < plan.batches; index++) yield batchId(index);
}

const pickCounts = ({ documents, labelled, review, failed }: RunCounts): RunCounts => ({
  documents,
  labelled,
  review,
  failed,
});
