// The JSON files a run leaves in the lake: request, plan, batches, steps, summary.
// Invariants: R1 each is written once (put-if-absent) or rewritten with equal content. R2 a step's record is written after its output.
import type { EncoderCounts, LlmUse, RerunRequest, RunCounts, RunRequest, RunStatus, Step } from '../api/runs.ts';
import { SluiceError } from '../errors.ts';
import { runPaths } from '../paths.ts';
import type { LakeStore } from '../ports.ts';
import type { StagedPart } from './services.ts';

export interface RunRecord {
  runId: string;
  kind: RunStatus['kind'];
  createdAt: string;
  request: RunRequest | null;
  /** Re-runs: the run they start from. */
  rerun: (RerunRequest & { runId: string }) | null;
  /** Upload runs: the intake window. */
  windowId: string | null;
}

/** One source file of a batch. */
export interface PlannedSource {
  path: string;
  etag: string;
  sizeBytes: number;
}

export interface PlannedBatch {
  batchId: string;
  container: 'landing' | 'imports';
  sources: PlannedSource[];
  /** Data sets: the rows lie in `runPaths.rows`, all from this file. */
  dataset: { path: string; etag: string; rows: number } | null;
  /** Re-runs: where earlier outputs come from and which documents are meant. */
  base: { runId: string; batchId: string; documentIds: string[] } | null;
}

export interface Plan {
  runId: string;
  batches: number;
  /** Source files or rows; archives and mails may hold more documents. */
  sources: number;
  modelVersion: string | null;
  taxonomyVersion: string;
  /** Confidence from which the model's label stands; null: the model's own threshold. */
  accept: number | null;
  review: number;
  llm: boolean;
  /** Absent in plans of earlier versions. */
  llmUse?: LlmUse;
  /** Encoder of the second local stage, or of a cold start; absent in plans of earlier versions. */
  encoder?: string | null;
  maxCostUsd: number | null;
  from: 'extract' | 'featurize' | 'score' | 'classify';
  runDate: string;
}

/** What a step did to one batch. Only counts and names; the data are in the step's output. */
export interface StepRecord {
  step: Step;
  batchId: string;
  documents: number;
  /** Documents to ask the LLM (score), asked (classify). */
  asked: number;
  costNanoUsd: string;
  tookMs: number;
  counts?: RunCounts;
  failures?: Record<string, number>;
  formats?: Record<string, number>;
  /** Identifiers replaced before texts were shown to the LLM, by kind (classify). */
  redacted?: Record<string, number>;
  part?: StagedPart | null;
  modelVersion?: string | null;
  /** Where an encoder was at work (score). */
  encoder?: EncoderCounts;
}

export interface RunSummary extends RunStatus {
  calls: number;
  tokensIn: number;
  tokensOut: number;
}

/** Read a JSON file; undefined when absent. */
export async function readJson<T>(store: LakeStore, path: string): Promise<T | undefined> {
  const found = await store.readIfExists(path);
  // Written by this code only (R1), so the shape is the writer's.
  return found === undefined ? undefined : (JSON.parse(found.bytes.toString('utf8')) as T);
}

export async function writeJson(store: LakeStore, path: string, value: unknown): Promise<void> {
  await store.write(path, JSON.stringify(value));
}

/** Create a JSON file; false when it exists already. */
export async function createJson(store: LakeStore, path: string, value: unknown): Promise<boolean> {
  try {
    await store.write(path, JSON.stringify(value), { ifAbsent: true });
    return true;
  } catch (error) {
    if (error instanceof SluiceError && error.code === 'lake.conflict') return false;
    throw error;
  }
}

/**
 * The run's record, plan or planned batch; these exist whenever a step runs.
 * @throws {SluiceError} lake.not-found
 */
export async function requireJson<T>(store: LakeStore, path: string): Promise<T> {
  return JSON.parse((await store.read(path)).toString('utf8')) as T; // shape: see readJson
}

export const readPlan = (store: LakeStore, runId: string) => requireJson<Plan>(store, runPaths.plan(runId));
export const readBatch = (store: LakeStore, runId: string, batchId: string) =>
  requireJson<PlannedBatch>(store, runPaths.planBatch(runId, batchId));
export const readStep = (store: LakeStore, runId: string, batchId: string, step: Step) =>
  readJson<StepRecord>(store, runPaths.step(runId, batchId, step));
export const requireStep = (store: LakeStore, runId: string, batchId: string, step: Step) =>
  requireJson<StepRecord>(store, runPaths.step(runId, batchId, step));

/** How often a failed or cancelled run was taken up again. */
export const readAttempt = async (store: LakeStore, runId: string): Promise<number> =>
  (await readJson<{ attempt: number }>(store, runPaths.attempt(runId)))?.attempt ?? 0;
