// The second local stage of a model: a classifier over an encoder's vectors, mixed with what the words say.
// Invariants: S1 probabilities of the mix sum to 1 and are calibrated. S2 a stage belongs to one version of an encoder: vectors of another are
// refused. S3 what it keeps of labelled documents is their vector, their class and a hash by which one is found again that shall be forgotten; never
// their text.
import { TerminalError } from '../../errors.ts';
import { calibrate } from '../calibration.ts';
import { decodeLinearModel, LinearScorer } from '../linear-model.ts';
import { decodeTensors, encodeTensors } from '../tensors.ts';
import { denseRows } from './dense-rows.ts';
import { isKeyAt, KEY_BYTES } from './key-index.ts';
import type { Mix, StageDescription } from './stage-description.ts';

export const HEAD_FILE = 'head.bin';
export const EXEMPLARS_FILE = 'exemplars.bin';

/** Labelled documents that reasons and novelty compare with: unit vectors in steps of 1/127. */
export interface Exemplars {
  /** [n, dimensions] */
  steps: Int8Array;
  /** Class of each [n] */
  classes: Int32Array;
  dimensions: number;
}

/** @param keys  of the texts, KEY_BYTES each, in the same order */
export function encodeExemplars({ steps, classes }: Exemplars, keys: Uint8Array): Uint8Array {
  return encodeTensors({ steps: new Uint8Array(steps.buffer, steps.byteOffset, steps.length), classes, keys });
}

/** The file without the documents of a key; undefined where it has none. @throws {TerminalError} model.corrupt */
export function withoutExemplar(bytes: Uint8Array, key: Uint8Array): Uint8Array | undefined {
  const { steps, classes, keys } = decodeTensors(bytes);
  if (!(steps instanceof Uint8Array && classes instanceof Int32Array && keys instanceof Uint8Array)) return undefined;
  const dimensions = steps.length / Math.max(1, classes.length);
  const kept = [...classes.keys()].filter((at) => !isKeyAt(keys, at, key));
  if (kept.length === classes.length) return undefined;
  const rows = (from: Uint8Array, size: number) => {
    const out = new Uint8Array(kept.length * size);
    kept.forEach((at, i) => {
      out.set(from.subarray(at * size, (at + 1) * size), i * size);
    });
    return out;
  };
  const left = Int32Array.from(kept, (at) => classes[at]!);
  return encodeTensors({ steps: rows(steps, dimensions), classes: left, keys: rows(keys, KEY_BYTES) });
}

/** @throws {TerminalError} model.corrupt */
function decodeExemplars(bytes: Uint8Array, dimensions: number): Exemplars {
  const { steps, classes } = decodeTensors(bytes);
  if (!(steps instanceof Uint8Array && classes instanceof Int32Array && steps.length === classes.length * dimensions))
    throw new TerminalError('model.corrupt', `${EXEMPLARS_FILE} does not hold vectors of ${dimensions} dimensions`);
  return { steps: new Int8Array(steps.buffer, steps.byteOffset, steps.length), classes, dimensions };
}

/** What each expert says, [rows, classes] in the same order. */
export interface Experts {
  lexical: Float64Array;
  vector: Float64Array;
  near: Float64Array;
}

/** Mixed probabilities [rows, classes], uncalibrated. */
export function mixProbabilities({ lexical, vector, near }: Experts, classes: number, mix: Mix): Float64Array {
  const out = new Float64Array(lexical.length);
  for (let from = 0; from < out.length; from += classes) {
    let top = Number.NEGATIVE_INFINITY;
    for (let k = from; k < from + classes; k++) {
      out[k] = mix.lexical * logOf(lexical[k]!) + mix.vector * logOf(vector[k]!) + mix.near * logOf(near[k]!);
      if (out[k]! > top) top = out[k]!;
    }
    let sum = 0;
    for (let k = from; k < from + classes; k++) {
      out[k] = Math.exp(out[k]! - top);
      sum += out[k]!;
    }
    for (let k = from; k < from + classes; k++) out[k]! /= sum;
  }
  return out;
}

const MIN_PROBABILITY = 1e-12;
export const logOf = (p: number): number => Math.log(Math.max(p, MIN_PROBABILITY));

export class EncoderStage {
  readonly description: StageDescription;
  readonly #head: LinearScorer;
  readonly #exemplars: Exemplars;

