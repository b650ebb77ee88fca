// Labelled texts → a calibrated, judged model, in this process.
// Invariants: T1 no row judges or calibrates a model that was trained on it, nor on a copy of its text. T2 equal rows, options and seed give the
// same model. T3 what was left out is counted, not hidden.
import { createHash } from 'node:crypto';
import { TerminalError } from '../errors.ts';
import { type Csr, leastDocFreq } from '../features/sparse.ts';
import { type FeatureSpec, profileOf } from '../features/spec.ts';
import { fitLabels } from '../features/string-indexer.ts';
import { createTermCounter } from '../features/term-counter.ts';
import { defaultMinDocFreq } from '../features/weigh.ts';
import { EVALUATION_FILE, type ModelBundle, OBJECTIVE_FILE } from '../models/bundle.ts';
import type { Encoder } from '../models/encoder/encoder.ts';
import { textKey } from '../models/encoder/vector-cache.ts';
import { createLinearBundle } from '../models/linear-bundle.ts';
import { type Evaluation, measure, summarize } from '../models/metrics.ts';
import { checkGoal } from '../models/threshold.ts';
import { type Clock, type Logger, type Random, seededRandom } from '../ports.ts';
import { drawEvenly, type Head, MAX_HEAD_ROWS, trainHead } from './encoder-head.ts';
import { describeFitting } from './fit-choice.ts';
import { completeTrainOptions, featureSpecOf, lrOptionsOf, type TrainOptions } from './options.ts';
import { groupTexts, labelsOfOneText } from './splits.ts';
import type { Data, TrainProgress } from './text-fits.ts';
import { type Judged, TextTrainer } from './text-trainer.ts';
import { fitWordNovelty } from './word-novelty.ts';

export type { TrainOptions } from './options.ts';
export type { TrainProgress } from './text-fits.ts';

export interface Example {
  text: string;
  label: string;
  /** Default 1. Rows of weight 0 are judged but not trained on. */
  weight?: number;
}

