// Term counts → the vectors a model sees: Spark's TF-IDF, or the lexical profile's damped, smoothed and normalized one.
// Invariant: W1 weights decide alone: the same counts and weights give the same vector wherever it is made.
// Sources: Spark's IDFModel; Salton & Buckley 1988 for ln-damped counts and the cosine.
import { applyIdf, fitIdf, type Idf } from './idf.ts';
import { blockOf } from './lexical.ts';
import type { Csr } from './sparse.ts';
import type { FeatureSpec } from './spec.ts';

/** How terms of the lexical profile weigh: `even` by kind and rarity; `labels` also by what they say about labels (label-weights.ts). */
export const WEIGHINGS = ['even', 'labels'] as const;
export type Weighing = (typeof WEIGHINGS)[number];

/** What each kind of term counts for, and what is added to the logarithm of its rarity. */
const BLOCK_WEIGHTS: Record<Weighing, { word: number; part: number; pair: number; floor: number }> = {
  even: { word: 1, part: 0.6, pair: 0.8, floor: 1 },
  labels: { word: 1, part: 0.4, pair: 0.8, floor: 0.1 },
};
/** 1 + ln(count), for counts of a byte. */
const DAMPED = Float64Array.from({ length: 256 }, (_, count) => (count === 0 ? 0 : 1 + Math.log(count)));
/** Rows from which a term of a single text is not kept: nothing that is learnt from it will be met again. */
const MANY_ROWS = 1000;

/** Least number of texts a term must occur in, where the user names none. */
export const defaultMinDocFreq = (spec: FeatureSpec, rows: number): number =>
  spec.lexical !== undefined && rows >= MANY_ROWS ? 2 : spec.lexical === undefined ? 0 : 1;

/**
 * Weights per column by kind and rarity.
 * @param columns  bucket of each column, where only those that occur are held
 * @throws {TerminalError} train.no-rows when there is no document
 */
export function fitTermWeights(
  spec: FeatureSpec,
  docFreq: Uint32Array,
  rows: number,
  minDocFreq: number,
  columns?: Int32Array,
  weighing: Weighing = 'even',
): Idf {
  if (spec.lexical === undefined) return fitIdf(docFreq, rows, minDocFreq);
  const { numDocs } = fitIdf(docFreq.subarray(0, 1), rows);
  const weights = new Float64Array(docFreq.length);
  const { floor, ...byBlock } = BLOCK_WEIGHTS[weighing];
  const kept = docFreq.slice();
  const least = Math.max(1, minDocFreq); // a term that was never seen has no coefficient
  for (let j = 0; j < docFreq.length; j++) {
    const df = docFreq[j]!;
    if (df < least) kept[j] = 0;
    else weights[j] = (Math.log((rows + 1) / (df + 1)) + floor) * byBlock[blockOf(columns?.[j] ?? j, spec.numFeatures)];
  }
  return { weights, docFreq: kept, numDocs };
}

/** Vectors of counts. @throws {TerminalError} model.width-mismatch when the matrix has another width than the weights */
export function weighCounts(spec: FeatureSpec | null, counts: Csr, weights: Float64Array): Csr {
  return spec?.lexical === undefined ? applyIdf(counts, weights) : normalizedRows(counts, weights);
}

/** Damped counts times weights, each row of length 1; terms without weight are left out. */
function normalizedRows(counts: Csr, weights: Float64Array): Csr {
  const { rows } = counts;
  const indptr = new Uint32Array(rows + 1);
  const indices = new Int32Array(counts.indices.length);
  const values = new Float64Array(counts.indices.length);
  let at = 0;
  for (let row = 0; row < rows; row++) {
    const start = at;
    let squares = 0;
    for (let e = counts.indptr[row]!, end = counts.indptr[row + 1]!; e < end; e++) {
      const column = counts.indices[e]!;
      const weight = weights[column]!;
      if (weight === 0) continue;
      const value = DAMPED[counts.values[e]!]! * weight;
      indices[at] = column;
      values[at++] = value;
      squares += value * value;
    }
    const scale = squares > 0 ? 1 / Math.sqrt(squares) : 0;
    for (let e = start; e < at; e++) values[e]! *= scale;
    indptr[row + 1] = at;
  }
  return { rows, width: counts.width, indptr, indices: indices.subarray(0, at), values: values.subarray(0, at) };
}
