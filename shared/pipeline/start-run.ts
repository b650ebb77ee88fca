// Starting runs: derive the id from the request, record it, list it.
// Invariant: equal requests have equal ids, so a double POST or a duplicate event joins the run instead of starting another.
import type { RerunRequest, RunRequest } from '../api/runs.ts';
import { TerminalError } from '../errors.ts';
import { canonicalJson, sha256Hex } from '../ids.ts';
import { runIndexPath, runPaths } from '../paths.ts';
import { requireLane } from './lane.ts';
import {
  createJson,
  createOrMend,
  isRunRecord,
  type RunRecord,
  type RunSummary,
  readAttempt,
  readJson,
  writeJson,
} from './records.ts';
import { meantSource, runSource } from './run-source.ts';
import type { PipelineServices } from './services.ts';
import { stopRun } from './stop-marker.ts';
import { loadTaxonomy } from './taxonomies.ts';

export interface StartedRun {
  runId: string;
  /** false: the same request was made before. */
  isNew: boolean;
  /** 0, or how often a failed or cancelled run of the same request was taken up again. */
  attempt: number;
}

/**
 * Record a requested run.
 * @throws {TerminalError} request.invalid (unknown taxonomy), model.not-found
 */
export async function createRun(services: PipelineServices, asked: RunRequest): Promise<StartedRun> {
  const request = { ...asked, source: await meantSource(services, asked.source) };
  await loadTaxonomy(services.lake, request.taxonomyVersion ?? services.config.TAXONOMY_VERSION);
  if (request.modelVersion !== undefined) await services.models.load(request.modelVersion);
  const accept = request.acceptThreshold;
  if (accept !== undefined && (request.reviewThreshold ?? 0) > accept)
    throw new TerminalError('request.invalid', 'reviewThreshold: must not be above acceptThreshold');
  requireLane(services, request);
  const { quote: _, ...identity } = request;
  return record(services, { runId: `run-${digest(identity)}`, kind: 'request', request, rerun: null, windowId: null });
}

/** Record the run of an intake window. */
export function createUploadRun(services: PipelineServices, windowId: string): Promise<StartedRun> {
  return record(services, { runId: `upload-${windowId}`, kind: 'upload', request: null, rerun: null, windowId });
}

/**
 * Record a re-run of a finished run.
 * @throws {TerminalError} run.not-found, run.not-finished, run.forgotten, request.invalid (mode batch that no deployment takes)
 */
export async function createRerun(
  services: PipelineServices,
  baseRunId: string,
  request: RerunRequest,
): Promise<StartedRun> {
  requireLane(services, request);
  const base = await readJson<RunRecord>(services.lake, runPaths.request(baseRunId));
  if (base === undefined) throw new TerminalError('run.not-found', `run ${baseRunId} is not known`);
  if ((await services.lake.stat(runPaths.summary(baseRunId))) === undefined)
    throw new TerminalError('run.not-finished', `run ${baseRunId} has not ended`);
  // Read again from their sources, only the rows of a data set are gone.
  const needsStored = request.from !== 'extract' || base.request?.source.kind === 'dataset';
  if (needsStored && (await services.lake.stat(runPaths.forgotten(baseRunId))) !== undefined)
    throw new TerminalError('run.forgotten', `what run ${baseRunId} has read is no longer kept`, {
      ids: { runId: baseRunId },
    });
  const rerun = { ...request, runId: baseRunId };
  return record(services, {
    runId: `rerun-${digest(rerun)}`,
    kind: 'rerun',
    request: null,
    rerun,
    over: runSource(base),
    windowId: null,
  });
}

async function record(services: PipelineServices, run: Omit<RunRecord, 'createdAt'>): Promise<StartedRun> {
  const createdAt = new Date(services.clock.now()).toISOString();
  const { lake } = services;
  const isNew = await createOrMend(lake, runPaths.request(run.runId), { ...run, createdAt }, isRunRecord);
  // Whoever wrote the request may have died before this.
  if (isNew || (await lake.stat(runIndexPath(run.runId))) === undefined)
    await createJson(lake, runIndexPath(run.runId), { runId: run.runId, kind: run.kind, createdAt });
  return { runId: run.runId, isNew, attempt: await takeUp(services, run.runId) };
}

/** Open an ended run again if it failed or was cancelled: finished steps are kept, the rest is done. */
async function takeUp({ lake }: PipelineServices, runId: string): Promise<number> {
  const summary = await readJson<RunSummary>(lake, runPaths.summary(runId));
  const attempt = await readAttempt(lake, runId);
  if (summary?.state !== 'failed' && summary?.state !== 'cancelled') return attempt;
  await writeJson(lake, runPaths.attempt(runId), { attempt: attempt + 1 });
  await lake.delete(runPaths.cancel(runId));
  await lake.delete(runPaths.summary(runId));
  return attempt + 1;
}

/**
 * Ask a run to stop: batches in work finish their step, nothing is committed, stored steps are kept.
 * @throws {TerminalError} run.not-found
 */
export async function cancelRun({ lake }: PipelineServices, runId: string): Promise<void> {
  if ((await lake.stat(runPaths.request(runId))) === undefined)
    throw new TerminalError('run.not-found', `run ${runId} is not known`, { ids: { runId } });
  if ((await lake.stat(runPaths.summary(runId))) === undefined) await stopRun(lake, runId);
}

const digest = (value: unknown): string => sha256Hex(canonicalJson(value)).slice(0, 20);
