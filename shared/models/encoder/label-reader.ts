// Documents sorted by what labels mean: no labelled document is needed. Each label is a direction, the mean of its phrases; the middle of all
// labels is nobody's.
// Invariants: L1 a document's decision depends on it and the labels alone, not on what else is in the batch. L2 its confidence is no promise: no
// document of the user has checked it (measured in docs/models.md).
import type { Encoder } from './encoder.ts';
import { type DescribedLabel, labelPhrases } from './label-texts.ts';
import { normalizeRows } from './onnx-encoder.ts';

/** How far apart scores are for a doubling of odds or so: makes the mean confidence equal the accuracy on the demo's documents. */
const TEMPERATURE = 0.035;

/** Nearer to the middle of all labels than this a label points nowhere. */
const NOWHERE = 1e-4;

export interface LabelReading {
  /** [documents, labels] */
  probabilities: Float64Array;
  /** For each document, per label, the phrase nearest to it and its cosine; only for its best labels. */
  reasons: { phrase: string; similarity: number }[][];
}

export class LabelReader {
  readonly labels: readonly string[];
  readonly #dimensions: number;
  readonly #phrases: readonly string[][];
  /** One row per phrase, in the order of the labels. */
  readonly #phraseVectors: Float32Array;
  /** [labels, dimensions] of length 1 */
  readonly #directions: Float32Array;
  /** The same before they were scaled. */
  readonly #means: Float32Array;
  readonly #middle: Float64Array;

  private constructor(
    labels: readonly DescribedLabel[],
    phrases: string[][],
    vectors: Float32Array,
    dimensions: number,
  ) {
    this.labels = labels.map(({ name }) => name);
    this.#phrases = phrases;
    this.#phraseVectors = vectors;
    this.#dimensions = dimensions;
    this.#directions = new Float32Array(labels.length * dimensions);
    this.#middle = new Float64Array(dimensions);
    let at = 0;
    phrases.forEach((list, k) => {
      for (let i = 0; i < list.length; i++, at++)
        for (let d = 0; d < dimensions; d++) {
          const share = vectors[at * dimensions + d]! / list.length;
          this.#directions[k * dimensions + d]! += share;
          this.#middle[d]! += share / labels.length;
        }
    });
    this.#means = this.#directions.slice();
    normalizeRows(this.#directions, dimensions);
  }

  /** Encode the labels of a taxonomy. @throws as Encoder.encode */
  static async open(encoder: Encoder, labels: readonly DescribedLabel[]): Promise<LabelReader> {
    const phrases = labels.map(labelPhrases);
    return new LabelReader(labels, phrases, await encoder.encode(phrases.flat(), 'label'), encoder.dimensions);
  }

  /** @param vectors  [documents, dimensions] of length 1 */
  read(vectors: Float32Array): LabelReading {
    const dimensions = this.#dimensions;
    const [rows, labels] = [vectors.length / dimensions, this.labels.length];
    const probabilities = new Float64Array(rows * labels);
    const reasons: LabelReading['reasons'] = [];
    for (let row = 0; row < rows; row++) {
      const p = probabilities.subarray(row * labels, (row + 1) * labels);
      for (let k = 0; k < labels; k++)
        for (let d = 0; d < dimensions; d++)
          p[k]! += this.#directions[k * dimensions + d]! * (vectors[row * dimensions + d]! - this.#middle[d]!);
      const top = Math.max(...p);
      let sum = 0;
      for (let k = 0; k < labels; k++) {
        p[k] = Math.exp((p[k]! - top) / TEMPERATURE);
        sum += p[k]!;
      }
      for (let k = 0; k < labels; k++) p[k]! /= sum;
      reasons.push(
        this.#reasonsOf(vectors.subarray(row * dimensions, (row + 1) * dimensions), p.indexOf(Math.max(...p))),
      );
    }
    return { probabilities, reasons };
  }

  /**
   * Cosine of each pair of labels, seen from the middle of all [labels, labels]: how alike they read. Long descriptions of one field all lie near its
   * middle, so as they are, different labels seem as near as equal ones. 0 is what labels without any relation have, however few there are.
   */
  resemblance(): Float64Array {
    const [n, dimensions] = [this.labels.length, this.#dimensions];
    const seen = this.#means.map((value, i) => value - this.#middle[i % dimensions]!);
    const lengths = Array.from({ length: n }, (_, k) =>
      Math.hypot(...seen.subarray(k * dimensions, (k + 1) * dimensions)),
    );
    const unrelated = 1 / (n - 1); // directions from their own middle sum to nothing: on average their cosine is minus this
    const out = new Float64Array(n * n);
    for (let a = 0; a < n; a++)
      for (let b = 0; b < n; b++) {
        let sum = 0;
        for (let d = 0; d < dimensions; d++) sum += seen[a * dimensions + d]! * seen[b * dimensions + d]!;
        const [one, other] = [lengths[a]!, lengths[b]!];
        const isSomewhere = Math.min(one, other) > NOWHERE;
        const cosine = isSomewhere ? sum / (one * other) : Number(Math.max(one, other) <= NOWHERE); // both in the middle: the same
        out[a * n + b] = (cosine + unrelated) / (1 + unrelated);
      }
    return out;
  }

  /** Phrases of the label, the nearest first. */
  #reasonsOf(vector: Float32Array, label: number): { phrase: string; similarity: number }[] {
    let at = 0;
    for (let k = 0; k < label; k++) at += this.#phrases[k]!.length;
    return this.#phrases[label]!.map((phrase, i) => {
      let similarity = 0;
      for (let d = 0; d < this.#dimensions; d++)
        similarity += this.#phraseVectors[(at + i) * this.#dimensions + d]! * vector[d]!;
      return { phrase, similarity };
    }).sort((a, b) => b.similarity - a.similarity);
  }
}
