// The orchestrations, as plain generators over a small port: what runs after what. orchestration.ts is the port.
// Invariants: O1 deterministic: no clock, no random, no I/O here. O2 only ids, indexes and counts pass through, never documents.
// O3 throttling and outages are waited for on timers; what the process that did it did not survive is done again, three times; a TerminalError ends a run.
import { batchId } from '../ids.ts';
import { isToldFailure } from './failure-text.ts';
import {
  type ActivityName,
  type ActivityResult,
  type Orchestration,
  type RunActivity,
  STEP_ACTIVITIES,
  type Steps,
} from './orchestration.ts';
import type { StepInput, StepOutcome } from './step.ts';

export interface RunInput {
  runId: string;
  /** Sub-orchestrations of a run taken up again must not share ids with those of the attempt before. */
  attempt?: number;
  /** Upload runs: when the intake window closes; epoch ms. */
  startAt?: number;
}

export interface PlanOutcome {
  batches: number;
  lanes: number;
  /** The money may not reach for every question: all batches are scored before the first one is asked. */
  isBudgeted: boolean;
}

/** Which steps of its batches a lane does; in `ask` it asks groups of questions instead. */
export type Phase = 'all' | 'score' | 'ask' | 'decide';

const STEPS_OF: Readonly<Record<Exclude<Phase, 'ask'>, readonly RunActivity[]>> = {
  all: STEP_ACTIVITIES,
  score: [...STEP_ACTIVITIES.slice(0, 3), 'listQuestions'],
  decide: STEP_ACTIVITIES.slice(3),
};

export interface LaneInput {
  runId: string;
  /** Of the instance ids of this attempt. */
  prefix: string;
  /** Step from one batch of the lane to the next. */
  lanes: number;
  /** In phase `ask` groups of questions. */
  batches: number;
  /** First batch of this execution. */
  next: number;
  /** Absent: all steps. */
  phase?: Phase;
  /** Batches are worked on by one activity each. Absent in lanes that began before: their history has a sub-orchestration per batch. */
  isWhole?: boolean;
}

export interface BatchInput extends StepInput {
  /** Absent: all steps. */
  phase?: Exclude<Phase, 'ask'>;
}

// A lane starts a new history after this many batches.
const BATCHES_PER_EXECUTION = 40;

// What a process did not survive is tried so often again: 5 s, 10 s and 20 s later, by when a host has replaced its worker.
const MAX_DEATHS = 3;
const FIRST_REVIVAL_MS = 5000;

/** A whole run: wait for the window, plan, all lanes, commit. */
export function* runDocuments<Task>(o: Orchestration<Task>, input: RunInput): Steps<Task, unknown> {
  const { runId } = input;
  try {
    if (input.startAt !== undefined) yield o.sleepUntil(input.startAt);
    const plan: PlanOutcome = yield* step(o, 'planRun', { runId });
    const prefix = `${runId}-${input.attempt ?? 0}`;
    if (plan.isBudgeted) {
      yield* runLanes(o, runId, plan, `${prefix}-score`, 'score');
      const { groups }: { groups: number } = yield* step(o, 'rankQuestions', { runId });
      yield* runLanes(o, runId, { ...plan, batches: groups }, `${prefix}-ask`, 'ask');
      yield* runLanes(o, runId, plan, `${prefix}-decide`, 'decide');
    } else yield* runLanes(o, runId, plan, prefix, 'all');
    return yield* step(o, 'commitRun', { runId });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const ended: { state: string } = yield* step(o, 'endRun', { runId, message: message.slice(0, 2000) });
    if (ended.state === 'cancelled') return null;
    throw error;
  }
}

