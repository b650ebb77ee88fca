// Where things lie in the lake container. Every path of the project is built here; names hold only [A-Za-z0-9._=/-].
// Invariant: P1 an id is one name in its path and leads nowhere else, wherever it came from. What callers send is refused before, by the schemas
// of api/; this is the last line.
import { TerminalError } from './errors.ts';

const NAME = /^[A-Za-z0-9_][A-Za-z0-9._=-]{0,299}$/;

/** P1. @throws {TerminalError} request.invalid for an id that is not one name */
export function path(parts: TemplateStringsArray, ...ids: (string | number)[]): string {
  const wrong = ids.find((id) => !NAME.test(String(id)));
  if (wrong !== undefined)
    throw new TerminalError('request.invalid', `${JSON.stringify(String(wrong).slice(0, 40))} is not an id`);
  return String.raw({ raw: parts }, ...ids);
}

/** Delta tables, by name. */
export const tablePath = (table: string): string => path`tables/${table}`;

const run = (runId: string): string => path`runs/${runId}`;

export const runPaths = {
  folder: run,
  request: (runId: string) => path`runs/${runId}/request.json`,
  plan: (runId: string) => path`runs/${runId}/plan/plan.json`,
  planBatch: (runId: string, batch: string) => path`runs/${runId}/plan/${batch}.json`,
  extractedFolder: (runId: string) => path`runs/${runId}/extracted`,
  extracted: (runId: string, batch: string) => path`runs/${runId}/extracted/${batch}.parquet`,
  /** Written by earlier versions only. */
  features: (runId: string, batch: string) => path`runs/${runId}/features/${batch}.csr`,
  scores: (runId: string, batch: string) => path`runs/${runId}/scores/${batch}.parquet`,
  /** Folder of one batch's LLM attempts, raw answers and ledger. */
  llm: (runId: string, batch: string) => path`runs/${runId}/llm/${batch}`,
  /** Attempts and ledger of one batch's embeddings; no content. */
  embeddings: (runId: string, batch: string) => path`runs/${runId}/embeddings/${batch}`,
  embeddingsFolder: (runId: string) => path`runs/${runId}/embeddings`,
  /** Texts of a data set's rows, one JSON line a document, written by the plan. */
  rows: (runId: string, batch: string) => path`runs/${runId}/plan/${batch}.rows.jsonl`,
  /** Written once per finished step; what makes a step safe to run twice. */
  step: (runId: string, batch: string, step: string) => path`runs/${runId}/steps/${batch}.${step}.json`,
  steps: (runId: string) => path`runs/${runId}/steps`,
  /** MinHash signatures of one batch's uncertain documents, and the labels they inherit. */
  signaturesFolder: (runId: string) => path`runs/${runId}/signatures`,
  signatures: (runId: string, batch: string) => path`runs/${runId}/signatures/${batch}.json`,
  summary: (runId: string) => path`runs/${runId}/summary.json`,
  /** OpenLineage event of the run's end. */
  lineage: (runId: string) => path`runs/${runId}/lineage.json`,
  attempt: (runId: string) => path`runs/${runId}/attempt.json`,
  /** Keys of the LLM calls that an attempt has appended to the ledger table. */
  calls: (runId: string, attempt: number) => path`runs/${runId}/calls-${attempt}.json`,
  /** Runs with a budget: the questions of each batch, and in the order of certainty. */
  batchQuestions: (runId: string, batch: string) => path`runs/${runId}/questions/${batch}.json`,
  group: (runId: string, group: string) => path`runs/${runId}/questions/${group}.json`,
  ranking: (runId: string) => path`runs/${runId}/questions/ranking.json`,
  cancel: (runId: string) => path`runs/${runId}/cancel.json`,
  planFolder: (runId: string) => path`runs/${runId}/plan`,
  /** Folders with documents' content; vectors of it lie elsewhere (encoderPaths). */
  contentFolders: (runId: string) =>
    ['extracted', 'features', 'scores', 'llm'].map((name) => path`runs/${runId}/${name}`),
  /** The retention setting has deleted the run's content. */
  forgotten: (runId: string) => path`runs/${runId}/forgotten.json`,
  /** There while the watchdog sees no progress. */
  stalled: (runId: string) => path`runs/${runId}/stalled.json`,
} as const;

