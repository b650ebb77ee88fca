// What a timer does for the lake: look after every table, and forget what the retention setting says.
// Invariant: N1 only runs that have ended lose files; their decisions, plans and summaries stay.
import { type MaintenanceReport, maintain } from '../lake/delta/maintenance.ts';
import { TRAINING_OWNER, vectorFolders } from '../models/encoder/vector-cache.ts';
import { pagePaths, reviewBatchFolder, reviewLeaseFolder, runIndexFolder, runPaths } from '../paths.ts';
import type { DecisionLake } from '../pipeline/decision-lake.ts';
import type { PipelineServices } from '../pipeline/services.ts';
import { forgetTrainings } from '../pipeline/trainings.ts';
import { calibrateLlm } from '../review/calibrate-llm.ts';
import { forgetInSearch } from '../search/forget.ts';

const DAY_MS = 24 * 3_600_000;
/** Pages are drawn again when somebody looks. */
const PAGE_PICTURE_DAYS = 30;
/** Decisions that were given together can be taken back for so long. */
const UNDO_DAYS = 30;
/** A training may still be at work until then. */
const MIN_TRAINING_DAYS = 2;

export interface LakeMaintenance {
  tables: MaintenanceReport[];
  /** Runs whose texts, features, scores and answers were deleted. */
  forgottenRuns: number;
}

/** Compact, checkpoint and vacuum all tables, apply the retention, learn from people how often the LLM is right. A table that fails does not hold up the others. */
export async function maintainLake({ services, query, tables }: DecisionLake): Promise<LakeMaintenance> {
  const reports: MaintenanceReport[] = [];
  const failures: unknown[] = [];
  for (const table of tables.values()) {
    try {
      const report = await maintain(table);
      if (report !== undefined) reports.push(report);
    } catch (error) {
      failures.push(error);
    }
  }
  const forgotten = await forgetOldRuns(services);
  await forgetInSearch(services, 'run_id', new Set(forgotten));
  await forgetOldTrainings(services);
  await forgetTrainingVectors(services);
  await dropOldLeases(services);
  await dropOldPictures(services);
  await dropOldBatches(services);
  await calibrateLlm({ services, query });
  if (failures.length > 0) throw new AggregateError(failures, `maintenance of ${failures.length} table(s) failed`);
  return { tables: reports, forgottenRuns: forgotten.length };
}

/** N1. Runs that ended longer ago than RETENTION_DAYS; 0 keeps everything. */
async function forgetOldRuns({ lake, clock, config, logger }: PipelineServices): Promise<string[]> {
  if (config.RETENTION_DAYS === 0) return [];
  const forgotten: string[] = [];
  let vectors: Map<string, string[]> | undefined;
  for await (const file of lake.list(runIndexFolder)) {
    const runId = file.path.slice(runIndexFolder.length + 1, -'.json'.length);
    const summary = await lake.stat(runPaths.summary(runId));
    if (summary === undefined || clock.now() - summary.lastModified < config.RETENTION_DAYS * DAY_MS) continue;
    if ((await lake.stat(runPaths.forgotten(runId))) !== undefined) continue;
    vectors ??= await vectorFolders(lake); // listed once, and only where a run is forgotten
    for (const folder of [...runPaths.contentFolders(runId), ...(vectors.get(runId) ?? [])])
      await lake.deleteFolder(folder);
    for await (const { path } of lake.list(runPaths.planFolder(runId)))
      if (path.endsWith('.rows.jsonl')) await lake.delete(path);
    await lake.write(runPaths.forgotten(runId), JSON.stringify({ at: new Date(clock.now()).toISOString() }));
    logger.info('run.forgotten', { runId });
    forgotten.push(runId);
  }
  return forgotten;
}

/** Texts that a training which never ended has copied. */
async function forgetOldTrainings({ lake, clock, config }: PipelineServices): Promise<void> {
  if (config.RETENTION_DAYS === 0) return;
  const newestMs = clock.now() - Math.max(config.RETENTION_DAYS, MIN_TRAINING_DAYS) * DAY_MS;
  await forgetTrainings(lake, (_request, requestedAt) => requestedAt < newestMs);
}

/** Vectors of texts that trainings have encoded; those of runs go with their run. */
async function forgetTrainingVectors({ lake, clock, config }: PipelineServices): Promise<void> {
  if (config.RETENTION_DAYS === 0) return;
  const oldestMs = clock.now() - config.RETENTION_DAYS * DAY_MS;
  for (const folder of (await vectorFolders(lake)).get(TRAINING_OWNER) ?? [])
    for await (const file of lake.list(folder)) if (file.lastModified < oldestMs) await lake.delete(file.path);
}

async function dropOldLeases({ lake, clock, config }: PipelineServices): Promise<void> {
  const oldestMs = clock.now() - config.REVIEW_LEASE_SECONDS * 1000 - DAY_MS;
  for await (const file of lake.list(reviewLeaseFolder)) if (file.lastModified < oldestMs) await lake.delete(file.path);
}

async function dropOldPictures({ lake, clock, config }: PipelineServices): Promise<void> {
  const days = Math.min(
    PAGE_PICTURE_DAYS,
    config.RETENTION_DAYS === 0 ? Number.POSITIVE_INFINITY : config.RETENTION_DAYS,
  );
  const oldestMs = clock.now() - days * DAY_MS;
  for await (const file of lake.list(pagePaths.root)) if (file.lastModified < oldestMs) await lake.delete(file.path);
}

/** Ids alone; what they decided stands. */
async function dropOldBatches({ lake, clock }: PipelineServices): Promise<void> {
  const oldestMs = clock.now() - UNDO_DAYS * DAY_MS;
  for await (const file of lake.list(reviewBatchFolder)) if (file.lastModified < oldestMs) await lake.delete(file.path);
}
