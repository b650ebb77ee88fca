// The activities by name. The one place where errors become what the orchestrator acts on.
// Invariants: A1 a RetryableError comes back as "wait until", at most MAX_ATTEMPTS times. A2 any other error ends the run, its code first in the message.
// A3 the step that fails for good tells all other batches to stop: the durable engine begins endRun only when every lane has ended.
import { nameFullDisk } from '../disk-full.ts';
import { codeOf, RetryableError, type SluiceError } from '../errors.ts';
import { classifyBatch } from './classify-batch.ts';
import { commitRun, endRun } from './commit-run.ts';
import { decideBatch } from './decide-batch.ts';
import { extractBatch } from './extract-batch.ts';
import { failureText, parseFailure } from './failure-text.ts';
import { featurizeBatch } from './featurize-batch.ts';
import { askGroup } from './group-questions.ts';
import { lanesOf } from './lane.ts';
import { recordLineage } from './lineage.ts';
import { offerAnswers } from './offer-answers.ts';
import type { ActivityResult, RunActivity } from './orchestration.ts';
import { TRAINING_ACTIVITIES, type TrainingActivity } from './orchestration.ts';
import { planRun } from './plan.ts';
import { isBudgeted, listQuestions, rankQuestions } from './rank-questions.ts';
import type { BatchInput, PlanOutcome } from './run.ts';
import { scoreBatch } from './score-batch.ts';
import type { PipelineServices } from './services.ts';
import type { StepInput } from './step.ts';
import { type Failure, stopRun } from './stop-marker.ts';
import { stopTraining, type TrainingServices, trainingHandlers } from './train-model.ts';
import { workBatch } from './work-batch.ts';

// Outages are waited for: 1 s doubling to 1 min is about an hour in all.
const MAX_ATTEMPTS = 60;
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 60_000;

type Handler = (input: unknown) => Promise<ActivityResult<unknown>>;

/** Handlers for registration; inputs are the small JSON of run.ts. */
export function activityHandlers(getServices: () => Promise<PipelineServices>): Record<RunActivity, Handler> {
  const activity =
    <I extends { runId: string; attempt: number }>(
      work: (services: PipelineServices, input: I) => Promise<ActivityResult<unknown>>,
    ) =>
    async (given: unknown): Promise<ActivityResult<unknown>> => {
      const input = given as I; // made by run.ts, the only caller
      const services = await getServices();
      try {
        return await services.pace.first(() => work(services, input));
      } catch (error) {
        return waitOrThrow(services, input, error, (failure) => stopRun(services.lake, input.runId, failure));
      }
    };
  type Step = StepInput & { attempt: number };
  type Run = { runId: string; attempt: number };
  return {
    planRun: activity(async (services, { runId }: Run) => {
      const plan = await planRun(services, runId);
      const outcome: PlanOutcome = {
        batches: plan.batches,
        lanes: await lanesOf(services, plan),
        isBudgeted: isBudgeted(plan, services),
      };
      return { kind: 'done', outcome };
    }),
    listQuestions: activity(async (services, input: Step) => {
      const { documents, questions } = await listQuestions(services, input);
      return { kind: 'done', outcome: { documents, asked: questions.length } };
    }),
    rankQuestions: activity(async (services, { runId }: Run) => ({
      kind: 'done',
      outcome: { groups: (await rankQuestions(services, runId)).groups.length },
    })),
    askGroup: activity((services, { runId, group }: Run & { group: number }) => askGroup(services, { runId, group })),
    workBatch: activity((services, input: BatchInput & { attempt: number }) => workBatch(services, input)),
    extractBatch: activity((services, input: Step) => extractBatch(services, input)),
    featurizeBatch: activity((services, input: Step) => featurizeBatch(services, input)),
    scoreBatch: activity((services, input: Step) => scoreBatch(services, input)),
    classifyBatch: activity((services, input: Step) => classifyBatch(services, input)),
    decideBatch: activity((services, input: Step) => decideBatch(services, input)),
    commitRun: activity(async (services, { runId }: Run) => {
      const outcome = await commitRun(services, runId);
      await offerAnswers(services, runId);
      await recordLineage(services, runId);
      return { kind: 'done', outcome };
    }),
    endRun: activity(async (services, { runId, message }: Run & { message: string }) => {
      await services.llm?.cancelJobs?.(runId);
      const outcome = await endRun(services, runId, parseFailure(message));
      await recordLineage(services, runId);
      return { kind: 'done', outcome };
    }),
  };
}

/** Handlers of the training's activities, under the same rules. */
export function trainingActivityHandlers(
  getServices: () => Promise<Pick<PipelineServices, 'clock' | 'logger'> & TrainingServices>,
): Record<TrainingActivity, Handler> {
  const named = TRAINING_ACTIVITIES.map((name): [TrainingActivity, Handler] => [
    name,
    async (given) => {
      const services = await getServices();
      const input = given as { trainingId: string; attempt: number }; // made by train-model.ts, the only caller
      try {
        const work = trainingHandlers(services, parseFailure)[name] as (input: unknown) => Promise<unknown>;
        return { kind: 'done', outcome: await work(input) };
      } catch (error) {
        const { trainingId: runId, attempt } = input;
        return waitOrThrow(services, { runId, attempt }, error, (failure) =>
          stopTraining(services.lake, runId, failure),
        );
      }
    },
  ]);
  return Object.fromEntries(named) as Record<TrainingActivity, Handler>; // one entry per name
}

/** @param stop  tells the other batches of a failure that is for good (A3) */
async function waitOrThrow(
  { clock, logger }: Pick<PipelineServices, 'clock' | 'logger'>,
  input: { runId: string; attempt: number; batchId?: string },
  thrown: unknown,
  stop: (failure: Failure) => Promise<void>,
): Promise<ActivityResult<never>> {
  const { runId, batchId, attempt } = input;
  const error = nameFullDisk(thrown);
  if (error instanceof RetryableError && attempt < MAX_ATTEMPTS) {
    const waitMs = error.retryAfterMs ?? Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(attempt, 6));
    logger.warn('activity.retry', { runId, batchId, code: error.code, attempt, waitMs });
    return { kind: 'waiting', retryAt: clock.now() + waitMs };
  }
  const code = codeOf(error);
  logger.error('activity.failed', { runId, batchId, code, name: (error as Error)?.name });
  const message = describe(error);
  if (code !== 'run.cancelled')
    await stop({ code, message }).catch((failed: unknown) =>
      // The failure itself is told all the same; the others then stop when the orchestration ends the run.
      logger.warn('run.stop-not-told', { runId, code: codeOf(failed) }),
    );
  throw new Error(failureText(code, message), { cause: error });
}

/** Our messages hold no content; those of foreign errors might, so only their class is told. */
function describe(error: unknown): string {
  if (codeOf(error) !== 'internal') return (error as SluiceError).message;
  return error instanceof Error
    ? `${error.name} in ${error.stack?.split('\n')[1]?.trim() ?? 'unknown place'}`
    : 'unknown';
}
