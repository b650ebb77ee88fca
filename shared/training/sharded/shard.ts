// What is kept of one shard: term counts, classes, which part of the split each row belongs to, and its share of the column statistics.
// Invariant: H1 the part of a row depends on its text and the seed only, so copies of a text are never on both sides of the split.
import { countDocuments } from '../../features/idf.ts';
import { murmur3 } from '../../features/murmur3.ts';
import { type Csr, decodeCsr, encodeCsr } from '../../features/sparse.ts';
import { createTermCounter } from '../../features/term-counter.ts';
import { type ColumnSums, sumColumns } from '../../models/column-stats.ts';
import { decodeTensors, encodeTensors, type Tensors, takeTensor } from '../../models/tensors.ts';
import type { LakeStore } from '../../ports.ts';
import { featureSpecOf } from '../options.ts';
import { type FitName, fitsOf, type TrainingPlan, trainingPaths } from './files.ts';
import type { ShardRow } from './plan.ts';

/** Part of a row: 0 scouts, 1 tests, 2 trains. */
const TRAINING_PART = 2;
const SPLIT_STEPS = 10_000;

export interface Shard {
  counts: Csr;
  classes: Int32Array;
  part: Uint8Array;
  /** Weight of each row's label; held-out rows are judged without it. */
  weights: Float64Array;
}

/** Sums over a shard, by fit. */
export interface ShardSums {
  columns: ColumnSums;
  /** Rows per class. */
  classWeights: Float64Array;
}

/** Read a shard's rows, count terms, write what later steps need. */
export async function featurizeRows(store: LakeStore, plan: TrainingPlan, shard: number): Promise<Shard> {
  const { trainingId, options, labels } = plan;
  const rows = await readRows(store, plan, shard);
  const counts = createTermCounter(featureSpecOf(options)).count(rows.map((row) => row.text));
  const place = new Map(labels.map((label, k) => [label, k]));
  const classes = Int32Array.from(rows, (row) => place.get(row.label)!);
  const part = Uint8Array.from(rows, (row) => partOf(row.text, options.holdout, options.seed));
  const weights = Float64Array.from(rows, (row) => row.weight ?? 1);
  const docFreq = countDocuments(counts);
  const seen = columnsWith(docFreq);
  const tensors: Record<string, Tensors[string]> = {
    classes,
    part,
    weights,
    dfColumns: seen,
    df: Uint32Array.from(seen, (j) => docFreq[j]!),
  };
  for (const fit of fitsOf(plan)) {
    const used = fitWeights({ part, weights }, fit);
    const sums = sumColumns(counts, used);
    const columns = columnsWith(sums.present);
    tensors[`${fit}.columns`] = columns;
    tensors[`${fit}.weight`] = Float64Array.of(sums.weight, sums.weightSquared);
    for (const name of ['present', 'mean', 'spread'] as const)
      tensors[`${fit}.${name}`] = Float64Array.from(columns, (j) => sums[name][j]!);
    const classWeights = new Float64Array(labels.length);
    classes.forEach((k, row) => {
      classWeights[k]! += used[row]!;
    });
    tensors[`${fit}.classes`] = classWeights;
  }
  await store.write(trainingPaths.counts(trainingId, shard), encodeCsr(counts));
  await store.write(trainingPaths.shard(trainingId, shard), encodeTensors(tensors)); // last: its presence means done
  return { counts, classes, part, weights };
}

/** Rows of a shard as the plan wrote them. */
export async function readRows(store: LakeStore, { trainingId }: TrainingPlan, shard: number): Promise<ShardRow[]> {
  const text = (await store.read(trainingPaths.rows(trainingId, shard))).toString('utf8');
  return text.split('\n').map((line) => JSON.parse(line) as ShardRow); // written by the plan
}

/** Texts of a shard, in the order of its rows. */
export async function readTexts(store: LakeStore, plan: TrainingPlan, shard: number): Promise<string[]> {
  return (await readRows(store, plan, shard)).map(({ text }) => text);
}

export async function readShard(store: LakeStore, plan: TrainingPlan, shard: number): Promise<Shard> {
  const counts = decodeCsr(await store.read(trainingPaths.counts(plan.trainingId, shard)));
  const tensors = decodeTensors(await store.read(trainingPaths.shard(plan.trainingId, shard)));
  return {
    counts,
    classes: takeTensor(tensors, 'classes', Int32Array, counts.rows),
    part: takeTensor(tensors, 'part', Uint8Array, counts.rows),
    weights: takeTensor(tensors, 'weights', Float64Array, counts.rows),
  };
}

/** Add a shard's document counts to `docFreq` and give its sums. */
export async function readSums(
  store: LakeStore,
  plan: TrainingPlan,
  shard: number,
  docFreq: Uint32Array,
): Promise<Map<FitName, ShardSums>> {
  const tensors = decodeTensors(await store.read(trainingPaths.shard(plan.trainingId, shard)));
  const df = takeTensor(tensors, 'df', Uint32Array);
  takeTensor(tensors, 'dfColumns', Int32Array, df.length).forEach((j, i) => {
    docFreq[j]! += df[i]!;
  });
  return new Map(fitsOf(plan).map((fit) => [fit, sumsOf(tensors, fit, plan)]));
}

function sumsOf(tensors: Tensors, fit: FitName, plan: TrainingPlan): ShardSums {
  const columns = takeTensor(tensors, `${fit}.columns`, Int32Array);
  const spread = (name: string): Float64Array => {
    const values = takeTensor(tensors, `${fit}.${name}`, Float64Array, columns.length);
    const full = new Float64Array(plan.options.numFeatures);
    columns.forEach((j, i) => {
      full[j] = values[i]!;
    });
    return full;
  };
  const [weight = 0, weightSquared = 0] = takeTensor(tensors, `${fit}.weight`, Float64Array, 2);
  return {
    columns: { weight, weightSquared, present: spread('present'), mean: spread('mean'), spread: spread('spread') },
    classWeights: takeTensor(tensors, `${fit}.classes`, Float64Array, plan.labels.length),
  };
}

/** Weights of a fit's rows: 0 for those it must not see. */
export function fitWeights({ part, weights }: Pick<Shard, 'part' | 'weights'>, fit: FitName): Float64Array {
  return fit === 'final' ? weights : weights.map((weight, row) => (part[row] === TRAINING_PART ? weight : 0));
}

/** H1 */
export function partOf(text: string, holdout: number, seed: number): number {
  const bytes = Buffer.from(text);
  const step = (murmur3(bytes, 0, bytes.length, seed) >>> 0) % SPLIT_STEPS;
  if (step < (holdout / 2) * SPLIT_STEPS) return 0;
  return step < holdout * SPLIT_STEPS ? 1 : TRAINING_PART;
}

function columnsWith(values: Uint32Array | Float64Array): Int32Array {
  let count = 0;
  for (let j = 0; j < values.length; j++) if (values[j]! > 0) count++;
  const columns = new Int32Array(count);
  let at = 0;
  for (let j = 0; j < values.length; j++) if (values[j]! > 0) columns[at++] = j;
  return columns;
}
