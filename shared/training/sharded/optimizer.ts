// The optimiser of a sharded fit between its rounds: a small state file, one file per iteration, and the point to evaluate next.
// Invariants: O1 state.json is written last in a round: a crash before it repeats the round with the same numbers. O2 all vectors of L-BFGS are
// differences of the stored iterations, so a state that was read again continues bit for bit. O3 a repeated round answers as it did before.
import { dotProduct, iterate, type LbfgsOptions, type LbfgsState, startState, type Trial } from '../../models/lbfgs.ts';
import { finishEvaluation } from '../../models/lr-objective.ts';
import { spreadL1 } from '../../models/lr-penalty.ts';
import { decodeTensors, encodeTensors, takeTensor } from '../../models/tensors.ts';
import type { LakeStore } from '../../ports.ts';
import { type FitName, readJson, requireJson, type TrainingPlan, trainingPaths } from './files.ts';
import type { FitProblem } from './problem.ts';

/** state.json */
export interface OptimizerState {
  /** The round whose gradients are awaited. */
  round: number;
  iteration: number;
  f: number;
  total: number;
  initialTotal: number;
  /** null stands for +Infinity. */
  recent: (number | null)[];
  /** First iteration whose change may be used: later than 0 after a failed line search. */
  pairsFrom: number;
  failedOnce: boolean;
  history: number[];
  evaluations: number;
  stop: LbfgsState['stop'];
  /** Answered steps of the running line search. */
  trials: Trial[];
}

const MEMORY = 10;

/** Summed gradients of all shards at a round's point. */
export interface SummedGradient {
  /** [columns × outputs] */
  g: Float64Array;
  sums: Float64Array;
  loss: number;
}

export class Optimizer {
  readonly #store: LakeStore;
  readonly #plan: TrainingPlan;
  readonly #fit: FitName;
  readonly #problem: FitProblem;
  /** The last state, whose vectors would have to be read otherwise. */
  #cached: { round: number; state: LbfgsState } | undefined;

  constructor(store: LakeStore, plan: TrainingPlan, fit: FitName, problem: FitProblem) {
    this.#store = store;
    this.#plan = plan;
    this.#fit = fit;
    this.#problem = problem;
  }

