// A person's decision: a row of `feedback`, then a row of `results` decided by a human, which from then on is the latest.
// Invariants: F1 the same decision of the same reviewer on the same state adds its rows once, however often it is sent and wherever it is cut short:
// both appends carry txn (document, number of the human decision). F2 of two different decisions at the same moment one is stored, the other is told.
// F3 the row keeps run and batch of the decision it replaces: that is where the text lies for training.
// F4 it also keeps what the local stages had proposed: that is how their confidence is checked.
import type { FeedbackAnswer } from '../api/answers.ts';
import type { FeedbackRequest } from '../api/decisions.ts';
import { RequestError } from '../api/problem.ts';
import { SluiceError, TerminalError } from '../errors.ts';
import { sha256Hex } from '../ids.ts';
import { documentHistory } from '../insight/results.ts';
import { sqlText } from '../lake/duckdb.ts';
import type { Row } from '../lake/tables.ts';
import { reviewLeasePath, runPaths } from '../paths.ts';
import { scoredBy } from '../pipeline/cold-threshold.ts';
import { type DecisionLake, tableOf } from '../pipeline/decision-lake.ts';
import { offerDecision } from '../pipeline/near-duplicates.ts';
import { type Plan, readJson } from '../pipeline/records.ts';
import { loadTaxonomy } from '../pipeline/taxonomies.ts';

/**
 * Store a decision.
 * @param reviewer  the signed-in person
 * @param seen      number that the decision would have had when the caller looked: a later one is somebody else's moment (F2)
 * @throws {TerminalError} document.not-found, document.erased, lake.conflict (somebody else decided at the same moment)
 * @throws {RequestError} request.invalid for a label the taxonomy does not have
 */
export async function giveFeedback(
  lake: DecisionLake,
  request: FeedbackRequest,
  reviewer: string,
  seen?: number,
): Promise<FeedbackAnswer> {
  const { documentId, label } = request;
  // Numbered by the results' log: a feedback row without its result row belongs to a request that was cut short, and is the next again.
  // Rows of later runs in which the decision stands are decided by a human too, and are no decisions. Read before the history: who decides in
  // between has the number (F2).
  const decided = (await tableOf(lake, 'results').snapshot())?.txns.get(txnOf(documentId))?.version ?? 0;
  const { latest, feedback } = await documentHistory(lake.query, documentId);
  if (latest.failure_code === 'document.erased')
    throw new TerminalError('document.erased', `document ${documentId} was erased`, { ids: { documentId } });
  await checkLabel(lake, label, latest);
  const [before] = feedback;
  if (feedback.length === decided && before?.label === label && before.reviewer === reviewer)
    return answerOf(before, false);
  const number = decided + 1;
  if (seen !== undefined && number > seen) throw somebodyElse(documentId);
  const row = await storeFeedback(lake, request, reviewer, { latest, before, number });
  if (row.label !== label || row.reviewer !== reviewer) {
    await storeResult(lake, latest, String(row.label), number); // what was first is completed, so that nobody waits for it
    throw somebodyElse(documentId);
  }
  if (typeof latest.taxonomy_version === 'string')
    await offerDecision(lake.services.lake, latest.taxonomy_version, documentId, label);
  const isStored = await storeResult(lake, latest, label, number);
  await lake.services.lake.delete(reviewLeasePath(documentId));
  if (isStored) lake.services.logger.info('review.decided', { documentId, number }); // once, also where the same request came twice at a time
  return answerOf(row, true);
}

const somebodyElse = (documentId: string): TerminalError =>
  new TerminalError('lake.conflict', `document ${documentId} was decided by somebody else just now`, {
    ids: { documentId },
  });

export const answerOf = (row: Row, isNew: boolean): FeedbackAnswer => ({
  feedbackId: String(row.feedback_id),
  documentId: String(row.document_id),
  label: String(row.label),
  previousLabel: typeof row.previous_label === 'string' ? row.previous_label : null,
  reviewer: String(row.reviewer),
  isNew,
});

/** @throws {RequestError} */
export async function checkLabel({ services }: DecisionLake, label: string, latest: Row): Promise<void> {
  const version = typeof latest.taxonomy_version === 'string' ? latest.taxonomy_version : undefined;
  const taxonomy = await loadTaxonomy(services.lake, version);
  if (!taxonomy.labels.some(({ name }) => name === label))
    throw new RequestError([{ field: 'label', message: `is not a label of taxonomy ${taxonomy.version}` }]);
}

