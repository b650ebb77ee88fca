// Submits a Python job to a Synapse Spark pool over Livy and follows it to its end.
// Invariants: P1 a job is submitted once: its id is handed to the caller before it is followed, so that a restart follows instead of
// submitting again. P2 a state that the service may still change is never taken for an end.
// Source: Synapse REST API, Spark Batch (2019-11-01-preview); Apache Livy REST API.
import { RetryableError, TerminalError } from '../../errors.ts';
import type { Clock } from '../../ports.ts';

export interface SparkPool {
  /** https://<workspace>.dev.azuresynapse.net */
  endpoint: string;
  pool: string;
}

export interface SparkJob {
  name: string;
  /** abfss:// address of the script. */
  file: string;
  args: readonly string[];
  /** Default 2. With `num_workers` of the script it decides how many trees are grown in parallel: one task per executor core. */
  executors?: number;
  executorCores?: number;
  executorMemoryGb?: number;
}

export interface SparkBatchDeps {
  fetch: typeof fetch;
  clock: Clock;
  /** Access token for https://dev.azuresynapse.net/.default */
  token(): Promise<string>;
  onState?: (state: string) => void;
}

const API = 'livyApi/versions/2019-11-01-preview/sparkPools';
const POLL_MS = 15_000;
const FAILED = new Set(['error', 'dead', 'killed']);

/** @returns the batch id. @throws {RetryableError} lake.unavailable, {TerminalError} config.invalid */
export async function submitSparkBatch(pool: SparkPool, job: SparkJob, deps: SparkBatchDeps): Promise<number> {
  const memory = `${job.executorMemoryGb ?? 28}g`;
  const cores = job.executorCores ?? 4;
  const body = {
    name: job.name,
    file: job.file,
    args: job.args,
    numExecutors: job.executors ?? 2,
    executorCores: cores,
    executorMemory: memory,
    driverCores: cores,
    driverMemory: memory,
  };
  const { id } = await call(pool, '', { method: 'POST', body: JSON.stringify(body) }, deps);
  if (typeof id !== 'number') throw new RetryableError('lake.unavailable', 'Synapse gave no batch id');
  return id;
}

/**
 * Wait for the end of a batch.
 * @throws {TerminalError} request.invalid when the job failed; its log is in the workspace under the id
 */
export async function followSparkBatch(
  pool: SparkPool,
  id: number,
  deps: SparkBatchDeps,
  signal?: AbortSignal,
): Promise<void> {
  let last = '';
  for (;;) {
    const { state, result } = await call(pool, `/${id}?detailed=true`, { method: 'GET' }, deps);
    const text = String(state);
    if (text !== last) deps.onState?.(text);
    last = text;
    // Livy says success; Synapse adds a result that is Uncertain until it is known
    if (text === 'success' || result === 'Succeeded') return;
    if (FAILED.has(text) || result === 'Failed' || result === 'Cancelled')
      throw new TerminalError(
        'request.invalid',
        `Spark batch ${id} ended as ${text}; its log is in the Synapse workspace`,
        {
          ids: { batch: id },
        },
      );
    await deps.clock.sleep(POLL_MS, signal);
  }
}

async function call(
  { endpoint, pool }: SparkPool,
  path: string,
  init: RequestInit,
  deps: SparkBatchDeps,
): Promise<Record<string, unknown>> {
  const url = `${endpoint.replace(/\/$/, '')}/${API}/${encodeURIComponent(pool)}/batches${path}`;
  const headers = { authorization: `Bearer ${await deps.token()}`, 'content-type': 'application/json' };
  let response: Response;
  try {
    response = await deps.fetch(url, { ...init, headers });
  } catch (cause) {
    throw new RetryableError('lake.unavailable', `Synapse cannot be reached at ${endpoint}`, { cause });
  }
  if (response.status === 429 || response.status >= 500)
    throw new RetryableError('lake.unavailable', `Synapse answered ${response.status}`);
  if (!response.ok)
    throw new TerminalError(
      'config.invalid',
      `Synapse answered ${response.status} for pool ${pool}: check its name and the role Synapse Compute Operator`,
    );
  const text = await response.text();
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
}
