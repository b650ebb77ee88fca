// Documents that wait for a person, and who is shown which.
// Invariants: V1, V2 as in review-lease.ts: two people are never shown the same document, and a closed window keeps nothing. V3 decided and
// erased documents are never shown. V4 whoever asks gets a document as long as there is one that nobody holds and they have not put aside.
// V5 a spot check does not tell what was decided: it is a measurement. V6 a document on which people disagree is settled by two who say the same.

import type { ReviewItem } from '../api/answers.ts';
import type { ReviewQueue } from '../api/decisions.ts';
import { codeOf } from '../errors.ts';
import { decisionOf } from '../insight/decision-of-row.ts';
import { beginning, readKeptTexts } from '../insight/document-text.ts';
import { drawnSince, openSpotDraw, spotWindow } from '../insight/spot-checks.ts';
import { sqlText } from '../lake/duckdb.ts';
import { shownPath } from '../lake/shown-path.ts';
import type { Row } from '../lake/tables.ts';
import type { DecisionLake } from '../pipeline/decision-lake.ts';
import type { PipelineServices } from '../pipeline/services.ts';
import { loadTaxonomy } from '../pipeline/taxonomies.ts';
import { isCorruptRecord } from '../record-json.ts';
import { tryLease } from './lease.ts';
import { inTeachingOrder, MAX_COMPARED } from './teaching-order.ts';

const EXCERPT_CHARS = 1200;
/** Candidates looked at together for each document asked for: others may hold the first ones. */
const CANDIDATES_PER_ITEM = 10;
const MIN_CANDIDATES = 50;

/** V3: condition on rows of `latest_results`. */
export const WAITING = "status = 'review' AND failure_code IS DISTINCT FROM 'document.erased'";

/** The next documents for a holder; they are kept from others for a while. @param holder  who asks; equal holders share leases @param reviewer  name under which their decisions are stored */
export async function takeForReview(
  lake: DecisionLake,
  request: ReviewQueue,
  holder: string,
  reviewer: string,
): Promise<ReviewItem[]> {
  const taken = await takeLeases(lake, request, { holder, reviewer });
  const rows = taken.map(({ row }) => row);
  const texts = await readKeptTexts(lake.services, rows);
  const labels = await readLabels(lake.services, rows);
  const said = request.queue === 'disagreement' ? await saidOf(lake, rows) : undefined;
  return taken.map(({ row, until }) => ({
    ...toItem(asShown(row, request.queue), texts.get(String(row.document_id))),
    said: said?.get(String(row.document_id)) ?? [],
    labels: labels.get(textOrNull(row.taxonomy_version)) ?? [],
    leasedUntil: new Date(until).toISOString(),
  }));
}

/** V4: page by page, until there are enough or no more. Rows that move meanwhile are found by the next request. */
async function takeLeases(
  lake: DecisionLake,
  request: ReviewQueue,
  { holder, reviewer }: { holder: string; reviewer: string },
): Promise<{ row: Row; until: number }[]> {
  const taken: { row: Row; until: number }[] = [];
  const isTeaching = request.queue === 'waiting' && request.order === 'teaching';
  const pageRows = isTeaching
    ? MAX_COMPARED
    : Math.min(MAX_COMPARED, Math.max(MIN_CANDIDATES, request.limit * CANDIDATES_PER_ITEM));
  for (let from = 0; ; from += pageRows) {
    const page = await candidates(lake, request, reviewer, from, pageRows);
    for (const row of isTeaching ? await inTeachingOrder(lake, page) : page) {
      const until = await tryLease(lake.services, String(row.document_id), holder);
      if (until !== undefined) taken.push({ row, until });
      if (taken.length === request.limit) return taken;
    }
    if (page.length < pageRows) return taken;
  }
}

async function candidates(
  lake: DecisionLake,
  request: ReviewQueue,
  reviewer: string,
  from: number,
  limit: number,
): Promise<Row[]> {
  if (request.queue === 'spot-check') return drawnCandidates(lake, request, from, limit);
  if (request.queue === 'disagreement') return disputedCandidates(lake, request, reviewer, from, limit);
  const { query } = lake;
  const { order, run, label } = request;
  const conditions = [WAITING];
  if (run !== undefined) conditions.push(`run_id = ${sqlText(run)}`);
  if (label !== undefined) conditions.push(`label = ${sqlText(label)}`);
  const by = order === 'oldest' ? 'processed_at, document_id' : 'confidence NULLS FIRST, processed_at, document_id';
  const sql = `SELECT * FROM latest_results WHERE ${conditions.join(' AND ')} ORDER BY ${by} LIMIT ${limit} OFFSET ${from}`;
  return (await query(sql)).rows;
}

/** V5: drawn and not decided since, the oldest weeks first, within a week in the order of the draw. */
async function drawnCandidates(
  { query, services }: DecisionLake,
  { run, label }: ReviewQueue,
  from: number,
  limit: number,
): Promise<Row[]> {
  const draw = await openSpotDraw(services);
  const conditions = ['drawn.said IS NULL', "latest.failure_code IS DISTINCT FROM 'document.erased'"];
  if (run !== undefined) conditions.push(`latest.run_id = ${sqlText(run)}`);
  if (label !== undefined) conditions.push(`drawn.label = ${sqlText(label)}`);
  const sql = `${drawnSince(draw, spotWindow(services.clock.now()))} SELECT latest.* FROM drawn
    JOIN latest_results latest ON latest.document_id = drawn.document_id
    WHERE ${conditions.join(' AND ')} ORDER BY drawn.week, drawn.ticket, latest.document_id LIMIT ${limit} OFFSET ${from}`;
  return (await query(sql)).rows;
}

