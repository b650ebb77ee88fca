// The walk of eight rows at once reaches the leaves that a plain walk reaches, whatever stands in the rows.

import { describe, expect, test } from 'vitest';
import type { Csr } from '../../../shared/features/sparse.ts';
import { type Booster, readBooster } from '../../../shared/models/xgboost/booster.ts';
import { XgboostScorer } from '../../../shared/models/xgboost/xgboost-scorer.ts';
import { seededRandom } from '../../../shared/ports.ts';
import fc from '../../fakes/property.ts';

const WIDTH = 12;
const THRESHOLDS = [-2, -0, 0, 0.1, 1, 3.5];

/** Trees of any shape up to six levels, some of a single leaf; some weights are not 1. */
function randomBooster(seed: number, trees: number, groups: number): Booster {
  const random = seededRandom(seed);
  const pick = (count: number) => Math.floor(random.next() * count);
  const tree = () => {
    const t = { left: [] as number[], right: [] as number[], at: [] as number[], value: [] as number[] };
    const defaultLeft: number[] = [];
    const grow = (depth: number): number => {
      const node = t.left.push(-1) - 1;
      t.right.push(-1);
      t.at.push(pick(WIDTH - 2)); // the last two features are never asked
      const isLeaf = depth === 6 || random.next() < 0.25;
      t.value.push(isLeaf ? random.next() - 0.5 : THRESHOLDS[pick(THRESHOLDS.length)]!);
      defaultLeft.push(pick(2));
      if (isLeaf) return node;
      t.left[node] = grow(depth + 1);
      t.right[node] = grow(depth + 1);
      return node;
    };
    grow(0);
    return {
      tree_param: { size_leaf_vector: '0' },
      left_children: t.left,
      right_children: t.right,
      split_indices: t.at,
      split_conditions: t.value,
      default_left: defaultLeft,
      sum_hessian: t.left.map(() => 1),
    };
  };
  const model = {
    tree_info: Array.from({ length: trees }, (_, i) => i % groups),
    trees: Array.from({ length: trees }, tree),
    gbtree_model_param: { num_parallel_tree: '1' },
  };
  const weights = Array.from({ length: trees }, () => (random.next() < 0.5 ? 1 : random.next()));
  const learner = {
    learner_model_param: { base_score: '5E-1', num_class: String(groups), num_feature: String(WIDTH) },
    objective: { name: 'multi:softprob' },
    gradient_booster: { name: 'dart', gbtree: { model }, weight_drop: weights },
  };
  return readBooster(Buffer.from(JSON.stringify({ version: [3, 2, 0], learner })));
}

type Cell = number | undefined;

function matrixOf(rows: readonly Cell[][]): Csr {
  const entries = rows.map((row) => row.flatMap((value, column) => (value === undefined ? [] : [[column, value]])));
  const indptr = new Uint32Array(rows.length + 1);
  entries.forEach((row, i) => {
    indptr[i + 1] = indptr[i]! + row.length;
  });
  return {
    rows: rows.length,
    width: WIDTH,
    indptr,
    indices: Int32Array.from(entries.flat(), ([column]) => column!),
    values: Float64Array.from(entries.flat(), ([, value]) => value!),
  };
}

function plainMargins(booster: Booster, rows: readonly Cell[][], absent: number, missing: number): number[] {
  return rows.flatMap((row) => {
    const sums = Array.from(booster.baseMargins);
    booster.roots.forEach((root, t) => {
      let node = root;
      while (booster.features[node]! >= 0) {
        const value = Math.fround(row[booster.features[node]!] ?? absent);
        const isMissing = Number.isNaN(value) || value === missing;
        const isLeft = isMissing ? booster.defaultLeft[node] === 1 : value < booster.values[node]!;
        node = (isLeft ? booster.left : booster.right)[node]!;
      }
      const group = booster.treeGroups[t]!;
      sums[group] = Math.fround(sums[group]! + Math.fround(booster.values[node]! * booster.treeWeights[t]!));
    });
    return sums;
  });
}

describe('the forest', () => {
  const cell = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...THRESHOLDS, -5, 0.05, 99, Number.NaN) },
    { weight: 1, arbitrary: fc.constant(undefined) },
  );
  const gaps = fc.array(cell, { minLength: WIDTH, maxLength: WIDTH });
  const whole = fc.array(fc.constantFrom(-5, ...THRESHOLDS, 7), { minLength: WIDTH, maxLength: WIDTH });
  const nothing = fc.constant(new Array<Cell>(WIDTH).fill(undefined));

  test('gives the margins of a plain walk, bit for bit, for rows with and without gaps in any order', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 3 }),
        // more rows than a block, so that what one block leaves behind would show in the next
        fc.array(fc.oneof(gaps, whole, nothing), { minLength: 1, maxLength: 150, size: 'max' }),
        fc.constantFrom('missing' as const, 'zero' as const),
        fc.constantFrom(Number.NaN, 0, 1),
        (seed, trees, groups, rows, absent, missing) => {
          const booster = randomBooster(seed, trees, groups);
          const scorer = new XgboostScorer(booster, { absent, missing });
          const margins = scorer.margins(matrixOf(rows));
          const expected = plainMargins(booster, rows, absent === 'zero' ? 0 : Number.NaN, missing);
          expect(margins).toEqual(Float32Array.from(expected));
          expect(scorer.margins(matrixOf(rows))).toEqual(margins);
        },
      ),
      { numRuns: 60 },
    );
  });
});
