// Against real Spark: golden/spark-lr.json was written by golden/spark_lr.py with PySpark 4.3.0.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LinearScorer, predictRow } from '../../shared/models/linear-model.ts';
import { fitLogisticRegression } from '../../shared/models/logistic-regression.ts';
import { csrOf } from './matrices.ts';

interface SparkCase {
  name: string;
  X: number[][];
  y: number[];
  weights: number[] | null;
  params: {
    regParam: number;
    elasticNetParam?: number;
    maxIter: number;
    tol?: number;
    standardization?: boolean;
    fitIntercept?: boolean;
    threshold?: number;
    thresholds?: number[];
  };
  coefficients: number[][];
  intercepts: number[];
  objectiveHistory: number[];
  totalIterations: number;
  rawPrediction: number[][];
  probability: number[][];
  prediction: number[];
}

const { cases } = JSON.parse(readFileSync(join(import.meta.dirname, 'golden/spark-lr.json'), 'utf8')) as {
  cases: SparkCase[];
};

function fitCase({ X, y, weights, params }: SparkCase) {
  return fitLogisticRegression(
    {
      x: csrOf(X, X[0]!.length),
      labels: y,
      numClasses: Math.max(...y) + 1,
      ...(weights === null ? {} : { weights: Float64Array.from(weights) }),
    },
    {
      regParam: params.regParam,
      maxIter: params.maxIter,
      elasticNet: params.elasticNetParam ?? 0,
      ...(params.tol === undefined ? {} : { tol: params.tol }),
      ...(params.standardization === undefined ? {} : { standardization: params.standardization }),
      ...(params.fitIntercept === undefined ? {} : { fitIntercept: params.fitIntercept }),
    },
  );
}

test.for(cases.map((golden) => [golden.name, golden] as const))(
  'Spark 4.3, %s: coefficients, zeros, history and predictions',
  ([, golden]) => {
    const { model, objectiveHistory, iterations } = fitCase(golden);
    const outputs = model.intercepts.length;
    golden.coefficients.forEach((row, k) => {
      row.forEach((need, column) => {
        const slot = model.columns.indexOf(column);
        const have = slot < 0 ? 0 : model.coefficients[slot * outputs + k]!;
        expect(have).toBeCloseTo(need, 12);
        expect(have === 0).toBe(need === 0); // OWL-QN's zeros are exact
      });
      expect(model.intercepts[k]).toBeCloseTo(golden.intercepts[k]!, 12);
    });
    expect(iterations).toBe(golden.totalIterations);
    expect(objectiveHistory).toHaveLength(golden.objectiveHistory.length);
    for (const [i, value] of objectiveHistory.entries()) expect(value).toBeCloseTo(golden.objectiveHistory[i]!, 12);
    const scorer = new LinearScorer(model);
    const x = csrOf(golden.X.slice(0, golden.prediction.length), golden.X[0]!.length);
    const raw = scorer.rawPrediction(x);
    const probabilities = scorer.probabilities(x);
    const classes = scorer.classes;
    golden.prediction.forEach((need, row) => {
      const part = (values: Float64Array) => [...values.subarray(row * classes, (row + 1) * classes)];
      for (let k = 0; k < classes; k++) {
        expect(part(raw)[k]).toBeCloseTo(golden.rawPrediction[row]![k]!, 11);
        expect(part(probabilities)[k]).toBeCloseTo(golden.probability[row]![k]!, 12);
      }
      const { threshold, thresholds } = golden.params;
      const have = predictRow(part(raw), part(probabilities), {
        isBinomial: model.isBinomial,
        ...(threshold === undefined ? {} : { threshold }),
        ...(thresholds === undefined ? {} : { thresholds }),
      });
      expect(have).toBe(need);
    });
  },
);
