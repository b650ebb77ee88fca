// Bundles of models that other tools trained: XGBoost and ONNX files, over our feature vectors.
import { TerminalError } from '../errors.ts';
import type { Idf } from '../features/idf.ts';
import type { FeatureSpec } from '../features/spec.ts';
import { vocabularyFile } from '../features/vocabulary.ts';
import type { AcceptRule } from './accept-rule.ts';
import type { ModelBundle, ModelDescription, ModelMetrics } from './bundle.ts';
import type { Calibration } from './calibration.ts';
import { agreedNames, namedNumbers } from './class-labels.ts';
import { encodeIdf } from './idf-file.ts';
import { classNamesOf } from './onnx/class-names.ts';
import { readOnnxFile } from './onnx/model-proto.ts';
import { chooseOutput, defaultOnnxOptions, type OnnxOptions, OnnxScorer } from './onnx/onnx-scorer.ts';
import { withoutZipMaps } from './onnx/zip-map.ts';
import { inspectBooster } from './xgboost/booster.ts';
import {
  classesOf,
  defaultXgboostOptions,
  requireClassifier,
  roundsOf,
  type XgboostOptions,
} from './xgboost/xgboost-scorer.ts';

export interface ForeignModelInput {
  /** The file as its library wrote it: .json or .ubj of XGBoost, .onnx */
  bytes: Uint8Array;
  /** Classes in their order; may be left out where the file names them. */
  labels?: readonly string[] | undefined;
  taxonomyVersion: string | null;
  /** How texts become the model's vectors; null for vectors made elsewhere and for ONNX models that take text. */
  features: FeatureSpec | null;
  idf: Idf | null;
  /** Terms by column, where the features count those of a list. */
  vocabulary?: readonly string[] | null;
  calibration?: Calibration;
  accept?: AcceptRule;
  metrics?: ModelMetrics | null;
  training?: ModelDescription['training'];
}

/** Until somebody measures the model, it decides alone only when nearly certain. */
export const unmeasuredAccept: AcceptRule = {
  threshold: 0.98,
  basis: 'default',
  precision: 0.98,
  confidence: 0.95,
  coverage: 0,
  observedPrecision: 0,
  samples: 0,
};

/** @throws {TerminalError} model.corrupt, model.unsupported, model.width-mismatch, request.invalid */
export async function createXgboostBundle(
  input: ForeignModelInput,
  options: Partial<XgboostOptions> = {},
): Promise<ModelBundle> {
  // as XGBClassifier.predict_proba: the rounds up to best_iteration, where training stopped early
  const { absent, missing, rounds } = { ...defaultXgboostOptions, rounds: 'best' as const, ...options };
  const booster = inspectBooster(input.bytes);
  requireClassifier(booster);
  if (input.features !== null) requireOrder(booster.featureNames, input.vocabulary ?? undefined);
  const roundsUsed = roundsOf(booster, rounds);
  const labels = agreedLabels(booster.classNames, input.labels, classesOf(booster));
  // JSON has no NaN; null stands for it
  const scorer = { absent, rounds, missing: Number.isNaN(missing) ? null : missing };
  const training = {
    ...input.training,
    ...numbersOf(booster.classNames, input, labels),
    roundsUsed,
    roundsInFile: booster.roundEnds.length,
  };
  return createBundle('xgboost', { ...input, labels, training }, booster.width, scorer);
}

/** @throws {TerminalError} model.corrupt, model.unsupported, model.width-mismatch, model.locale-missing, request.invalid */
export async function createOnnxBundle(
  input: ForeignModelInput,
  options: Partial<OnnxOptions> = {},
): Promise<ModelBundle> {
  const complete = { ...defaultOnnxOptions, ...options };
  const { openSession } = await import('./onnx/runtime.ts');
  const bytes = withoutZipMaps(input.bytes);
  const session = openSession(bytes);
  const output = chooseOutput(session.outputs, complete.output);
  const columns = session.outputs.find((slot) => slot.name === output)?.shape[1] ?? -1;
  const names = classNamesOf(readOnnxFile(input.bytes), output, columns);
  const labels = agreedLabels(names, input.labels, columns > 1 ? columns : (names ?? input.labels ?? []).length);
  const opened = new OnnxScorer(session, labels.length, complete);
  opened.requireProbabilities();
  const training = { ...input.training, ...numbersOf(names, input, labels) };
  return createBundle('onnx', { ...input, bytes, labels, training }, opened.width, { ...complete, output });
}

