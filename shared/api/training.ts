// Trainings and promotions as the API takes them.
import { z } from 'zod';
import { linesSchema } from '../plain-text.ts';
import type { ExpectedGain } from '../training/expected-gain.ts';
import { containerSchema, pathSchema } from './sources.ts';

const trainShape = {
  container: containerSchema.default('imports'),
  /** Labelled .jsonl, .csv or .parquet files; `delta:<folder>` for a table. */
  sources: z.array(pathSchema).max(1000).default([]),
  /** Also what people decided, and what the LLM decided and nobody corrected, as it stands when the training begins. */
  decisions: z.boolean().optional(),
  textColumn: z.string().min(1).max(200).default('text'),
  labelColumn: z.string().min(1).max(200).default('label'),
  /** Labels are checked against it. */
  taxonomyVersion: z.string().min(1).max(200).optional(),
  /** How texts become vectors: `lexical`, or `spark` for exactly Spark's stages. Default lexical */
  profile: z.enum(['lexical', 'spark']).optional(),
  /** What the fit makes small. Default squared-hinge; logistic with the profile spark, and where rows are trained in parts, which knows no other */
  loss: z.enum(['squared-hinge', 'logistic']).optional(),
  maxIter: z.int().min(1).max(10_000).optional(),
  regParam: z.number().min(0).max(1000).optional(),
  elasticNet: z.number().min(0).max(1).optional(),
  numFeatures: z
    .int()
    .min(2)
    .max(2 ** 26)
    .optional(),
  minDocFreq: z.int().min(0).max(1_000_000).optional(),
  precision: z.number().min(0.01).max(0.9999).optional(),
  confidence: z.number().min(0.01).max(0.9999).optional(),
  guarantee: z.boolean().optional(),
  /** Make the model the champion when it is trained and evaluated, unless something speaks against it (`notPromoted` of the result). */
  promote: z.boolean().default(false),
};
const hasRows = {
  isValid: (r: { sources: string[]; decisions?: boolean | undefined }) => r.sources.length > 0 || r.decisions === true,
  else: { path: ['sources'], error: 'must name a file, or `decisions` be true' },
};

export const trainRequestSchema = z
  .strictObject({
    ...trainShape,
    /** Requests that are equal join the same training (on decisions: if nothing was decided in between); another requestId trains again. */
    requestId: z.string().min(1).max(100).optional(),
  })
  .refine(hasRows.isValid, hasRows.else);
/** What a schedule starts at each tick. */
export const trainTemplateSchema = z.strictObject(trainShape).refine(hasRows.isValid, hasRows.else);
export type TrainRequest = z.infer<typeof trainRequestSchema>;

export const promoteRequestSchema = z.strictObject({
  reason: linesSchema(500),
  /** Also a model whose evaluation does not speak for it. */
  force: z.boolean().default(false),
});

/** The encoder of trainings and cold starts: a version, or a name in EMBEDDING_DEPLOYMENTS; null: none. */
export const useEncoderSchema = z.strictObject({
  version: z.string().trim().min(1).max(100).nullable(),
});

/** Answer of GET /api/models/training-offer. */
export interface TrainingOffer {
  /** Documents that people have decided, and of how many of them a model has learnt already. */
  decided: number;
  learnt: number;
  /** A training is worth its time: another of 20, 50, 100, 200, 500 … decisions was reached since the last one. */
  isDue: boolean;
  /** The last of these that was reached, 0: none. */
  mark: number;
  /** Decisions at which the next offer is made. */
  nextAt: number;
  /** What it is expected to give; null: not due, or too few texts are left to say. */
  gain: ExpectedGain | null;
}