  /** Where the fit stands; undefined before its first round. */
  readState(): Promise<OptimizerState | undefined> {
    return readJson<OptimizerState>(this.#store, trainingPaths.state(this.#plan.trainingId, this.#fit));
  }

  /** Write the point of round 0 when it is not there. */
  async writeStart(point: Float64Array): Promise<void> {
    await this.#writePoint(0, point);
  }

  async readPoint(round: number): Promise<Float64Array> {
    const path = trainingPaths.point(this.#plan.trainingId, this.#fit, round);
    return takeTensor(decodeTensors(await this.#store.read(path)), 'x', Float64Array);
  }

  /** Take a round's gradient and go on to the next point to evaluate. Repeating a round changes nothing. */
  async step(round: number, summed: () => Promise<SummedGradient>): Promise<OptimizerState> {
    const before = await this.readState();
    if (before !== undefined && (before.round > round || before.stop !== null)) return before; // O3
    const options = this.#options();
    const point = await this.readPoint(round);
    const evaluation = this.#evaluate(point, await summed());
    const start = before === undefined ? startState(point, evaluation, options) : await this.#load(before);
    if (before === undefined) await this.#writeIteration(start);
    const run = iterate(start, options);
    let state = start;
    let asked = run.next();
    for (const trial of before?.trials ?? []) asked = run.next(trial);
    if (before !== undefined) asked = run.next(evaluation);
    while (!asked.done && asked.value.kind === 'iterated') {
      if (asked.value.state.iteration > state.iteration) await this.#writeIteration(asked.value.state);
      state = asked.value.state;
      asked = run.next();
    }
    if (asked.done) state = asked.value;
    else if (asked.value.kind === 'evaluate') await this.#writePoint(round + 1, asked.value.point());
    const trials = asked.done || asked.value.kind !== 'evaluate' ? [] : [...asked.value.trials];
    const after = toFile(state, round + 1, trials);
    await this.#store.write(trainingPaths.state(this.#plan.trainingId, this.#fit), JSON.stringify(after));
    this.#cached = { round: round + 1, state };
    await this.#store.deleteFolder(trainingPaths.gradients(this.#plan.trainingId, this.#fit, round));
    return after;
  }

  /** The solution after the last iteration. */
  async readSolution(): Promise<{ point: Float64Array; state: OptimizerState }> {
    const state = await requireJson<OptimizerState>(this.#store, trainingPaths.state(this.#plan.trainingId, this.#fit));
    return { point: (await this.#readIteration(state.iteration)).x, state };
  }

  #options(): LbfgsOptions {
    const { maxIter, tol } = this.#plan.options;
    const { l1 } = this.#problem.penalty;
    const { outputs, fitIntercept } = this.#problem;
    return { maxIter, tol, dot: dotProduct, ...(l1 === undefined ? {} : { l1: spreadL1(l1, outputs, fitIntercept) }) };
  }

  #evaluate(point: Float64Array, { g, sums, loss }: SummedGradient): { f: number; g: Float64Array } {
    const whole = new Float64Array(point.length);
    whole.set(g);
    const { l2, penalty } = this.#problem.penalty;
    return { f: finishEvaluation(this.#problem, point, whole, loss, sums, l2, penalty), g: whole };
  }

  async #load(file: OptimizerState): Promise<LbfgsState> {
    if (this.#cached?.round === file.round) return this.#cached.state;
    const newest = await this.#readIteration(file.iteration);
    const steps: Float64Array[] = [];
    const changes: Float64Array[] = [];
    let later = newest;
    for (let i = file.iteration - 1; i >= file.pairsFrom && steps.length < MEMORY; i--) {
      const earlier = await this.#readIteration(i);
      steps.push(difference(later.x, earlier.x));
      changes.push(difference(later.g, earlier.g));
      later = earlier;
    }
    const { iteration, f, total, initialTotal, failedOnce, history, evaluations, stop } = file;
    const recent = file.recent.map((value) => value ?? Number.POSITIVE_INFINITY);
    return {
      iteration,
      f,
      total,
      initialTotal,
      failedOnce,
      history,
      evaluations,
      stop,
      recent,
      steps,
      changes,
      ...newest,
    };
  }

  async #readIteration(iteration: number): Promise<{ x: Float64Array; g: Float64Array }> {
    const path = trainingPaths.iteration(this.#plan.trainingId, this.#fit, iteration);
    const tensors = decodeTensors(await this.#store.read(path));
    return { x: takeTensor(tensors, 'x', Float64Array), g: takeTensor(tensors, 'g', Float64Array) };
  }

  async #writeIteration({ iteration, x, g }: LbfgsState): Promise<void> {
    const path = trainingPaths.iteration(this.#plan.trainingId, this.#fit, iteration);
    await this.#store.write(path, encodeTensors({ x, g }));
  }

  async #writePoint(round: number, x: Float64Array): Promise<void> {
    await this.#store.write(trainingPaths.point(this.#plan.trainingId, this.#fit, round), encodeTensors({ x }));
  }
}

function toFile(state: LbfgsState, round: number, trials: Trial[]): OptimizerState {
  const { iteration, f, total, initialTotal, failedOnce, history, evaluations, stop, steps } = state;
  return {
    round,
    iteration,
    f,
    total,
    initialTotal,
    failedOnce,
    history,
    evaluations,
    stop,
    recent: state.recent.map((value) => (Number.isFinite(value) ? value : null)),
    pairsFrom: iteration - steps.length,
    trials,
  };
}

function difference(a: Float64Array, b: Float64Array): Float64Array {
  const result = new Float64Array(a.length);
  for (let j = 0; j < a.length; j++) result[j] = a[j]! - b[j]!;
  return result;
}
