// What all shards of a fit share: kept columns, scaling, centring and penalty. Made once, read by every gradient step.
import { TerminalError } from '../../errors.ts';
import type { Idf } from '../../features/idf.ts';
import type { FeatureSpec } from '../../features/spec.ts';
import { fitTermWeights, weighCounts } from '../../features/weigh.ts';
import {
  type ColumnStats,
  type ColumnSums,
  columnStats,
  mergeColumns,
  unscaledStats,
} from '../../models/column-stats.ts';
import { decodeIdf, encodeIdf } from '../../models/idf-file.ts';
import { startIntercepts, usesMultinomial } from '../../models/logistic-regression.ts';
import { type PenaltyPlan, planPenalty } from '../../models/lr-penalty.ts';
import { activeColumns, type ScaledProblem, scaleProblem } from '../../models/lr-problem.ts';
import { decodeTensors, encodeTensors, takeTensor } from '../../models/tensors.ts';
import type { LakeStore } from '../../ports.ts';
import { featureSpecOf, lrOptionsOf } from '../options.ts';
import { type FitName, fitsOf, minDocFreqOf, regParamOfPlan, type TrainingPlan, trainingPaths } from './files.ts';
import { fitWeights, readSums, type Shard, type ShardSums } from './shard.ts';

export interface FitProblem {
  isMultinomial: boolean;
  outputs: number;
  fitIntercept: boolean;
  totalWeight: number;
  stats: ColumnStats;
  columns: Int32Array;
  std: Float64Array;
  centre: Float64Array;
  penalty: PenaltyPlan;
  classWeights: Float64Array;
  idf: Idf;
  features: FeatureSpec;
}

/** Merge the shards' counts and statistics; write the IDF and one problem per fit. */
export async function writeProblems(store: LakeStore, plan: TrainingPlan): Promise<void> {
  const docFreq = new Uint32Array(plan.options.numFeatures);
  const merged = new Map<FitName, ShardSums>();
  for (let shard = 0; shard < plan.shards.length; shard++)
    for (const [fit, sums] of await readSums(store, plan, shard, docFreq)) {
      const into = merged.get(fit);
      if (into === undefined) merged.set(fit, sums);
      else {
        mergeColumns(into.columns, sums.columns);
        sums.classWeights.forEach((weight, k) => {
          into.classWeights[k]! += weight;
        });
      }
    }
  const idf = fitTermWeights(featureSpecOf(plan.options), docFreq, plan.rows, minDocFreqOf(plan));
  await store.write(trainingPaths.idf(plan.trainingId), encodeIdf(idf));
  for (const fit of fitsOf(plan)) await writeProblem(store, plan, fit, merged.get(fit)!, idf);
}

async function writeProblem(
  store: LakeStore,
  plan: TrainingPlan,
  fit: FitName,
  { columns: sums, classWeights }: ShardSums,
  idf: Idf,
): Promise<void> {
  if (classWeights.filter((weight) => weight > 0).length < 2)
    throw new TerminalError('train.one-class', `Training: the rows of fit ${fit} have fewer than two labels`);
  const isScaled = lrOptionsOf(plan.options, regParamOfPlan(plan)).scaling;
  const stats = isScaled ? weightedStats(sums, idf.weights) : keptStats(sums, idf.weights);
  const columns = activeColumns(stats);
  const bytes = encodeTensors({
    columns,
    mean: Float64Array.from(columns, (j) => stats.mean[j]!),
    std: Float64Array.from(columns, (j) => stats.std[j]!),
    weight: Float64Array.of(sums.weight),
    classWeights,
  });
  await store.write(trainingPaths.problem(plan.trainingId, fit), bytes);
}

/** Nothing to scale or to centre in rows of length 1; columns without weight are left out. */
function keptStats(sums: ColumnSums, weights: Float64Array): ColumnStats {
  const stats = unscaledStats(sums);
  for (let j = 0; j < weights.length; j++) if (weights[j] === 0) stats.std[j] = 0;
  return stats;
}

/** Statistics of counts times IDF: both scale with the weight. */
function weightedStats(sums: ColumnSums, weights: Float64Array): ColumnStats {
  const { mean, std } = columnStats(sums);
  for (let j = 0; j < mean.length; j++) {
    mean[j]! *= weights[j]!;
    std[j]! *= weights[j]!;
  }
  return { mean, std };
}

export async function readProblem(store: LakeStore, plan: TrainingPlan, fit: FitName): Promise<FitProblem> {
  const { options, labels, trainingId } = plan;
  const tensors = decodeTensors(await store.read(trainingPaths.problem(trainingId, fit)));
  const columns = takeTensor(tensors, 'columns', Int32Array);
  const stats: ColumnStats = {
    mean: new Float64Array(options.numFeatures),
    std: new Float64Array(options.numFeatures),
  };
  const mean = takeTensor(tensors, 'mean', Float64Array, columns.length);
  const std = takeTensor(tensors, 'std', Float64Array, columns.length);
  columns.forEach((j, at) => {
    stats.mean[j] = mean[at]!;
    stats.std[j] = std[at]!;
  });
  const isMultinomial = usesMultinomial(options.family, labels.length);
  const { fitIntercept } = options;
  return {
    isMultinomial,
    outputs: isMultinomial ? labels.length : 1,
    fitIntercept,
    totalWeight: takeTensor(tensors, 'weight', Float64Array, 1)[0]!,
    stats,
    columns,
    std,
    centre: fitIntercept ? mean.map((m, at) => m / std[at]!) : new Float64Array(columns.length),
    penalty: planPenalty(lrOptionsOf(options, regParamOfPlan(plan)), stats),
    classWeights: takeTensor(tensors, 'classWeights', Float64Array, labels.length),
    idf: decodeIdf(await store.read(trainingPaths.idf(trainingId))),
    features: featureSpecOf(options),
  };
}

/** A shard in the scaled space of a fit. */
export function scaleShard(problem: FitProblem, shard: Shard, fit: FitName, numClasses: number): ScaledProblem {
  return scaleProblem({
    x: weighCounts(problem.features, shard.counts, problem.idf.weights),
    labels: shard.classes,
    weights: fitWeights(shard, fit),
    totalWeight: problem.totalWeight,
    stats: problem.stats,
    isMultinomial: problem.isMultinomial,
    numClasses,
    fitIntercept: problem.fitIntercept,
  });
}

/** The point training starts from: coefficients 0, intercepts from the class frequencies. */
export function startPoint(problem: FitProblem): Float64Array {
  const size = problem.columns.length * problem.outputs;
  const point = new Float64Array(size + (problem.fitIntercept ? problem.outputs : 0));
  if (problem.fitIntercept) point.set(startIntercepts(problem.classWeights, problem.isMultinomial), size);
  return point;
}
