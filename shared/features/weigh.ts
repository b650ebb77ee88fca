// Term counts → the vectors a model sees: Spark's TF-IDF, or the lexical profile's damped, smoothed and normalized one.
// Invariant: W1 weights decide alone: the same counts and weights give the same vector wherever it is made.
// Sources: Spark's IDFModel; Salton & Buckley 1988 for ln-damped counts and the cosine.

import { BucketSet } from './bucket-set.ts';
import { applyIdf, fitIdf, type Idf } from './idf.ts';
import { blockOf, type LexicalHasher } from './lexical.ts';
import type { RowSink } from './row-builder.ts';
import { mostEntries, type RowReader } from './row-reader.ts';
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
    at = weighRow(counts, row, weights, indices, values, at);
    indptr[row + 1] = at;
  }
  return { rows, width: counts.width, indptr, indices: indices.subarray(0, at), values: values.subarray(0, at) };
}

/** Write a row's vector from entry `at` on. @returns where it ends */
function weighRow(
  counts: Csr,
  row: number,
  weights: Float64Array,
  indices: Int32Array,
  values: Float64Array,
  at: number,
): number {
  let to = at;
  let squares = 0;
  for (let e = counts.indptr[row]!, end = counts.indptr[row + 1]!; e < end; e++) {
    const column = counts.indices[e]!;
    const weight = weights[column]!;
    if (weight === 0) continue;
    const value = DAMPED[counts.values[e]!]! * weight;
    indices[to] = column;
    values[to++] = value;
    squares += value * value;
  }
  normalize(values, at, to, squares);
  return to;
}

/**
 * The vectors that weighCounts makes of some rows, made when they are read: whoever keeps them in another form holds no copy of this one.
 * @param rows  of the counts, in the order wanted
 */
export function readWeighedRows(counts: Csr, rows: ArrayLike<number>, weights: Float64Array): RowReader {
  return {
    rows: rows.length,
    width: counts.width,
    most: mostEntries(counts, rows),
    read: (row, indices, values) => weighRow(counts, rows[row]!, weights, indices, values, 0),
  };
}

function normalize(values: Float64Array, from: number, to: number, squares: number): void {
  const scale = squares > 0 ? 1 / Math.sqrt(squares) : 0;
  for (let e = from; e < to; e++) values[e]! *= scale;
}

/** Entries that are collected before they become an array of their own. */
const CHUNK_ENTRIES = 2 ** 19;

/** Texts → the vectors of weighCounts, bit for bit, without a matrix of counts between them. */
export class LexicalVectors {
  readonly #hasher: LexicalHasher;
  readonly #wanted: BucketSet;
  readonly #columns: Int32Array;
  /** Weights of the columns. */
  readonly #weights: Float64Array;
  /** Of the rows of matrices that are still in use. */
  readonly #newWords = new WeakMap<Csr, Float64Array>();
  /** Used again by every call: memory that is new costs more than what is written to it. */
  readonly #room: Room = { indices: new Int32Array(CHUNK_ENTRIES), values: new Float64Array(CHUNK_ENTRIES) };

  constructor(hasher: LexicalHasher, weights: Float64Array) {
    this.#hasher = hasher;
    const columns: number[] = [];
    weights.forEach((weight, bucket) => {
      if (weight !== 0) columns.push(bucket);
    });
    this.#columns = Int32Array.from(columns);
    this.#weights = Float64Array.from(columns, (bucket) => weights[bucket]!);
    this.#wanted = new BucketSet(weights.length, this.#columns);
  }

  of(texts: readonly string[]): Csr {
    const rows = new NormalizedRows(this.#hasher.numFeatures, this.#columns, this.#weights, this.#room);
    const x = this.#hasher.countInto(texts, rows, this.#wanted);
    this.#newWords.set(x, Float64Array.from(rows.newWords));
    return x;
  }

  /**
   * Share of a text's words that have no weight.
   * @param x  where the text was made into a row; one that was made here knows it
   */
  shareOfNew(text: string, x?: Csr, row = 0): number {
    return (x === undefined ? undefined : this.#newWords.get(x)?.[row]) ?? this.#hasher.shareOfNew(text, this.#wanted);
  }
}

interface Room {
  indices: Int32Array;
  values: Float64Array;
}

/** Rows that weigh what they take (places among the wanted buckets), collect it in a room and copy it out whenever that is full. */
class NormalizedRows implements RowSink {
  readonly #width: number;
  readonly #columns: Int32Array;
  readonly #weights: Float64Array;
  readonly #ends: number[] = [0];
  /** By row. */
  readonly newWords: number[] = [];
  readonly #full: Room[] = [];
  #indices: Int32Array;
  #values: Float64Array;
  #at = 0;

  constructor(width: number, columns: Int32Array, weights: Float64Array, { indices, values }: Room) {
    this.#width = width;
    this.#columns = columns;
    this.#weights = weights;
    this.#indices = indices;
    this.#values = values;
  }

  append(places: Int32Array, counts: Uint32Array | Uint8Array, _binary: boolean, newWords: number): void {
    this.newWords.push(newWords);
    if (this.#at + places.length > this.#indices.length) this.#flush(places.length);
    const [indices, values, weights, columns] = [this.#indices, this.#values, this.#weights, this.#columns];
    const start = this.#at;
    let squares = 0;
    for (let i = 0; i < places.length; i++) {
      const place = places[i]!;
      const value = DAMPED[counts[place]!]! * weights[place]!;
      indices[start + i] = columns[place]!;
      values[start + i] = value;
      squares += value * value;
    }
    this.#at += places.length;
    normalize(values, start, this.#at, squares);
    this.#ends.push(this.#ends.at(-1)! + places.length); // never empty
  }

  build(): Csr {
    const indptr = Uint32Array.from(this.#ends);
    const rows = indptr.length - 1;
    this.#flush(0);
    const indices = joined(
      this.#full.map((chunk) => chunk.indices),
      (length) => new Int32Array(length),
    );
    const values = joined(
      this.#full.map((chunk) => chunk.values),
      (length) => new Float64Array(length),
    );
    return { rows, width: this.#width, indptr, indices, values };
  }

  /** Copy out what was collected, and make room for a row of so many entries. */
  #flush(entries: number): void {
    this.#full.push({ indices: this.#indices.slice(0, this.#at), values: this.#values.slice(0, this.#at) });
    this.#at = 0;
    if (entries <= this.#indices.length) return;
    this.#indices = new Int32Array(entries);
    this.#values = new Float64Array(entries);
  }
}

/** One array of all numbers; a single one is it already. */
function joined<T extends Int32Array | Float64Array>(parts: readonly T[], create: (length: number) => T): T {
  if (parts.length === 1) return parts[0]!;
  const whole = create(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