/**
 * Names of features must not say that the columns are in another order: the terms of the vocabulary, or f0, f1, … as the library names them.
 * Other names say nothing of it.
 */
function requireOrder(names: readonly string[], vocabulary: readonly string[] | undefined): void {
  const terms = new Set(vocabulary);
  const isOfTerms = names.length > 0 && names.length === terms.size && names.every((name) => terms.has(name));
  const numbers = names.map((name) => Number(/^f?(\d+)$/.exec(name)?.[1] ?? -1));
  const isCounted = new Set(numbers).size === names.length && numbers.every((n) => n >= 0 && n < names.length);
  const at = names.findIndex((name, k) => (isOfTerms ? name !== vocabulary?.[k] : isCounted && numbers[k] !== k));
  if (at < 0) return;
  throw new TerminalError(
    'model.feature-mismatch',
    `The booster's feature ${at} is called ${names[at]}; ${isOfTerms ? `term ${at} of the model of --features-of is ${vocabulary?.[at]}` : `it should be feature ${numbers[at]}`}. It was trained on columns in another order; train it over those of the exported pipeline`,
  );
}

/** For the notice of an import: which numbers of the file the given names stand for; names that come with the model need none. */
function numbersOf(
  own: readonly string[] | undefined,
  { labels: given, training }: ForeignModelInput,
  labels: readonly string[],
): ModelDescription['training'] {
  const classNumbers = training?.origin === undefined ? namedNumbers(own, given, labels) : undefined;
  return classNumbers === undefined ? {} : { classNumbers };
}

/** Names given must not contradict those in the file. @throws {TerminalError} request.invalid, model.width-mismatch */
function agreedLabels(
  own: readonly string[] | undefined,
  given: readonly string[] | undefined,
  classes: number,
): readonly string[] {
  const labels = agreedNames(own, given, 'The file');
  if (labels === undefined)
    throw new TerminalError(
      'request.invalid',
      'The file does not name its classes. --labels is needed: 0=<name>,1=<name>, …, or their names in this order',
    );
  if (classes !== labels.length)
    throw new TerminalError(
      'model.width-mismatch',
      `The model has ${classes} classes; ${labels.length} labels were ${own === undefined ? 'given' : 'found in the file'}`,
    );
  if (new Set(labels).size !== labels.length)
    throw new TerminalError('request.invalid', `Two classes have the same name: ${labels.join(', ')}`);
  return labels;
}

function createBundle(
  kind: 'xgboost' | 'onnx',
  input: ForeignModelInput & { labels: readonly string[] },
  width: number,
  scorer: ModelDescription['scorer'],
): ModelBundle {
  const { features } = input;
  if (features !== null && features.numFeatures !== width)
    throw new TerminalError(
      'model.width-mismatch',
      `The model needs ${width} features; the feature settings make ${features.numFeatures}`,
    );
  return {
    description: {
      format: 1,
      kind,
      labels: input.labels,
      taxonomyVersion: input.taxonomyVersion,
      width,
      features,
      calibration: input.calibration ?? { method: 'none' },
      accept: input.accept ?? unmeasuredAccept,
      acceptByLabel: null,
      metrics: input.metrics ?? null,
      training: input.training ?? {},
      scorer,
    },
    artifacts: {
      'model.bin': input.bytes,
      ...(input.idf === null ? {} : { 'idf.bin': encodeIdf(input.idf) }),
      ...vocabularyFile(input.vocabulary),
    },
  };
}
