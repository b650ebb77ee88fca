// The words of the HTTP API: requests (validated here), answers, and RFC 9457 problems. CLI, functions and dashboard share them.
import { z } from 'zod';

/** A file or folder of a container. */
export const pathSchema = z
  .string()
  .min(1)
  .max(1024)
  .refine((p) => !p.startsWith('/') && !p.split('/').includes('..'), 'must be relative to the container, without ".."');

const path = pathSchema;

export const containerSchema = z.enum(['landing', 'imports']);
const container = containerSchema;

const sourceSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('prefix'),
    container: container.default('landing'),
    /** Folder whose files are classified; '' is the whole container. */
    prefix: z.union([z.literal(''), path]),
  }),
  z.strictObject({
    kind: z.literal('paths'),
    container: container.default('landing'),
    paths: z.array(path).min(1).max(1000),
  }),
  z.strictObject({
    kind: z.literal('dataset'),
    container: container.default('landing'),
    /** A .jsonl, .csv or .parquet file with one document a row. */
    path: path.refine((p) => /\.(jsonl|ndjson|csv|parquet)$/i.test(p), 'must end in .jsonl, .csv or .parquet'),
    textColumn: z.string().min(1).max(200).default('text'),
    /** Column with a stable key of the row; default: the row number. */
    idColumn: z.string().min(1).max(200).optional(),
  }),
]);

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
  modelVersion: z
    .string()
    .regex(/^v\d+$/, 'must look like v3')
    .optional(),
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

const modelVersion = z.string().regex(/^v\d+$/, 'must look like v3');

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
    modelVersion: modelVersion.optional(),
    acceptThreshold: z.number().min(0).max(1).optional(),
    ...llmShape,
    requestId: z.string().min(1).max(100).optional(),
  })
  .refine((r) => r.from !== 'classify' || (r.modelVersion === undefined && r.acceptThreshold === undefined), {
    path: ['from'],
    error: 'must be score or earlier for another model or threshold',
  });
export type RerunRequest = z.infer<typeof rerunRequestSchema>;

