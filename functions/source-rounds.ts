// Rounds of sources: a timer that looks what is due, and one durable instance a source.
import type { InvocationContext } from '@azure/functions';
import df from 'durable-functions';
import { getApp } from '../shared/app.ts';
import { type SyncInput, syncActivity, syncSource } from '../shared/sources/sync-source.ts';
import { startUnlessRunning } from './durable-runs.ts';
import { app, durable } from './registry.ts';

durable.orchestration('sourceRound', function* (context) {
  const port = {
    call: (activity: string, input: unknown) => context.df.callActivity(activity, input),
    continueAsNew: (input: unknown) => context.df.continueAsNew(input),
  };
  return yield* syncSource(port, context.df.getInput());
});

durable.activity('syncSourceFor', {
  handler: async (input: SyncInput) => syncActivity((await getApp()).sources, input),
});

app.timer('syncSources', {
  schedule: '20 * * * * *',
  extraInputs: [df.input.durableClient()],
  handler: async (_timer, context) => {
    for (const name of await (await getApp()).sources.due()) await startRound(context, { name });
  },
});

/** One instance a source: a round that runs is joined. */
export const startRound = (context: InvocationContext, input: SyncInput): Promise<void> =>
  startUnlessRunning(context, 'sourceRound', `source-${input.name}`, input);
