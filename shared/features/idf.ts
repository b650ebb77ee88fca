// Inverse document frequencies as Spark ML computes them: ln((m + 1) / (df + 1)), 0 below minDocFreq.
// Source: org.apache.spark.mllib.feature.IDF.
import { TerminalError } from '../errors.ts';
import type { Csr } from './sparse.ts';

/** Weights per bucket [width]. A bucket never seen has weight ln(m + 1), or 0 when minDocFreq is 1 or more. */
export interface Idf {
  readonly weights: Float64Array;
  readonly docFreq: Uint32Array;
  /** Documents counted, empty ones included. */
  readonly numDocs: number;
}

/** Documents per bucket [width] with a count above 0; explicit zeros do not count. */
export function countDocuments(counts: Csr, into = new Uint32Array(counts.width)): Uint32Array {
  for (let e = 0, end = counts.indptr[counts.rows]!; e < end; e++)
    if (counts.values[e]! > 0) into[counts.indices[e]!]!++;
  return into;
}

/** @throws {TerminalError} train.no-rows when there is no document */
export function fitIdf(docFreq: Uint32Array, numDocs: number, minDocFreq = 0): Idf {
  if (numDocs < 1) throw new TerminalError('train.no-rows', 'IDF needs at least one document; there is none');
  const weights = new Float64Array(docFreq.length);
  const kept = docFreq.slice();
  for (let j = 0; j < docFreq.length; j++) {
    const df = docFreq[j]!;
    if (df >= minDocFreq) weights[j] = Math.log((numDocs + 1) / (df + 1));
    else kept[j] = 0;
  }
  return { weights, docFreq: kept, numDocs };
}

/**
 * Counts times weights; entries stay where they are, zeros included.
 * @throws {TerminalError} model.width-mismatch when the matrix has another width than the weights
 */
export function applyIdf(counts: Csr, weights: Float64Array): Csr {
  if (counts.width !== weights.length)
    throw new TerminalError(
      'model.width-mismatch',
      `IDF has ${weights.length} features; the matrix has ${counts.width}`,
    );
  const values = new Float64Array(counts.values.length);
  for (let e = 0; e < values.length; e++) values[e] = counts.values[e]! * weights[counts.indices[e]!]!;
  return { ...counts, values };
}
