// Orchestrations: what runs after what lies in shared/pipeline/run.ts; here it meets Durable Functions.
import type { OrchestrationContext, Task } from 'durable-functions';
import type { Orchestration } from '../shared/pipeline/orchestration.ts';
import { runBatch, runDocuments, runLane } from '../shared/pipeline/run.ts';
import { trainModel } from '../shared/pipeline/train-model.ts';
import { durable } from './registry.ts';

const bind = ({ df: context }: OrchestrationContext): Orchestration<Task> => ({
  call: (activity, input) => context.callActivity(activity, input),
  callSub: (orchestrator, input, instanceId) => context.callSubOrchestrator(orchestrator, input, instanceId),
  all: (tasks) => context.Task.all(tasks),
  sleepUntil: (epochMs) => context.createTimer(new Date(epochMs)),
  now: () => context.currentUtcDateTime.getTime(),
  continueAsNew: (input) => context.continueAsNew(input),
});

durable.orchestration('run', function* (context) {
  return yield* runDocuments(bind(context), context.df.getInput());
});

durable.orchestration('lane', function* (context) {
  return yield* runLane(bind(context), context.df.getInput());
});

durable.orchestration('batch', function* (context) {
  return yield* runBatch(bind(context), context.df.getInput());
});

durable.orchestration('trainModel', function* (context) {
  return yield* trainModel(bind(context), context.df.getInput());
});
