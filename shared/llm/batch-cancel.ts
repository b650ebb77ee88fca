// Jobs of a run that has ended before them. What they have answered until then may be billed: the money set aside for them stays counted.
import { SluiceError } from '../errors.ts';
import { runPaths } from '../paths.ts';
import type { LakeStore, Logger } from '../ports.ts';
import { type BatchTransport, isTerminal } from './batch-transport.ts';

/** Folder of a run's lanes: `[<lane>/]plan-*.json`, `part-<n>-funds.json`, `-job.json`, `-end.json`. */
export const batchLaneFolder = (runId: string): string => `${runPaths.folder(runId)}/llm-batch`;

/** Cancel the jobs of a run that have not ended. A job that cannot be cancelled ends by itself within a day. @returns how many were cancelled */
export async function cancelJobs(
  runId: string,
  { store, logger }: { store: LakeStore; logger: Logger },
  transport: BatchTransport,
): Promise<number> {
  const paths: string[] = [];
  for await (const { path } of store.list(batchLaneFolder(runId))) paths.push(path);
  const open = paths.filter(
    (path) => path.endsWith('-job.json') && !paths.includes(path.replace(/-job\.json$/, '-end.json')),
  );
  let cancelled = 0;
  for (const path of open) {
    const { jobId } = JSON.parse((await store.read(path)).toString('utf8')) as { jobId: string | null }; // written by batch-lane.ts
    if (jobId === null) continue;
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
