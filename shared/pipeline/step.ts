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

type Work = (plan: Plan) => Promise<Omit<StepRecord, 'step' | 'batchId' | 'tookMs'> | { retryAt: number }>;

/** Run `work` unless its record exists. @throws {TerminalError} run.cancelled, or what stopped the run */
export async function runStep(
  services: PipelineServices,
  step: Step,
  { runId, batchId }: StepInput,
  work: Work,
): Promise<StepResult> {
  const { lake, clock, logger } = services;
  const before = await readStep(lake, runId, batchId, step);
  if (before !== undefined) return { kind: 'done', outcome: pick(before) };
  await refuseStopped(lake, { runId, batchId });
  const startedAt = clock.now();
  const done = await work(await readPlan(lake, runId));
  if ('retryAt' in done) {
    logger.info('step.waiting', { runId, batchId, step, waitMs: done.retryAt - clock.now() });
    return { kind: 'waiting', retryAt: done.retryAt };
  }
  const tookMs = clock.now() - startedAt;
  const record: StepRecord = { ...done, step, batchId, tookMs };
  const isFirst = await createJson(lake, runPaths.step(runId, batchId, step), record);
  const { documents, asked } = record;
  logger.info('step.done', { runId, batchId, step, documents, asked, tookMs, isFirst });
  // When a second worker finished first, its record (and its part file) is the one that counts.
  return { kind: 'done', outcome: pick(isFirst ? record : await requireStep(lake, runId, batchId, step)) };
}

const pick = ({ documents, asked }: StepRecord): StepOutcome => ({ documents, asked });
