// Exact Shapley values of tree ensembles in polynomial time (TreeSHAP).
// Invariant: T1 bias + sum of the values equals the margin, up to rounding.
// Source: Lundberg, Erion, Lee: Consistent Individualized Feature Attribution for Tree Ensembles (2018), algorithm 2.
import type { Booster } from './booster.ts';

/** One split feature on the way from the root: shares of rows that pass when the feature is unknown (zero) and known (one). */
interface Step {
  slot: number;
  zero: number;
  one: number;
  weight: number;
}

/**
 * @param slotOf  place of a split's feature among `slots`
 * @param isLeft  where the row goes at a split
 * @returns values [slots] of one group's margin, and what remains without any feature
 */
export function treeContributions(
  booster: Booster,
  group: number,
  treeEnd: number,
  slots: number,
  slotOf: (node: number) => number,
  isLeft: (node: number) => boolean,
): { values: Float64Array; bias: number } {
  const values = new Float64Array(slots);
  let bias = booster.baseMargins[group]!;
  for (let t = 0; t < treeEnd; t++) {
    if (booster.treeGroups[t] !== group) continue;
    const weight = booster.treeWeights[t]!;
    bias += weight * expectedValue(booster, booster.roots[t]!);
    visit(booster.roots[t]!, [], 1, 1, -1, weight);
  }
  return { values, bias };

  function visit(node: number, parent: readonly Step[], zero: number, one: number, slot: number, weight: number): void {
    let path = extend(parent, zero, one, slot);
    if (booster.features[node]! < 0) {
      for (let i = 1; i < path.length; i++) {
        const step = path[i]!;
        values[step.slot]! += weight * unwoundSum(path, i) * (step.one - step.zero) * booster.values[node]!;
      }
      return;
    }
    const left = booster.left[node]!;
    const right = booster.right[node]!;
    const [hot, cold] = isLeft(node) ? [left, right] : [right, left];
    const split = slotOf(node);
    let zeroBefore = 1;
    let oneBefore = 1;
    const known = path.findIndex((step, i) => i > 0 && step.slot === split);
    if (known >= 0) {
      ({ zero: zeroBefore, one: oneBefore } = path[known]!);
      path = unwind(path, known);
    }
    const cover = booster.covers[node]!;
    visit(hot, path, (zeroBefore * booster.covers[hot]!) / cover, oneBefore, split, weight);
    visit(cold, path, (zeroBefore * booster.covers[cold]!) / cover, 0, split, weight);
  }
}

function expectedValue(booster: Booster, node: number): number {
  if (booster.features[node]! < 0) return booster.values[node]!;
  const [left, right] = [booster.left[node]!, booster.right[node]!];
  const sum =
    booster.covers[left]! * expectedValue(booster, left) + booster.covers[right]! * expectedValue(booster, right);
  return sum / booster.covers[node]!;
}

function extend(parent: readonly Step[], zero: number, one: number, slot: number): Step[] {
  const path = parent.map((step) => ({ ...step }));
  const depth = path.length;
  path.push({ slot, zero, one, weight: depth === 0 ? 1 : 0 });
  for (let i = depth - 1; i >= 0; i--) {
    path[i + 1]!.weight += (one * path[i]!.weight * (i + 1)) / (depth + 1);
    path[i]!.weight = (zero * path[i]!.weight * (depth - i)) / (depth + 1);
  }
  return path;
}

/** The path as if step `at` had never been taken. */
function unwind(from: readonly Step[], at: number): Step[] {
  const path = from.map((step) => ({ ...step }));
  const last = path.length - 1;
  const { one, zero } = path[at]!;
  let next = path[last]!.weight;
  for (let i = last - 1; i >= 0; i--) {
    if (one !== 0) {
      const before = path[i]!.weight;
      path[i]!.weight = (next * (last + 1)) / ((i + 1) * one);
      next = before - (path[i]!.weight * zero * (last - i)) / (last + 1);
    } else path[i]!.weight = (path[i]!.weight * (last + 1)) / (zero * (last - i));
  }
  for (let i = at; i < last; i++) {
    const { slot, zero: nextZero, one: nextOne } = path[i + 1]!;
    Object.assign(path[i]!, { slot, zero: nextZero, one: nextOne });
  }
  path.pop();
  return path;
}

/** Sum of the weights of unwind(path, at). */
function unwoundSum(path: readonly Step[], at: number): number {
  const last = path.length - 1;
  const { one, zero } = path[at]!;
  let next = path[last]!.weight;
  let total = 0;
  for (let i = last - 1; i >= 0; i--) {
    if (one !== 0) {
      const weight = (next * (last + 1)) / ((i + 1) * one);
      total += weight;
      next = path[i]!.weight - weight * zero * ((last - i) / (last + 1));
    } else if (zero !== 0) total += (path[i]!.weight / zero) * ((last + 1) / (last - i));
  }
  return total;
}
