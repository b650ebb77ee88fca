// What the API answers, from version 2026-11-30 on: the schemas that describe it to programs (openapi.ts), and the types of decisions.
// Invariants: N1 names are camelCase, lists and objects are JSON themselves, what is not known is null. N2 where a type of the code is wider than
// what is promised here, only what stands here is promised.
import { z } from 'zod';

const text = z.string();
const count = z.int().min(0);
const share = z.number().min(0).max(1);
const time = z.iso.datetime({ offset: true }).describe('ISO 8601, UTC');

const topLabelSchema = z.object({ label: text, probability: share });
export type TopLabel = z.infer<typeof topLabelSchema>;

const evidenceSchema = z.object({
  term: text,
  weight: z.number().describe('What the term adds to the score of the label'),
  runnerUpWeight: z.number().describe('and to that of the runner-up'),
});
export type Evidence = z.infer<typeof evidenceSchema>;

export const statusSchema = z.enum(['labelled', 'review', 'failed']);
export const deciderSchema = z.enum(['model', 'encoder', 'llm', 'duplicate', 'human']);

export const decisionSchema = z
  .object({
    documentId: text,
    runId: text,
    path: text.nullable().describe('In its container; null once the document is erased'),
    archivePath: text.describe("Inside an archive, mail or data set; '' for a file of its own"),
    source: text.nullable().describe('Name of the source it came from; null for uploads and imports'),
    originalPath: text.nullable().describe('In its library or mailbox'),
    originalUrl: text.nullable(),
    sourceEtag: text.nullable(),
    contentSha256: text.nullable(),
    mediaType: text.nullable(),
    sizeBytes: count.nullable(),
    pages: count.nullable(),
    chars: count.nullable(),
    language: text.nullable(),
    status: statusSchema,
    label: text.nullable().describe('Of a document in review the best guess'),
    confidence: share.nullable().describe('Calibrated; null for decisions of people'),
    decidedBy: deciderSchema.nullable(),
    topLabels: z.array(topLabelSchema),
    evidence: z.array(evidenceSchema),
    quote: text.nullable().describe('What the LLM quoted'),
    quoteVerified: z.boolean().nullable(),
    code: text.nullable().describe('Why it failed, or is in review'),
    message: text.nullable().describe('What happened and what to do about it'),
    warnings: z.array(text).describe('What of the document was not read, or mended'),
    duplicateOf: text.nullable().describe('Document whose label was taken over'),
    taxonomyVersion: text.nullable(),
    modelVersion: text.nullable(),
    llmDeployment: text.nullable(),
    promptVersion: text.nullable(),
    tokensIn: count.nullable(),
    tokensOut: count.nullable(),
    costUsd: z.number().nullable(),
    pipelineVersion: text.nullable(),
    decidedAt: time,
  })
  .meta({ id: 'Decision' });
export type Decision = z.infer<typeof decisionSchema>;

export const feedbackRecordSchema = z
  .object({
    feedbackId: text,
    documentId: text,
    label: text.nullable(),
    previousLabel: text.nullable(),
    reviewer: text.nullable(),
    note: text.nullable(),
    decidedAt: time,
  })
  .meta({ id: 'Feedback' });
export type FeedbackRecord = z.infer<typeof feedbackRecordSchema>;

export const decisionsPageSchema = z.object({
  results: z.array(decisionSchema).describe('The newest first'),
  next: text.nullable().describe('Give it as `cursor` for the next page; null on the last'),
});
export type DecisionsPage = z.infer<typeof decisionsPageSchema>;

export const decisionHistorySchema = z.object({
  documentId: text,
  latest: decisionSchema.describe('The decision that counts'),
  history: z.array(decisionSchema).describe('All decisions, the newest first'),
  feedback: z.array(feedbackRecordSchema).describe('What people said, the newest first'),
});
export type DecisionHistory = z.infer<typeof decisionHistorySchema>;

