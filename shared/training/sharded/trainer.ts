// Training in steps that any host can run: each step takes and gives a few bytes of JSON, keeps its data in the lake, and may be repeated.
//   plan → (rows of one shard: trainWhole → finish), else featurizeShard (each shard, in parallel) → prepareFits → per fit, round by round: gradientShards (groups of shards, in parallel)
//   → reduceAndStep, until done → finish (judge, register)
// Invariants: T1 repeating a step, until the last has ended and on any machine, gives the same files. T2 the model equals the one train() fits to the same
// rows, up to the rounding of sums. T3 no step holds more than one shard's rows, the vectors of the optimiser, and a bounded cache. T4 a finished training keeps no text and no counts of terms.
import { TerminalError } from '../../errors.ts';
import { addPartialGradient } from '../../models/lr-objective.ts';
import { decodeTensors, encodeTensors, takeTensor } from '../../models/tensors.ts';
import { type LakeStore, seededRandom } from '../../ports.ts';
import type { TrainProgress } from '../train.ts';
import { trainInThread } from '../train-in-thread.ts';
import { type FitName, fitsOf, readJson, trainingPaths } from './files.ts';
import { OpenFits } from './open-fits.ts';
import type { OptimizerState, SummedGradient } from './optimizer.ts';
import { type PlanTrainingRequest, planShards } from './plan.ts';
import { type FitProblem, startPoint, writeProblems } from './problem.ts';
import { type RegisteringDeps, registerBundle, registerTraining, type TrainingResult } from './register.ts';
import { featurizeRows, readRows } from './shard.ts';

export interface ShardedDeps extends RegisteringDeps {
  /** Where the data sets are. */
  source: LakeStore;
}

export interface PlannedTraining {
  trainingId: string;
  shards: number;
  rows: number;
  skipped: number;
  fits: FitName[];
  /** The model is registered: only `finish` is left, which tells its version. */
  isFinished: boolean;
  /** `trainWhole` does it all; only `finish` is left then. */
  isWhole: boolean;
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

/** Time between two notes on how far a training is. */
const PROGRESS_MS = 2000;

export class ShardedTrainer {
  readonly #deps: ShardedDeps;
  readonly #fits: OpenFits;

  constructor(deps: ShardedDeps) {
    this.#deps = deps;
    this.#fits = new OpenFits(deps.store);
  }

  /** @throws {TerminalError} request.invalid, train.no-rows, train.one-class, train.unknown-label */
  async plan(request: PlanTrainingRequest): Promise<PlannedTraining> {
    const { store, source, clock, logger } = this.#deps;
    const delta = { clock, logger, random: seededRandom(1) }; // tables are only read here, which draws no number
    const plan = await planShards({ lake: store, source, delta }, clock, request);
    const { trainingId, shards, rows, skipped } = plan;
    const isFinished = (await store.stat(trainingPaths.result(trainingId))) !== undefined;
    const isWhole = plan.isWhole === true;
    return { trainingId, shards: shards.length, rows, skipped, fits: fitsOf(plan), isFinished, isWhole };
  }

