// Training as an orchestration: rows of one shard at once, as the command line trains them; more: shards featurized in parallel, then one gradient activity per group of shards and iteration, reduced to a step.
// Invariants: as in run.ts; T1 every step may be repeated; a training that is started again goes on after its last iteration.

import type { TrainRequest } from '../api/training.ts';
import { isErrorCode, TerminalError } from '../errors.ts';
import { canonicalJson, sha256Hex } from '../ids.ts';
import { trainingEndPath, trainingFailurePath, trainingRequestPath } from '../paths.ts';
import type { Clock, LakeStore } from '../ports.ts';
import type { RecordCheck } from '../record-json.ts';
import { type FitName, type TrainingPlan, trainingPaths } from '../training/sharded/files.ts';
import type { TrainingResult } from '../training/sharded/register.ts';
import { planRanges } from '../training/sharded/run-sharded.ts';
import type { PlannedTraining, ShardedTrainer, StepResult } from '../training/sharded/trainer.ts';
import { DECISIONS } from '../training/sources.ts';
import type { Orchestration, Steps, TrainingActivity } from './orchestration.ts';
import { createJson, createOrMend, readJson, requireJson, writeJson } from './records.ts';
import { step, stepAll } from './run.ts';
import type { Failure } from './stop-marker.ts';
import { loadTaxonomy } from './taxonomies.ts';

export interface TrainInput {
  trainingId: string;
  /** Gradient activities in parallel. */
  groups: number;
}

// History stays bounded: a training continues as new after so many iterations and finds its place in the lake.
const ROUNDS_PER_EXECUTION = 40;
const SHARDS_AT_ONCE = 32;

/** Train, register and, if asked, promote a model. */
export function* trainModel<Task>(o: Orchestration<Task>, input: TrainInput): Steps<Task, TrainingResult | null> {
  const { trainingId } = input;
  try {
    const { shards, isFinished, isWhole }: PlannedTraining = yield* step(o, 'planTraining', { trainingId });
    if (isWhole && !isFinished) yield* step(o, 'trainWhole', { trainingId });
    if (isFinished || isWhole) return yield* step(o, 'finishTraining', { trainingId });
    for (let from = 0; from < shards; from += SHARDS_AT_ONCE) {
      const wave = Array.from({ length: Math.min(SHARDS_AT_ONCE, shards - from) }, (_, i) => from + i);
      yield* stepAll(
        o,
        'featurizeShard',
        wave.map((shard) => ({ trainingId, shard })),
      );
    }
    const { fits }: { fits: FitName[] } = yield* step(o, 'prepareFits', { trainingId });
    const parts = planRanges(shards, input.groups);
    let rounds = 0;
    for (const fit of fits) {
      let at: StepResult = yield* step(o, 'trainingProgress', { trainingId, fit });
      while (!at.done) {
        if (rounds++ === ROUNDS_PER_EXECUTION) {
          o.continueAsNew(input);
          return null;
        }
        const { round } = at;
        yield* stepAll(
          o,
          'gradientShards',
          parts.map(([from, to]) => ({ trainingId, fit, round, from, to })),
        );
        at = yield* step(o, 'reduceAndStep', { trainingId, fit, round, parts });
      }
    }
    return yield* step(o, 'finishTraining', { trainingId });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    yield* step(o, 'failTraining', { trainingId, message: message.slice(0, 2000) });
    throw error;
  }
}

/** What is kept of a training's request. */
export interface TrainingRecord {
  trainingId: string;
  createdAt: string;
  request: TrainRequest;
}

export const isTrainingRecord: RecordCheck = ({ createdAt, request }) =>
  typeof createdAt === 'string' &&
  typeof request === 'object' &&
  request !== null &&
  'sources' in request &&
  Array.isArray(request.sources);
const isPlanOfRows: RecordCheck = ({ rowsBySource }) => typeof rowsBySource === 'object' && rowsBySource !== null;
const isResult: RecordCheck = ({ version, objectiveHistory }) =>
  typeof version === 'string' && Array.isArray(objectiveHistory);

