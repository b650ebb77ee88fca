// How far a run is, from what it has left in the lake. Works on every instance and after every restart.

import { type RunStatus, STEPS, type Step } from '../api/runs.ts';
import { TerminalError } from '../errors.ts';
import { PacedLook } from '../pace.ts';
import { runIndexFolder, runPaths } from '../paths.ts';
import { encoderOf } from '../pipeline/encoder-counts.ts';
import { isGroupId } from '../pipeline/group-questions.ts';
import {
  isPlan,
  isRunRecord,
  isStepRecord,
  isSummary,
  type Plan,
  type RunRecord,
  type RunSummary,
  readJson,
  type StepRecord,
} from '../pipeline/records.ts';
import { runSource } from '../pipeline/run-source.ts';
import type { PipelineServices } from '../pipeline/services.ts';
import { addCounts } from '../pipeline/tally.ts';
import { type BrokenRecord, brokenRecord } from '../record-json.ts';

const MAX_COMPLETED = 1000;
const MAX_LOOKS = 200;
const ENDS = '.decide.json';

/** Answer of GET /api/runs. */
export interface RunList {
  runs: RunStatus[];
  broken: BrokenRecord[];
}

/** Step records never change, so what was read once is kept: a poll costs one listing plus the records that are new. */
export class ProgressReader {
  readonly #services: PipelineServices;
  readonly #records = new Map<string, Map<string, StepRecord>>();
  /** A completed run is not taken up again, so its summary stays. */
  readonly #completed = new Map<string, RunSummary>();
  /** What is asked for again and again, shared by those who ask at the same time. */
  readonly #looks = new Map<string, PacedLook<unknown>>();

  constructor(services: PipelineServices) {
    this.#services = services;
  }

  /** @throws {TerminalError} run.not-found, lake.corrupt-record */
  status(runId: string): Promise<RunStatus> {
    return this.#shared(`run ${runId}`, () => this.#status(runId));
  }

  /** The newest runs first; those whose records are damaged stand apart and keep nobody from the others. @param limit  at most this many */
  list(limit: number): Promise<RunList> {
    return this.#shared(`newest ${limit}`, () => this.#list(limit));
  }

  #shared<T>(what: string, look: () => Promise<T>): Promise<T> {
    const known = this.#looks.get(what) as PacedLook<T> | undefined; // under its name by this method only
    const shared = known ?? new PacedLook(look, this.#services.pace);
    if (known === undefined) keepNewest(this.#looks, what, shared, MAX_LOOKS);
    return shared.take();
  }

  async #status(runId: string): Promise<RunStatus> {
    const { lake, clock } = this.#services;
    const summary =
      this.#completed.get(runId) ?? (await readJson<RunSummary>(lake, runPaths.summary(runId), isSummary));
    if (summary !== undefined) {
      this.#records.delete(runId);
      if (summary.state === 'completed') keepNewest(this.#completed, runId, summary, MAX_COMPLETED);
      return summary;
    }
    const run = await readJson<RunRecord>(lake, runPaths.request(runId), isRunRecord);
    if (run === undefined) throw new TerminalError('run.not-found', `run ${runId} is not known`, { ids: { runId } });
    const plan = await readJson<Plan>(lake, runPaths.plan(runId), isPlan);
    const records = plan === undefined ? [] : await this.#newest(runId);
    const stalled = await readJson<{ since: string }>(lake, runPaths.stalled(runId));
    return {
      ...describe(run, plan, records, clock.now()),
      ...(stalled === undefined ? {} : { stalledSince: stalled.since }),
    };
  }

  async #list(limit: number): Promise<RunList> {
    const files: { path: string; lastModified: number }[] = [];
    for await (const file of this.#services.lake.list(runIndexFolder)) files.push(file);
    files.sort((a, b) => b.lastModified - a.lastModified || (a.path < b.path ? 1 : -1));
    const ids = files.slice(0, limit).map((file) => file.path.slice(runIndexFolder.length + 1, -'.json'.length));
    const broken: BrokenRecord[] = [];
    const runs = await Promise.all(
      ids.map(async (id) => {
        try {
          return await this.#status(id);
        } catch (error) {
          broken.push(brokenRecord(id, error));
          return [];
        }
      }),
    );
    return { runs: runs.flat(), broken };
  }

  async #newest(runId: string): Promise<StepRecord[]> {
    const known = this.#records.get(runId) ?? new Map<string, StepRecord>();
    this.#records.set(runId, known);
    const paths: string[] = [];
    for await (const file of this.#services.lake.list(runPaths.steps(runId))) paths.push(file.path);
    // The record that ends a batch makes the others needless.
    const ended = new Set(paths.filter((path) => path.endsWith(ENDS)).map((path) => path.slice(0, -ENDS.length)));
    const isTelling = (path: string) =>
      path.endsWith(ENDS) || !ended.has(path.slice(0, path.indexOf('.', path.lastIndexOf('/'))));
    const fresh = paths.filter((path) => !known.has(path) && isTelling(path));
    for (let from = 0; from < fresh.length; from += 16)
      await Promise.all(
        fresh.slice(from, from + 16).map(async (path) => {
          const record = await readJson<StepRecord>(this.#services.lake, path, isStepRecord);
          if (record !== undefined) known.set(path, record);
        }),
      );
    return [...known.values()];
  }
}

/** Put into a map that holds at most `max`: the oldest makes way. */
function keepNewest<T>(map: Map<string, T>, key: string, value: T, max: number): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= max) return;
    map.delete(oldest);
  }
}