/** What a decision follows. */
export interface Standing {
  latest: Row;
  /** The newest decision of a person. */
  before: Row | undefined;
  /** Of the decision to come. */
  number: number;
}

/** Id of a decision, known before it is stored. @param number  among the decisions on its document */
export const feedbackIdOf = (
  { documentId, label }: Pick<FeedbackRequest, 'documentId' | 'label'>,
  reviewer: string,
  number: number,
): string => sha256Hex([documentId, number, label, reviewer].join('\0'));

/** The row of a decision. */
export async function feedbackRow(
  lake: DecisionLake,
  { documentId, label, note }: FeedbackRequest,
  reviewer: string,
  { latest, before, number }: Standing,
): Promise<Row> {
  // Decisions are numbered by their time, so each is later than the one before.
  const earliest = before === undefined ? 0 : Date.parse(String(before.created_at)) + 1;
  const createdAt = new Date(Math.max(lake.services.clock.now(), earliest)).toISOString();
  return {
    feedback_id: feedbackIdOf({ documentId, label }, reviewer, number),
    document_id: documentId,
    run_id: latest.run_id ?? null,
    label,
    previous_label: latest.label ?? null,
    reviewer,
    note: note ?? null,
    created_at: createdAt,
    run_date: createdAt.slice(0, 10),
    content_sha256: latest.content_sha256 ?? null,
    source_etag: latest.source_etag ?? null,
    ...(await scoredColumns(lake, latest)),
  };
}

/** F1, F2: the row that stands as the document's `number`-th decision, ours or that of somebody faster. */
async function storeFeedback(
  lake: DecisionLake,
  { documentId, label, note }: FeedbackRequest,
  reviewer: string,
  { latest, before, number }: Standing,
): Promise<Row> {
  const row = await feedbackRow(lake, { documentId, label, note }, reviewer, { latest, before, number });
  const txn = { appId: txnOf(documentId), appVersion: number, operation: 'REVIEW' };
  const { alreadyApplied } = await tableOf(lake, 'feedback').append([row], txn);
  if (!alreadyApplied) return row;
  const { rows } = await lake.query(
    `SELECT * FROM feedback WHERE document_id = ${sqlText(documentId)} ORDER BY created_at, feedback_id`,
  );
  const stored = rows[number - 1];
  if (stored === undefined) throw new SluiceError('internal', `feedback ${number} of ${documentId} is lost`);
  return stored;
}

/** F4: what the local stages had said of the document, whatever an LLM or a person said since. */
async function scoredColumns({ services }: DecisionLake, latest: Row): Promise<Row> {
  const none = { scored_label: null, scored_confidence: null, scored_by: null };
  const [best] = JSON.parse(String(latest.top_labels_json ?? '[]')) as { label: string; probability: number }[]; // ours
  if (best === undefined || typeof latest.run_id !== 'string') return none;
  const plan = await readJson<Plan>(services.lake, runPaths.plan(latest.run_id)); // absent: what the run left is no longer kept
  const by = plan === undefined ? null : scoredBy(plan);
  return by === null ? none : { scored_label: best.label, scored_confidence: best.probability, scored_by: by };
}

/** @returns false where it was stored before */
async function storeResult(lake: DecisionLake, latest: Row, label: string, number: number): Promise<boolean> {
  const txn = { appId: txnOf(String(latest.document_id)), appVersion: number, operation: 'REVIEW' };
  return !(await tableOf(lake, 'results').append([resultRow(lake, latest, label)], txn)).alreadyApplied;
}

/** The row that is the latest from then on. */
export function resultRow({ services }: DecisionLake, latest: Row, label: string): Row {
  // Later than what it replaces even where clocks differ.
  const now = Math.max(services.clock.now(), Date.parse(String(latest.processed_at)) + 1);
  const processedAt = new Date(now).toISOString();
  return {
    ...latest, // F3
    status: 'labelled',
    label,
    confidence: null,
    decided_by: 'human',
    duplicate_of: null,
    failure_code: null,
    failure_message: null,
    tokens_in: 0,
    tokens_out: 0,
    cost_usd: 0,
    pipeline_version: services.pipelineVersion,
    processed_at: processedAt,
    run_date: processedAt.slice(0, 10),
  };
}

export const txnOf = (documentId: string): string => `review-${documentId}`;
