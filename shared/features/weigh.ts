// Term counts → the vectors a model sees: Spark's TF-IDF, or the lexical profile's damped, smoothed and normalized one.
// Invariant: W1 weights decide alone: the same counts and weights give the same vector wherever it is made.
// Sources: Spark's IDFModel; Salton & Buckley 1988 for ln-damped counts and the cosine.

import { BucketSet } from './bucket-set.ts';
import { applyIdf, fitIdf, type Idf } from './idf.ts';
import { blockOf, type LexicalHasher } from './lexical.ts';
import type { RowSink } from './row-builder.ts';
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
    normalize(values, start, at, squares);
    indptr[row + 1] = at;
  }
  return { rows, width: counts.width, indptr, indices: indices.subarray(0, at), values: values.subarray(0, at) };
}

function normalize(values: Float64Array, from: number, to: number, squares: number): void {
  const scale = squares > 0 ? 1 / Math.sqrt(squares) : 0;
  for (let e = from; e < to; e++) values[e]! *= scale;
}

/** Texts → the vectors of weighCounts, bit for bit, without a matrix of counts between them. */
export class LexicalVectors {
  readonly #hasher: LexicalHasher;
  readonly #wanted: BucketSet;
  /** Weights of the wanted buckets, by rank. */
  readonly #weights: Float64Array;

  constructor(hasher: LexicalHasher, weights: Float64Array) {
    this.#hasher = hasher;
    this.#wanted = new BucketSet(weights);
    this.#weights = weights.filter((weight) => weight !== 0);
  }

  of(texts: readonly string[]): Csr {
    return this.#hasher.countInto(
      texts,
      new NormalizedRows(this.#hasher.numFeatures, this.#wanted, this.#weights),
      this.#wanted,
    );
  }
}

/** Rows that weigh what they take. */
class NormalizedRows implements RowSink {
  readonly #width: number;
  readonly #wanted: BucketSet;
  readonly #weights: Float64Array;
  readonly #ends: number[] = [0];
  #indices = new Int32Array(1 << 14);
  #values = new Float64Array(1 << 14);
  #at = 0;

  constructor(width: number, wanted: BucketSet, weights: Float64Array) {
    this.#width = width;
    this.#wanted = wanted;
    this.#weights = weights;
  }

  append(columns: Int32Array, counts: Uint32Array | Uint8Array): void {
    if (this.#at + columns.length > this.#indices.length) this.#grow(columns.length);
    const [indices, values, weights, wanted] = [this.#indices, this.#values, this.#weights, this.#wanted];
    const start = this.#at;
    let squares = 0;
    for (let i = 0; i < columns.length; i++) {
      const column = columns[i]!;
      const value = DAMPED[counts[column]!]! * weights[wanted.rank(column)]!;
      indices[start + i] = column;
      values[start + i] = value;
      squares += value * value;
    }
    this.#at += columns.length;
    normalize(values, start, this.#at, squares);
    this.#ends.push(this.#at);
  }

  build(): Csr {
    return {
      rows: this.#ends.length - 1,
      width: this.#width,
      indptr: Uint32Array.from(this.#ends),
      indices: this.#indices.subarray(0, this.#at),
      values: this.#values.subarray(0, this.#at),
    };
  }

  #grow(more: number): void {
    const size = Math.max(2 * this.#indices.length, this.#at + more);
    const [indices, values] = [new Int32Array(size), new Float64Array(size)];
    indices.set(this.#indices);
    values.set(this.#values);
    [this.#indices, this.#values] = [indices, values];
  }
}