/** Tell the parallel steps of a training that one of them failed; the first failure counts. */
export async function stopTraining(lake: LakeStore, trainingId: string, failure: Failure): Promise<void> {
  await createJson(lake, trainingFailurePath(trainingId), failure);
}

/** @throws {TerminalError} the failure of the training that another step has told */
async function refuseFailed(lake: LakeStore, trainingId: string): Promise<void> {
  const failure = await readJson<Failure>(lake, trainingFailurePath(trainingId));
  if (failure !== undefined)
    throw new TerminalError(isErrorCode(failure.code) ? failure.code : 'internal', failure.message);
}

/** Answer of GET /api/models/train/{id}. */
export interface TrainingStatus {
  trainingId: string;
  state: 'running' | 'completed' | 'failed';
  createdAt: string;
  /** What it trains on, as requested. */
  sources: string[];
  decisions: boolean;
  /** Rows by who gave their label, and rows left out; null until they are read. */
  rows: { dataSet: number; human: number; llm: number; skipped: number } | null;
  /** Where the present fit stands. */
  fit: FitName | null;
  iteration: number;
  objective: number | null;
  result: TrainingResult | null;
  error: { code: string; message: string } | null;
}

export interface TrainingServices {
  lake: LakeStore;
  clock: Clock;
  /** Trainer over the data sets of a container. */
  trainer(container: TrainRequest['container']): ShardedTrainer;
  /** Undefined, or why the model was not promoted. @param labels  those of its taxonomy */
  promote(version: string, reason: string, labels?: readonly string[]): Promise<TerminalError | undefined>;
  /** Changes with every decision that is stored. */
  decisionsVersion(): Promise<string>;
}

/** Record a requested training; equal requests are the same training, on decisions as long as nothing was decided in between. */
export async function createTraining(services: TrainingServices, request: TrainRequest): Promise<string> {
  const isOfItsTime = usesDecisions(request) && request.requestId === undefined;
  const identity = isOfItsTime ? { ...request, decisionsVersion: await services.decisionsVersion() } : request;
  const trainingId = `train-${sha256Hex(canonicalJson(identity)).slice(0, 20)}`;
  const createdAt = new Date(services.clock.now()).toISOString();
  const record: TrainingRecord = { trainingId, createdAt, request };
  await createOrMend(services.lake, trainingRequestPath(trainingId), record, isTrainingRecord);
  await services.lake.delete(trainingFailurePath(trainingId)); // a failed training is taken up again by the same request
  return trainingId;
}

/** How far a training is. @throws {TerminalError} run.not-found, lake.corrupt-record */
export async function trainingStatus(services: TrainingServices, trainingId: string): Promise<TrainingStatus> {
  const record = await readJson<TrainingRecord>(services.lake, trainingRequestPath(trainingId), isTrainingRecord);
  if (record === undefined) throw new TerminalError('run.not-found', `training ${trainingId} is not known`);
  const [plan, result, error] = await Promise.all([
    readJson<TrainingPlan>(services.lake, trainingPaths.plan(trainingId), isPlanOfRows),
    readJson<TrainingResult>(services.lake, trainingEndPath(trainingId), isResult),
    readJson<{ code: string; message: string }>(services.lake, trainingFailurePath(trainingId)),
  ]);
  const status: TrainingStatus = {
    trainingId,
    state: result !== undefined ? 'completed' : error !== undefined ? 'failed' : 'running',
    createdAt: record.createdAt,
    sources: record.request.sources,
    decisions: usesDecisions(record.request),
    rows: plan === undefined ? null : rowsOf(plan),
    fit: null,
    iteration: result?.iterations ?? 0,
    objective: result?.objectiveHistory.at(-1) ?? null,
    result: result ?? null,
    error: result === undefined ? (error ?? null) : null,
  };
  if (status.state !== 'running') return status;
  for (const fit of ['final', 'check'] as const) {
    const at = await readJson<{ iteration: number; total: number }>(
      services.lake,
      trainingPaths.state(trainingId, fit),
    );
    if (at !== undefined) return { ...status, fit, iteration: at.iteration, objective: at.total };
  }
  return status;
}