/** What a person would keep out of habit is not proposed where people disagree; nothing is told where they are to measure. */
const asShown = (row: Row, queue: ReviewQueue['queue']): Row =>
  queue === 'spot-check'
    ? asUndecided(row)
    : queue === 'disagreement'
      ? { ...row, label: null, confidence: null }
      : row;

/**
 * V6: reviewers have said different things about the same content, and no two of them the same; who spoke last waits for another.
 * The oldest first.
 */
async function disputedCandidates(
  { query }: DecisionLake,
  { run, label }: ReviewQueue,
  reviewer: string,
  from: number,
  limit: number,
): Promise<Row[]> {
  const conditions = [
    `disputed.last <> ${sqlText(reviewer)}`,
    "latest.failure_code IS DISTINCT FROM 'document.erased'",
  ];
  if (run !== undefined) conditions.push(`latest.run_id = ${sqlText(run)}`);
  if (label !== undefined) conditions.push(`latest.label = ${sqlText(label)}`);
  const sql = `WITH ${DISPUTED} SELECT latest.* FROM disputed JOIN latest_results latest ON latest.document_id = disputed.document_id
      AND coalesce(latest.content_sha256, latest.source_etag) IS NOT DISTINCT FROM disputed.content
    WHERE ${conditions.join(' AND ')} ORDER BY disputed.spoke, latest.document_id LIMIT ${limit} OFFSET ${from}`;
  return (await query(sql)).rows;
}

/** Relations `said` (the last word of each reviewer about a content) and `disputed`. */
const DISPUTED = `said AS (
    SELECT document_id, coalesce(content_sha256, source_etag) AS content, reviewer, arg_max(label, created_at) AS label, max(created_at) AS spoke
    FROM feedback WHERE label IS NOT NULL GROUP BY 1, 2, 3),
  disputed AS (
    SELECT document_id, content, arg_max(reviewer, spoke) AS last, max(spoke) AS spoke
    FROM (SELECT *, count(*) OVER (PARTITION BY document_id, content, label) AS agreeing FROM said)
    GROUP BY 1, 2 HAVING count(DISTINCT label) > 1 AND max(agreeing) = 1)`;

/** What people have said of documents, newest first. */
async function saidOf({ query }: DecisionLake, rows: readonly Row[]): Promise<Map<string, ReviewItem['said']>> {
  const ids = rows.map((row) => sqlText(String(row.document_id))).join(', ') || "''";
  const { rows: said } = await query(
    `SELECT document_id, reviewer, label, note, created_at FROM feedback
      WHERE document_id IN (${ids}) AND label IS NOT NULL ORDER BY created_at DESC`,
  );
  const ofDocument = Map.groupBy(said, (row) => String(row.document_id));
  return new Map(
    [...ofDocument].map(([id, list]) => [
      id,
      list.map((row) => ({
        reviewer: String(row.reviewer),
        label: String(row.label),
        note: textOrNull(row.note),
        at: String(row.created_at),
      })),
    ]),
  );
}

/** What was decided is not told. */
const asUndecided = (row: Row): Row => ({
  ...row,
  label: null,
  confidence: null,
  top_labels_json: '[]',
  evidence_json: '[]',
  llm_quote: null,
  llm_quote_verified: null,
});

/** The labels a person may choose for each taxonomy of these documents; none for a taxonomy that is not stored any more, or damaged. */
async function readLabels({ lake }: PipelineServices, rows: readonly Row[]): Promise<Map<string | null, string[]>> {
  const labels = new Map<string | null, string[]>();
  for (const version of new Set(rows.map((row) => textOrNull(row.taxonomy_version)))) {
    try {
      const taxonomy = await loadTaxonomy(lake, version ?? undefined);
      labels.set(
        version,
        taxonomy.labels.map(({ name }) => name),
      );
    } catch (error) {
      if (codeOf(error) !== 'request.invalid' && !isCorruptRecord(error)) throw error;
    }
  }
  return labels;
}

const textOrNull = (value: Row[string] | undefined): string | null => (typeof value === 'string' ? value : null);

function toItem(row: Row, text: string | undefined): Omit<ReviewItem, 'labels' | 'leasedUntil' | 'said'> {
  const { documentId, runId, archivePath, mediaType, code, message, label, confidence, ...rest } = decisionOf(row);
  const { topLabels, evidence, quote, quoteVerified, warnings, decidedAt } = rest;
  const excerpt = text === undefined ? null : beginning(text, EXCERPT_CHARS);
  return {
    ...{ documentId, runId, path: shownPath(row), archivePath, mediaType, code, message, label, confidence },
    ...{ topLabels, evidence, quote, quoteVerified, warnings, excerpt, decidedAt },
  };
}

/** As it was before the API had versions. */
export const asFirstItem = ({ evidence, ...item }: ReviewItem): object => ({
  ...item,
  evidence: evidence.map(({ term, weight, runnerUpWeight }) => ({ term, weight, runner_up_weight: runnerUpWeight })),
});
