// Labelled texts → a calibrated, judged model, in this process.
// Invariants: T1 no row judges or calibrates a model that was trained on it, nor on a copy of its text. T2 equal rows, options and seed give the
// same model. T3 what was left out is counted, not hidden.
import { createHash } from 'node:crypto';
import { TerminalError } from '../errors.ts';
import { TermHasher } from '../features/hashing-tf.ts';
import { applyIdf, countDocuments, fitIdf, type Idf } from '../features/idf.ts';
import { type Csr, selectRows } from '../features/sparse.ts';
import { fitLabels } from '../features/string-indexer.ts';
import { EVALUATION_FILE, type ModelBundle, OBJECTIVE_FILE } from '../models/bundle.ts';
import { createLinearBundle } from '../models/linear-bundle.ts';
import { LinearScorer } from '../models/linear-model.ts';
import { fitLogisticRegression, type LrFit } from '../models/logistic-regression.ts';
import { type Evaluation, measure, summarize } from '../models/metrics.ts';
import { checkGoal } from '../models/threshold.ts';
import { type Clock, type Logger, type Random, seededRandom } from '../ports.ts';
import { type Judgement, judge, judgeStrictly } from './judge.ts';
import { completeTrainOptions, featureSpecOf, lrOptionsOf, type TrainOptions } from './options.ts';
import { groupTexts, rowsOfPart, splitRows } from './splits.ts';

export type { TrainOptions } from './options.ts';

export interface Example {
  text: string;
  label: string;
  /** Default 1. Rows of weight 0 are judged but not trained on. */
  weight?: number;
}

export interface TrainProgress {
  /** What is being fitted: `fold 2 of 5`, `final`. */
  phase: string;
  iteration: number;
  objective: number;
}

export interface TrainInput {
  examples: Iterable<Example>;
  taxonomyVersion?: string | null;
  options?: Partial<TrainOptions>;
  deps: { clock: Clock; random: Random; logger: Logger; onProgress?: (progress: TrainProgress) => void };
}

export interface TrainedBundle extends ModelBundle {
  /** Of rows the model that judged them was not trained on. */
  evaluation: Evaluation;
  /** Objective of the final fit at the start and after each iteration. */
  objectiveHistory: number[];
  /** Rows without text or label. */
  skipped: number;
}

/** Rows up to which `auto` judges by folds. */
const MAX_FOLDED_ROWS = 5000;

/**
 * Train.
 * @throws {TerminalError} train.no-rows, train.one-class, train.bad-value, train.too-few-samples, train.promise-not-kept, request.invalid
 */
export async function train(input: TrainInput): Promise<TrainedBundle> {
  const startedAt = input.deps.clock.now();
  const options = completeTrainOptions(input.options);
  checkGoal(options);
  const data = readExamples(input.examples);
  const counts = new TermHasher(featureSpecOf(options)).count(data.texts);
  const groups = groupTexts(data.texts);
  const fingerprint = fingerprintOf(data);
  data.texts = []; // from here on only counts are needed
  const trainer = new Trainer(counts, data, options, (progress) => input.deps.onProgress?.(progress));
  const judged = trainer.judge(groups, seededRandom(options.seed));
  const { fit, idf } = judged.final ?? trainer.fit(allRows(counts.rows), 'final');
  const evaluation = measure(judged.probabilities, data.labels, judged.truth);
  const seconds = (input.deps.clock.now() - startedAt) / 1000;
  input.deps.logger.info('model.trained', {
    rows: counts.rows,
    labels: data.labels.length,
    iterations: fit.iterations,
    seconds,
  });
  const bundle = createLinearBundle({
    labels: data.labels,
    taxonomyVersion: input.taxonomyVersion ?? null,
    features: featureSpecOf(options),
    idf,
    model: fit.model,
    calibration: judged.calibration,
    accept: judged.choice.accept,
    acceptByLabel: judged.choice.byLabel,
    metrics: summarize(evaluation, judged.source),
    training: {
      algorithm: 'logistic-regression',
      rows: counts.rows,
      skipped: data.skipped,
      dataFingerprint: fingerprint,
      ...lrOptionsOf(options),
      minDocFreq: options.minDocFreq,
      seed: options.seed,
      iterations: fit.iterations,
      evaluations: fit.evaluations,
      stopReason: fit.stopReason,
      objective: fit.objectiveHistory.at(-1) ?? null,
      seconds,
    },
    extra: {
      [EVALUATION_FILE]: Buffer.from(JSON.stringify(evaluation)),
      [OBJECTIVE_FILE]: Buffer.from(JSON.stringify(fit.objectiveHistory)),
    },
  });
  return { ...bundle, evaluation, objectiveHistory: fit.objectiveHistory, skipped: data.skipped };
}

interface Data {
  texts: string[];
  labels: string[];
  /** Class of each row. */
  classes: Int32Array;
  weights: Float64Array | undefined;
  skipped: number;
}

