// Line searches as generators over numbers: they ask for a step, get value and slope, and end with the accepted step or null (failed).
// A generator can be replayed from a list of earlier answers: that is how training continues after a crash in the middle of a search.
// Semantics: breeze.optimize StrongWolfeLineSearch and BacktrackingLineSearch.

export interface Probe {
  f: number;
  /** Directional derivative at the step. */
  slope: number;
}

export type LineSearch = Generator<number, number | null, Probe>;

interface Bracket extends Probe {
  t: number;
}

const ARMIJO = 1e-4;
const CURVATURE = 0.9;
const MAX_TRIALS = 10;
const MAX_ZOOMS = 10;

/** Strong Wolfe conditions by bracketing and cubic interpolation. The accepted step is always the last one asked for. */
export function* strongWolfe(origin: Probe, firstStep: number): LineSearch {
  if (origin.slope > 0 || Number.isNaN(origin.slope)) return null;
  let t = firstStep;
  let low: Bracket = { t: 0, ...origin };
  for (let trial = 0; trial < MAX_TRIALS; trial++) {
    const probe: Bracket = { t, ...(yield t) };
    if (!Number.isFinite(probe.f)) {
      t /= 2;
      continue;
    }
    if (probe.f > origin.f + ARMIJO * t * origin.slope || (probe.f >= low.f && trial > 0))
      return yield* zoom(origin, low, probe);
    if (Math.abs(probe.slope) <= CURVATURE * Math.abs(origin.slope)) return t;
    if (probe.slope >= 0) return yield* zoom(origin, probe, low);
    low = probe;
    t *= 1.5;
  }
  return null;
}

function* zoom(origin: Probe, from: Bracket, to: Bracket): LineSearch {
  let [low, high] = [from, to];
  for (let i = 0; i < MAX_ZOOMS; i++) {
    const t = low.t > high.t ? interpolate(high, low) : interpolate(low, high);
    const probe: Bracket = { t, ...(yield t) };
    if (probe.f > origin.f + ARMIJO * t * origin.slope || probe.f >= low.f) {
      high = probe;
      continue;
    }
    if (Math.abs(probe.slope) <= CURVATURE * Math.abs(origin.slope)) return t;
    if (probe.slope * (high.t - low.t) >= 0) high = low;
    low = probe;
  }
  return null;
}

/** Minimum of the cubic through both ends, kept in the inner 10 % to 90 %. */
function interpolate(left: Bracket, right: Bracket): number {
  const d1 = left.slope + right.slope - (3 * (left.f - right.f)) / (left.t - right.t);
  const d2 = Math.sqrt(d1 * d1 - left.slope * right.slope);
  const width = right.t - left.t;
  const t = right.t - (width * (right.slope + d2 - d1)) / (right.slope - left.slope + 2 * d2);
  const lowest = left.t + 0.1 * width;
  const highest = left.t + 0.9 * width;
  // A NaN passes and is asked for, as in Breeze: the objective is then NaN and the search goes on.
  return t < lowest ? lowest : Math.min(t, highest);
}

const MAX_BACKTRACKS = 20;
const GROW = 2.1;
const MIN_STEP = 1e-10;
const MAX_STEP = 1e10;

/**
 * Backtracking with strong Wolfe conditions, as OWL-QN uses it.
 * @param origin  value and slope of the objective with its L1 part at step 0
 * @param plainValue  objective without the L1 part at step 0: Breeze takes it for the value at the first step
 */
export function* backtracking(origin: Probe, plainValue: number, firstStep: number, shrink: number): LineSearch {
  let t = firstStep;
  let probe: Probe = { f: plainValue, slope: (yield t).slope };
  for (let tries = 0; ; tries++) {
    let factor = 1;
    if (probe.f > origin.f + t * origin.slope * ARMIJO) factor = shrink;
    else if (probe.slope < CURVATURE * origin.slope) factor = GROW;
    else if (probe.slope > -CURVATURE * origin.slope) factor = shrink;
    if (factor === 1 || tries === MAX_BACKTRACKS - 1) return t;
    const next = t * factor;
    if (next < MIN_STEP || next > MAX_STEP || Number.isNaN(next)) return null;
    probe = yield next;
    t = next;
  }
}
