// The fits in work on this machine: their problems as read, and scaled shards within a bound.
// Invariants: F1 steps that run at the same time share one reading; one that failed is tried again. F2 only one fit's shards are kept.
import type { ScaledProblem } from '../../models/lr-problem.ts';
import type { LakeStore } from '../../ports.ts';
import { type FitName, requireJson, type TrainingPlan, trainingPaths } from './files.ts';
import { Optimizer } from './optimizer.ts';
import { type FitProblem, readProblem, scaleShard } from './problem.ts';
import { readShard } from './shard.ts';

export interface OpenFit {
  plan: TrainingPlan;
  problem: FitProblem;
  optimizer: Optimizer;
}

/** Entries of scaled shards kept between rounds: 12 bytes each. */
const MAX_CACHED_ENTRIES = 20_000_000;

export class OpenFits {
  readonly #store: LakeStore;
  #fit: { key: string; opened: Promise<OpenFit> } | undefined;
  readonly #shards = new Map<string, ScaledProblem>();

  constructor(store: LakeStore) {
    this.#store = store;
  }

  plan(trainingId: string): Promise<TrainingPlan> {
    return requireJson<TrainingPlan>(this.#store, trainingPaths.plan(trainingId));
  }

  open(trainingId: string, fit: FitName): Promise<OpenFit> {
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
    const plan = await this.plan(trainingId);
    const problem = await readProblem(this.#store, plan, fit);
    return { plan, problem, optimizer: new Optimizer(this.#store, plan, fit, problem) };
  }

  async scaledShard(plan: TrainingPlan, problem: FitProblem, fit: FitName, shard: number): Promise<ScaledProblem> {
    const key = `${plan.trainingId}/${fit}/${shard}`;
    const known = this.#shards.get(key);
    if (known !== undefined) return known;
    const scaled = scaleShard(problem, await readShard(this.#store, plan, shard), fit, plan.labels.length);
    const cached = [...this.#shards.values()].reduce((sum, { values }) => sum + values.length, 0);
    if (cached + scaled.values.length <= MAX_CACHED_ENTRIES) this.#shards.set(key, scaled);
    return scaled;
  }
}
