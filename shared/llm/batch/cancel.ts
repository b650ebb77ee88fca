// Jobs of a run that has ended before them. What they have answered until then may be billed: the money set aside for them counts as spent.
import { SluiceError } from '../../errors.ts';
import { runPaths } from '../../paths.ts';
import type { Clock, LakeStore, Logger, Random, StateTable } from '../../ports.ts';
import { parseRecord } from '../../record-json.ts';
import { Budget, ceilings } from '../money/budget.ts';
import type { Funds } from './funds.ts';
import { type BatchTransport, isTerminal } from './transport.ts';

/** Folder of a run's lanes: `[<lane>/]plan-*.json`, `part-<n>-funds.json`, `-job.json`, `-end.json`. */
export const batchLaneFolder = (runId: string): string => `${runPaths.folder(runId)}/llm-batch`;

/** Cancel the jobs of a run that have not ended. A job that cannot be cancelled ends by itself within a day. @returns how many were cancelled */
export async function cancelJobs(
  runId: string,
  deps: { store: LakeStore; state: StateTable; clock: Clock; random: Random; logger: Logger },
  transport: BatchTransport,
): Promise<number> {
  const { store, logger } = deps;
  const paths: string[] = [];
  for await (const { path } of store.list(batchLaneFolder(runId))) paths.push(path);
  const open = paths.flatMap((path) => {
    const part = /^(.*)-funds\.json$/.exec(path)?.[1];
    return part === undefined || paths.includes(`${part}-end.json`) ? [] : [part];
  });
  let cancelled = 0;
  for (const part of open) {
    // Written by batch-lane.ts. Without the file a crash may have come between creating the job and writing it down.
    const job = await store.readIfExists(`${part}-job.json`);
    const { jobId } = job === undefined ? {} : parseRecord<{ jobId?: string | null }>(job.bytes, `${part}-job.json`);
    const funds = parseRecord<Funds>(await store.read(`${part}-funds.json`), `${part}-funds.json`);
    await bookLost(runId, funds, jobId === null, deps);
    if (jobId === undefined || jobId === null) continue;
    try {
      if (isTerminal(await transport.get(jobId))) continue;
      await transport.cancel(jobId);
      cancelled++;
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error;
      logger.warn('llm.batch.failed', { run: runId, problem: error.code });
    }
  }
  return cancelled;
}

/** Nobody will tell what the job has cost: other runs of the day must not wait for its money. */
async function bookLost(
  runId: string,
  { reservation, costAtMost, at }: Funds,
  isFree: boolean,
  deps: { state: StateTable; clock: Clock; random: Random },
): Promise<void> {
  if (reservation === null) return;
  // Settling needs the names of the records only, not their limits.
  const budget = new Budget(ceilings({ runId, runUsd: 0, dayUsd: 0, nowMs: at }), deps);
  await budget.settle(reservation, isFree ? 0n : BigInt(costAtMost));
}
