// Runs as the API takes and shows them: requests, progress, two runs compared.
import { z } from 'zod';
import { modelVersionSchema, sourceSchema } from './sources.ts';

/** How a run asks the LLM. */
const llmShape = {
  maxCostUsd: z.number().min(0).max(1_000_000).optional(),
  /** At once, by the Batch API (half the price, up to a day), or whichever fits size and deadline. Default auto. */
  mode: z.enum(['live', 'batch', 'auto']).optional(),
  /** Hours the run may take; batch jobs still running then are cancelled and the rest is asked at once. */
  deadlineHours: z.number().min(0.1).max(720).optional(),
};

export const runRequestSchema = z.strictObject({
  source: sourceSchema,
  taxonomyVersion: z.string().min(1).max(200).optional(),
  modelVersion: modelVersionSchema.optional(),
  acceptThreshold: z.number().min(0).max(1).optional(),
  reviewThreshold: z.number().min(0).max(1).optional(),
  /** false: uncertain documents go to review, nothing is spent. */
  llm: z.boolean().optional(),
  ...llmShape,
  /** What was quoted for the run, to be shown against the bill. Not part of the request's identity. */
  quote: z.strictObject({ usd: z.number().min(0), usdLow: z.number().min(0), usdHigh: z.number().min(0) }).optional(),
  /** Requests that are equal join the same run; another requestId makes another run. */
  requestId: z.string().min(1).max(100).optional(),
});
export type RunRequest = z.infer<typeof runRequestSchema>;

/** Conditions must all hold for the earlier run's decision on a document. */
export const rerunRequestSchema = z
  .strictObject({
    only: z.enum(['failed', 'review', 'all']).default('all'),
    from: z.enum(['extract', 'featurize', 'score', 'classify']).default('extract'),
    label: z.string().min(1).max(200).optional(),
    /** Failure or review code. */
    code: z.string().min(1).max(100).optional(),
    mediaType: z.string().min(1).max(200).optional(),
    decidedAfter: z.iso.datetime({ offset: true }).optional(),
    decidedBefore: z.iso.datetime({ offset: true }).optional(),
    /** Another model than the champion. */
    modelVersion: modelVersionSchema.optional(),
    acceptThreshold: z.number().min(0).max(1).optional(),
    /** Default: as the earlier run asked for. A host on which it is switched off stays off. */
    llm: z.boolean().optional(),
    ...llmShape,
    requestId: z.string().min(1).max(100).optional(),
  })
  .refine((r) => r.from !== 'classify' || (r.modelVersion === undefined && r.acceptThreshold === undefined), {
    path: ['from'],
    error: 'must be score or earlier for another model or threshold',
  });
export type RerunRequest = z.infer<typeof rerunRequestSchema>;

/** Query of GET /api/runs. */
export const listRunsSchema = z.strictObject({ limit: z.coerce.number().int().min(1).max(200).default(50) });

export const STEPS = ['extract', 'featurize', 'score', 'classify', 'decide'] as const;
export type Step = (typeof STEPS)[number];

/** What the encoder, the second local stage, did in a run or a batch. */
export interface EncoderCounts {
  /** Texts it worked on, and those whose vectors were known. */
  encoded: number;
  cached: number;
  /** Documents decided with its help, and those unlike everything labelled. */
  decided: number;
  foreign: number;
  /** Code of why it did nothing, somewhere: the run went on without it. */
  failure?: string;
}

export type RunState = 'pending' | 'running' | 'completed' | 'failed' | 'cancelled';

/** Counts of a run; in every finished run documents = labelled + review + failed. */
export interface RunCounts {
  documents: number;
  labelled: number;
  review: number;
  failed: number;
}

/** Answer of GET /api/runs/{id}. */
/** `off`: somebody wished so, for the host (LLM_ENABLED, --no-llm) or for the run; `none`: no LLM is configured. */
export type LlmUse = 'asked' | 'off' | 'none' | 'too-many-labels';

export interface RunStatus extends RunCounts {
  runId: string;
  kind: 'upload' | 'request' | 'rerun';
  /** What it is over, e.g. `imports/letters`; absent in runs of earlier versions. */
  source?: string;
  state: RunState;
  /** ISO 8601 UTC */
  createdAt: string;
  endedAt: string | null;
  batches: number;
  /** Documents that have passed each step so far. */
  steps: Record<Step, number>;
  /** Documents asked to the LLM so far. */
  asked: number;
  costUsd: number;
  /** What was quoted before, USD with its 95 % range; null when nobody asked. */
  quote: { usd: number; usdLow: number; usdHigh: number } | null;
  /** Seconds to the end at the present speed; null while unknown or when ended. */
  remainingSeconds: number | null;
  modelVersion: string | null;
  taxonomyVersion: string | null;
  /** Whether uncertain documents are asked; absent before the run is planned, and in runs of earlier versions. */
  llm?: LlmUse;
  /** Absent where no encoder was at work. */
  encoder?: EncoderCounts & { version: string };
  failures: Record<string, number>;
  formats: Record<string, number>;
  error: { code: string; message: string } | null;
  /** Since when a running run has made no progress; absent while it does. ISO 8601 */
  stalledSince?: string;
}

/** Why two runs differ on a document: the first of these that changed. `answer` is the LLM itself. */
export type FlipReason = 'content' | 'reading' | 'taxonomy' | 'model' | 'prompt' | 'route' | 'answer';

interface Outcome {
  status: string;
  label: string | null;
  confidence: number | null;
  decidedBy: string | null;
}

/** Answer of GET /api/runs/{a}/compare/{b}. */
export interface RunComparison {
  a: string;
  b: string;
  documents: { a: number; b: number; shared: number; same: number };
  flipped: number;
  /** Flips by outcome: a label, `review` or `failed`. */
  byLabel: { from: string; to: string; documents: number }[];
  byReason: Record<string, number>;
  /** The first 1000 flips in path order. */
  flips: {
    documentId: string;
    path: string;
    archivePath: string;
    reason: FlipReason;
    before: Outcome;
    after: Outcome;
  }[];
}
