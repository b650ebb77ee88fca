// One epoch of dual coordinate descent in JavaScript, to the last bit as svm-epoch.wat does it.
// Source: as linear-svm.ts, algorithm 3.
/** Doubles of `state`. */
export const [INTERCEPT, OBJECTIVE, BOUND, MOST, LEAST] = [0, 1, 2, 3, 4];
/** Whole numbers of `counters`. */
export const [ACTIVE, DRAWN] = [0, 1];

/** What an epoch works on. */
export interface Descent {
  count: number;
  /** 1 where there is an intercept. */
  bias: 0 | 1;
  /** Intercept, dual objective, bound of gradients, and the most and least gradient of the last epoch. */
  state: Float64Array;
  /** Rows at the beginning of `order` that are looked at, and the last number drawn. */
  counters: Int32Array;
  order: Int32Array;
  /** Cell at which each row begins. */
  indptr: Uint32Array;
  /** Cells of 8 bytes, the same as whole numbers and as singles: 8 times the place of the column, and its value. */
  offsets: Int32Array;
  values: Float32Array;
  /** Square of each row's length, that of the intercept's 1 included. */
  squares: Float64Array;
  /** 1 / (2 C weight): how much each row's multiplier is held back. */
  slack: Float64Array;
  /** 1 for rows of the label, −1 for others. */
  signs: Float64Array;
  multipliers: Float64Array;
  /** Coefficients by the places of the columns. */
  weights: Float64Array;
}

/** Pass over the active rows in a drawn order: each row's multiplier goes to its best, and rows that are far on their side are left out. */
export function runPlainEpoch(descent: Descent): void {
  const { order, indptr, offsets, values, squares, slack, signs, multipliers, weights, bias, state, counters } =
    descent;
  const bound = state[BOUND]!;
  let [intercept, objective] = [state[INTERCEPT]!, state[OBJECTIVE]!];
  let [most, least] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  let active = counters[ACTIVE]!;
  shuffle(descent);
  for (let at = 0; at < active; at++) {
    const row = order[at]!;
    const [from, to] = [2 * indptr[row]!, 2 * indptr[row + 1]!];
    let margin = bias * intercept;
    for (let cell = from; cell < to; cell += 2) margin += weights[offsets[cell]! >> 3]! * values[cell + 1]!;
    const before = multipliers[row]!;
    const gradient = signs[row]! * margin - 1 + slack[row]! * before;
    if (before === 0 && gradient > 0) {
      if (gradient > bound) {
        active--;
        order[at] = order[active]!;
        order[active] = row;
        at--;
        continue;
      }
      most = Math.max(most, 0);
      least = Math.min(least, 0);
      continue;
    }
    if (gradient > most) most = gradient;
    if (gradient < least) least = gradient;
    const curvature = squares[row]! + slack[row]!;
    if (curvature === 0) continue; // an empty row without intercept and penalty
    const after = Math.max(before - gradient / curvature, 0);
    const step = after - before;
    if (step === 0) continue;
    multipliers[row] = after;
    objective += step * (gradient + (step * curvature) / 2);
    const change = signs[row]! * step;
    intercept += bias * change;
    for (let cell = from; cell < to; cell += 2) weights[offsets[cell]! >> 3]! += change * values[cell + 1]!;
  }
  state[INTERCEPT] = intercept;
  state[OBJECTIVE] = objective;
  state[MOST] = most;
  state[LEAST] = least;
  counters[ACTIVE] = active;
}

/** Draws are of a linear congruential generator (Numerical Recipes): speed counts here, and nobody's interest hangs on it. */
function shuffle({ order, counters }: Descent): void {
  const active = counters[ACTIVE]!;
  let drawn = counters[DRAWN]!;
  for (let at = 0; at < active; at++) {
    drawn = (Math.imul(drawn, 1_664_525) + 1_013_904_223) | 0;
    const other = at + Math.floor(((drawn >>> 0) / 2 ** 32) * (active - at));
    const row = order[other]!;
    order[other] = order[at]!;
    order[at] = row;
  }
  counters[DRAWN] = drawn;
}