function* runLanes<Task>(
  o: Orchestration<Task>,
  runId: string,
  { lanes: most, batches }: Pick<PlanOutcome, 'lanes' | 'batches'>,
  prefix: string,
  phase: Phase,
): Steps<Task, void> {
  const lanes = Math.min(most, batches);
  const start = () =>
    Array.from({ length: lanes }, (_, lane) => {
      const input: LaneInput = { runId, prefix, lanes, batches, next: lane, phase, isWhole: true };
      return o.callSub('lane', input, `${prefix}-lane${lane}`);
    });
  if (lanes > 0) yield* surviving(o, () => o.all(start())); // an empty `all` never resolves
}

/** Every `lanes`-th batch of a run, one after the other: as many lanes, so many batches in work. */
export function* runLane<Task>(o: Orchestration<Task>, input: LaneInput): Steps<Task, unknown> {
  let next = input.next;
  for (let done = 0; next < input.batches; next += input.lanes, done++) {
    if (done === BATCHES_PER_EXECUTION) {
      o.continueAsNew({ ...input, next });
      return null;
    }
    const { runId, phase = 'all' } = input;
    if (phase === 'ask') {
      const asked: StepOutcome = yield* step(o, 'askGroup', { runId, group: next });
      if (asked.documents === 0) return null; // the money is spent: the groups after this one are more certain
      continue;
    }
    const batch: BatchInput = { runId, batchId: batchId(next), phase };
    if (input.isWhole === true) yield* step(o, 'workBatch', batch);
    else yield* surviving(o, () => o.callSub('batch', batch, `${input.prefix}-${batch.batchId}`));
  }
  return null;
}

/** The steps of a batch that belong to the phase, one activity each: for lanes that began before `workBatch`. */
export function* runBatch<Task>(
  o: Orchestration<Task>,
  { phase = 'all', ...input }: BatchInput,
): Steps<Task, StepOutcome> {
  let outcome: StepOutcome = { documents: 0, asked: 0 };
  for (const activity of STEPS_OF[phase]) outcome = yield* step(o, activity, input);
  return outcome;
}

/** Call an activity until it is done; each time it asks to wait, sleep on a durable timer. */
export function* step<Task, T>(o: Orchestration<Task>, name: ActivityName, input: object): Steps<Task, T> {
  for (let attempt = 0; ; attempt++) {
    const result: ActivityResult<T> = yield* surviving(o, () => o.call(name, { ...input, attempt }));
    if (result.kind === 'done') return result.outcome;
    yield o.sleepUntil(result.retryAt);
  }
}

/** Call an activity for several inputs at once; those that must wait are asked again together. Results in the order of the inputs. */
export function* stepAll<Task, T>(
  o: Orchestration<Task>,
  name: ActivityName,
  inputs: readonly object[],
): Steps<Task, T[]> {
  const outcomes: T[] = [];
  let open = inputs.map((_, index) => index);
  for (let attempt = 0; open.length > 0; attempt++) {
    const ask = () => o.all(open.map((index) => o.call(name, { ...inputs[index], attempt })));
    const results: ActivityResult<T>[] = yield* surviving(o, ask);
    const waiting: number[] = [];
    let retryAt = 0;
    results.forEach((result, i) => {
      const index = open[i] ?? 0;
      if (result.kind === 'done') outcomes[index] = result.outcome;
      else {
        waiting.push(index);
        retryAt = Math.max(retryAt, result.retryAt);
      }
    });
    open = waiting;
    if (open.length > 0) yield o.sleepUntil(retryAt);
  }
  return outcomes;
}

/**
 * A task whose process may end under it: the engine then fails it with words of its own. Everything may run twice, so it is done again.
 * Durable Functions' own retry options are not used: the SDK counts their timers itself, which is one more thing to agree on.
 */
function* surviving<Task, T>(o: Orchestration<Task>, begin: () => Task): Steps<Task, T> {
  for (let deaths = 0; ; deaths++) {
    try {
      return yield begin();
    } catch (error) {
      if (deaths === MAX_DEATHS || isToldFailure(error instanceof Error ? error.message : String(error))) throw error;
    }
    yield o.sleepUntil(o.now() + FIRST_REVIVAL_MS * 2 ** deaths);
  }
}
