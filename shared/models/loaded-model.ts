// A registered model in memory: texts → TF-IDF → calibrated probabilities → reasons.
// Invariants: M1 the pipeline never sees the kind of a model. M2 an evidence weight is what its term adds to the margin of the class
// before calibration; terms that share a bucket share its weight by their counts and are marked.
import { TerminalError } from '../errors.ts';
import { ColumnPlaces } from '../features/column-places.ts';
import { TermHasher } from '../features/hashing-tf.ts';
import { LexicalHasher } from '../features/lexical.ts';
import type { Csr } from '../features/sparse.ts';
import { createTermCounter, type TermCounter } from '../features/term-counter.ts';
import { decodeVocabulary, VOCABULARY_FILE } from '../features/vocabulary.ts';
import { LexicalVectors, weighCounts } from '../features/weigh.ts';
import type { ModelDescription, ModelManifest } from './bundle.ts';
import { calibrate } from './calibration.ts';
import { EncoderStage, EXEMPLARS_FILE, HEAD_FILE } from './encoder/stage.ts';
import type { EvidenceTerm } from './evidence.ts';
import { decodeIdf } from './idf-file.ts';
import { LexicalReasons } from './lexical-evidence.ts';
import { decodeLinearModel, LinearScorer } from './linear-model.ts';
import { OnnxScorer } from './onnx/onnx-scorer.ts';
import { contributionsRoom, type Scorer } from './scorer.ts';
import { readBooster } from './xgboost/booster.ts';
import { XgboostScorer } from './xgboost/xgboost-scorer.ts';

export interface LoadedModel {
  readonly version: string;
  readonly labels: readonly string[];
  readonly taxonomyVersion: string | null;
  readonly width: number;
  /** Default accept threshold of the calibrated top probability, chosen at training time from held-out rows. */
  readonly accept: number;
  /** Thresholds per label where a strict guarantee was asked for: null for a label that must not be accepted alone. Else null. */
  readonly acceptByLabel?: readonly (number | null)[] | null;
  /** The second local stage, where the model was trained with an encoder. */
  readonly stage?: EncoderStage | null;
  /** TF-IDF [texts, width]. @throws {TerminalError} model.feature-mismatch when the model has no feature settings */
  featurize(texts: readonly string[]): Csr;
  /** Calibrated probabilities [rows, labels], row-major. @throws {TerminalError} model.width-mismatch */
  score(x: Csr): Float64Array;
  /** The same, uncalibrated: what the second stage mixes. */
  scoreRaw?(x: Csr): Float64Array;
  /**
   * Are most words of a text in no labelled document? Absent in models that never measured it.
   * @param x  where `featurize` made a row of the text, which is not read again then
   */
  isForeign?(text: string, x?: Csr, row?: number): boolean;
  /** The `top` terms that moved row `row` (made from `text`) most towards `label` and against `runnerUp`; strongest first. */
  explain(text: string, x: Csr, row: number, label: number, runnerUp: number, top: number): EvidenceTerm[];
}

export interface ModelParts {
  version: string;
  description: ModelDescription;
  scorer: Scorer;
  /** Weights per bucket [width]; null: plain term counts. */
  idf: Float64Array | null;
  /** Terms by column, where the features count those of a list. */
  vocabulary?: readonly string[] | undefined;
  stage?: EncoderStage | null;
}

/** Open the files of a manifest. @throws {TerminalError} model.corrupt, model.unsupported, model.width-mismatch */
export async function openModel(
  manifest: ModelManifest,
  artifacts: Readonly<Record<string, Uint8Array>>,
): Promise<LoadedModel> {
  return await openBundle(manifest.version, manifest, artifacts);
}

