// Which way a run's questions go: live, or by the Batch API, where each batch of the run is a job of its own.
// Invariant: L1 the choice follows from request and plan alone, so every activity of a run makes the same one.
import type { RunRequest } from '../api/runs.ts';
import { TerminalError } from '../errors.ts';
import { chooseLane } from '../llm/batch/parts.ts';
import { runPaths } from '../paths.ts';
import { type Plan, type RunRecord, requireJson } from './records.ts';
import type { PipelineServices } from './services.ts';

const HOUR_MS = 3_600_000;
/** Batches of a run whose jobs may run at the same time: they wait on timers, not on machines. */
const JOBS_AT_ONCE = 256;

/** How a run wants the LLM asked; members of its request. */
export type LaneRequest = Pick<RunRequest, 'mode' | 'deadlineHours'>;

/** Undefined for the live lane. `deadlineMs` in ms since the epoch. */
export async function batchLaneOf(
  { lake, llm }: Pick<PipelineServices, 'lake' | 'llm'>,
  plan: Plan,
): Promise<{ deadlineMs: number | undefined } | undefined> {
  if (!plan.llm || llm?.canBatch !== true) return undefined;
  const { request, rerun, createdAt } = await requireJson<RunRecord>(lake, runPaths.request(plan.runId));
  const nowMs = Date.parse(createdAt);
  const wanted: LaneRequest = request ?? rerun ?? {};
  const isBatch = laneOf({ llm }, wanted, { sources: plan.sources, nowMs }) === 'batch';
  return isBatch ? { deadlineMs: deadlineOf(wanted, nowMs) } : undefined;
}

/** The lane of a run of so many source files or rows that starts now. */
export function laneOf(
  { llm }: Pick<PipelineServices, 'llm'>,
  wanted: LaneRequest,
  { sources, nowMs }: { sources: number; nowMs: number },
): 'live' | 'batch' {
  return chooseLane({
    mode: wanted.mode ?? 'auto',
    documents: sources,
    deadlineMs: deadlineOf(wanted, nowMs),
    nowMs,
    canBatch: llm?.canBatch === true,
  });
}

/** @throws {TerminalError} request.invalid for mode batch where no deployment takes jobs */
export function requireLane({ llm }: Pick<PipelineServices, 'llm'>, { mode }: LaneRequest): void {
  if (mode === 'batch' && llm?.canBatch !== true)
    throw new TerminalError(
      'request.invalid',
      'mode: no deployment takes batch jobs (member `batch` in LLM_DEPLOYMENTS)',
    );
}

const deadlineOf = ({ deadlineHours }: LaneRequest, nowMs: number): number | undefined =>
  deadlineHours === undefined ? undefined : nowMs + deadlineHours * HOUR_MS;

/** Does the run go by the Batch API? */
export const isBatchLane = async (services: Pick<PipelineServices, 'lake' | 'llm'>, plan: Plan): Promise<boolean> =>
  (await batchLaneOf(services, plan)) !== undefined;

/** Batches in work at the same time. Jobs take hours, so all of them should be submitted at once. */
export async function lanesOf(services: PipelineServices, plan: Plan): Promise<number> {
  const usual = services.config.BATCH_CONCURRENCY;
  return (await isBatchLane(services, plan)) ? Math.max(usual, Math.min(plan.batches, JOBS_AT_ONCE)) : usual;
}
