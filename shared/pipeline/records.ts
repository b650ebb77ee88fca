// The JSON files a run leaves in the lake: request, plan, batches, steps, summary.
// Invariants: R1 each is written once (put-if-absent) or rewritten with equal content. R2 a step's record is written after its output.
import type { EncoderCounts, LlmUse, RerunRequest, RunCounts, RunRequest, RunStatus, Step } from '../api/runs.ts';
import { SluiceError } from '../errors.ts';
import { runPaths } from '../paths.ts';
import type { LakeStore } from '../ports.ts';
import { isCorruptRecord, parseRecord, type RecordCheck } from '../record-json.ts';
import type { ColdAccept } from './cold-accept.ts';
import type { StagedPart } from './services.ts';

export interface RunRecord {
  runId: string;
  kind: RunStatus['kind'];
  createdAt: string;
  request: RunRequest | null;
  /** Re-runs: the run they start from. */
  rerun: (RerunRequest & { runId: string }) | null;
  /** Re-runs: what the first of these runs is over (runSource); absent in records of earlier versions. */
  over?: string;
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
  /** Cold start with an encoder: how sure descriptions must be; absent in plans of earlier versions. */
  cold?: ColdAccept | null;
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
  /** Documents that the LLM stage was to look at (decide); 0: no file of answers exists. Absent: not known. */
  questions?: number;
  /** Where an encoder was at work (score, decide). */
  encoder?: EncoderCounts;
}

export interface RunSummary extends RunStatus {
  calls: number;
  tokensIn: number;
  tokensOut: number;
}

const isText = (value: unknown): boolean => typeof value === 'string';
const isNumber = (value: unknown): boolean => typeof value === 'number';

// What whoever shows a record relies on; a record without it was not written by us or not wholly.
export const isRunRecord: RecordCheck = (record) =>
  isText(record.runId) && isText(record.kind) && isText(record.createdAt);
export const isPlan: RecordCheck = (record) => isNumber(record.batches) && isNumber(record.sources);
export const isStepRecord: RecordCheck = (record) =>
  isText(record.step) && isText(record.batchId) && isNumber(record.documents);
export const isSummary: RecordCheck = (record) =>
  isRunRecord(record) &&
  isText(record.state) &&
  [record.documents, record.labelled, record.review, record.failed, record.asked, record.costUsd].every(isNumber) &&
  [record.steps, record.failures, record.formats].every((part) => typeof part === 'object' && part !== null);

/** Read a JSON file; undefined when absent. @throws {TerminalError} lake.corrupt-record */
export async function readJson<T>(store: LakeStore, path: string, check?: RecordCheck): Promise<T | undefined> {
  const found = await store.readIfExists(path);
  return found === undefined ? undefined : parseRecord<T>(found.bytes, path, check);
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

/** Create a request's record; one that is there stays, unless it is damaged. @returns false when it was there */
export async function createOrMend(
  store: LakeStore,
  path: string,
  value: unknown,
  check: RecordCheck,
): Promise<boolean> {
  if (await createJson(store, path, value)) return true;
  try {
    await readJson(store, path, check);
  } catch (error) {
    if (!isCorruptRecord(error)) throw error;
    await writeJson(store, path, value);
  }
  return false;
}

/**
 * The run's record, plan or planned batch; these exist whenever a step runs.
 * @throws {SluiceError} lake.not-found, lake.corrupt-record
 */
export async function requireJson<T>(store: LakeStore, path: string): Promise<T> {
  return parseRecord<T>(await store.read(path), path);
}

/** Plans that were read, by run; they never change (R1), so a process reads each once. */
const plans = new WeakMap<LakeStore, Map<string, Plan>>();
const MAX_PLANS = 256;

export async function readPlan(store: LakeStore, runId: string): Promise<Plan> {
  const known = plans.get(store) ?? new Map<string, Plan>();
  plans.set(store, known);
  const plan = known.get(runId) ?? (await requireJson<Plan>(store, runPaths.plan(runId)));
  known.delete(runId); // the newest last
  known.set(runId, plan);
  for (const oldest of known.keys()) {
    if (known.size <= MAX_PLANS) break;
    known.delete(oldest);
  }
  return plan;
}
export const readBatch = (store: LakeStore, runId: string, batchId: string) =>
  requireJson<PlannedBatch>(store, runPaths.planBatch(runId, batchId));
export const readStep = (store: LakeStore, runId: string, batchId: string, step: Step) =>
  readJson<StepRecord>(store, runPaths.step(runId, batchId, step));
export const requireStep = (store: LakeStore, runId: string, batchId: string, step: Step) =>
  requireJson<StepRecord>(store, runPaths.step(runId, batchId, step));

/** How often a failed or cancelled run was taken up again. */
export const readAttempt = async (store: LakeStore, runId: string): Promise<number> =>
  (await readJson<{ attempt: number }>(store, runPaths.attempt(runId)))?.attempt ?? 0;
