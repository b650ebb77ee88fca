// Whole text sets through features, training and scoring, against an independent implementation of Spark's semantics
// (baselines.json of the data folder). Skipped where that folder is absent.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { TermHasher } from '../../shared/features/hashing-tf.ts';
import { applyIdf, countDocuments, fitIdf } from '../../shared/features/idf.ts';
import { completeSpec } from '../../shared/features/spec.ts';
import { fitLabels } from '../../shared/features/string-indexer.ts';
import { LinearScorer } from '../../shared/models/linear-model.ts';
import { fitLogisticRegression } from '../../shared/models/logistic-regression.ts';
import { argmax } from '../../shared/models/scorer.ts';

const DATA = join(import.meta.dirname, '../../../shared/data');
const hasData = existsSync(DATA);

interface Baseline {
  dataset: string;
  numFeatures: number;
  train: number;
  test: number;
  objectiveHistory: number[];
  functionEvaluations: number;
  testAccuracy: number;
}

const FILES: Record<string, string> = {
  banking77: 'banking77',
  ag_news: 'ag_news',
  '20newsgroups': '20newsgroups-bydate',
};
// The others differ in the number of buckets only.
const CHOSEN = ['banking77 1000', 'ag_news 1000', 'ag_news 262144', '20newsgroups 1000', '20newsgroups 262144'];

function readSplit(dataset: string, split: string): { texts: string[]; names: string[] } {
  const lines = gunzipSync(readFileSync(join(DATA, `text/${FILES[dataset]}.jsonl.gz`)))
    .toString()
    .trim()
    .split('\n');
  const rows = lines.map((line) => JSON.parse(line) as { text: string; label: string; split: string });
  const chosen = rows.filter((row) => row.split === split);
  return { texts: chosen.map((row) => row.text), names: chosen.map((row) => row.label) };
}

describe.skipIf(!hasData)('baselines of whole text sets (skipped where the data folder is absent)', () => {
  const { runs } = hasData
    ? (JSON.parse(readFileSync(join(DATA, 'golden/baselines.json'), 'utf8')) as { runs: Baseline[] })
    : { runs: [] };
  const chosen = runs
    .map((run) => [`${run.dataset} ${run.numFeatures}`, run] as const)
    .filter(([name]) => CHOSEN.includes(name));

  test('the chosen runs exist', () => {
    expect(chosen.map(([name]) => name)).toEqual(CHOSEN);
  });

  test.for(chosen)('%s features: objective history, number of evaluations and test accuracy', ([, run]) => {
    const train = readSplit(run.dataset, 'train');
    const labels = fitLabels(train.names);
    const place = new Map(labels.map((label, k) => [label, k]));
    const hasher = new TermHasher(completeSpec({ numFeatures: run.numFeatures }));
    const counts = hasher.count(train.texts);
    expect(counts.rows).toBe(run.train);
    const idf = fitIdf(countDocuments(counts), counts.rows);
    const fit = fitLogisticRegression(
      {
        x: applyIdf(counts, idf.weights),
        labels: train.names.map((name) => place.get(name)!),
        numClasses: labels.length,
      },
      { maxIter: 20, regParam: 0.01 },
    );
    expect(fit.evaluations).toBe(run.functionEvaluations);
    for (const [i, value] of fit.objectiveHistory.entries())
      expect(Math.abs(value / run.objectiveHistory[i]! - 1)).toBeLessThan(1e-8);
    const held = readSplit(run.dataset, 'test');
    const p = new LinearScorer(fit.model).probabilities(applyIdf(hasher.count(held.texts), idf.weights));
    const k = labels.length;
    const right = held.names.filter((name, row) => labels[argmax(p, row * k, (row + 1) * k)] === name);
    expect(right.length / held.names.length).toBeCloseTo(run.testAccuracy, 3);
  });
});

interface SeedPipeline {
  labels: string[];
  numFeatures: number;
  numDocs: number;
  docFreq: Record<string, number>;
  idf: Record<string, number>;
  idfForUnseenBuckets: number;
  interceptVector: number[];
  /** [class, column, value] */
  coefficientNonZeros: [number, number, number][];
  objectiveHistory: number[];
  testAccuracy: number;
  scored: { id: string; rawPrediction: number[]; probability: number[]; prediction: string }[];
}

test.skipIf(!hasData)('the seed pipeline on the tax set: counts, weights, coefficients and all 100 scores', () => {
  const golden = JSON.parse(readFileSync(join(DATA, 'golden/tax-e2e.json'), 'utf8')) as SeedPipeline;
  const rows = gunzipSync(readFileSync(join(DATA, 'text/tax_seed.jsonl.gz')))
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { id: string; text: string; label: string; split: string });
  const train = rows.filter((row) => row.split === 'v2');
  const labels = fitLabels(train.map((row) => row.label));
  expect(labels).toEqual(golden.labels);
  const hasher = new TermHasher(completeSpec({ numFeatures: golden.numFeatures }));
  const counts = hasher.count(train.map((row) => row.text));
  const idf = fitIdf(countDocuments(counts), counts.rows);
  expect(idf.numDocs).toBe(golden.numDocs);
  for (const [column, need] of Object.entries(golden.docFreq)) expect(idf.docFreq[Number(column)]).toBe(need);
  for (const [column, need] of Object.entries(golden.idf)) expect(idf.weights[Number(column)]).toBeCloseTo(need, 14);
  expect(idf.weights[idf.docFreq.indexOf(0)]).toBeCloseTo(golden.idfForUnseenBuckets, 14);
  const { model, objectiveHistory } = fitLogisticRegression(
    {
      x: applyIdf(counts, idf.weights),
      labels: train.map((row) => labels.indexOf(row.label)),
      numClasses: labels.length,
    },
    { maxIter: 20, regParam: 0.01 },
  );
  expect(objectiveHistory).toHaveLength(golden.objectiveHistory.length);
  for (const [i, value] of objectiveHistory.entries()) expect(value).toBeCloseTo(golden.objectiveHistory[i]!, 10);
  for (const [k, column, need] of golden.coefficientNonZeros)
    expect(model.coefficients[model.columns.indexOf(column) * labels.length + k]).toBeCloseTo(need, 9);
  const scorer = new LinearScorer(model);
  let right = 0;
  for (const need of golden.scored) {
    const row = rows.find(({ id }) => id === need.id)!;
    const x = applyIdf(hasher.count([row.text]), idf.weights);
    const [raw, p] = [scorer.rawPrediction(x), scorer.probabilities(x)];
    for (let k = 0; k < labels.length; k++) {
      expect(raw[k]).toBeCloseTo(need.rawPrediction[k]!, 9);
      expect(p[k]).toBeCloseTo(need.probability[k]!, 9);
    }
    expect(labels[argmax(p)]).toBe(need.prediction);
    if (need.prediction === row.label) right++;
  }
  expect(right / golden.scored.length).toBe(golden.testAccuracy);
});
