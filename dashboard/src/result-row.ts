// A decision as the API shows it: a row of the table `results`, with what its columns hold.
import { words } from './words/parts.ts';

export interface ResultRow {
  run_id: string;
  document_id: string;
  source_path: string | null;
  /** Path and address of the original in its library or mailbox; null for uploads and imports. */
  source_name: string | null;
  source_url: string | null;
  archive_path: string | null;
  source_etag: string | null;
  content_sha256: string | null;
  media_type: string | null;
  size_bytes: number | null;
  pages: number | null;
  chars: number | null;
  language: string | null;
  status: 'labelled' | 'review' | 'failed';
  label: string | null;
  /** Calibrated, 0..1; null for decisions of people. */
  confidence: number | null;
  decided_by: 'model' | 'encoder' | 'llm' | 'duplicate' | 'human' | null;
  top_labels_json: string | null;
  evidence_json: string | null;
  llm_quote: string | null;
  llm_quote_verified: boolean | null;
  failure_code: string | null;
  /** What happened and what to do about it. */
  failure_message: string | null;
  taxonomy_version: string | null;
  model_version: string | null;
  llm_deployment: string | null;
  prompt_version: string | null;
  tokens_in: number | null;
  tokens_out: number | null;
  cost_usd: number | null;
  pipeline_version: string | null;
  /** ISO 8601 UTC */
  processed_at: string;
  duplicate_of: string | null;
  /** JSON list: what of the document was not read, or mended; null in rows of earlier versions. */
  warnings_json: string | null;
}

export interface FeedbackRow {
  feedback_id: string;
  label: string | null;
  previous_label: string | null;
  reviewer: string | null;
  note: string | null;
  /** ISO 8601 UTC */
  created_at: string;
}

/** Answer of GET /api/results/{documentId}. */
export interface DocumentAnswer {
  documentId: string;
  latest: ResultRow;
  /** Newest first. */
  history: ResultRow[];
  /** Newest first. */
  feedback: FeedbackRow[];
}

/** What a term adds to the score of the label and to that of the runner-up. */
export interface Evidence {
  term: string;
  weight: number;
  runner_up_weight: number;
}

export interface TopLabel {
  label: string;
  probability: number;
}

/** [] where the column is empty. */
export const evidenceOf = (row: Pick<ResultRow, 'evidence_json'>): Evidence[] => listOf<Evidence>(row.evidence_json);

/** The terms that spoke more for the label than for its runner-up, the strongest first as they are stored. */
export const leadingTerms = (row: Pick<ResultRow, 'evidence_json'>, most: number): string[] =>
  evidenceOf(row)
    .filter(({ weight, runner_up_weight }) => weight > (runner_up_weight ?? 0))
    .slice(0, most)
    .map(({ term }) => term);

/** The likeliest first; [] where the column is empty. */
export const topLabelsOf = (row: Pick<ResultRow, 'top_labels_json'>): TopLabel[] =>
  listOf<TopLabel>(row.top_labels_json);

export const isErased = (row: Pick<ResultRow, 'failure_code'>): boolean => row.failure_code === 'document.erased';

/** What people are shown of where it lies. */
export const shownPath = (row: Pick<ResultRow, 'source_path' | 'source_name'>): string | null =>
  row.source_name ?? row.source_path;

/** A document's name, its folder and its place in an archive, for showing them apart. */
export function nameOf(path: string | null, archivePath: string | null): PathParts {
  if (path === null || path === '') return { name: words.erased, folder: '', archive: '' };
  const slash = path.lastIndexOf('/');
  const file = path.slice(slash + 1);
  const folder = path.slice(0, Math.max(0, slash));
  if (archivePath === null || archivePath === '') return { name: file, folder, archive: '' };
  const members = archivePath.split('!/');
  const inner = members.pop() ?? archivePath;
  const innerSlash = inner.lastIndexOf('/');
  const around = [file, ...members, inner.slice(0, Math.max(0, innerSlash))].filter((part) => part !== '');
  return { name: inner.slice(innerSlash + 1), folder, archive: around.join(' ▸ ') };
}

export interface PathParts {
  name: string;
  folder: string;
  /** The archives and folders around a member, outermost first; '' for files of their own. */
  archive: string;
}

function listOf<T>(json: string | null): T[] {
  if (json === null || json === '') return [];
  try {
    const parsed: unknown = JSON.parse(json);
    return Array.isArray(parsed) ? (parsed as T[]) : []; // written by the score step
  } catch {
    return []; // a row of another writer: shown without reasons rather than not at all
  }
}

/** What of the document was not read, or mended; [] where the column holds no list. */
export const warningsOf = (row: Pick<ResultRow, 'warnings_json'>): string[] =>
  listOf<unknown>(row.warnings_json).filter((warning) => typeof warning === 'string');
