// XGBoost models against predictions of the library. Goldens: shared/data/golden/xgboost beside the checkout, written by xgboost 1.7.4.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Csr } from '../../../shared/features/sparse.ts';
import { readBooster } from '../../../shared/models/xgboost/booster.ts';
import { XgboostScorer } from '../../../shared/models/xgboost/xgboost-scorer.ts';

const FOLDER = join(import.meta.dirname, '../../../../shared/data/golden/xgboost');
const hasGoldens = existsSync(FOLDER);

interface Case {
  name: string;
  json?: string;
  ubj?: string;
  input: (number | null)[][];
  margin: number[][];
  prediction: number[][] | number[];
  marginCsrZerosAbsent?: (number | number[])[];
  marginDenseZeros?: (number | number[])[];
}

const { cases } = hasGoldens
  ? (JSON.parse(readFileSync(join(FOLDER, 'expected.json'), 'utf8')) as { cases: Case[] })
  : { cases: [] };
const load = (file: string) => readBooster(readFileSync(join(FOLDER, file)));

/** Rows with null as NaN; zeros stored or left out. */
function matrix(input: (number | null)[][], keepZeros: boolean): Csr {
  const indptr = [0];
  const indices: number[] = [];
  const values: number[] = [];
  for (const row of input) {
    row.forEach((value, j) => {
      if (value === 0 && !keepZeros) return;
      indices.push(j);
      values.push(value ?? Number.NaN);
    });
    indptr.push(indices.length);
  }
  return {
    rows: input.length,
    width: input[0]?.length ?? 0,
    indptr: Uint32Array.from(indptr),
    indices: Int32Array.from(indices),
    values: Float64Array.from(values),
  };
}

const expectClose = (have: ArrayLike<number>, need: (number | number[])[], tolerance: number) => {
  const flat = need.flat();
  expect(have.length).toBe(flat.length);
  let worst = 0;
  flat.forEach((value, i) => {
    worst = Math.max(worst, Math.abs(value - have[i]!));
  });
  expect(worst).toBeLessThanOrEqual(tolerance);
};

describe.skipIf(!hasGoldens)('xgboost goldens (skipped: ../shared/data is absent)', () => {
  test('there are nine cases', () => {
    expect(cases.length).toBe(9);
  });

  for (const golden of cases) {
    const files = [golden.json ?? `${golden.name}.json`, golden.ubj].filter((file) => file !== undefined);
    for (const file of files) {
      test(`${file}: margins and predictions are the library's`, () => {
        const scorer = new XgboostScorer(load(file));
        const x = matrix(golden.input, true);
        expectClose(scorer.margins(x), golden.margin, 1e-6);
        expectClose(scorer.predict(x), golden.prediction, 1e-6);
      });
    }

    const { marginCsrZerosAbsent, marginDenseZeros } = golden;
    if (marginCsrZerosAbsent !== undefined && marginDenseZeros !== undefined)
      test(`${golden.name}: an absent entry is missing, or zero when asked`, () => {
        const booster = load(files[0]!);
        const sparse = matrix(golden.input, false);
        expectClose(new XgboostScorer(booster).margins(sparse), marginCsrZerosAbsent, 1e-6);
        // zeros stored and absent as zero give one answer; nulls were zeros too when this column was made
        const filled = golden.input.map((row) => row.map((value) => value ?? 0));
        expectClose(new XgboostScorer(booster).margins(matrix(filled, true)), marginDenseZeros, 1e-6);
        expectClose(
          new XgboostScorer(booster, { absent: 'zero' }).margins(matrix(filled, false)),
          marginDenseZeros,
          1e-6,
        );
        expectClose(
          new XgboostScorer(booster, { missing: 0 }).margins(matrix(golden.input, true)),
          marginCsrZerosAbsent,
          1e-6,
        );
      });

    test(`${golden.name}: Shapley values and bias sum to the margin`, () => {
      const scorer = new XgboostScorer(load(files[0]!));
      const x = matrix(golden.input, true);
      const { groups } = scorer.booster;
      for (let row = 0; row < x.rows; row++)
        for (let k = 0; k < groups; k++) {
          const { values, bias } = scorer.shapValues(x, row, k);
          expect(values.reduce((a, b) => a + b, bias)).toBeCloseTo(golden.margin[row]![k]!, 5);
        }
    });
  }
});