/** Decisions may also be named among the sources. */
export const usesDecisions = ({ sources, decisions }: TrainRequest): boolean =>
  decisions === true || sources.includes(DECISIONS);

const rowsOf = ({ rowsBySource, skipped }: TrainingPlan): NonNullable<TrainingStatus['rows']> => ({
  dataSet: rowsBySource['data-set'],
  human: rowsBySource.human,
  llm: rowsBySource.llm,
  skipped,
});

type Handlers = Record<TrainingActivity, (input: never) => Promise<unknown>>;

/** What each activity does; inputs are those of `trainModel`. */
export function trainingHandlers(
  services: TrainingServices,
  parseFailure: (message: string) => { code: string; message: string },
): Handlers {
  const recordOf = (trainingId: string) => requireJson<TrainingRecord>(services.lake, trainingRequestPath(trainingId));
  const trainerOf = async (trainingId: string) => services.trainer((await recordOf(trainingId)).request.container);
  type Id = { trainingId: string };
  const handlers = {
    async planTraining({ trainingId }: Id) {
      const { request } = await recordOf(trainingId);
      const {
        container,
        sources,
        decisions: _decisions,
        textColumn,
        labelColumn,
        taxonomyVersion,
        promote: _promote,
        requestId: _requestId,
        ...options
      } = request;
      const taxonomy = taxonomyVersion === undefined ? undefined : await loadTaxonomy(services.lake, taxonomyVersion);
      return services.trainer(container).plan({
        trainingId,
        sources: usesDecisions(request) ? [...sources.filter((name) => name !== DECISIONS), DECISIONS] : sources,
        columns: { text: textColumn, label: labelColumn },
        taxonomyVersion: taxonomy?.version ?? null,
        ...(taxonomy === undefined ? {} : { labels: taxonomy.labels.map((label) => label.name) }),
        options: definedOnly(options),
      });
    },
    async featurizeShard(input: Id & { shard: number }) {
      await refuseFailed(services.lake, input.trainingId);
      return (await trainerOf(input.trainingId)).featurizeShard(input);
    },
    trainWhole: async (input: Id) => (await trainerOf(input.trainingId)).trainWhole(input),
    prepareFits: async (input: Id) => (await trainerOf(input.trainingId)).prepareFits(input),
    trainingProgress: async (input: Id & { fit: FitName }) => (await trainerOf(input.trainingId)).progress(input),
    async gradientShards(input: Parameters<ShardedTrainer['gradientShards']>[0]) {
      await refuseFailed(services.lake, input.trainingId);
      return (await trainerOf(input.trainingId)).gradientShards(input);
    },
    reduceAndStep: async (input: Parameters<ShardedTrainer['reduceAndStep']>[0]) =>
      (await trainerOf(input.trainingId)).reduceAndStep(input),
    async finishTraining({ trainingId }: Id) {
      const { request } = await recordOf(trainingId);
      const result = await services.trainer(request.container).finish({ trainingId });
      const { taxonomyVersion } = request;
      const taxonomy =
        request.promote && taxonomyVersion !== undefined
          ? await loadTaxonomy(services.lake, taxonomyVersion)
          : undefined;
      const labels = taxonomy?.labels.map(({ name }) => name);
      const refusal = request.promote
        ? await services.promote(result.version, `training ${trainingId}`, labels)
        : undefined;
      const end = refusal === undefined ? result : { ...result, notPromoted: refusal.message };
      await writeJson(services.lake, trainingEndPath(trainingId), end);
      return end;
    },
    async failTraining({ trainingId, message }: Id & { message: string }) {
      await stopTraining(services.lake, trainingId, parseFailure(message));
      return null;
    },
  };
  return handlers as unknown as Handlers; // each handler takes the input that trainModel gives it
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

const definedOnly = <T extends object>(value: T): Defined<T> =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Defined<T>; // only undefined members go
