// The Delta tables of the lake and their columns. Columns are only ever added, at the end; never renamed, retyped or dropped.
// Every column is nullable in the file format; what is always filled is said beside it.

export type ColumnType = 'string' | 'long' | 'integer' | 'double' | 'boolean' | 'date' | 'timestamp';

export interface Column {
  name: string;
  type: ColumnType;
  /** Words of documents, people or services, and lists: nobody asks for a range of them, and their bounds would stand in the log. */
  isProse?: true;
}

/**
 * One row, keyed by column name. Dates are 'YYYY-MM-DD', timestamps ISO 8601 in UTC, longs safe integers.
 * A missing key is null; keys that are no column of the table are not written.
 */
export type Row = Record<string, string | number | boolean | null>;

export interface TableSchema {
  name: string;
  columns: readonly Column[];
  /** Values of these are never null. */
  partitionColumns: readonly string[];
}

const columns = (list: Record<string, ColumnType | 'prose'>): Column[] =>
  Object.entries(list).map(([name, type]) =>
    type === 'prose' ? { name, type: 'string', isProse: true } : { name, type },
  );

/** One row per document and run: the decision with its evidence, cost and lineage. */
export const resultsTable: TableSchema = {
  name: 'results',
  columns: columns({
    run_id: 'string',
    batch_id: 'string',
    document_id: 'string',
    source_path: 'string',
    archive_path: 'string',
    source_etag: 'string',
    content_sha256: 'string',
    media_type: 'string',
    size_bytes: 'long',
    pages: 'long',
    chars: 'long',
    language: 'string',
    status: 'string', // labelled | review | failed
    label: 'string',
    confidence: 'double', // calibrated, 0..1
    decided_by: 'string', // model | encoder | llm | duplicate | human
    top_labels_json: 'prose', // [{label, probability}]
    evidence_json: 'prose', // [{term, weight, runner_up_weight}]
    llm_quote: 'prose',
    llm_quote_verified: 'boolean',
    failure_code: 'string',
    failure_message: 'prose',
    taxonomy_version: 'string',
    model_version: 'string',
    llm_deployment: 'string',
    prompt_version: 'string',
    tokens_in: 'long',
    tokens_out: 'long',
    cost_usd: 'double',
    pipeline_version: 'string',
    processed_at: 'timestamp',
    run_date: 'date',
    duplicate_of: 'string', // document_id whose label was taken over, exact or near copy
    warnings_json: 'prose', // [text]: what of the document was not read, or mended
    source: 'string', // name of the source it came from; null for uploads and imports
    source_name: 'string', // path of the original in its library
    source_url: 'string', // address of the original
  }),
  partitionColumns: ['run_date'],
};

/** The ledger: one row per HTTP attempt at an LLM. */
export const llmCallsTable: TableSchema = {
  name: 'llm_calls',
  columns: columns({
    run_id: 'string',
    batch_id: 'string',
    call_key: 'string',
    attempt: 'long',
    document_count: 'long',
    deployment: 'string',
    model: 'string', // as the endpoint returned it
    service_tier: 'string',
    request_id: 'string',
    started_at: 'timestamp',
    ended_at: 'timestamp',
    http_status: 'long',
    finish_reason: 'string',
    charge_estimate: 'long', // tokens
    tokens_prompt: 'long',
    tokens_cached: 'long',
    tokens_cache_write: 'long',
    tokens_completion: 'long',
    tokens_reasoning: 'long', // included in tokens_completion
    price_id: 'string',
    cost_nano_usd: 'long', // 1e-9 USD
    outcome: 'string', // ok | partial | wasted | duplicate | unknown
    error_code: 'string',
    run_date: 'date',
    service_words: 'prose', // of a failure: the service's own, shortened, without what it repeats of documents
  }),
  partitionColumns: ['run_date'],
};

/** One row per run that has ended. */
export const runsTable: TableSchema = {
  name: 'runs',
  columns: columns({
    run_id: 'string',
    kind: 'string',
    state: 'string',
    started_at: 'timestamp',
    ended_at: 'timestamp',
    documents: 'long', // = labelled + review + failed
    labelled: 'long',
    review: 'long',
    failed: 'long',
    cost_usd: 'double',
    model_version: 'string',
    taxonomy_version: 'string',
    pipeline_version: 'string',
    request_json: 'prose',
    run_date: 'date',
  }),
  partitionColumns: ['run_date'],
};

/** One row per decision of a human. */
export const feedbackTable: TableSchema = {
  name: 'feedback',
  columns: columns({
    feedback_id: 'string',
    document_id: 'string',
    run_id: 'string',
    label: 'string',
    previous_label: 'string',
    reviewer: 'string',
    note: 'prose',
    created_at: 'timestamp',
    run_date: 'date',
    content_sha256: 'string', // what was decided about: a decision stands for the same content
    source_etag: 'string',
    scored_label: 'string', // what the local stages had proposed before any answer, how sure they were, and who they were
    scored_confidence: 'double',
    scored_by: 'string',
  }),
  partitionColumns: ['run_date'],
};

export const lakeTables: readonly TableSchema[] = [resultsTable, llmCallsTable, runsTable, feedbackTable];
