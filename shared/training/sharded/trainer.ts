// Training in steps that any host can run: each step takes and gives a few bytes of JSON, keeps its data in the lake, and may be repeated.
//   plan → featurizeShard (each shard, in parallel) → prepareFits → per fit, round by round: gradientShards (groups of shards, in parallel)
//   → reduceAndStep, until done → finish (judge, register)
// Invariants: T1 repeating a step, until the last has ended and on any machine, gives the same files. T2 the model equals the one train() fits to the same
// rows, up to the rounding of sums. T3 no step holds more than one shard's rows, the vectors of the optimiser, and a bounded cache. T4 a finished training keeps no text and no counts of terms.
import { TerminalError } from '../../errors.ts';
import { selectRows } from '../../features/sparse.ts';
import { profileOf } from '../../features/spec.ts';
import { weighCounts } from '../../features/weigh.ts';
import { EVALUATION_FILE, OBJECTIVE_FILE } from '../../models/bundle.ts';
import { createLinearBundle } from '../../models/linear-bundle.ts';
import { LinearScorer } from '../../models/linear-model.ts';
import { unscale } from '../../models/logistic-regression.ts';
import { addPartialGradient } from '../../models/lr-objective.ts';
import type { ScaledProblem } from '../../models/lr-problem.ts';
import { type Evaluation, measure, summarize } from '../../models/metrics.ts';
import type { ModelRegistry } from '../../models/registry.ts';
import { decodeTensors, encodeTensors, takeTensor } from '../../models/tensors.ts';
import { type Clock, type LakeStore, type Logger, seededRandom } from '../../ports.ts';
import { judge, judgeStrictly, type Predictions } from '../judge.ts';
import { featureSpecOf, lrOptionsOf } from '../options.ts';
import { describeRun } from '../run-record.ts';
import { type MlflowServer, recordRun } from '../tracking.ts';
import {
  type FitName,
  fitsOf,
  minDocFreqOf,
  readJson,
  regParamOfPlan,
  requireJson,
  type TrainingPlan,
  trainingPaths,
} from './files.ts';
import { Optimizer, type OptimizerState, type SummedGradient } from './optimizer.ts';
import { type PlanTrainingRequest, planShards } from './plan.ts';
import { type FitProblem, readProblem, scaleShard, startPoint, writeProblems } from './problem.ts';
import { featurizeRows, readShard } from './shard.ts';

export interface ShardedDeps {
  /** Where training keeps its files. */
  store: LakeStore;
  /** Where the data sets are. */
  source: LakeStore;
  registry: ModelRegistry;
  clock: Clock;
  logger: Logger;
  /** Kept with the record of the run. Default: unknown */
  codeVersion?: string;
  /** Where finished trainings are sent, too. */
  mlflow?: MlflowServer;
}

export interface PlannedTraining {
  trainingId: string;
  shards: number;
  rows: number;
  skipped: number;
  fits: FitName[];
  /** The model is registered: only `finish` is left, which tells its version. */
  isFinished: boolean;
}

export interface ShardRange {
  trainingId: string;
  fit: FitName;
  round: number;
  /** Shards from … to − 1. */
  from: number;
  to: number;
}

export interface StepResult {
  done: boolean;
  /** The round to evaluate next. */
  round: number;
  iteration: number;
  objective: number;
}

export interface TrainingResult {
  version: string;
  accuracy: number;
  /** Why the model was not promoted although that was asked for. */
  notPromoted?: string;
  logLoss: number;
  ece: number;
  iterations: number;
  objectiveHistory: number[];
}

interface OpenFit {
  plan: TrainingPlan;
  problem: FitProblem;
  optimizer: Optimizer;
}

/** Entries of scaled shards kept between rounds: 12 bytes each. */
const MAX_CACHED_ENTRIES = 20_000_000;

export class ShardedTrainer {
  readonly #deps: ShardedDeps;
  /** The fit in work; steps that run at the same time share it. */
  #fit: { key: string; opened: Promise<OpenFit> } | undefined;
  readonly #shards = new Map<string, ScaledProblem>();

  constructor(deps: ShardedDeps) {
    this.#deps = deps;
  }

  /** @throws {TerminalError} request.invalid, train.no-rows, train.one-class, train.unknown-label */
  async plan(request: PlanTrainingRequest): Promise<PlannedTraining> {
    const { store, source, clock, logger } = this.#deps;
    const delta = { clock, logger, random: seededRandom(1) }; // tables are only read here, which draws no number
    const plan = await planShards({ lake: store, source, delta }, clock, request);
    const { trainingId, shards, rows, skipped } = plan;
    const isFinished = (await store.stat(trainingPaths.result(trainingId))) !== undefined;
    return { trainingId, shards: shards.length, rows, skipped, fits: fitsOf(plan), isFinished };
  }

