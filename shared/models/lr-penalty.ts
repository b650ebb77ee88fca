// The penalty of logistic regression, column by column.
import type { ColumnStats } from './column-stats.ts';
import type { PenaltyWeights } from './lr-objective.ts';
import type { LrOptions } from './lr-options.ts';
import { activeColumns } from './lr-problem.ts';

export interface PenaltyPlan {
  l2: number;
  /** Weight of each kept column's square; null: 1. */
  penalty: PenaltyWeights;
  /** L1 weight of each kept column; undefined: none. */
  l1: Float64Array | undefined;
}

export function planPenalty(options: LrOptions, stats: ColumnStats): PenaltyPlan {
  const { regParam, elasticNet, standardization } = options;
  const l1 = regParam * elasticNet;
  const std = () => Float64Array.from(activeColumns(stats), (column) => stats.std[column]!);
  return {
    l2: regParam * (1 - elasticNet),
    penalty: standardization || regParam === 0 ? null : std().map((s) => 1 / (s * s)),
    l1: l1 === 0 ? undefined : std().map((s) => (standardization ? l1 : l1 / s)),
  };
}

/** L1 weights of a primal point; intercepts have none. */
export function spreadL1(l1: Float64Array, outputs: number, fitIntercept: boolean): Float64Array {
  const weights = new Float64Array(l1.length * outputs + (fitIntercept ? outputs : 0));
  for (let j = 0; j < l1.length; j++) weights.fill(l1[j]!, j * outputs, (j + 1) * outputs);
  return weights;
}
