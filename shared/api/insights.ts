// What the dashboard asks beyond the files beside this one: who is looking, a run explained, a document's text, models measured, money and trust.
import { z } from 'zod';
import type { LabelMetrics, ModelDescription } from '../models/bundle.ts';
import type { CoveragePoint, ReliabilityBin } from '../models/metrics.ts';
import { PAGE_WIDTHS, type PageWidth } from '../page-widths.ts';
import { linesSchema } from '../plain-text.ts';
import { type LlmUse, runRequestSchema } from './runs.ts';
import { containerSchema, documentIdSchema, idSchema, uploadPathSchema } from './sources.ts';
import type { UncheckedDescriptions } from './unchecked.ts';

/** Answer of GET /api/session. */
export interface Session {
  /** The signed-in person; null for callers with a function key and on a laptop. */
  name: string | null;
  roles: ('reader' | 'reviewer' | 'operator')[];
  authMode: 'function-keys' | 'entra';
  /** Where LLM answers come from: 'simulator', the model's or deployment's name; null without an LLM. */
  llm: string | null;
  /** Why there is none: it is switched off on this host, or not configured. */
  llmUse: LlmUse;
  /** Accept threshold that replaces the models' own; null where each model decides. */
  acceptThreshold: number | null;
  reviewThreshold: number;
  budget: { perRunUsd: number | null; perDayUsd: number | null };
  maxUploadBytes: number;
  pipelineVersion: string;
  taxonomy: { version: string; name: string; labels: { name: string; description: string }[] } | null;
}

/** Body of POST /api/quotes: what a run would cost, before anything is paid. The answer is a RunQuote (shared/insight/quote-run.ts). */
export const quoteRequestSchema = z.strictObject({
  source: runRequestSchema.shape.source,
  taxonomyVersion: z.string().min(1).max(200).optional(),
  mode: runRequestSchema.shape.mode,
  deadlineHours: runRequestSchema.shape.deadlineHours,
  /** Files read for it at most; the range narrows with its square root. */
  sampleSize: z.int().min(1).max(500).default(60),
});
export type QuoteRequest = z.infer<typeof quoteRequestSchema>;

/** Where PUT /api/uploads/{container}/{path} stores a file: under a name that every reader of the lake can say again. */
export const uploadTargetSchema = z.strictObject({ container: containerSchema, path: uploadPathSchema });
export type UploadTarget = z.infer<typeof uploadTargetSchema>;

/** Answer of PUT /api/uploads/{container}/{path}. */
export interface UploadAnswer {
  container: UploadTarget['container'];
  path: string;
  sizeBytes: number;
  etag: string;
  /** Id of the document itself; members of archives have ids of their own. */
  documentId: string;
}

/** Answer of GET /api/results/facets: how many decisions fit the filter, and what they are. Lists: the most first, 200 entries at most. */
export interface ResultFacets {
  total: number;
  /** Of those in review the best guess, as the filter `label` takes it. */
  labels: { label: string; documents: number }[];
  statuses: { status: 'labelled' | 'review' | 'failed'; documents: number }[];
  decidedBy: { decidedBy: 'model' | 'encoder' | 'llm' | 'duplicate' | 'human'; documents: number }[];
  codes: { code: string; documents: number }[];
  mediaTypes: { mediaType: string; documents: number }[];
}

/** A file that failed or waits, as an example of its code. */
export interface ExampleDocument {
  documentId: string;
  path: string;
  archivePath: string;
  message: string | null;
}

/**
 * Answer of GET /api/runs/{id}/report: a finished run explained. Lists are sorted by documents or attempts, the most first, and
 * empty until the run has ended. Each document counts once, with its latest decision in the run: what people decided since shows.
 */
