// The file that tells all batches of a run to stop: written by whoever cancels it, or by the step that fails for good.
// Invariants: M1 the first reason is the one that counts. M2 a batch that stops because another failed tells that failure, so that the run
// ends with its cause whichever lane is heard first.
import { type ErrorCode, isErrorCode, TerminalError } from '../errors.ts';
import { runPaths } from '../paths.ts';
import type { LakeStore } from '../ports.ts';
import { createJson, readJson } from './records.ts';

export interface Failure {
  code: string;
  message: string;
}

interface StopMarker {
  because: 'requested' | 'failed';
  /** When a step failed. */
  failure?: Failure;
}

/** Tell all batches to stop. @param failure  what went wrong; absent: the run is cancelled */
export async function stopRun(lake: LakeStore, runId: string, failure?: Failure): Promise<void> {
  const marker: StopMarker = failure === undefined ? { because: 'requested' } : { because: 'failed', failure };
  await createJson(lake, runPaths.cancel(runId), marker);
}

/** What failed first, if the run was stopped by a failure. */
export const failureThatStopped = async (lake: LakeStore, runId: string): Promise<Failure | undefined> =>
  (await readJson<StopMarker>(lake, runPaths.cancel(runId)))?.failure;

/** @throws {TerminalError} run.cancelled, or the failure that stopped the run */
export async function refuseStopped(lake: LakeStore, ids: { runId: string; batchId: string }): Promise<void> {
  const marker = await readJson<StopMarker>(lake, runPaths.cancel(ids.runId));
  if (marker === undefined) return;
  if (marker.failure === undefined)
    throw new TerminalError('run.cancelled', `run ${ids.runId} was cancelled`, { ids: { ...ids } });
  throw new TerminalError(codeOfText(marker.failure.code), marker.failure.message, { ids: { ...ids } });
}

const codeOfText = (code: string): ErrorCode => (isErrorCode(code) ? code : 'internal');