function readExamples(examples: Iterable<Example>): Data {
  const texts: string[] = [];
  const names: string[] = [];
  const weights: number[] = [];
  let skipped = 0;
  for (const { text, label, weight = 1 } of examples) {
    if (!Number.isFinite(weight) || weight < 0)
      throw new TerminalError(
        'train.bad-value',
        `Row ${names.length + skipped + 1}: need a weight of at least 0, have ${weight}`,
      );
    if (text.trim() === '' || label.trim() === '') {
      skipped++;
      continue;
    }
    texts.push(text);
    names.push(label);
    weights.push(weight);
  }
  if (texts.length === 0)
    throw new TerminalError(
      'train.no-rows',
      `Training: need rows with text and label, have none (${skipped} left out)`,
    );
  const labels = fitLabels(names);
  if (labels.length < 2)
    throw new TerminalError('train.one-class', `Training: need at least two labels, have only ${labels[0]}`);
  const place = new Map(labels.map((label, k) => [label, k]));
  return {
    texts,
    labels,
    classes: Int32Array.from(names, (name) => place.get(name)!),
    weights: weights.some((weight) => weight !== 1) ? Float64Array.from(weights) : undefined,
    skipped,
  };
}

/** SHA-256 over texts and labels in order: the same data give the same model. */
function fingerprintOf({ texts, labels, classes }: Data): string {
  const hash = createHash('sha256');
  texts.forEach((text, row) => {
    hash.update(text).update('\0').update(labels[classes[row]!]!).update('\n');
  });
  return hash.digest('hex');
}

interface Fitted {
  fit: LrFit;
  idf: Idf;
}

interface Judged extends Judgement {
  source: 'out-of-fold' | 'held-out';
  /** The model that was judged, where it is the final one. */
  final?: Fitted;
}

class Trainer {
  readonly #counts: Csr;
  readonly #data: Data;
  readonly #options: TrainOptions;
  readonly #tell: (progress: TrainProgress) => void;

  constructor(counts: Csr, data: Data, options: TrainOptions, tell: (progress: TrainProgress) => void) {
    this.#counts = counts;
    this.#data = data;
    this.#options = options;
    this.#tell = tell;
  }

  fit(rows: readonly number[], phase: string): Fitted {
    const isAll = rows.length === this.#counts.rows;
    const counts = isAll ? this.#counts : selectRows(this.#counts, rows);
    const idf = fitIdf(countDocuments(counts), counts.rows, this.#options.minDocFreq);
    const { weights } = this.#data;
    const fit = fitLogisticRegression(
      {
        x: applyIdf(counts, idf.weights),
        labels: Int32Array.from(rows, (row) => this.#data.classes[row]!),
        numClasses: this.#data.labels.length,
        ...(weights === undefined ? {} : { weights: Float64Array.from(rows, (row) => weights[row]!) }),
      },
      lrOptionsOf(this.#options),
      (progress) => this.#tell({ phase, ...progress }),
    );
    return { fit, idf };
  }

  judge(groups: Uint32Array, random: Random): Judged {
    const { calibration, guarantee } = this.#options;
    const usesFolds = calibration === 'folds' || (calibration === 'auto' && this.#counts.rows < MAX_FOLDED_ROWS);
    if (guarantee) return this.#judgeStrictly(groups, random);
    return usesFolds ? this.#judgeByFolds(groups, random) : this.#judgeByHoldout(groups, random);
  }

  #judgeByFolds(groups: Uint32Array, random: Random): Judged {
    const { classes, labels } = this.#data;
    const folds = Math.min(this.#options.folds, this.#counts.rows);
    const part = splitRows(classes, groups, folds, random);
    const raw = new Float64Array(this.#counts.rows * labels.length);
    for (let fold = 0; fold < folds; fold++) {
      const held = rowsOfPart(part, fold, true);
      const rest = rowsOfPart(part, fold, false);
      if (held.length === 0 || rest.length === 0) continue; // all texts are equal: nothing can be held out
      const predicted = this.#predict(this.fit(rest, `fold ${fold + 1} of ${folds}`), held);
      held.forEach((row, i) => {
        raw.set(predicted.subarray(i * labels.length, (i + 1) * labels.length), row * labels.length);
      });
    }
    return { ...judge({ raw, truth: classes }, labels.length, this.#options), source: 'out-of-fold' };
  }

  #judgeByHoldout(groups: Uint32Array, random: Random): Judged {
    const part = splitRows(this.#data.classes, groups, Math.round(1 / this.#options.holdout), random);
    const held = rowsOfPart(part, 0, true);
    const predicted = this.#predict(this.fit(rowsOfPart(part, 0, false), 'held-out check'), held);
    const truth = Int32Array.from(held, (row) => this.#data.classes[row]!);
    return { ...judge({ raw: predicted, truth }, this.#data.labels.length, this.#options), source: 'held-out' };
  }

  // One part calibrates and scouts, another proves; the model has seen neither and is kept as it is.
  #judgeStrictly(groups: Uint32Array, random: Random): Judged {
    const { classes, labels } = this.#data;
    const parts = Math.max(3, Math.round(2 / this.#options.holdout));
    const part = splitRows(classes, groups, parts, random);
    const training = allRows(this.#counts.rows).filter((row) => part[row]! > 1);
    const final = this.fit(training, 'final');
    const side = (wanted: number) => {
      const rows = rowsOfPart(part, wanted, true);
      return { raw: this.#predict(final, rows), truth: Int32Array.from(rows, (row) => classes[row]!) };
    };
    return { ...judgeStrictly(side(0), side(1), labels, this.#options), source: 'held-out', final };
  }

  #predict({ fit, idf }: Fitted, rows: readonly number[]): Float64Array {
    return new LinearScorer(fit.model).probabilities(applyIdf(selectRows(this.#counts, rows), idf.weights));
  }
}

const allRows = (count: number): number[] => Array.from({ length: count }, (_, row) => row);
