// Weighted mean and unbiased deviation of sparse columns, mergeable over shards.
// Invariant: a column whose values are all equal gets deviation exactly 0 (Welford's sums; E[x²] − E[x]² would leave noise).
// Semantics: org.apache.spark.ml.stat.Summarizer.
import type { Csr } from '../features/sparse.ts';

/** Sums over the stored non-zero values of each column, and over all rows. */
export interface ColumnSums {
  /** Sum of weights and of squared weights over rows; rows of weight 0 are left out. */
  weight: number;
  weightSquared: number;
  /** Sum of weights of the column's non-zeros [width] */
  present: Float64Array;
  /** Mean of the non-zeros [width] */
  mean: Float64Array;
  /** Sum of weighted squared distances from that mean [width] */
  spread: Float64Array;
}

export function sumColumns(x: Csr, weights?: Float64Array): ColumnSums {
  const sums: ColumnSums = {
    weight: 0,
    weightSquared: 0,
    present: new Float64Array(x.width),
    mean: new Float64Array(x.width),
    spread: new Float64Array(x.width),
  };
  const { present, mean, spread } = sums;
  for (let row = 0; row < x.rows; row++) {
    const weight = weights?.[row] ?? 1;
    if (weight === 0) continue;
    sums.weight += weight;
    sums.weightSquared += weight * weight;
    for (let at = x.indptr[row]!; at < x.indptr[row + 1]!; at++) {
      const value = x.values[at]!;
      if (value === 0) continue;
      const j = x.indices[at]!;
      const distance = value - mean[j]!;
      present[j]! += weight;
      mean[j]! += (weight * distance) / present[j]!;
      spread[j]! += weight * (value - mean[j]!) * distance;
    }
  }
  return sums;
}

/** Add `from` to `into`. */
export function mergeColumns(into: ColumnSums, from: ColumnSums): void {
  into.weight += from.weight;
  into.weightSquared += from.weightSquared;
  for (let j = 0; j < into.present.length; j++) {
    const b = from.present[j]!;
    if (b === 0) continue;
    const a = into.present[j]!;
    const distance = from.mean[j]! - into.mean[j]!;
    into.present[j] = a + b;
    into.mean[j]! += (distance * b) / (a + b);
    into.spread[j]! += from.spread[j]! + (distance * distance * a * b) / (a + b);
  }
}

export interface ColumnStats {
  /** [width] */
  mean: Float64Array;
  /** Unbiased standard deviation [width]; divisor W − Σw²/W */
  std: Float64Array;
}

/** Deviation 1 and mean 0 for every column that occurs: scaling and centring then change nothing. */
export function unscaledStats({ present }: Pick<ColumnSums, 'present'>): ColumnStats {
  return { mean: new Float64Array(present.length), std: Float64Array.from(present, (weight) => (weight > 0 ? 1 : 0)) };
}

export function columnStats(sums: ColumnSums): ColumnStats {
  const width = sums.present.length;
  const mean = new Float64Array(width);
  const std = new Float64Array(width);
  const divisor = sums.weight - sums.weightSquared / sums.weight;
  for (let j = 0; j < width; j++) {
    const present = sums.present[j]!;
    if (present === 0) continue;
    mean[j] = sums.mean[j]! * (present / sums.weight);
    if (!(divisor > 0)) continue;
    const m = sums.mean[j]!;
    const total = sums.spread[j]! + (m * m * present * (sums.weight - present)) / sums.weight;
    std[j] = Math.sqrt(Math.max(total / divisor, 0));
  }
  return { mean, std };
}
