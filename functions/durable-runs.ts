// The pipeline's port for starting orchestrations, on the durable client.
import type { InvocationContext } from '@azure/functions';
import df, { type OrchestrationRuntimeStatus } from 'durable-functions';
import type { RunStarter } from '../shared/intake/uploads.ts';

// The instance is there and alive, or has done its work: nothing to start.
const KEEP = new Set(['Pending', 'Running', 'ContinuedAsNew', 'Suspended', 'Completed']);

/** Start an orchestration unless the instance is running or complete. */
export async function startUnlessAlive(
  context: InvocationContext,
  orchestrator: string,
  instanceId: string,
  input: unknown,
): Promise<void> {
  const client = df.getClient(context);
  const status = await client.getStatus(instanceId).catch(() => undefined); // an unknown instance throws in this SDK
  if (status !== undefined && KEEP.has(String(status.runtimeStatus))) return;
  try {
    await client.startNew(orchestrator, { instanceId, input });
  } catch (error) {
    const after = await client.getStatus(instanceId).catch(() => undefined); // as above
    if (!KEEP.has(String(after?.runtimeStatus))) throw error; // else: somebody started it in between
  }
}

/** Start an orchestration unless the instance is at work; one that has ended is started again. */
export async function startUnlessRunning(
  context: InvocationContext,
  orchestrator: string,
  instanceId: string,
  input: unknown,
): Promise<void> {
  const client = df.getClient(context);
  const status = await client.getStatus(instanceId).catch(() => undefined); // an unknown instance throws in this SDK
  if (['Pending', 'Running', 'ContinuedAsNew', 'Suspended'].includes(String(status?.runtimeStatus))) return;
  await client.startNew(orchestrator, { instanceId, input });
}

/** Starts runs; each attempt of a run is an instance of its own. */
export const durableRuns = (context: InvocationContext): RunStarter => ({
  start: (input) =>
    startUnlessAlive(context, 'run', input.attempt ? `${input.runId}-${input.attempt}` : input.runId, input),
});

const ENDED = ['Completed', 'Failed', 'Terminated', 'Canceled'] as OrchestrationRuntimeStatus[]; // its values; the enum itself is no ESM export

/**
 * Remove the history of orchestrations that began before `before` and have ended.
 * The states are named: without them the Durable extension purges running instances too.
 */
export async function purgeHistory(context: InvocationContext, before: Date): Promise<number> {
  const filter = { createdTimeFrom: new Date(0), createdTimeTo: before, runtimeStatus: ENDED };
  return (await df.getClient(context).purgeInstanceHistoryBy(filter)).instancesDeleted;
}