/** Progress from step records. Pure. @param nowMs  epoch ms */
export function describe(
  run: RunRecord,
  plan: Plan | undefined,
  records: readonly StepRecord[],
  nowMs: number,
): RunStatus {
  const steps = Object.fromEntries(STEPS.map((step) => [step, 0])) as Record<Step, number>; // keys are STEPS
  const failures: Record<string, number> = {};
  const formats: Record<string, number> = {};
  const counts = { labelled: 0, review: 0, failed: 0 };
  // Groups of questions are asked before their batches collect the answers, so each of the two sums may be ahead of the other.
  const groups = records.filter((record) => isGroupId(record.batchId));
  const batches = records.filter((record) => !isGroupId(record.batchId));
  const ofGroups = groups.reduce((sum, record) => sum + record.asked, 0);
  const costOfGroups = groups.reduce((sum, record) => sum + Number(record.costNanoUsd), 0);
  let asked = 0;
  let costNanoUsd = 0;
  const decided = new Set(batches.filter(({ step }) => step === 'decide').map(({ batchId }) => batchId));
  // The record that ends a batch says it all, also of steps without a record of their own.
  const telling = batches.filter(({ step, batchId }) => step === 'decide' || !decided.has(batchId));
  for (const record of telling) {
    const isEnded = record.step === 'decide';
    for (const step of isEnded ? STEPS : [record.step]) steps[step] += record.documents;
    if (isEnded || record.step === 'extract') addCounts(formats, record.formats);
    if (isEnded || record.step === 'classify') {
      asked += record.asked;
      costNanoUsd += Number(record.costNanoUsd);
    }
    if (isEnded) {
      addCounts(failures, record.failures);
      counts.labelled += record.counts?.labelled ?? 0;
      counts.review += record.counts?.review ?? 0;
      counts.failed += record.counts?.failed ?? 0;
    }
  }
  return {
    runId: run.runId,
    kind: run.kind,
    source: runSource(run),
    state: plan === undefined ? 'pending' : 'running',
    createdAt: run.createdAt,
    endedAt: null,
    // Until every batch is read, archives may still add documents: the sources are the best estimate.
    documents: Math.max(plan?.sources ?? 0, steps.extract),
    ...counts,
    batches: plan?.batches ?? 0,
    steps,
    asked: Math.max(asked, ofGroups),
    costUsd: Math.max(costNanoUsd, costOfGroups) / 1e9,
    quote: run.request?.quote ?? null,
    remainingSeconds: remaining(
      plan,
      telling.length + decided.size * (STEPS.length - 1),
      nowMs - Date.parse(run.createdAt),
    ),
    modelVersion: plan?.modelVersion ?? null,
    taxonomyVersion: plan?.taxonomyVersion ?? null,
    ...(plan?.llmUse === undefined ? {} : { llm: plan.llmUse }),
    ...encoderOf(plan, telling),
    failures,
    formats,
    error: null,
  };
}

/** Batch steps still to do at the speed so far. @param done  batch steps that are done */
function remaining(plan: Plan | undefined, done: number, elapsedMs: number): number | null {
  if (plan === undefined || done === 0 || elapsedMs <= 0) return null;
  const todo = plan.batches * STEPS.length - done;
  return Math.max(0, Math.ceil((todo * elapsedMs) / done / 1000));
}
