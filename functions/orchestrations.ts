// Orchestrations: what runs after what lies in shared/pipeline/run.ts; here it meets Durable Functions.
import df, { type OrchestrationContext, type Task } from 'durable-functions';
import type { Orchestration } from '../shared/pipeline/orchestration.ts';
import { runBatch, runDocuments, runLane } from '../shared/pipeline/run.ts';
import { trainModel } from '../shared/pipeline/train-model.ts';

const bind = ({ df: durable }: OrchestrationContext): Orchestration<Task> => ({
  call: (activity, input) => durable.callActivity(activity, input),
  callSub: (orchestrator, input, instanceId) => durable.callSubOrchestrator(orchestrator, input, instanceId),
  all: (tasks) => durable.Task.all(tasks),
  sleepUntil: (epochMs) => durable.createTimer(new Date(epochMs)),
  continueAsNew: (input) => durable.continueAsNew(input),
});

df.app.orchestration('run', function* (context) {
  return yield* runDocuments(bind(context), context.df.getInput());
});

df.app.orchestration('lane', function* (context) {
  return yield* runLane(bind(context), context.df.getInput());
});

df.app.orchestration('batch', function* (context) {
  return yield* runBatch(bind(context), context.df.getInput());
});

df.app.orchestration('trainModel', function* (context) {
  return yield* trainModel(bind(context), context.df.getInput());
});