  /** Train the rows of the only shard at once, in a thread, and register the model. */
  async trainWhole({ trainingId }: { trainingId: string }): Promise<{ version: string }> {
    const { store, clock } = this.#deps;
    const known = await readJson<TrainingResult>(store, trainingPaths.result(trainingId));
    if (known !== undefined) return { version: known.version };
    const plan = await this.#fits.plan(trainingId);
    const { options, taxonomyVersion, rowsBySource } = plan;
    const examples = await readRows(store, plan, 0);
    const { human, llm } = rowsBySource;
    const decisions = human + llm === 0 ? undefined : { human, llm };
    let told = Promise.resolve();
    let toldAt = clock.now();
    const bundle = await trainInThread({ examples, options, taxonomyVersion, decisions }, (progress) => {
      if (clock.now() - toldAt < PROGRESS_MS) return;
      toldAt = clock.now();
      told = told.then(() => writeProgress(store, trainingId, progress));
    });
    await told;
    return { version: (await registerBundle(this.#deps, plan, bundle)).version };
  }

  async featurizeShard(input: { trainingId: string; shard: number }): Promise<{ shard: number }> {
    const { store } = this.#deps;
    const isDone = (await store.stat(trainingPaths.shard(input.trainingId, input.shard))) !== undefined;
    if (!isDone) await featurizeRows(store, await this.#fits.plan(input.trainingId), input.shard);
    return { shard: input.shard };
  }

  /** Once all shards are featurized: IDF, statistics, starting points. @throws {TerminalError} train.one-class */
  async prepareFits(input: { trainingId: string }): Promise<{ fits: FitName[] }> {
    const plan = await this.#fits.plan(input.trainingId);
    const fits = fitsOf(plan);
    const { store } = this.#deps;
    const isDone = (await store.stat(trainingPaths.point(plan.trainingId, fits.at(-1)!, 0))) !== undefined;
    if (!isDone) {
      await writeProblems(store, plan);
      for (const fit of fits) {
        const { optimizer, problem } = await this.#fits.open(input.trainingId, fit);
        await optimizer.writeStart(startPoint(problem));
      }
    }
    return { fits };
  }

  /** Where a fit stands: what an orchestration that starts again goes on with. */
  async progress(input: { trainingId: string; fit: FitName }): Promise<StepResult> {
    const { optimizer } = await this.#fits.open(input.trainingId, input.fit);
    const state = await optimizer.readState();
    return state === undefined ? { done: false, round: 0, iteration: 0, objective: 0 } : stepResult(state);
  }

  /** Share of loss and gradient of some shards at the round's point. */
  async gradientShards(range: ShardRange): Promise<ShardRange> {
    const { trainingId, fit, round, from, to } = range;
    const { store } = this.#deps;
    const path = trainingPaths.gradient(trainingId, fit, round, from, to);
    if ((await store.stat(path)) !== undefined) return range;
    const { plan, problem, optimizer } = await this.#fits.open(trainingId, fit);
    const state = await optimizer.readState();
    if (state !== undefined && (state.stop !== null || state.round > round)) return range; // a late repeat
    const point = await optimizer.readPoint(round);
    const g = new Float64Array(problem.columns.length * problem.outputs);
    const sums = new Float64Array(problem.outputs);
    let loss = 0;
    for (let shard = from; shard < to; shard++) {
      const scaled = await this.#fits.scaledShard(plan, problem, fit, shard);
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
    const { plan, problem, optimizer } = await this.#fits.open(trainingId, fit);
    requireAllShards(parts, plan.shards.length);
    const state = await optimizer.step(round, () => this.#sumGradients(trainingId, fit, round, parts, problem));
    this.#deps.logger.debug('training.step', { trainingId, fit, round, iteration: state.iteration });
    return stepResult(state);
  }

  /** Judge the model, register it, forget the rows it was trained on, and say under which version it is. The champion stays. */
  async finish(input: { trainingId: string }): Promise<TrainingResult> {
    const { store } = this.#deps;
    const plan = await this.#fits.plan(input.trainingId);
    const known = await readJson<TrainingResult>(store, trainingPaths.result(plan.trainingId));
    const result = known ?? (await registerTraining(this.#deps, this.#fits, plan));
    for (const folder of trainingPaths.contentFolders(plan.trainingId)) await store.deleteFolder(folder); // T4
    return result;
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
}

/** As an optimizer keeps its state: where GET /api/models/train/{id} looks. */
async function writeProgress(store: LakeStore, trainingId: string, { phase, ...at }: TrainProgress): Promise<void> {
  const fit = phase === 'final' ? 'final' : 'check';
  const total = Number.isFinite(at.objective) ? at.objective : 0;
  await store.write(trainingPaths.state(trainingId, fit), JSON.stringify({ iteration: at.iteration, total }));
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

function addTo(into: Float64Array, from: Float64Array): void {
  for (let i = 0; i < into.length; i++) into[i]! += from[i]!;
}