export interface RunReport {
  runId: string;
  /** The run's request as it was stored, of a re-run its own; null for upload runs. */
  request: Record<string, unknown> | null;
  rerunOf: string | null;
  labels: {
    label: string;
    documents: number;
    byModel: number;
    byEncoder: number;
    byLlm: number;
    byDuplicate: number;
    byHuman: number;
  }[];
  /** Failed documents and those in review, by code, with what to do and up to 5 examples. */
  codes: {
    status: 'review' | 'failed';
    code: string;
    documents: number;
    advice: string;
    examples: ExampleDocument[];
  }[];
  /** What of the documents was not read, or mended, by kind of warning (needs-ocr, pictures, formulas, …). */
  warnings: { warning: string; documents: number; example: string }[];
  decidedBy: { model: number; encoder: number; llm: number; duplicate: number; human: number };
  /** Calibrated confidence of labelled documents and of those in review: 20 bins of equal width over 0..1. */
  confidence: { labelled: number[]; review: number[] };
  ledger: {
    calls: number;
    attempts: number;
    throttled: number;
    byOutcome: { outcome: string; attempts: number; costUsd: number }[];
    tokens: { prompt: number; cached: number; completion: number };
    costUsd: number;
    /** Seconds to an answer, batch jobs left out; null without one. */
    latency: { p50: number; p95: number } | null;
    deployments: { deployment: string; attempts: number; tokens: number; costUsd: number; throttled: number }[];
  };
  /** Quota use over the run's calls (batch jobs left out), at most 120 slices of equal length; `tokens` are those charged to the quota. */
  quota: {
    tokensPerMinuteLimit: number | null;
    sliceSeconds: number;
    slices: { at: string; tokens: number; calls: number; throttled: number }[];
  };
  /** OpenLineage event of the run's end, by reference: names of inputs and outputs. */
  lineage: { inputs: string[]; outputs: string[]; job: string; eventTime: string } | null;
}

/** Query of GET /api/documents/{id}/text. */
export const documentTextSchema = z.strictObject({
  /** Whose reading; default: the latest decision's. */
  run: idSchema.optional(),
  /** Characters at most. */
  limit: z.coerce.number().int().min(100).max(200_000).default(20_000),
});

/** Answer of GET /api/documents/{id}/text. */
export interface DocumentText {
  documentId: string;
  runId: string;
  /** null when the text is no longer kept */
  text: string | null;
  /** Characters of the whole text. */
  chars: number;
  isTruncated: boolean;
}

/** Query of GET /api/documents/{id}/pages/{n}.png. */
export const pagePictureSchema = z.strictObject({
  /** Pixels across: a thumbnail, a page on the screen, a page to zoom into. */
  width: z
    .enum(PAGE_WIDTHS.map(String) as [string, ...string[]])
    .default('1000')
    .transform((text) => Number(text) as PageWidth), // one of the enum
});

/** Answer of GET /api/documents/{id}/pages/{n}.json: what is on a page, and where. */
export interface PagePlaces {
  /** From 1. */
  page: number;
  /** Of the document. */
  pages: number;
  /** What was drawn: the page of a PDF, an image, or the text that was read from a document of another format. */
  kind: 'pdf' | 'image' | 'text';
  /** The picture in units, whatever its pixels. */
  width: number;
  height: number;
  /** Of the page in reading order; of an image what OCR reads there, '' where OCR is off or reads nothing. */
  text: string;
  /** From and to in `text`; left, top, width and height in units. */
  words: number[][];
}

/** Query of GET /api/review/progress. */
export const reviewProgressSchema = z.strictObject({
  /** Start of the caller's day, ISO 8601. */
  since: z.iso.datetime({ offset: true }),
});

/** Answer of GET /api/review/progress. */
export interface ReviewProgress {
  /** Documents that wait now. */
  waiting: number;
  /** Documents decided since, by the caller and by everybody; one decided twice counts once. Callers with a function key are one person. */
  decidedByMe: number;
  decidedByAll: number;
  /** Of those of everybody: documents for which a label had been proposed, and those that kept it. */
  proposed: number;
  kept: number;
}

/** Body of POST /api/review/skip: the holder does not want this document now; others may take it at once. */
export const reviewSkipSchema = z.strictObject({
  documentId: documentIdSchema,
  holder: z.string().min(1).max(100),
});

/** Body of POST /api/review/release: the window closes, others may take its documents at once. */
export const reviewReleaseSchema = z.strictObject({
  documentIds: z.array(documentIdSchema).min(1).max(100),
  holder: z.string().min(1).max(100),
});

export const rollbackRequestSchema = z.strictObject({ reason: linesSchema(500) });