  async featurizeShard(input: { trainingId: string; shard: number }): Promise<{ shard: number }> {
    const { store } = this.#deps;
    const isDone = (await store.stat(trainingPaths.shard(input.trainingId, input.shard))) !== undefined;
    if (!isDone) await featurizeRows(store, await this.#plan(input.trainingId), input.shard);
    return { shard: input.shard };
  }

  /** Once all shards are featurized: IDF, statistics, starting points. @throws {TerminalError} train.one-class */
  async prepareFits(input: { trainingId: string }): Promise<{ fits: FitName[] }> {
    const plan = await this.#plan(input.trainingId);
    const fits = fitsOf(plan);
    const { store } = this.#deps;
    const isDone = (await store.stat(trainingPaths.point(plan.trainingId, fits.at(-1)!, 0))) !== undefined;
    if (!isDone) {
      await writeProblems(store, plan);
      for (const fit of fits) {
        const { optimizer, problem } = await this.#open(input.trainingId, fit);
        await optimizer.writeStart(startPoint(problem));
      }
    }
    return { fits };
  }

  /** Where a fit stands: what an orchestration that starts again goes on with. */
  async progress(input: { trainingId: string; fit: FitName }): Promise<StepResult> {
    const { optimizer } = await this.#open(input.trainingId, input.fit);
    const state = await optimizer.readState();
    return state === undefined ? { done: false, round: 0, iteration: 0, objective: 0 } : stepResult(state);
  }

  /** Share of loss and gradient of some shards at the round's point. */
  async gradientShards(range: ShardRange): Promise<ShardRange> {
    const { trainingId, fit, round, from, to } = range;
    const { store } = this.#deps;
    const path = trainingPaths.gradient(trainingId, fit, round, from, to);
    if ((await store.stat(path)) !== undefined) return range;
    const { plan, problem, optimizer } = await this.#open(trainingId, fit);
    const state = await optimizer.readState();
    if (state !== undefined && (state.stop !== null || state.round > round)) return range; // a late repeat
    const point = await optimizer.readPoint(round);
    const g = new Float64Array(problem.columns.length * problem.outputs);
    const sums = new Float64Array(problem.outputs);
    let loss = 0;
    for (let shard = from; shard < to; shard++) {
      const scaled = await this.#scaledShard(plan, problem, fit, shard);
      const part = addPartialGradient(scaled, point, g);
      loss += part.loss;
      part.sums.forEach((sum, k) => {
        sums[k]! += sum;
      });
    }
    await store.write(path, encodeTensors({ g, sums, loss: Float64Array.of(loss) }));
    return range;
  }

  /** Sum the round's gradients and move the optimiser on by one evaluation. */
  async reduceAndStep(input: {
    trainingId: string;
    fit: FitName;
    round: number;
    /** The shard ranges of the round, in order: together all shards. */
    parts: readonly (readonly [from: number, to: number])[];
  }): Promise<StepResult> {
    const { trainingId, fit, round, parts } = input;
    const { plan, problem, optimizer } = await this.#open(trainingId, fit);
    requireAllShards(parts, plan.shards.length);
    const state = await optimizer.step(round, () => this.#sumGradients(trainingId, fit, round, parts, problem));
    this.#deps.logger.debug('training.step', { trainingId, fit, round, iteration: state.iteration });
    return stepResult(state);
  }

  /** Judge the model, register it, forget the rows it was trained on, and say under which version it is. The champion stays. */
  async finish(input: { trainingId: string }): Promise<TrainingResult> {
    const { store } = this.#deps;
    const plan = await this.#plan(input.trainingId);
    const known = await readJson<TrainingResult>(store, trainingPaths.result(plan.trainingId));
    const result = known ?? (await this.#register(plan));
    for (const folder of trainingPaths.contentFolders(plan.trainingId)) await store.deleteFolder(folder); // T4
    return result;
  }

  async #register(plan: TrainingPlan): Promise<TrainingResult> {
    const { store, registry, clock } = this.#deps;
    const judgement = await this.#judge(plan);
    const evaluation = measure(judgement.probabilities, plan.labels, judgement.truth);
    const fit = fitsOf(plan).at(-1)!;
    const { model, state, problem } = await this.#model(plan.trainingId, fit);
    const { accept, byLabel } = judgement.choice;
    const bundle = createLinearBundle({
      labels: plan.labels,
      taxonomyVersion: plan.taxonomyVersion,
      features: featureSpecOf(plan.options),
      idf: problem.idf,
      model,
      calibration: judgement.calibration,
      accept,
      acceptByLabel: byLabel,
      metrics: summarize(evaluation, 'held-out'),
      training: trainingRecord(plan, state),
      extra: {
        [EVALUATION_FILE]: Buffer.from(JSON.stringify(evaluation)),
        [OBJECTIVE_FILE]: Buffer.from(JSON.stringify(state.history)),
      },
    });
    // A crash after registering and before the result is written must not register twice.
    const registered = (await registry.list()).find((m) => m.training.trainingId === plan.trainingId);
    const version = registered?.version ?? (await registry.register(bundle));
    await this.#record(plan, version, { ...bundle, evaluation, objectiveHistory: state.history });
    const result = resultOf(version, evaluation, state);
    await store.write(trainingPaths.result(plan.trainingId), JSON.stringify(result));
    this.#deps.logger.info('training.finished', { trainingId: plan.trainingId, version, at: clock.now() });
    return result;
  }

  async #record(plan: TrainingPlan, modelVersion: string, bundle: Parameters<typeof describeRun>[0]): Promise<void> {
    const { store, clock, logger, mlflow, codeVersion = 'unknown' } = this.#deps;
    const { trainingId, startedAt } = plan;
    const run = describeRun(bundle, { trainingId, modelVersion, codeVersion, startedAt, endedAt: clock.now() });
    await recordRun(store, run, { logger, ...(mlflow === undefined ? {} : { mlflow }) });
  }

  #plan(trainingId: string): Promise<TrainingPlan> {
    return requireJson<TrainingPlan>(this.#deps.store, trainingPaths.plan(trainingId));
  }

  #open(trainingId: string, fit: FitName): Promise<OpenFit> {
    const key = `${trainingId}/${fit}`;
    if (this.#fit?.key === key) return this.#fit.opened;
    const opened = this.#read(trainingId, fit);
    const entry = { key, opened };
    this.#shards.clear();
    this.#fit = entry;
    opened.catch(() => {
      if (this.#fit === entry) this.#fit = undefined; // the caller sees the error; the next one tries again
    });
    return opened;
  }

  async #read(trainingId: string, fit: FitName): Promise<OpenFit> {
    const plan = await this.#plan(trainingId);
    const problem = await readProblem(this.#deps.store, plan, fit);
    return { plan, problem, optimizer: new Optimizer(this.#deps.store, plan, fit, problem) };
  }

  async #scaledShard(plan: TrainingPlan, problem: FitProblem, fit: FitName, shard: number): Promise<ScaledProblem> {
    const key = `${plan.trainingId}/${fit}/${shard}`;
    const known = this.#shards.get(key);
    if (known !== undefined) return known;
    const scaled = scaleShard(problem, await readShard(this.#deps.store, plan, shard), fit, plan.labels.length);
    const cached = [...this.#shards.values()].reduce((sum, { values }) => sum + values.length, 0);
    if (cached + scaled.values.length <= MAX_CACHED_ENTRIES) this.#shards.set(key, scaled);
    return scaled;
  }

  async #sumGradients(
    trainingId: string,
    fit: FitName,
    round: number,
    parts: readonly (readonly [number, number])[],
    problem: FitProblem,
  ): Promise<SummedGradient> {
    const total: SummedGradient = {
      g: new Float64Array(problem.columns.length * problem.outputs),
      sums: new Float64Array(problem.outputs),
      loss: 0,
    };
    for (const [from, to] of parts) {
      const path = trainingPaths.gradient(trainingId, fit, round, from, to);
      const tensors = decodeTensors(await this.#deps.store.read(path));
      addTo(total.g, takeTensor(tensors, 'g', Float64Array, total.g.length));
      addTo(total.sums, takeTensor(tensors, 'sums', Float64Array, total.sums.length));
      total.loss += takeTensor(tensors, 'loss', Float64Array, 1)[0]!;
    }
    return total;
  }

  async #model(trainingId: string, fit: FitName) {
    const { plan, problem, optimizer } = await this.#open(trainingId, fit);
    const { point, state } = await optimizer.readSolution();
    const size = problem.columns.length * problem.outputs;
    const solution = {
      coefficients: point.slice(0, size),
      intercepts: problem.fitIntercept ? point.slice(size) : new Float64Array(problem.outputs),
    };
    const model = unscale(solution, problem, plan.options.numFeatures, regParamOfPlan(plan));
    return { model, state, problem };
  }

  async #judge(plan: TrainingPlan) {
    const { model, problem } = await this.#model(plan.trainingId, 'check');
    const scorer = new LinearScorer(model);
    const sides: { raw: number[]; truth: number[] }[] = [
      { raw: [], truth: [] },
      { raw: [], truth: [] },
    ];
    for (let shard = 0; shard < plan.shards.length; shard++) {
      const { counts, classes, part } = await readShard(this.#deps.store, plan, shard);
      sides.forEach((side, wanted) => {
        const rows = [...part.keys()].filter((row) => part[row] === wanted);
        if (rows.length === 0) return;
        const x = weighCounts(problem.features, selectRows(counts, rows), problem.idf.weights);
        for (const p of scorer.probabilities(x)) side.raw.push(p);
        for (const row of rows) side.truth.push(classes[row]!);
      });
    }
    const [scout, tested] = sides.map(
      ({ raw, truth }): Predictions => ({ raw: Float64Array.from(raw), truth: Int32Array.from(truth) }),
    ) as [Predictions, Predictions];
    if (plan.options.guarantee) return judgeStrictly(scout, tested, plan.labels, plan.options);
    const both = {
      raw: Float64Array.from([...sides[0]!.raw, ...sides[1]!.raw]),
      truth: Int32Array.from([...sides[0]!.truth, ...sides[1]!.truth]),
    };
    if (both.truth.length === 0)
      throw new TerminalError('train.too-few-samples', 'Training: the split holds out no row; need more rows');
    return judge(both, plan.labels.length, plan.options);
  }
}

/** Ranges of shards for about `groups` parallel steps. */
export function planRanges(shards: number, groups: number): [from: number, to: number][] {
  const size = Math.max(1, Math.ceil(shards / Math.max(1, groups)));
  return Array.from({ length: Math.ceil(shards / size) }, (_, i) => [i * size, Math.min(shards, (i + 1) * size)]);
}

/** All steps one after the other in this process: a training that may be stopped and continued at any time. */
export async function runSharded(
  trainer: ShardedTrainer,
  request: PlanTrainingRequest,
  onProgress?: (progress: { phase: string; iteration: number; objective: number }) => void,
): Promise<TrainingResult> {
  const { trainingId, shards, isFinished } = await trainer.plan(request);
  if (isFinished) return trainer.finish({ trainingId });
  for (let shard = 0; shard < shards; shard++) await trainer.featurizeShard({ trainingId, shard });
  const { fits } = await trainer.prepareFits({ trainingId });
  const parts = planRanges(shards, 4);
  for (const fit of fits) {
    let at = await trainer.progress({ trainingId, fit });
    while (!at.done) {
      const { round } = at;
      for (const [from, to] of parts) await trainer.gradientShards({ trainingId, fit, round, from, to });
      at = await trainer.reduceAndStep({ trainingId, fit, round, parts });
      onProgress?.({ phase: fit, iteration: at.iteration, objective: at.objective });
    }
  }
  return await trainer.finish({ trainingId });
}

function requireAllShards(parts: readonly (readonly [number, number])[], shards: number): void {
  let next = 0;
  for (const [from, to] of parts) {
    if (from !== next || to <= from) break;
    next = to;
  }
  if (next !== shards)
    throw new TerminalError(
      'request.invalid',
      `parts: need shards 0 to ${shards - 1} in order, have up to ${next - 1}`,
    );
}

const stepResult = ({ stop, round, iteration, total }: OptimizerState): StepResult => ({
  done: stop !== null,
  round,
  iteration,
  objective: total,
});

const resultOf = (version: string, evaluation: Evaluation, state: OptimizerState): TrainingResult => ({
  version,
  accuracy: evaluation.accuracy,
  logLoss: evaluation.logLoss,
  ece: evaluation.ece,
  iterations: state.iteration,
  objectiveHistory: state.history,
});

const trainingRecord = (plan: TrainingPlan, state: OptimizerState) => ({
  algorithm: 'logistic-regression',
  trainingId: plan.trainingId,
  rows: plan.rows,
  rowsHuman: plan.rowsBySource.human,
  rowsLlm: plan.rowsBySource.llm,
  skipped: plan.skipped,
  dataFingerprint: plan.dataFingerprint,
  profile: profileOf(plan.options),
  ...lrOptionsOf(plan.options, regParamOfPlan(plan)),
  minDocFreq: minDocFreqOf(plan),
  seed: plan.options.seed,
  iterations: state.iteration,
  evaluations: state.evaluations,
  stopReason: state.stop,
  objective: state.total,
});

function addTo(into: Float64Array, from: Float64Array): void {
  for (let i = 0; i < into.length; i++) into[i]! += from[i]!;
}
