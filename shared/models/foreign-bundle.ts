// Bundles of models that other tools trained: XGBoost and ONNX files, over our feature vectors.
import { TerminalError } from '../errors.ts';
import type { Idf } from '../features/idf.ts';
import type { FeatureSpec } from '../features/spec.ts';
import { vocabularyFile } from '../features/vocabulary.ts';
import type { AcceptRule, ModelBundle, ModelDescription, ModelMetrics } from './bundle.ts';
import type { Calibration } from './calibration.ts';
import { encodeIdf } from './idf-file.ts';
import { openScorer } from './loaded-model.ts';
import { defaultOnnxOptions, type OnnxOptions } from './onnx/onnx-scorer.ts';
import { defaultXgboostOptions, type XgboostOptions } from './xgboost/xgboost-scorer.ts';

export interface ForeignModelInput {
  /** The file as its library wrote it: .json or .ubj of XGBoost, .onnx */
  bytes: Uint8Array;
  labels: readonly string[];
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

/** @throws {TerminalError} model.corrupt, model.unsupported, model.width-mismatch */
export async function createXgboostBundle(
  input: ForeignModelInput,
  options: Partial<XgboostOptions> = {},
): Promise<ModelBundle> {
  const { absent, missing, rounds } = { ...defaultXgboostOptions, ...options };
  // JSON has no NaN; null stands for it
  return await createBundle('xgboost', input, { absent, rounds, missing: Number.isNaN(missing) ? null : missing });
}

/** @throws {TerminalError} model.corrupt, model.unsupported, model.width-mismatch */
export async function createOnnxBundle(
  input: ForeignModelInput,
  options: Partial<OnnxOptions> = {},
): Promise<ModelBundle> {
  return await createBundle('onnx', input, { ...defaultOnnxOptions, ...options });
}

async function createBundle(
  kind: 'xgboost' | 'onnx',
  input: ForeignModelInput,
  scorer: ModelDescription['scorer'],
): Promise<ModelBundle> {
  const description: ModelDescription = {
    format: 1,
    kind,
    labels: input.labels,
    taxonomyVersion: input.taxonomyVersion,
    width: input.features?.numFeatures ?? 0,
    features: input.features,
    calibration: input.calibration ?? { method: 'none' },
    accept: input.accept ?? unmeasuredAccept,
    acceptByLabel: null,
    metrics: input.metrics ?? null,
    training: input.training ?? {},
    scorer,
  };
  const opened = await openScorer(description, input.bytes); // refuses what could not be loaded again
  if (opened.classes !== input.labels.length)
    throw new TerminalError(
      'model.width-mismatch',
      `The model has ${opened.classes} classes; ${input.labels.length} labels were given`,
    );
  if (input.features !== null && input.features.numFeatures !== opened.width)
    throw new TerminalError(
      'model.width-mismatch',
      `The model needs ${opened.width} features; the feature settings make ${input.features.numFeatures}`,
    );
  return {
    description: { ...description, width: opened.width },
    artifacts: {
      'model.bin': input.bytes,
      ...(input.idf === null ? {} : { 'idf.bin': encodeIdf(input.idf) }),
      ...vocabularyFile(input.vocabulary),
    },
  };
}
