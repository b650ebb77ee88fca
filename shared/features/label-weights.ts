// How much a term says about labels: texts with a term of one subject have few labels, those with "the" have all.
// Invariants: G1 only rows that train are looked at. G2 a row of weight 0 says nothing.
// Measure: relative entropy of P(label | term) to P(label), smoothed by a prior of half a text (Kullback & Leibler 1951).
import type { Csr } from './sparse.ts';

/** Texts that the smoothing stands for: a term of few texts is not yet known to be of one label. */
const PRIOR_TEXTS = 0.5;
/** What a term that says nothing keeps. */
const LEAST = 0.1;
/** Entries of the table of columns × labels that is held at once. */
const TABLE_ENTRIES = 2 ** 20;

/**
 * Multiply weights [width] by what their terms say about labels: the root of the relative entropy's share of its greatest value, plus a tenth.
 * @param classes  class of each row, 0 … numClasses − 1
 * @param rowWeights  default 1
 */
export function weighByLabels(
  weights: Float64Array,
  counts: Csr,
  classes: Int32Array,
  numClasses: number,
  rowWeights?: Float64Array,
): void {
  const prior = new Float64Array(numClasses);
  let total = 0;
  for (let row = 0; row < counts.rows; row++) {
    const weight = rowWeights?.[row] ?? 1;
    prior[classes[row]!]! += weight;
    total += weight;
  }
  if (total === 0) return;
  const share = prior.map((weight) => weight / total);
  const atOnce = Math.max(1, Math.floor(TABLE_ENTRIES / numClasses));
  const table = new Float64Array(Math.min(atOnce, counts.width) * numClasses);
  const next = counts.indptr.slice(0, counts.rows); // entry of each row that is looked at next
  for (let from = 0; from < counts.width; from += atOnce) {
    const to = Math.min(counts.width, from + atOnce);
    table.fill(0);
    for (let row = 0; row < counts.rows; row++) {
      const weight = rowWeights?.[row] ?? 1;
      const end = counts.indptr[row + 1]!;
      let e = next[row]!;
      for (; e < end && counts.indices[e]! < to; e++)
        if (counts.values[e]! > 0) table[(counts.indices[e]! - from) * numClasses + classes[row]!]! += weight;
      next[row] = e;
    }
    for (let j = from; j < to; j++) {
      if (weights[j] === 0) continue;
      const entropy = entropyTo(table.subarray((j - from) * numClasses, (j - from + 1) * numClasses), share);
      weights[j]! *= Math.sqrt(entropy / Math.log(numClasses) + LEAST);
    }
  }
}

/** Relative entropy of smoothed weights by class to the classes' own. Classes without the term have the prior's share and need no logarithm. */
function entropyTo(byClass: Float64Array, share: Float64Array): number {
  let sum = PRIOR_TEXTS;
  for (let k = 0; k < byClass.length; k++) sum += byClass[k]!;
  let entropy = 0;
  let absent = 1;
  for (let k = 0; k < byClass.length; k++) {
    if (byClass[k] === 0) continue;
    const p = (byClass[k]! + PRIOR_TEXTS * share[k]!) / sum;
    entropy += p * Math.log(p / share[k]!);
    absent -= share[k]!;
  }
  const floor = PRIOR_TEXTS / sum;
  if (absent > 0) entropy += floor * absent * Math.log(floor);
  return Math.max(0, entropy);
}