export const reviewItemSchema = decisionSchema
  .pick({ documentId: true, runId: true, archivePath: true, mediaType: true, code: true, message: true, label: true })
  .extend(
    decisionSchema.pick({ confidence: true, topLabels: true, evidence: true, quote: true, quoteVerified: true }).shape,
  )
  .extend(decisionSchema.pick({ warnings: true, decidedAt: true }).shape)
  .extend({
    path: text.describe('As people know it: of a source the path of the original'),
    labels: z.array(text).describe('Labels to choose from: those of the taxonomy it was read under, in its order'),
    excerpt: text.nullable().describe('Beginning of the text; null when it is no longer kept'),
    said: z
      .array(z.object({ reviewer: text, label: text, note: text.nullable(), at: time }))
      .describe('What people have said, newest first, where they disagree; else nothing'),
    leasedUntil: time.describe('Until then nobody else is shown the document'),
  })
  .meta({ id: 'ReviewItem' });
/** A document that waits for a person. A spot check tells neither label, confidence nor reasons: whoever is told tends to agree. */
export type ReviewItem = z.infer<typeof reviewItemSchema>;

export const reviewAnswerSchema = z.object({ documents: z.array(reviewItemSchema) });

export const feedbackAnswerSchema = z.object({
  feedbackId: text,
  documentId: text,
  label: text,
  previousLabel: text.nullable(),
  reviewer: text,
  isNew: z.boolean().describe('false: the same decision was there already'),
});
/** Answer of POST /api/feedback. */
export type FeedbackAnswer = z.infer<typeof feedbackAnswerSchema>;

export const batchAnswerSchema = z.object({
  decisions: z.array(
    z.object({
      documentId: text,
      label: text,
      state: z.enum(['decided', 'unchanged', 'refused']).describe('unchanged: the same decision was there already'),
      previousLabel: text.nullable(),
      code: text.nullable().describe('Why it was refused'),
      message: text.nullable(),
    }),
  ),
  batchId: text
    .nullable()
    .describe('For POST /api/feedback/batch/{batchId}/undo; null when nothing was decided under it'),
});
export type BatchAnswer = z.infer<typeof batchAnswerSchema>;
/** What became of one decision of a batch, in the order of the request. */
export type BatchDecision = z.infer<typeof batchAnswerSchema>['decisions'][number];

export const undoAnswerSchema = z.object({
  decisions: z.array(
    z.object({
      documentId: text,
      state: z
        .enum(['undone', 'unchanged', 'refused'])
        .describe(
          'refused: decided again or erased since, or used by a later run; unchanged: taken back before, or never stored',
        ),
      code: text.nullable(),
      message: text.nullable(),
    }),
  ),
});
/** What became of one document when a batch was taken back. */
export type UndoneDecision = z.infer<typeof undoAnswerSchema>['decisions'][number];

export const runSchema = z
  .object({
    runId: text,
    kind: z.enum(['upload', 'request', 'rerun']),
    source: text.optional().describe('What it is over, e.g. `imports/letters`'),
    state: z.enum(['pending', 'running', 'completed', 'failed', 'cancelled']),
    createdAt: time,
    endedAt: time.nullable(),
    documents: count.describe('= labelled + review + failed, once the run has ended'),
    labelled: count,
    review: count,
    failed: count,
    asked: count.describe('Documents asked to the LLM so far'),
    costUsd: z.number(),
    remainingSeconds: z.number().nullable(),
    modelVersion: text.nullable(),
    taxonomyVersion: text.nullable(),
    failures: z.record(text, count).describe('Documents by code'),
    error: z.object({ code: text, message: text }).nullable(),
  })
  .meta({ id: 'Run' });

export const runsSchema = z.object({ runs: z.array(runSchema).describe('The newest first') });

export const uploadAnswerSchema = z.object({
  container: text,
  path: text,
  sizeBytes: count,
  etag: text,
  documentId: text.describe('Of the file; members of archives have ids of their own'),
});

export const queryAnswerSchema = z.object({
  columns: z.array(text),
  rows: z
    .array(z.record(text, z.union([text, z.number(), z.boolean(), z.null()])))
    .describe('By the names in the statement'),
  isCut: z.boolean().describe('There are more rows than were asked for'),
});

export const taxonomyAnswerSchema = z
  .object({
    name: text,
    version: text,
    domain: text.optional(),
    labels: z.array(z.object({ name: text, description: text })),
  })
  .meta({ id: 'Taxonomy' });
