// A row of a table as the API's object (api/answers.ts): the one place that knows both names.
// Invariant: D1 a column that another writer filled with something else gives an empty list, not an error.
import {
  type Decision,
  type DecisionHistory,
  deciderSchema,
  type Evidence,
  type FeedbackRecord,
  statusSchema,
  type TopLabel,
} from '../api/answers.ts';
import type { Row } from '../lake/tables.ts';
import type { DocumentHistory } from './results.ts';

type Cell = Row[string] | undefined;
const textOf = (cell: Cell): string | null => (typeof cell === 'string' ? cell : null);
const numberOf = (cell: Cell): number | null => (typeof cell === 'number' ? cell : null);
const booleanOf = (cell: Cell): boolean | null => (typeof cell === 'boolean' ? cell : null);

/** A decision; of table `results` or view `latest_results`. */
export function decisionOf(row: Row): Decision {
  return {
    documentId: String(row.document_id),
    runId: String(row.run_id),
    path: textOf(row.source_path),
    archivePath: textOf(row.archive_path) ?? '',
    source: textOf(row.source),
    originalPath: textOf(row.source_name),
    originalUrl: textOf(row.source_url),
    sourceEtag: textOf(row.source_etag),
    contentSha256: textOf(row.content_sha256),
    mediaType: textOf(row.media_type),
    sizeBytes: numberOf(row.size_bytes),
    pages: numberOf(row.pages),
    chars: numberOf(row.chars),
    language: textOf(row.language),
    status: statusSchema.parse(row.status),
    label: textOf(row.label),
    confidence: numberOf(row.confidence),
    decidedBy: deciderSchema
      .nullable()
      .catch(null)
      .parse(row.decided_by ?? null),
    ...reasonsOf(row),
    quote: textOf(row.llm_quote),
    quoteVerified: booleanOf(row.llm_quote_verified),
    code: textOf(row.failure_code),
    message: textOf(row.failure_message),
    duplicateOf: textOf(row.duplicate_of),
    taxonomyVersion: textOf(row.taxonomy_version),
    modelVersion: textOf(row.model_version),
    llmDeployment: textOf(row.llm_deployment),
    promptVersion: textOf(row.prompt_version),
    tokensIn: numberOf(row.tokens_in),
    tokensOut: numberOf(row.tokens_out),
    costUsd: numberOf(row.cost_usd),
    pipelineVersion: textOf(row.pipeline_version),
    decidedAt: String(row.processed_at),
  };
}

/** The columns of a decision that hold JSON. */
export const reasonsOf = (row: Row): Pick<Decision, 'topLabels' | 'evidence' | 'warnings'> => ({
  topLabels: listOf<TopLabel>(row.top_labels_json),
  evidence: listOf<Stored>(row.evidence_json).flatMap(({ term, weight, runner_up_weight }): Evidence[] =>
    term === undefined || weight === undefined ? [] : [{ term, weight, runnerUpWeight: runner_up_weight ?? 0 }],
  ),
  warnings: listOf<unknown>(row.warnings_json).filter((warning) => typeof warning === 'string'),
});

/** As the score step writes it. */
interface Stored {
  term?: string;
  weight?: number;
  runner_up_weight?: number;
}

/** What a person said; of table `feedback`. */
export const feedbackOf = (row: Row): FeedbackRecord => ({
  feedbackId: String(row.feedback_id),
  documentId: String(row.document_id),
  label: textOf(row.label),
  previousLabel: textOf(row.previous_label),
  reviewer: textOf(row.reviewer),
  note: textOf(row.note),
  decidedAt: String(row.created_at),
});

/** Everything that was decided on a document. */
export const historyOf = ({ documentId, latest, history, feedback }: DocumentHistory): DecisionHistory => ({
  documentId,
  latest: decisionOf(latest),
  history: history.map(decisionOf),
  feedback: feedback.map(feedbackOf),
});

/** D1. */
function listOf<T>(cell: Cell): T[] {
  if (typeof cell !== 'string' || cell === '') return [];
  try {
    const parsed: unknown = JSON.parse(cell);
    return Array.isArray(parsed) ? (parsed as T[]) : []; // written by the score and decide steps
  } catch {
    return [];
  }
}