/** Answer of GET /api/models/{version}. */
export interface ModelReport extends Omit<ModelDescription, 'scorer'> {
  version: string;
  createdAt: string;
  champion: boolean;
  /** Moves of the champion pointer that named this version, oldest first. */
  promotions: { at: string; reason: string }[];
  /** null where the model carries no evaluation */
  evaluation: {
    samples: number;
    accuracy: number;
    macroF1: number;
    logLoss: number;
    ece: number;
    labels: string[];
    /** [truth][predicted] counts */
    confusion: number[][];
    reliability: ReliabilityBin[];
    perLabel: LabelMetrics[];
    coverage: CoveragePoint[];
  } | null;
  /** Objective of the final fit at the start and after each iteration; empty for imported models. */
  objectiveHistory: number[];
}

/** Query of GET /api/costs and GET /api/trust. */
export const periodSchema = z.strictObject({
  days: z.coerce.number().int().min(1).max(400).default(30),
});

/**
 * Answer of GET /api/costs: the last `days` days, today included. Days are UTC, oldest first, days without runs left out. A document that two
 * runs decided counts twice: it was decided twice. `asked` are documents shown to the LLM, answers from the cache included.
 */
export interface CostReport {
  days: {
    date: string;
    /** Of calls sent on that day, as the ledger books them. */
    costUsd: number;
    documents: number;
    asked: number;
    calls: number;
    /** Paid without a usable answer: outcomes `wasted`, `duplicate` and `unknown`. */
    wastedUsd: number;
    /** Prompt and answer. */
    tokens: number;
  }[];
  /** Labels that runs gave, the most expensive first; what was paid for documents that went to review is not in here. */
  labels: { label: string; documents: number; asked: number; costUsd: number }[];
  deployments: { deployment: string; calls: number; tokens: number; costUsd: number }[];
  total: { costUsd: number; documents: number; asked: number; perThousandUsd: number | null };
  /** `spentTodayUsd` holds what runs in work have spent and set aside where the day has a limit; else it is that of ended runs. */
  budget: { perRunUsd: number | null; perDayUsd: number | null; spentTodayUsd: number };
}

/** Answer of GET /api/trust: the last `days` days, today included. Days and weeks (Monday's date) are UTC, oldest first. */
export interface TrustReport {
  /**
   * By day of the run: readable documents, those the model decided alone, those shown to the LLM, those left to people.
   * `failed` could not be read and are not in `documents`.
   */
  escalation: { date: string; documents: number; byModel: number; asked: number; review: number; failed: number }[];
  /** Decisions of people on documents that had a proposal, and how many kept it, by who had proposed; the most first. */
  agreement: { proposedBy: 'model' | 'encoder' | 'llm' | 'duplicate'; decisions: number; kept: number }[];
  /** The same decisions by week. */
  weeks: { week: string; decisions: number; kept: number; reviewers: number }[];
  /** Labels that people changed most: proposal → decision, 50 at most. */
  corrections: { from: string; to: string; decisions: number }[];
  /** The champion's promise and what was seen of it in decisions of people on documents it had labelled. */
  promise: {
    modelVersion: string;
    precision: number;
    confidence: number;
    basis: string;
    checked: number;
    right: number;
  } | null;
  /** The same on documents drawn at random; null as long as nobody has asked for spot checks. */
  spotChecks: SpotChecks | null;
  /** Labels that descriptions alone gave and that hardly anybody has checked, whenever; null: there are none. */
  unchecked: UncheckedDescriptions | null;
}

/** Of the drawn documents those that people have decided since, those whose label they kept, and the exact 95 % interval of that share. */
export interface SpotShare {
  drawn: number;
  checked: number;
  right: number;
  low: number;
  high: number;
}

/** What people said of documents that the local stages had decided alone, drawn at random. */
export interface SpotChecks extends SpotShare {
  /** Drawn a week, and of each label in it at least; the draw of a lake can be repeated with its seed. */
  perWeek: number;
  perLabel: number;
  seed: string;
  /** The model that decides now, held against what it promises. */
  champion:
    | (SpotShare & { modelVersion: string; precision: number; verdict: 'unchecked' | 'kept' | 'broken' | 'open' })
    | null;
  /** By the label that was given; those drawn for a rare label included. */
  labels: (SpotShare & { label: string })[];
  weeks: (SpotShare & { week: string })[];
  /** The last two weeks against those before: Fisher's exact test that fewer are right; null: fewer than ten checks on either side. */
  drift: { before: SpotShare; recent: SpotShare; pValue: number; isSeen: boolean } | null;
}
