// Which way a run's questions go: live, or by the Batch API, where each batch of the run is a job of its own.
// Invariant: L1 the choice follows from request and plan alone, so every activity of a run makes the same one.
import { chooseLane } from '../llm/batch-parts.ts';
import { runPaths } from '../paths.ts';
import { type Plan, type RunRecord, requireJson } from './records.ts';
import type { PipelineServices } from './services.ts';

const HOUR_MS = 3_600_000;
/** Batches of a run whose jobs may run at the same time: they wait on timers, not on machines. */
const JOBS_AT_ONCE = 256;

/** Undefined for the live lane. `deadlineMs` in ms since the epoch. */
export async function batchLaneOf(
  { lake, llm }: Pick<PipelineServices, 'lake' | 'llm'>,
  plan: Plan,
): Promise<{ deadlineMs: number | undefined } | undefined> {
  if (!plan.llm || llm?.canBatch !== true) return undefined;
  const { request, createdAt } = await requireJson<RunRecord>(lake, runPaths.request(plan.runId));
  const nowMs = Date.parse(createdAt);
  const hours = request?.deadlineHours;
  const deadlineMs = hours === undefined ? undefined : nowMs + hours * HOUR_MS;
  const lane = chooseLane({
    mode: request?.mode ?? 'auto',
    documents: plan.sources,
    deadlineMs,
    nowMs,
    canBatch: true,
  });
  return lane === 'batch' ? { deadlineMs } : undefined;
}

/** Does the run go by the Batch API? */
export const isBatchLane = async (services: Pick<PipelineServices, 'lake' | 'llm'>, plan: Plan): Promise<boolean> =>
  (await batchLaneOf(services, plan)) !== undefined;

/** Batches in work at the same time. Jobs take hours, so all of them should be submitted at once. */
export async function lanesOf(services: PipelineServices, plan: Plan): Promise<number> {
  const usual = services.config.BATCH_CONCURRENCY;
  return (await isBatchLane(services, plan)) ? Math.max(usual, Math.min(plan.batches, JOBS_AT_ONCE)) : usual;
}