/** Signatures of decided documents, by taxonomy: one part per run, one file per document that a person has decided. */
export const nearDuplicatePaths = {
  root: 'near-duplicates',
  folder: (taxonomy: string) => path`near-duplicates/${taxonomy}`,
  run: (taxonomy: string, runId: string) => path`near-duplicates/${taxonomy}/runs/${runId}.json`,
  person: (taxonomy: string, documentId: string) => path`near-duplicates/${taxonomy}/people/${documentId}.json`,
} as const;

/** A tick of a schedule that has been acted on. */
export const schedulePath = (name: string, tick: string): string => path`schedules/${name}/${tick}.json`;

/** Seed of the spot checks of this lake. */
export const spotCheckSeedPath = 'review/spot-checks.json';
/** What a training on people's decisions is expected to give, as it was last estimated. */
export const trainingOfferPath = 'review/training-offer.json';

/** Messages to people: what is to be sent and how it fared, and how far runs have been looked at. */
export const noticeFolder = 'notices/sent';
export const noticePath = (id: string): string => path`notices/sent/${id}.json`;
export const runMarkPath = 'notices/alarms.json';

/** Who is looking at a document that waits for review. */
export const reviewBatchFolder = 'review/batches';
export const reviewBatchPath = (id: string): string => path`review/batches/${id}.json`;
export const reviewLeaseFolder = 'review/leases';
export const reviewLeasePath = (documentId: string): string => path`review/leases/${documentId}.json`;

/** Pictures of pages, kept because drawing costs more than reading: by document, and by what was drawn (its content's hash, or the run whose text it is). */
export const pagePaths = {
  root: 'page-pictures',
  document: (documentId: string) => path`page-pictures/${documentId}`,
  picture: (documentId: string, drawnOf: string, page: number, widthPx: number) =>
    path`page-pictures/${documentId}/${drawnOf}/${page}-${widthPx}.png`,
  words: (documentId: string, drawnOf: string, page: number) =>
    path`page-pictures/${documentId}/${drawnOf}/${page}.json`,
} as const;

/** Index of texts and reasons that are searched: immutable segments, and the list of those that count. */
export const searchPaths = {
  root: 'search-index',
  list: 'search-index/segments.json',
  segment: (id: string) => path`search-index/${id}`,
  segmentOf: (file: string) => file.split('/')[1] ?? '',
  entries: (id: string) => path`search-index/${id}/entries.bin`,
  postings: (id: string) => path`search-index/${id}/postings.bin`,
  texts: (id: string) => path`search-index/${id}/texts.bin`,
} as const;

/** Model registry: one immutable folder per version, and the pointer to the champion. */
export const modelPaths = {
  folder: (version: string) => path`models/${version}`,
  champion: 'models/champion.json',
  /** Requests and ends of trainings that the API started. */
  trainings: 'model-trainings',
} as const;

/** Encoders: one immutable folder per version, and the name of the one in use. */
export const encoderPaths = {
  root: 'encoders',
  folder: (version: string) => path`encoders/${version}`,
  current: 'encoders/current.json',
  /** Vectors by encoder, owner (a run, or `training`) and content. */
  vectors: 'encoder-vectors',
  vectorsOf: (version: string) => path`encoder-vectors/${version}`,
} as const;

export const trainingRequestPath = (trainingId: string): string => path`model-trainings/${trainingId}/request.json`;
export const trainingEndPath = (trainingId: string): string => path`model-trainings/${trainingId}/end.json`;
export const trainingFailurePath = (trainingId: string): string => path`model-trainings/${trainingId}/failure.json`;

