// The end of a sharded training: the model is judged on what was held out, registered and recorded.
// Invariants: E1 a training has one version, however often its end is repeated, and by however many at the same time.
import { createHash } from 'node:crypto';
import { TerminalError } from '../../errors.ts';
import { selectRows } from '../../features/sparse.ts';
import { profileOf } from '../../features/spec.ts';
import { weighCounts } from '../../features/weigh.ts';
import { EVALUATION_FILE, type ModelBundle, OBJECTIVE_FILE } from '../../models/bundle.ts';
import { createLinearBundle } from '../../models/linear-bundle.ts';
import { LinearScorer } from '../../models/linear-model.ts';
import { finishModel } from '../../models/lr-model.ts';
import { unscaled } from '../../models/lr-objective.ts';
import { measure, summarize } from '../../models/metrics.ts';
import type { ModelRegistry } from '../../models/registry.ts';
import type { Clock, LakeStore, Logger } from '../../ports.ts';
import { judge, judgeStrictly, type Predictions } from '../judge.ts';
import { featureSpecOf, lrOptionsOf } from '../options.ts';
import { describeRun } from '../run-record.ts';
import { groupTexts } from '../splits.ts';
import { type MlflowServer, recordRun } from '../tracking.ts';
import { type FitName, fitsOf, minDocFreqOf, regParamOfPlan, type TrainingPlan, trainingPaths } from './files.ts';
import type { OpenFits } from './open-fits.ts';
import type { OptimizerState } from './optimizer.ts';
import { readShard, readTexts } from './shard.ts';

export interface RegisteringDeps {
  /** Where training keeps its files. */
  store: LakeStore;
  registry: ModelRegistry;
  clock: Clock;
  logger: Logger;
  /** Kept with the record of the run. Default: unknown */
  codeVersion?: string;
  /** Where finished trainings are sent, too. */
  mlflow?: MlflowServer;
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

/** Judge the model that was fitted and register it; again it gives the version that it has. */
export async function registerTraining(
  deps: RegisteringDeps,
  fits: OpenFits,
  plan: TrainingPlan,
): Promise<TrainingResult> {
  const judgement = await judgeFit(deps.store, fits, plan);
  const evaluation = measure(judgement.probabilities, plan.labels, judgement.truth);
  const fit = fitsOf(plan).at(-1)!;
  const { model, state, problem } = await modelOf(fits, plan.trainingId, fit);
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
  return await registerBundle(deps, plan, { ...bundle, evaluation, objectiveHistory: state.history });
}

/** Register a model that is made and judged, once; again it gives the version that it has. */
export async function registerBundle(
  deps: RegisteringDeps,
  plan: TrainingPlan,
  { evaluation, objectiveHistory, ...made }: ModelBundle & Parameters<typeof describeRun>[0],
): Promise<TrainingResult> {
  const { store, registry, clock, logger } = deps;
  const { trainingId } = plan;
  const given = made.description.training;
  const training = { ...given, trainingId, skipped: plan.skipped };
  const bundle = { ...made, description: { ...made.description, training } };
  // A crash after registering and before the result is written must not register twice: versions before this one left no record of it.
  const registered = (await registry.list()).find((m) => m.training.trainingId === trainingId);
  const version = registered?.version ?? (await registry.register(bundle, { once: trainingPaths.model(trainingId) }));
  await record(deps, plan, version, { ...bundle, evaluation, objectiveHistory });
  const result: TrainingResult = {
    version,
    ...{ accuracy: evaluation.accuracy, logLoss: evaluation.logLoss, ece: evaluation.ece },
    iterations: Number(given.iterations),
    objectiveHistory,
  };
  await store.write(trainingPaths.result(trainingId), JSON.stringify(result));
  logger.info('training.finished', { trainingId, version, at: clock.now() });
  return result;
}

async function record(
  deps: RegisteringDeps,
  plan: TrainingPlan,
  modelVersion: string,
  bundle: Parameters<typeof describeRun>[0],
): Promise<void> {
  const { store, clock, logger, mlflow, codeVersion = 'unknown' } = deps;
  const { trainingId, startedAt } = plan;
  const run = describeRun(bundle, { trainingId, modelVersion, codeVersion, startedAt, endedAt: clock.now() });
  await recordRun(store, run, { logger, ...(mlflow === undefined ? {} : { mlflow }) });
}

async function modelOf(fits: OpenFits, trainingId: string, fit: FitName) {
  const { plan, problem, optimizer } = await fits.open(trainingId, fit);
  const { point, state } = await optimizer.readSolution();
  const size = problem.columns.length * problem.outputs;
  const intercepts = problem.fitIntercept ? point.slice(size) : new Float64Array(problem.outputs);
  const solution = unscaled(problem, point.slice(0, size), intercepts);
  const model = finishModel(solution, problem, plan.options.numFeatures, regParamOfPlan(plan));
  return { model, state, problem };
}

async function judgeFit(store: LakeStore, fits: OpenFits, plan: TrainingPlan) {
  const { model, problem } = await modelOf(fits, plan.trainingId, 'check');
  const scorer = new LinearScorer(model);
  const sides = [0, 1].map((): Side => ({ raw: [], truth: [], texts: [] }));
  for (let shard = 0; shard < plan.shards.length; shard++) {
    const { counts, classes, part } = await readShard(store, plan, shard);
    const texts = await readTexts(store, plan, shard);
    sides.forEach((side, wanted) => {
      const rows = [...part.keys()].filter((row) => part[row] === wanted);
      if (rows.length === 0) return;
      const x = weighCounts(problem.features, selectRows(counts, rows), problem.idf.weights);
      for (const p of scorer.probabilities(x)) side.raw.push(p);
      for (const row of rows) side.truth.push(classes[row]!);
      for (const row of rows) side.texts.push(side.texts.length < MAX_COMPARED ? texts[row]! : digestOf(texts[row]!));
    });
  }
  const [scout, tested] = sides.map(predictionsOf) as [Predictions, Predictions];
  if (plan.options.guarantee) return judgeStrictly(scout, tested, plan.labels, plan.options);
  const [first, second] = sides as [Side, Side];
  const both = predictionsOf({
    raw: first.raw.concat(second.raw),
    truth: first.truth.concat(second.truth),
    texts: first.texts.concat(second.texts),
  });
  if (both.truth.length === 0)
    throw new TerminalError('train.too-few-samples', 'Training: the split holds out no row; need more rows');
  return judge(both, plan.labels.length, plan.options);
}

/** Rows that judge, with their texts: near copies are one witness. */
interface Side {
  raw: number[];
  truth: number[];
  texts: string[];
}

/** Texts that are kept to find near copies; of those that follow equal ones only are found, and what is kept does not grow with their length. */
const MAX_COMPARED = 20_000;
const digestOf = (text: string): string => createHash('sha256').update(text).digest('base64url');

const predictionsOf = ({ raw, truth, texts }: Side): Predictions => ({
  raw: Float64Array.from(raw),
  truth: Int32Array.from(truth),
  groups: groupTexts(texts, truth),
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