  /** @throws {TerminalError} model.corrupt, model.width-mismatch */
  constructor(description: StageDescription, head: Uint8Array, exemplars: Uint8Array, labels: number) {
    this.description = description;
    this.#head = new LinearScorer(decodeLinearModel(head));
    if (this.#head.width !== description.dimensions || this.#head.classes !== labels)
      throw new TerminalError(
        'model.width-mismatch',
        `${HEAD_FILE} is for ${this.#head.width} dimensions and ${this.#head.classes} labels; need ${description.dimensions} and ${labels}`,
      );
    this.#exemplars = decodeExemplars(exemplars, description.dimensions);
  }

  /**
   * Calibrated probabilities [rows, labels], and of each row how like it is to what was labelled.
   * @param lexical  uncalibrated probabilities of the words, same rows
   * @param vectors  [rows, dimensions]
   */
  score(lexical: Float64Array, vectors: Float32Array): { probabilities: Float64Array; neighbours: Neighbour[][] } {
    const { dimensions, mix, calibration } = this.description;
    const classes = this.#head.classes;
    const vector = this.#head.probabilities(denseRows(vectors, dimensions));
    const { near, neighbours } = askNeighbours(this.#exemplars, vectors, classes);
    return {
      probabilities: calibrate(mixProbabilities({ lexical, vector, near }, classes, mix), classes, calibration),
      neighbours,
    };
  }

  /** Is a document unlike everything labelled? */
  isForeign(neighbours: readonly Neighbour[]): boolean {
    const { novelty } = this.description;
    return novelty !== null && meanSimilarity(neighbours) < novelty.below;
  }
}

/** A labelled document: its class and its cosine. */
export interface Neighbour {
  label: number;
  similarity: number;
}

/** Neighbours that are named and that tell what is foreign. */
const NAMED = 3;
/** How fast a labelled document's voice falls with its distance; measured on banking77 (docs/models.md). */
const VOICE = 0.03;
/** Share of doubt in what neighbours say: no class is ruled out by silence. */
const DOUBT = 1e-3;

export const meanSimilarity = (near: readonly Neighbour[]): number =>
  near.reduce((sum, { similarity }) => sum + similarity, 0) / Math.max(1, near.length);

/**
 * What the labelled documents say about rows: all speak, the nearer the louder [rows, classes], and the nearest ones, nearest first.
 * @param vectors  [rows, dimensions]
 */
export function askNeighbours(
  exemplars: Exemplars,
  vectors: Float32Array,
  classes: number,
): { near: Float64Array; neighbours: Neighbour[][] } {
  const { dimensions } = exemplars;
  const rows = vectors.length / dimensions;
  const near = new Float64Array(rows * classes);
  const neighbours: Neighbour[][] = [];
  for (let row = 0; row < rows; row++) {
    const similarities = similaritiesTo(exemplars, vectors.subarray(row * dimensions, (row + 1) * dimensions));
    neighbours.push(nearestOf(exemplars, similarities));
    const top = neighbours[row]![0]?.similarity ?? 0;
    let sum = 0;
    for (let i = 0; i < similarities.length; i++) {
      const voice = Math.exp((similarities[i]! - top) / VOICE);
      near[row * classes + exemplars.classes[i]!]! += voice;
      sum += voice;
    }
    for (let k = row * classes; k < (row + 1) * classes; k++)
      near[k] = (1 - DOUBT) * (near[k]! / Math.max(sum, 1e-300)) + DOUBT / classes;
  }
  return { near, neighbours };
}

/** Cosine of a unit vector to each exemplar. */
export function similaritiesTo({ steps, classes, dimensions }: Exemplars, vector: Float32Array): Float32Array {
  const out = new Float32Array(classes.length);
  for (let i = 0, at = 0; i < out.length; i++) {
    let [a, b, d] = [0, 0, 0];
    for (; d + 1 < dimensions; d += 2, at += 2) {
      a += steps[at]! * vector[d]!;
      b += steps[at + 1]! * vector[d + 1]!;
    }
    if (d < dimensions) a += steps[at++]! * vector[d]!;
    out[i] = (a + b) / STEPS;
  }
  return out;
}

/** @param isCounted  exemplars that count; default: all */
export function nearestOf(
  { classes }: Exemplars,
  similarities: Float32Array,
  isCounted: (at: number) => boolean = () => true,
): Neighbour[] {
  const best: Neighbour[] = [];
  for (let i = 0; i < classes.length; i++) {
    const similarity = similarities[i]!;
    if ((best.length === NAMED && similarity <= best[NAMED - 1]!.similarity) || !isCounted(i)) continue;
    if (best.length === NAMED) best.pop();
    let at = best.length;
    while (at > 0 && best[at - 1]!.similarity < similarity) at--;
    best.splice(at, 0, { label: classes[i]!, similarity });
  }
  return best;
}

const STEPS = 127;
/** Rows of unit vectors as exemplars. */
export function exemplarsOf(
  vectors: Float32Array,
  dimensions: number,
  rows: readonly number[],
  classes: ArrayLike<number>,
): Exemplars {
  const steps = new Int8Array(rows.length * dimensions);
  rows.forEach((row, i) => {
    for (let d = 0; d < dimensions; d++) steps[i * dimensions + d] = Math.round(vectors[row * dimensions + d]! * STEPS);
  });
  return { steps, classes: Int32Array.from(rows, (row) => classes[row]!), dimensions };
}
