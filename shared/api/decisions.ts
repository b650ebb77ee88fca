// Decisions as the API takes and shows them: filters, pages, the queue for people and what they say, what another model would decide.
import { z } from 'zod';
import { linesSchema } from '../plain-text.ts';
import type { Decision } from './answers.ts';
import { batchIdSchema, documentIdSchema, idSchema, modelVersionSchema } from './sources.ts';

/** Which decisions are meant: of one run, or the latest of every document; all conditions must hold. */
const filterShape = {
  run: idSchema.optional(),
  label: z.string().min(1).max(200).optional(),
  status: z.enum(['labelled', 'review', 'failed']).optional(),
  /** Failure or review code. */
  code: z.string().min(1).max(100).optional(),
  decidedBy: z.enum(['model', 'encoder', 'llm', 'duplicate', 'human']).optional(),
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
/** The same, and by what stands in the documents: role reviewer. */
const textFilterShape = {
  ...filterShape,
  /** Words in the text of the document or in the reasons of its decision: `zoll rechnung "im Werk" steuer* -entwurf`. */
  text: z.string().min(1).max(300).optional(),
  /** Where `text` is looked for; default: in both. */
  in: z.enum(['text', 'reasons']).optional(),
  /** Documents whose text is like that of this one; instead of `text`. */
  like: documentIdSchema.optional(),
  /** How much of what is rare in that text must stand in another, 0..1; default: 0.4. */
  similarity: z.coerce.number().min(0).max(1).optional(),
};
export const resultFilterSchema = z.strictObject(textFilterShape);
export type ResultFilter = z.infer<typeof resultFilterSchema>;
/** Where nobody says how much. */
export const SIMILARITY = 0.4;

/** Body of POST /api/whatif. */
export const whatIfSchema = z.strictObject({
  /** Default: the model that decides now. */
  modelVersion: modelVersionSchema.optional(),
  accept: z.number().min(0).max(1).optional(),
  review: z.number().min(0).max(1).optional(),
  filter: z.strictObject(filterShape).default({}),
});
export type WhatIfRequest = z.infer<typeof whatIfSchema>;

/** Orders of a list of decisions: by the time, the least or most certain first, by the label, by the path. */
export const RESULT_SORTS = ['newest', 'oldest', 'unsure', 'sure', 'label', 'path'] as const;
export type ResultSort = (typeof RESULT_SORTS)[number];

/** Query of GET /api/results. */
export const listResultsSchema = z.strictObject({
  ...textFilterShape,
  /** What has no confidence or no label comes last. Within equals the newest first. */
  sort: z.enum(RESULT_SORTS).optional().describe('Default: newest'),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  /** `next` of the page before. */
  cursor: z.string().min(1).max(3000).optional(),
});
export type ListResults = z.infer<typeof listResultsSchema>;

/** Query of GET /api/search. */
export const searchSchema = z
  .strictObject({
    ...textFilterShape,
    similarity: textFilterShape.similarity.unwrap().default(SIMILARITY),
    limit: z.coerce.number().int().min(1).max(100).default(20),
    cursor: z.string().min(1).max(100).optional(),
  })
  .refine(({ text, like }) => (text === undefined) !== (like === undefined), 'needs text or like, one of the two');
export type SearchRequest = z.infer<typeof searchSchema>;

/** A piece of a text, and where in it what was looked for stands (UTF-16 units, end excluded). */
export interface TextFragment {
  text: string;
  /** Nothing stands before it. */
  isBeginning: boolean;
  marks: [number, number][];
}

/** A decision, and where in the document or in its reasons the words stand. */
export interface SearchResult {
  /** The one that counts. */
  decision: Decision;
  foundIn: ('text' | 'reason')[];
  /** Of `like`: 1 for the document itself and for copies of its text. */
  similarity: number | null;
  /** Of the place that fits best, in its order. */
  fragments: TextFragment[];
}

/** Answer of GET /api/search: the best first. */
export interface SearchPage {
  results: SearchResult[];
  next: string | null;
  /** Documents that fit. */
  total: number;
  /** Documents that were searched, and those that are being indexed. */
  indexed: number;
  waiting: number;
}

/** Query of GET /api/results/export. */
export const exportResultsSchema = z.strictObject({
  ...textFilterShape,
  format: z.enum(['csv', 'json', 'parquet']).default('csv'),
});

/** Query of GET /api/review. */
export const reviewQueueSchema = z.strictObject({
  /** `spot-check`: documents drawn at random of those the local stages decided alone; what was decided is not shown. */
  /** `disagreement`: documents of which reviewers have said different things, until two agree; not those that the caller decided last. */
  queue: z.enum(['waiting', 'spot-check', 'disagreement']).default('waiting'),
  /** `teaching`: the least certain of each likely label in turn, one of texts that nearly repeat each other before the others. */
  order: z.enum(['oldest', 'uncertain', 'teaching']).default('oldest'),
  limit: z.coerce.number().int().min(1).max(50).default(10),
  run: idSchema.optional(),
  label: z.string().min(1).max(200).optional(),
  /** Name of the reviewing window: asking again with it gives the same documents. Default: each request is a reviewer of its own. */
  holder: z.string().min(1).max(100).optional(),
});
export type ReviewQueue = z.infer<typeof reviewQueueSchema>;

/** Query of DELETE /api/documents/{id}. */
export const eraseSchema = z.strictObject({
  /** `delete`: also the file the document was read from. */
  source: z.enum(['keep', 'delete']).default('keep'),
});

/** Body of POST /api/feedback. */
export const feedbackSchema = z.strictObject({
  documentId: documentIdSchema,
  label: z.string().min(1).max(200),
  note: linesSchema(2000, 0).optional(),
});
export type FeedbackRequest = z.infer<typeof feedbackSchema>;

const batchDecisionSchema = feedbackSchema.extend({
  /** Leave the document as it is where a person has decided it, at whatever moment. */
  unlessPerson: z.boolean().optional(),
});
/** One of many decisions. */
export type BatchRequest = z.infer<typeof batchDecisionSchema>;

/** Body of POST /api/feedback/batch. */
export const feedbackBatchSchema = z.strictObject({
  decisions: z.array(batchDecisionSchema).min(1).max(500),
  /** Chosen by the caller, at random: who gets no answer sends the same again, or takes back by it. Default: the answer's. */
  batchId: batchIdSchema.optional(),
});

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