/** One small file per run, so that listing runs does not list their contents. */
export const runIndexFolder = 'run-index';
export const runIndexPath = (runId: string): string => path`run-index/${runId}.json`;

export const currentTaxonomyPath = 'taxonomies/current.json';
export const taxonomyPath = (version: string): string => path`taxonomies/${version}.json`;

/** Per-document LLM answers, partitioned by the first two hex digits of the key. */
export const llmCacheRoot = 'llm-cache';
export const llmCacheFolder = (promptVersion: string, prefix: string): string =>
  path`llm-cache/${promptVersion}/${prefix}`;

/** How often LLM answers of a prompt version are right. */
export const llmCalibrationPath = (promptVersion: string): string => path`llm-calibration/${promptVersion}.json`;

/** Uploads: one claim per (path, etag), one marker per window, and the seal after which a window takes no more. */
export const intakePaths = {
  claims: 'intake/claims',
  claim: (claimId: string) => path`intake/claims/${claimId.slice(0, 2)}/${claimId}.json`,
  window: (windowId: string) => path`intake/windows/${windowId}/markers`,
  marker: (windowId: string, markerId: string) => path`intake/windows/${windowId}/markers/${markerId}.json`,
  seal: (windowId: string) => path`intake/windows/${windowId}/sealed.json`,
  list: (windowId: string) => path`intake/windows/${windowId}/list.json`,
  /** Says that a planned marker could not be read; the sweep claims its uploads anew. */
  lostMarkers: 'intake/lost',
  lostMarker: (windowId: string, markerId: string) => path`intake/lost/${windowId}/${markerId}.json`,
} as const;

/** Says that a folder's import has ended. */
export const importDoneFolder = 'import-index';
export const importDonePath = (prefix: string): string => path`import-index/${prefix}.json`;

/** A source: what it knows of each drive, and the rounds that are under way. */
export const sourcePaths = {
  folder: (source: string) => path`sources/${source}`,
  entry: (source: string) => path`source-entries/${source}.json`,
  entries: 'source-entries',
  nameOf: (entry: string) => entry.slice('source-entries/'.length, -'.json'.length),
  status: (source: string) => path`sources/${source}/status.json`,
  state: (source: string, drive: string) => path`sources/${source}/drives/${drive}/state.json`,
  subscription: (source: string, drive: string) => path`sources/${source}/drives/${drive}/subscription.json`,
  /** A notification has come. */
  woken: (source: string) => path`sources/${source}/woken.json`,
  /** Items of a drive: files that are never written again, by what wrote them. */
  items: (source: string, drive: string) => path`sources/${source}/drives/${drive}/items`,
  itemsOf: (source: string, drive: string, generation: string) =>
    path`sources/${source}/drives/${drive}/items/${generation}`,
  itemFile: (source: string, drive: string, generation: string, name: string) =>
    path`sources/${source}/drives/${drive}/items/${generation}/${name}.gz`,
  generation: (round: number, id: string) => `${String(round).padStart(8, '0')}-${id}`,
  round: (source: string, drive: string, round: number) => path`sources/${source}/drives/${drive}/rounds/${round}`,
} as const;

const ENDING = /\.([A-Za-z0-9]{1,10})$/;

/** Where a file of a source lies in the landing container: under its key, with the ending of its name as a hint for readers. */
export function landedPath(source: string, drive: string, key: string, name: string): string {
  const ending = ENDING.exec(name)?.[1]?.toLowerCase();
  return path`sources/${source}/${drive}/${key}` + (ending === undefined ? '' : `.${ending}`);
}

/** The parts of a path that `landedPath` made; undefined for any other path. */
export function partsOfLanded(landed: string): { source: string; drive: string; key: string } | undefined {
  const m = /^sources\/([^/]+)\/([^/]+)\/([0-9a-f]{40})(?:\.[a-z0-9]{1,10})?$/.exec(landed);
  return m === null ? undefined : { source: m[1] ?? '', drive: m[2] ?? '', key: m[3] ?? '' };
}
