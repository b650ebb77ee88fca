// The pipeline's port for starting orchestrations, on the durable client.
import type { InvocationContext } from '@azure/functions';
import df from 'durable-functions';
import type { RunStarter } from '../shared/pipeline/uploads.ts';

// The instance is there and alive, or has done its work: nothing to start.
const KEEP = new Set(['Pending', 'Running', 'ContinuedAsNew', 'Suspended', 'Completed']);

/** Start the run's orchestration unless it is running or complete. */
export function durableRuns(context: InvocationContext): RunStarter {
  const client = df.getClient(context);
  return {
    async start(input) {
      const instanceId =
        input.attempt === undefined || input.attempt === 0 ? input.runId : `${input.runId}-${input.attempt}`;
      const status = await client.getStatus(instanceId).catch(() => undefined); // 404 throws in this SDK
      if (status !== undefined && KEEP.has(String(status.runtimeStatus))) return;
      await client.startNew('run', { instanceId, input });
    },
  };
}
