// Documents that wait for a person, and who is looking at which.
// Invariants: V1 a document is leased to one holder at a time: the lease file is created or replaced by compare-and-swap. V2 a lease runs out
// by itself, so a closed window keeps nothing. V3 decided and erased documents are never shown.
import type { ReviewItem, ReviewQueue } from '../api.ts';
import { SluiceError } from '../errors.ts';
import { sqlText } from '../lake/duckdb.ts';
import type { Row } from '../lake/tables.ts';
import { reviewLeasePath } from '../paths.ts';
import type { DecisionLake } from './decision-lake.ts';
import { beginning, readKeptTexts } from './document-text.ts';
import type { PipelineServices } from './services.ts';

const EXCERPT_CHARS = 1200;
/** Candidates looked at for each document asked for: others may hold the first ones. */
const CANDIDATES_PER_ITEM = 10;

interface Lease {
  holder: string;
  /** Epoch ms. */
  until: number;
}

/** The next documents for a holder; they are kept from others for a while. @param holder  who asks; equal holders share leases */
export async function takeForReview(lake: DecisionLake, request: ReviewQueue, holder: string): Promise<ReviewItem[]> {
  const taken: { row: Row; lease: Lease }[] = [];
  for (const row of await candidates(lake, request)) {
    if (taken.length === request.limit) break;
    const lease = await tryLease(lake.services, String(row.document_id), holder);
    if (lease !== undefined) taken.push({ row, lease });
  }
  const texts = await readKeptTexts(
    lake.services,
    taken.map(({ row }) => row),
  );
  return taken.map(({ row, lease }) => toItem(row, lease, texts.get(String(row.document_id))));
}

async function candidates({ query }: DecisionLake, { order, limit, run, label }: ReviewQueue): Promise<Row[]> {
  const conditions = ["status = 'review'", "failure_code IS DISTINCT FROM 'document.erased'"]; // V3
  if (run !== undefined) conditions.push(`run_id = ${sqlText(run)}`);
  if (label !== undefined) conditions.push(`label = ${sqlText(label)}`);
  const by = order === 'oldest' ? 'processed_at, document_id' : 'confidence NULLS FIRST, processed_at, document_id';
  const sql = `SELECT * FROM latest_results WHERE ${conditions.join(' AND ')} ORDER BY ${by} LIMIT ${limit * CANDIDATES_PER_ITEM}`;
  return (await query(sql)).rows;
}

/** V1, V2. Undefined when somebody else holds the document. */
async function tryLease(
  { lake, clock, config }: PipelineServices,
  documentId: string,
  holder: string,
): Promise<Lease | undefined> {
  const path = reviewLeasePath(documentId);
  const found = await lake.readIfExists(path);
  if (found !== undefined) {
    const current = JSON.parse(found.bytes.toString('utf8')) as Lease; // written below only
    if (current.holder !== holder && current.until > clock.now()) return undefined;
  }
  const lease: Lease = { holder, until: clock.now() + config.REVIEW_LEASE_SECONDS * 1000 };
  try {
    await lake.write(path, JSON.stringify(lease), found === undefined ? { ifAbsent: true } : { ifMatch: found.etag });
    return lease;
  } catch (error) {
    if (error instanceof SluiceError && error.code === 'lake.conflict') return undefined; // somebody was faster
    throw error;
  }
}

const textOrNull = (value: Row[string] | undefined): string | null => (typeof value === 'string' ? value : null);

function toItem(row: Row, lease: Lease, text: string | undefined): ReviewItem {
  return {
    documentId: String(row.document_id),
    runId: String(row.run_id),
    path: String(row.source_path ?? ''),
    archivePath: String(row.archive_path ?? ''),
    mediaType: textOrNull(row.media_type),
    code: textOrNull(row.failure_code),
    message: textOrNull(row.failure_message),
    label: textOrNull(row.label),
    confidence: typeof row.confidence === 'number' ? row.confidence : null,
    // Both columns are written by the score step.
    topLabels: JSON.parse(textOrNull(row.top_labels_json) ?? '[]') as ReviewItem['topLabels'],
    evidence: JSON.parse(textOrNull(row.evidence_json) ?? '[]') as ReviewItem['evidence'],
    quote: textOrNull(row.llm_quote),
    quoteVerified: typeof row.llm_quote_verified === 'boolean' ? row.llm_quote_verified : null,
    excerpt: text === undefined ? null : beginning(text, EXCERPT_CHARS),
    decidedAt: String(row.processed_at),
    leasedUntil: new Date(lease.until).toISOString(),
  };
}
