// Files of one sharded training in the lake, below training/<id>/. Everything but the plan, the states and the result can be made again.

import { defaultMinDocFreq } from '../../features/weigh.ts';
import { path } from '../../paths.ts';
import type { LakeStore } from '../../ports.ts';
import { parseRecord } from '../../record-json.ts';
import { regParamOf } from '../fit-choice.ts';
import { featureSpecOf, type TrainOptions } from '../options.ts';
import type { LabelSource } from '../sources.ts';

/** Which rows a fit is trained on. check: those not held out, to judge; final: all. */
export type FitName = 'check' | 'final';

const folder = (trainingId: string): string => path`training/${trainingId}`;
const number = (n: number): string => String(n).padStart(5, '0');
const fitFolder = (trainingId: string, fit: FitName): string => `${folder(trainingId)}/fits/${fit}`;

export const trainingPaths = {
  folder,
  plan: (id: string) => `${folder(id)}/plan.json`,
  rows: (id: string, shard: number) => `${folder(id)}/rows/${number(shard)}.jsonl`,
  counts: (id: string, shard: number) => `${folder(id)}/features/${number(shard)}.csr`,
  shard: (id: string, shard: number) => `${folder(id)}/features/${number(shard)}.bin`,
  idf: (id: string) => `${folder(id)}/idf.bin`,
  problem: (id: string, fit: FitName) => `${fitFolder(id, fit)}/problem.bin`,
  /** Where the optimiser stands: replaced after each round, the only file of a fit that changes. */
  state: (id: string, fit: FitName) => `${fitFolder(id, fit)}/state.json`,
  /** x and gradient after an iteration. */
  iteration: (id: string, fit: FitName, iteration: number) =>
    `${fitFolder(id, fit)}/iterations/${number(iteration)}.bin`,
  /** The point a round evaluates. */
  point: (id: string, fit: FitName, round: number) => `${fitFolder(id, fit)}/points/${number(round)}.bin`,
  gradients: (id: string, fit: FitName, round: number) => `${fitFolder(id, fit)}/gradients/${number(round)}`,
  gradient: (id: string, fit: FitName, round: number, from: number, to: number) =>
    `${fitFolder(id, fit)}/gradients/${number(round)}/${number(from)}-${number(to)}.bin`,
  /** What holds content of the rows. */
  contentFolders: (id: string) => [`${folder(id)}/rows`, `${folder(id)}/features`],
  /** The manifest of the one version that is registered. */
  model: (id: string) => `${folder(id)}/model.json`,
  result: (id: string) => `${folder(id)}/result.json`,
} as const;

export interface TrainingPlan {
  trainingId: string;
  /** Milliseconds since the epoch. */
  startedAt: number;
  taxonomyVersion: string | null;
  options: TrainOptions;
  labels: string[];
  /** Rows of each shard. */
  shards: number[];
  rows: number;
  /** Who gave the labels. */
  rowsBySource: Record<LabelSource, number>;
  /** Rows left out, and the first of them with their lines. */
  skipped: number;
  problems: { path: string; line: number; problem: string }[];
  dataFingerprint: string;
  /** The rows of one shard are trained as train() does it, in one step. Absent in plans of earlier versions: no. */
  isWhole?: boolean;
}

/** The fits of a plan, in order; the last one is the model. With a strict guarantee the judged model itself is kept. */
export const fitsOf = (plan: TrainingPlan): FitName[] => (plan.options.guarantee ? ['check'] : ['check', 'final']);

/** Inverse strength where none is given: with rows for several shards the choice matters little, and trying would double the passes. */
const SHARDED_INVERSE_STRENGTH = 8;

export const regParamOfPlan = ({ options, rows }: TrainingPlan): number =>
  options.regParam ?? regParamOf(SHARDED_INVERSE_STRENGTH, rows);

export const minDocFreqOf = ({ options, rows }: TrainingPlan): number =>
  options.minDocFreq ?? defaultMinDocFreq(featureSpecOf(options), rows);

export async function readJson<T>(store: LakeStore, path: string): Promise<T | undefined> {
  const found = await store.readIfExists(path);
  return found === undefined ? undefined : parseRecord<T>(found.bytes, path);
}

export async function requireJson<T>(store: LakeStore, path: string): Promise<T> {
  return parseRecord<T>(await store.read(path), path);
}