/** Open a model that need not be registered. @throws {TerminalError} model.corrupt, model.unsupported, model.width-mismatch */
export async function openBundle(
  version: string,
  description: ModelDescription,
  artifacts: Readonly<Record<string, Uint8Array>>,
): Promise<LoadedModel> {
  const { 'model.bin': bytes, 'idf.bin': idf, [VOCABULARY_FILE]: vocabulary } = artifacts;
  if (bytes === undefined) throw new TerminalError('model.corrupt', `Model ${version} has no model.bin`);
  return createModel({
    version,
    description,
    scorer: await openScorer(description, bytes),
    idf: idf === undefined ? null : decodeIdf(idf).weights,
    vocabulary: vocabulary === undefined ? undefined : decodeVocabulary(vocabulary),
    stage: openStage(version, description, artifacts),
  });
}

function openStage(
  version: string,
  { stage, labels }: ModelDescription,
  artifacts: Readonly<Record<string, Uint8Array>>,
): EncoderStage | null {
  if (stage === undefined || stage === null) return null;
  const { [HEAD_FILE]: head, [EXEMPLARS_FILE]: exemplars } = artifacts;
  if (head === undefined || exemplars === undefined)
    throw new TerminalError(
      'model.corrupt',
      `Model ${version} lacks ${head === undefined ? HEAD_FILE : EXEMPLARS_FILE}`,
    );
  return new EncoderStage(stage, head, exemplars, labels.length);
}

/** The scorer of a model file. @throws {TerminalError} model.corrupt, model.unsupported */
async function openScorer(
  { kind, labels, scorer }: Pick<ModelDescription, 'kind' | 'labels' | 'scorer'>,
  bytes: Uint8Array,
): Promise<Scorer> {
  switch (kind) {
    case 'logistic-regression':
      return new LinearScorer(
        decodeLinearModel(bytes),
        scorer.link === 'one-vs-rest' ? 'one-vs-rest' : 'softmax',
        true,
      );
    case 'xgboost':
      return new XgboostScorer(readBooster(bytes), {
        absent: scorer.absent === 'zero' ? 'zero' : 'missing',
        rounds: typeof scorer.rounds === 'number' || scorer.rounds === 'best' ? scorer.rounds : 'all',
        missing: typeof scorer.missing === 'number' ? scorer.missing : Number.NaN,
      });
    case 'onnx': {
      const { openSession } = await import('./onnx/runtime.ts');
      return new OnnxScorer(openSession(bytes), labels.length, {
        output: typeof scorer.output === 'string' ? scorer.output : null,
        outputKind: scorer.outputKind === 'logits' ? 'logits' : 'probabilities',
        absent: scorer.absent === 'missing' ? 'missing' : 'zero',
      });
    }
    default:
      throw new TerminalError('model.unsupported', `Models of kind ${String(kind)} cannot be loaded`);
  }
}

/** A model from parts in memory. @throws {TerminalError} model.width-mismatch when the parts do not fit each other */
function createModel(parts: ModelParts): LoadedModel {
  const { version, description, scorer, idf } = parts;
  const { features, labels, width } = description;
  const need = (what: string, have: number, wanted: number) => {
    if (have !== wanted)
      throw new TerminalError('model.width-mismatch', `Model ${version}: ${what} ${have}; need ${wanted}`);
  };
  need('width of the scorer is', scorer.width, width);
  need('number of labels is', labels.length, scorer.classes);
  if (features !== null) need('numFeatures is', features.numFeatures, width);
  if (idf !== null) need('width of the IDF weights is', idf.length, width);
  return new Model(parts);
}

class Model implements LoadedModel {
  readonly version: string;
  readonly labels: readonly string[];
  readonly taxonomyVersion: string | null;
  readonly width: number;
  readonly accept: number;
  readonly acceptByLabel: readonly (number | null)[] | null;
  readonly stage: EncoderStage | null;
  readonly #description: ModelDescription;
  readonly #scorer: Scorer;
  readonly #idf: Float64Array | null;
  readonly #vocabulary: readonly string[] | undefined;
  #counter: TermCounter | undefined;
  #vectors: LexicalVectors | undefined;
  // Used again by every row whose reasons are asked for.
  #moves = contributionsRoom(0);
  readonly #places = new ColumnPlaces();
  readonly #reasons = new LexicalReasons();

