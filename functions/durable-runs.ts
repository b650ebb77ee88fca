// The pipeline's port for starting orchestrations, on the durable client.
import type { InvocationContext } from '@azure/functions';
import df, { type OrchestrationRuntimeStatus } from 'durable-functions';
import type { RunStarter } from '../shared/intake/uploads.ts';
import type { RunInput } from '../shared/pipeline/run.ts';

// The instance is at work: nothing to start.
const AT_WORK = ['Pending', 'Running', 'ContinuedAsNew', 'Suspended'];

/** Start an orchestration unless the instance is running or complete. */
export const startUnlessAlive = (
  context: InvocationContext,
  orchestrator: string,
  instanceId: string,
  input: unknown,
): Promise<void> => startUnless([...AT_WORK, 'Completed'], context, orchestrator, instanceId, input);

/** Start an orchestration unless the instance is at work; one that has ended is started again. */
export const startUnlessRunning = (
  context: InvocationContext,
  orchestrator: string,
  instanceId: string,
  input: unknown,
): Promise<void> => startUnless(AT_WORK, context, orchestrator, instanceId, input);

async function startUnless(
  states: readonly string[],
  context: InvocationContext,
  orchestrator: string,
  instanceId: string,
  input: unknown,
): Promise<void> {
  const client = df.getClient(context);
  const isKept = async (): Promise<boolean> => {
    const status = await client.getStatus(instanceId).catch(() => undefined); // an unknown instance throws in this SDK
    return states.includes(String(status?.runtimeStatus));
  };
  if (await isKept()) return;
  try {
    await client.startNew(orchestrator, { instanceId, input });
  } catch (error) {
    if (!(await isKept())) throw error; // else: somebody started it in between
  }
}

/** Starts runs; each attempt of a run is an instance of its own. */
export const durableRuns = (context: InvocationContext): RunStarter => ({
  start: (input) => startUnlessAlive(context, 'run', instanceOf(input), input),
});

/**
 * Start a run again whose instance has ended although the lake knows of no end: storage of a laptop that was killed loses its last seconds. What is stored
 * is not done twice.
 */
export const startUnended = (context: InvocationContext, input: RunInput): Promise<void> =>
  startUnlessRunning(context, 'run', instanceOf(input), input);

const instanceOf = ({ runId, attempt }: RunInput): string => (attempt ? `${runId}-${attempt}` : runId);

const ENDED = ['Completed', 'Failed', 'Terminated', 'Canceled'] as OrchestrationRuntimeStatus[]; // its values; the enum itself is no ESM export

/**
 * Remove the history of orchestrations that began before `before` and have ended.
 * The states are named: without them the Durable extension purges running instances too.
 */
export async function purgeHistory(context: InvocationContext, before: Date): Promise<number> {
  const filter = { createdTimeFrom: new Date(0), createdTimeTo: before, runtimeStatus: ENDED };
  return (await df.getClient(context).purgeInstanceHistoryBy(filter)).instancesDeleted;
}
