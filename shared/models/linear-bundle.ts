// The bundle of a text model with logistic regression: the kind that `sluice train` makes and that Spark pipelines become.
import type { Idf } from '../features/idf.ts';
import type { FeatureSpec } from '../features/spec.ts';
import { vocabularyFile } from '../features/vocabulary.ts';
import type { AcceptRule } from './accept-rule.ts';
import type { ModelBundle, ModelDescription, ModelMetrics } from './bundle.ts';
import type { Calibration } from './calibration.ts';
import { encodeIdf } from './idf-file.ts';
import { encodeLinearModel, type LinearModel } from './linear-model.ts';

export interface LinearBundleInput {
  labels: readonly string[];
  taxonomyVersion: string | null;
  features: FeatureSpec;
  /** null: plain term counts */
  idf: Idf | null;
  model: LinearModel;
  calibration: Calibration;
  accept: AcceptRule;
  acceptByLabel?: readonly (number | null)[] | null;
  metrics: ModelMetrics | null;
  stage?: ModelDescription['stage'];
  novelty?: ModelDescription['novelty'];
  training?: ModelDescription['training'];
  scorer?: ModelDescription['scorer'];
  /** Terms by column, where the features count those of a list. */
  vocabulary?: readonly string[] | null;
  /** Further files to keep with the model (evaluation.json, report.html). */
  extra?: Readonly<Record<string, Uint8Array>>;
}

export function createLinearBundle(input: LinearBundleInput): ModelBundle {
  const { labels, taxonomyVersion, features, idf, model, calibration, accept, metrics } = input;
  return {
    description: {
      format: 1,
      kind: 'logistic-regression',
      labels,
      taxonomyVersion,
      width: model.width,
      features,
      calibration,
      accept,
      acceptByLabel: input.acceptByLabel ?? null,
      metrics,
      ...(input.stage === undefined || input.stage === null ? {} : { stage: input.stage }),
      ...(input.novelty === undefined || input.novelty === null ? {} : { novelty: input.novelty }),
      training: input.training ?? {},
      scorer: input.scorer ?? {},
    },
    artifacts: {
      'model.bin': encodeLinearModel(model),
      ...(idf === null ? {} : { 'idf.bin': encodeIdf(idf) }),
      ...vocabularyFile(input.vocabulary),
      ...input.extra,
    },
  };
}