  constructor({ version, description, scorer, idf, vocabulary, stage = null }: ModelParts) {
    this.version = version;
    this.labels = description.labels;
    this.taxonomyVersion = description.taxonomyVersion;
    this.width = description.width;
    this.accept = description.accept.threshold;
    this.acceptByLabel = description.acceptByLabel;
    this.stage = stage;
    this.#description = description;
    this.#scorer = scorer;
    this.#idf = idf;
    this.#vocabulary = vocabulary;
  }

  featurize(texts: readonly string[]): Csr {
    const carried = this.#scorer.carryTexts?.(texts);
    if (carried !== undefined) return carried;
    const counter = this.#termCounter();
    if (this.#idf === null) return counter.count(texts);
    if (counter instanceof LexicalHasher) return this.#lexicalVectors(counter, this.#idf).of(texts);
    return weighCounts(this.#description.features, counter.count(texts), this.#idf);
  }

  score(x: Csr): Float64Array {
    return calibrate(this.scoreRaw(x), this.labels.length, this.#description.calibration);
  }

  scoreRaw(x: Csr): Float64Array {
    return this.#scorer.probabilities(x);
  }

  isForeign(text: string, x?: Csr, row?: number): boolean {
    const { novelty } = this.#description;
    if (novelty === undefined || novelty === null || this.#idf === null) return false;
    const counter = this.#termCounter();
    return (
      counter instanceof LexicalHasher &&
      this.#lexicalVectors(counter, this.#idf).shareOfNew(text, x, row) > novelty.above
    );
  }

  #lexicalVectors(counter: LexicalHasher, idf: Float64Array): LexicalVectors {
    this.#vectors ??= new LexicalVectors(counter, idf);
    return this.#vectors;
  }

  explain(text: string, x: Csr, row: number, label: number, runnerUp: number, top: number): EvidenceTerm[] {
    if (top <= 0) return [];
    const present = x.indices.subarray(x.indptr[row]!, x.indptr[row + 1]!);
    if (this.#moves.own.length < present.length) this.#moves = contributionsRoom(2 * present.length);
    const moves = this.#moves;
    if (!this.#scorer.contributions(x, row, label, runnerUp, moves)) return [];
    const counter = this.#termCounter();
    if (counter instanceof LexicalHasher) {
      this.#places.set(present);
      return this.#reasons.of(counter.trace(text, this.#places), present.length, moves, top);
    }
    const moved = Array.from(present, (column, i) => ({ column, weight: moves.own[i]!, runnerUp: moves.runnerUp[i]! }))
      .filter((bucket) => bucket.weight > bucket.runnerUp)
      .sort((a, b) => b.weight - b.runnerUp - (a.weight - a.runnerUp))
      .slice(0, top);
    if (moved.length === 0) return [];
    if (!(counter instanceof TermHasher)) return [];
    const terms = counter.termsIn(text, new Set(moved.map(({ column }) => column)));
    return moved.flatMap((bucket) => shareBucket(bucket, terms.get(bucket.column))).slice(0, top);
  }

  #termCounter(): TermCounter {
    const spec = this.#description.features;
    if (spec === null)
      throw new TerminalError(
        'model.feature-mismatch',
        `Model ${this.version} was stored without feature settings; it can score vectors only`,
      );
    this.#counter ??= createTermCounter(spec, this.#vocabulary);
    return this.#counter;
  }
}

/** Evidence of one bucket: its terms, the weight shared by their counts. */
function shareBucket(
  bucket: { weight: number; runnerUp: number },
  terms: ReadonlyMap<string, number> | undefined,
): EvidenceTerm[] {
  if (terms === undefined) return []; // the row was made from another text
  const total = [...terms.values()].reduce((sum, count) => sum + count, 0);
  return [...terms].map(([term, count]) => ({
    term,
    weight: round((bucket.weight * count) / total),
    runner_up_weight: round((bucket.runnerUp * count) / total),
    ...(terms.size > 1 ? { collision: true as const } : {}),
  }));
}

const round = (weight: number): number => Math.round(weight * 1e6) / 1e6;