export interface TrainInput {
  examples: Iterable<Example>;
  taxonomyVersion?: string | null;
  /** How many of the rows are decisions, and whose; kept with the model. */
  decisions?: { human: number; llm: number } | undefined;
  options?: Partial<TrainOptions>;
  /** Gives the model a second local stage; not with a strict guarantee, whose promise is the words' alone. */
  encoder?: Encoder | undefined;
  /** The encoder failed on the way: the model gets no second stage. Default: the training fails. */
  onStageFailed?: (why: TerminalError) => void;
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

/**
 * Train.
 * @throws {TerminalError} train.no-rows, train.one-class, train.bad-value, train.too-few-samples, train.promise-not-kept, request.invalid
 */
export async function train(input: TrainInput): Promise<TrainedBundle> {
  const startedAt = input.deps.clock.now();
  const options = completeTrainOptions(input.options);
  checkGoal(options);
  const data = readExamples(input.examples);
  const { encoder } = input;
  const hasStage = encoder !== undefined && !options.guarantee;
  const { trainer, groups, novelty, rows } = countTerms(data, options, (progress) => input.deps.onProgress?.(progress));
  const fingerprint = fingerprintOf(data);
  const texts = hasStage ? data.texts : [];
  data.texts = []; // from here on only counts are needed, and the encoder's share of the texts
  const judged = trainer.judge(groups, seededRandom(options.seed), hasStage);
  const { fit, idf, regParam } = judged.final ?? trainer.fitFinal(judged.fitting);
  const head = hasStage
    ? await trainStage(encoder, texts, { ...data, groups }, judged, options, input.deps).catch((error: unknown) => {
        if (!(error instanceof TerminalError) || input.onStageFailed === undefined) throw error;
        input.onStageFailed(error);
        return undefined;
      })
    : undefined;
  const evaluation = measure(judged.probabilities, data.labels, judged.truth);
  const seconds = (input.deps.clock.now() - startedAt) / 1000;
  input.deps.logger.info('model.trained', {
    rows,
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
    stage: head?.stage ?? null,
    novelty,
    training: {
      algorithm: options.loss === 'logistic' ? 'logistic-regression' : 'linear-svm',
      loss: options.loss,
      rows,
      ...(input.decisions === undefined ? {} : { rowsHuman: input.decisions.human, rowsLlm: input.decisions.llm }),
      skipped: data.skipped,
      dataFingerprint: fingerprint,
      profile: profileOf(options),
      ...lrOptionsOf(options, regParam),
      ...describeFitting(judged.fitting),
      minDocFreq: trainer.minDocFreq,
      foreignAboveNewWords: novelty?.above ?? null,
      groups: new Set(groups).size,
      ...namesOf(labelsOfOneText(groups, data.classes, data.labels)),
      seed: options.seed,
      iterations: fit.iterations,
      evaluations: fit.evaluations,
      stopReason: fit.stopReason,
      objective: fit.objectiveHistory.at(-1) ?? null,
      seconds,
      ...(head === undefined
        ? {}
        : { encoder: head.stage.encoder, encodedRows: head.stage.rows, headIterations: head.iterations }),
    },
    extra: {
      ...head?.artifacts,
      [EVALUATION_FILE]: Buffer.from(JSON.stringify(evaluation)),
      [OBJECTIVE_FILE]: Buffer.from(JSON.stringify(fit.objectiveHistory)),
    },
  });
  return { ...bundle, evaluation, objectiveHistory: fit.objectiveHistory, skipped: data.skipped };
}

/** Terms of the texts, for the trainer alone: it keeps the columns that occur often enough, and what was counted otherwise is free then. */
function countTerms(data: Data, options: TrainOptions, tell: (progress: TrainProgress) => void) {
  const spec = featureSpecOf(options);
  const counts = createTermCounter(spec).count(data.texts);
  const groups = groupTexts(data.texts, data.classes);
  if (groups.every((group) => group === groups[0]))
    throw new TerminalError(
      'train.too-few-samples',
      `Training: all ${groups.length} texts are the same, so that none can judge a model of the others; need other texts`,
    );
  const minDocFreq = options.minDocFreq ?? minDocFreqOf(spec, counts, data.labels.length);
  const novelty =
    spec.lexical === undefined
      ? null
      : fitWordNovelty(counts, { classes: data.classes, groups, minDocFreq }, seededRandom(options.seed));
  return {
    trainer: new TextTrainer(counts, data, { ...options, minDocFreq }, tell),
    groups,
    novelty,
    rows: counts.rows,
  };
}

/** The usual least number of texts of a term; more where all columns of all labels would make a model that an app cannot hold. */
function minDocFreqOf(spec: FeatureSpec, counts: Csr, labels: number): number {
  const usual = defaultMinDocFreq(spec, counts.rows);
  return spec.lexical === undefined ? usual : leastDocFreq(counts, usual, Math.floor(MAX_COEFFICIENTS / labels));
}

/** 256 MB. */
const MAX_COEFFICIENTS = 2 ** 25;

/** Labels that the judgement says nothing about, in words; the description of a model holds plain values only. */
function namesOf(labels: readonly string[]): { oneTextLabels?: string } {
  if (labels.length === 0) return {};
  const more = labels.length > 5 ? ` and ${labels.length - 5} more` : '';
  return { oneTextLabels: `${labels.slice(0, 5).join(', ')}${more}` };
}

/** Encode rows, all or as many as serve, and train the second stage over them. */
async function trainStage(
  encoder: Encoder,
  texts: readonly string[],
  { labels, classes, weights, groups }: Data & { groups: Uint32Array },
  judged: Judged,
  { precision, confidence, seed }: TrainOptions,
  { onProgress }: TrainInput['deps'],
): Promise<Head | undefined> {
  const random = seededRandom(seed);
  const all = Array.from(texts, (_, row) => row);
  const rows = drawEvenly(all, (row) => classes[row]!, MAX_HEAD_ROWS, random).sort((a, b) => a - b);
  const { dimensions } = encoder;
  const vectors = new Float32Array(rows.length * dimensions);
  for (let from = 0; from < rows.length; from += ENCODED_AT_ONCE) {
    onProgress?.({ phase: `encoding ${from} of ${rows.length}`, iteration: from, objective: Number.NaN });
    const part = rows.slice(from, from + ENCODED_AT_ONCE).map((row) => texts[row]!);
    vectors.set(await encoder.encode(part, 'document'), from * dimensions);
  }
  const keys = Uint8Array.from(Buffer.from(rows.map((row) => textKey(texts[row]!)).join(''), 'hex'));
  return trainHead({
    ...{ encoder: encoder.version, dimensions, rows, vectors, keys, classes, labels: labels.length, weights, groups },
    judged: {
      ...{ rows: judged.rows, raw: judged.raw, calibrated: judged.probabilities },
      accept: judged.choice.accept.threshold,
    },
    splits: judged.splits,
    goal: { precision, confidence },
    random,
  });
}

const ENCODED_AT_ONCE = 256;

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
  if (weights.every((weight) => weight === 0))
    throw new TerminalError('train.no-rows', `Training: need a row with a weight above 0, all ${texts.length} have 0`);
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
