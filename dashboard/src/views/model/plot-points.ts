// Points of a model's plots, from its evaluation.
import type { CoveragePoint, ReliabilityBin } from '../../../../shared/models/metrics.ts';

type Point = readonly [x: number, y: number];

/** Confidence against share right, with the size of each dot 0..1 by its rows; empty bins have none. */
export function reliabilityPoints(bins: readonly ReliabilityBin[]): { points: Point[]; sizes: number[] } {
  const filled = bins.filter(({ rows }) => rows > 0);
  const most = Math.max(1, ...filled.map(({ rows }) => rows));
  return {
    points: filled.map(({ confidence, accuracy }) => [confidence, accuracy]),
    sizes: filled.map(({ rows }) => rows / most),
  };
}

/** Coverage against precision in order of coverage, and where the precision axis starts (a twentieth at or below the lowest of all). */
export function coveragePoints(curve: readonly CoveragePoint[], promised: number): { points: Point[]; floor: number } {
  const points: Point[] = curve.map(({ coverage, precision }) => [coverage, precision]);
  const lowest = Math.min(promised, 0.95, ...curve.map(({ precision }) => precision));
  return { points, floor: Math.max(0, Math.floor(lowest * 20 + 1e-9) / 20) };
}

/** Objective by iteration, as powers of ten where all are above 0 and they span more than a factor of 3. */
export function objectivePoints(history: readonly number[]): { points: Point[]; isLog: boolean } {
  const [low, high] = [Math.min(...history), Math.max(...history)];
  const isLog = low > 0 && high / low > 3;
  return { points: history.map((value, i) => [i, isLog ? Math.log10(value) : value]), isLog };
}