const trainShape = {
  container: container.default('imports'),
  /** Labelled .jsonl, .csv or .parquet files; `delta:<folder>` for a table. */
  sources: z.array(path).max(1000).default([]),
  /** Also what people decided, and what the LLM decided and nobody corrected, as it stands when the training begins. */
  decisions: z.boolean().optional(),
  textColumn: z.string().min(1).max(200).default('text'),
  labelColumn: z.string().min(1).max(200).default('label'),
  /** Labels are checked against it. */
  taxonomyVersion: z.string().min(1).max(200).optional(),
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
  /** Make the model the champion when it is trained and evaluated. */
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

export const promoteRequestSchema = z.strictObject({ reason: z.string().trim().min(1).max(500) });

/** Which decisions are meant: of one run, or the latest of every document; all conditions must hold. */
const filterShape = {
  run: z.string().min(1).max(200).optional(),
  label: z.string().min(1).max(200).optional(),
  status: z.enum(['labelled', 'review', 'failed']).optional(),
  /** Failure or review code. */
  code: z.string().min(1).max(100).optional(),
  decidedBy: z.enum(['model', 'llm', 'duplicate', 'human']).optional(),
  /** Beginning of the source path. */
  path: z.string().min(1).max(1024).optional(),
  /** Somewhere in the source path or the path inside the archive, upper or lower case. */
  search: z.string().min(1).max(200).optional(),
  /** Calibrated confidence, both bounds included; decisions without one are left out. */
  minConfidence: z.coerce.number().min(0).max(1).optional(),
  maxConfidence: z.coerce.number().min(0).max(1).optional(),
  mediaType: z.string().min(1).max(200).optional(),
  /** Decided at or after this time (ISO 8601). */
  from: z.iso.datetime({ offset: true }).optional(),
  /** Decided before this time (ISO 8601). */
  to: z.iso.datetime({ offset: true }).optional(),
};
export const resultFilterSchema = z.strictObject(filterShape);
export type ResultFilter = z.infer<typeof resultFilterSchema>;

/** Body of POST /api/whatif. */
export const whatIfSchema = z.strictObject({
  /** Default: the model that decides now. */
  modelVersion: modelVersion.optional(),
  accept: z.number().min(0).max(1).optional(),
  review: z.number().min(0).max(1).optional(),
  filter: resultFilterSchema.default({}),
});
export type WhatIfRequest = z.infer<typeof whatIfSchema>;

/** Query of GET /api/results. */
export const listResultsSchema = z.strictObject({
  ...filterShape,
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  /** `next` of the page before. */
  cursor: z.string().min(1).max(1000).optional(),
});
export type ListResults = z.infer<typeof listResultsSchema>;

/** Query of GET /api/results/export. */
export const exportResultsSchema = z.strictObject({
  ...filterShape,
  format: z.enum(['csv', 'parquet']).default('csv'),
});

/** Query of GET /api/review. */
export const reviewQueueSchema = z.strictObject({
  order: z.enum(['oldest', 'uncertain']).default('oldest'),
  limit: z.coerce.number().int().min(1).max(50).default(10),
  run: z.string().min(1).max(200).optional(),
  label: z.string().min(1).max(200).optional(),
  /** Name of the reviewing window: asking again with it gives the same documents. Default: each request is a reviewer of its own. */
  holder: z.string().min(1).max(100).optional(),
});
export type ReviewQueue = z.infer<typeof reviewQueueSchema>;

/** A document's id in a path: SHA-256 in lower-case hex. */
export const documentIdSchema = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hex digits');

/** Query of DELETE /api/documents/{id}. */
export const eraseSchema = z.strictObject({
  /** `delete`: also the file the document was read from. */
  source: z.enum(['keep', 'delete']).default('keep'),
});

/** Body of POST /api/feedback. */
export const feedbackSchema = z.strictObject({
  documentId: documentIdSchema,
  label: z.string().min(1).max(200),
  note: z.string().max(2000).optional(),
});
export type FeedbackRequest = z.infer<typeof feedbackSchema>;

/** Query of GET /api/runs. */
export const listRunsSchema = z.strictObject({ limit: z.coerce.number().int().min(1).max(200).default(50) });

export const STEPS = ['extract', 'featurize', 'score', 'classify', 'decide'] as const;
export type Step = (typeof STEPS)[number];

export type RunState = 'pending' | 'running' | 'completed' | 'failed' | 'cancelled';

/** Counts of a run; in every finished run documents = labelled + review + failed. */
export interface RunCounts {
  documents: number;
  labelled: number;
  review: number;
  failed: number;
}

/** Answer of GET /api/runs/{id}. */
export interface RunStatus extends RunCounts {
  runId: string;
  kind: 'upload' | 'request' | 'rerun';
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
  failures: Record<string, number>;
  formats: Record<string, number>;
  error: { code: string; message: string } | null;
  /** Since when a running run has made no progress; absent while it does. ISO 8601 */
  stalledSince?: string;
}

/** A document that waits for a person. */
export interface ReviewItem {
  documentId: string;
  runId: string;
  path: string;
  archivePath: string;
  mediaType: string | null;
  /** Why it is here: a code and what it means. */
  code: string | null;
  message: string | null;
  /** The best guess so far. */
  label: string | null;
  confidence: number | null;
  topLabels: { label: string; probability: number }[];
  /** Labels to choose from: those of the taxonomy it was read under, in its order. */
  labels: string[];
  /** Terms that spoke for the guess. */
  evidence: { term: string; weight: number; runner_up_weight: number }[];
  quote: string | null;
  quoteVerified: boolean | null;
  /** Beginning of the text; null when it is no longer kept. */
  excerpt: string | null;
  decidedAt: string;
  /** Until then nobody else is shown the document; ISO 8601. */
  leasedUntil: string;
}

/** Answer of POST /api/feedback. */
export interface FeedbackAnswer {
  feedbackId: string;
  documentId: string;
  label: string;
  previousLabel: string | null;
  reviewer: string;
  /** false: the same decision was there already. */
  isNew: boolean;
}

/** Answer of POST /api/whatif. An outcome is a label, `review`, or `ask` where the LLM would be asked for the first time. */
export interface WhatIfReport {
  modelVersion: string;
  accept: number;
  review: number;
  /** Documents scored again. */
  documents: number;
  /** Documents whose text is no longer kept. */
  unavailable: number;
  /** Share that the model decides alone, 0..1. */
  coverage: { before: number; after: number };
  /** Documents with another outcome; `ask` is none yet. */
  flipped: number;
  newlyAsked: number;
  /** Of those, at the average paid so far; null when nothing was ever paid. */
  extraCostUsd: number | null;
  /** Documents that people have decided: how many the model would decide alone, and how many as they did. */
  againstPeople: { documents: number; accepted: number; right: number };
  matrix: { from: string; to: string; documents: number }[];
  /** The first 1000. */
  flips: {
    documentId: string;
    runId: string;
    path: string;
    archivePath: string;
    before: string;
    after: string;
    confidence: number;
  }[];
  /** Runs with a document that would change: those to re-run. */
  runs: string[];
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
