// The port of the orchestrations, and the names of all they may call. functions/orchestrations.ts binds it to Durable Functions.

/** The steps one by one: for runs that began before `workBatch` did them in one. */
export const STEP_ACTIVITIES = [
  'extractBatch',
  'featurizeBatch',
  'scoreBatch',
  'classifyBatch',
  'decideBatch',
] as const;

export type RunActivity =
  | (typeof STEP_ACTIVITIES)[number]
  | 'planRun'
  | 'workBatch'
  | 'listQuestions'
  | 'rankQuestions'
  | 'askGroup'
  | 'commitRun'
  | 'endRun';

export const TRAINING_ACTIVITIES = [
  'planTraining',
  'trainWhole',
  'featurizeShard',
  'prepareFits',
  'trainingProgress',
  'gradientShards',
  'reduceAndStep',
  'finishTraining',
  'failTraining',
] as const;

export type TrainingActivity = (typeof TRAINING_ACTIVITIES)[number];

export type ActivityName = RunActivity | TrainingActivity;

/** What an orchestration may do. Each call gives a task to be yielded. */
export interface Orchestration<Task> {
  call(activity: ActivityName, input: unknown): Task;
  callSub(orchestrator: 'lane' | 'batch', input: unknown, instanceId: string): Task;
  all(tasks: Task[]): Task;
  sleepUntil(epochMs: number): Task;
  /** The time of the turn, the same in every replay; epoch ms. */
  now(): number;
  continueAsNew(input: unknown): void;
}

/** An activity's answer: its outcome, or the moment to try again. */
export type ActivityResult<T> = { kind: 'done'; outcome: T } | { kind: 'waiting'; retryAt: number };

// biome-ignore lint/suspicious/noExplicitAny: what a yield gives back is the activity's JSON, typed by `step`
export type Steps<Task, Result> = Generator<Task, Result, any>;
