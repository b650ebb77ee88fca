// The frame around every step of a batch: done before? cancelled? then work, then the record that makes it done.
// Invariant: S1 a step that ran to its record is never run again; S2 a step that is cut short runs again from the start with the same outcome.
import type { Step } from '../api/runs.ts';
import { runPaths } from '../paths.ts';
import { createJson, type Plan, readPlan, readStep, requireStep, type StepRecord } from './records.ts';
import type { PipelineServices } from './services.ts';
import { refuseStopped } from './stop-marker.ts';

export interface StepInput {
  runId: string;
  batchId: string;
}

/** What an activity tells the orchestrator: small, JSON-safe, no content. */
export type StepOutcome = Pick<StepRecord, 'documents' | 'asked'>;

export type StepResult = { kind: 'done'; outcome: StepOutcome } | { kind: 'waiting'; retryAt: number };

/** What a step has done. */
export type StepDone = Omit<StepRecord, 'step' | 'batchId' | 'tookMs'>;

/** What a step has done, or when it is to go on. */
export type StepWork = StepDone | { retryAt: number };

/** Run `work` unless its record exists. @throws {TerminalError} run.cancelled, or what stopped the run */
export async function runStep(
  services: PipelineServices,
  step: Step,
  { runId, batchId }: StepInput,
  work: (plan: Plan) => Promise<StepWork>,
): Promise<StepResult> {
  const { lake } = services;
  const before = await readStep(lake, runId, batchId, step);
  if (before !== undefined) return { kind: 'done', outcome: pick(before) };
  await refuseStopped(lake, { runId, batchId });
  const done = await timed(services, step, { runId, batchId }, async () => work(await readPlan(lake, runId)));
  if ('retryAt' in done) return { kind: 'waiting', retryAt: done.retryAt };
  return { kind: 'done', outcome: pick(await keepRecord(services, done)) };
}

/** Work on a step. @returns its record, not stored yet, or when to go on */
export async function timed(
  { clock, logger }: PipelineServices,
  step: Step,
  { runId, batchId }: StepInput,
  work: () => Promise<StepWork>,
): Promise<(StepRecord & { runId: string }) | { retryAt: number }> {
  const startedAt = clock.now();
  const done = await work();
  if ('retryAt' in done) {
    logger.info('step.waiting', { runId, batchId, step, waitMs: done.retryAt - clock.now() });
    return done;
  }
  const tookMs = clock.now() - startedAt;
  const { documents, asked } = done;
  logger.info('step.done', { runId, batchId, step, documents, asked, tookMs });
  return { ...done, step, batchId, tookMs, runId };
}

/** Store a step's record. @returns the one that counts: when a second worker finished first, its own, which names its part file */
export async function keepRecord(
  { lake }: PipelineServices,
  { runId, ...record }: StepRecord & { runId: string },
): Promise<StepRecord> {
  const { batchId, step } = record;
  const isFirst = await createJson(lake, runPaths.step(runId, batchId, step), record);
  return isFirst ? record : await requireStep(lake, runId, batchId, step);
}

export const pick = ({ documents, asked }: StepOutcome): StepOutcome => ({ documents, asked });
