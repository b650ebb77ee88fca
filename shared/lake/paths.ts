// Where things lie in the lake container. Every path of the project is built here; names hold only [A-Za-z0-9._=/-].

/** Delta tables, by name. */
export const tablePath = (table: string): string => `tables/${table}`;

const run = (runId: string): string => `runs/${runId}`;

export const runPaths = {
  folder: run,
  request: (runId: string) => `${run(runId)}/request.json`,
  plan: (runId: string) => `${run(runId)}/plan/plan.json`,
  planBatch: (runId: string, batch: string) => `${run(runId)}/plan/${batch}.json`,
  extracted: (runId: string, batch: string) => `${run(runId)}/extracted/${batch}.parquet`,
  features: (runId: string, batch: string) => `${run(runId)}/features/${batch}.csr`,
  scores: (runId: string, batch: string) => `${run(runId)}/scores/${batch}.parquet`,
  /** Folder of one batch's LLM attempts, raw answers and ledger. */
  llm: (runId: string, batch: string) => `${run(runId)}/llm/${batch}`,
  results: (runId: string, batch: string) => `${run(runId)}/results/${batch}.parquet`,
  progress: (runId: string, batch: string) => `${run(runId)}/progress/${batch}.json`,
  summary: (runId: string) => `${run(runId)}/summary.json`,
  cancel: (runId: string) => `${run(runId)}/cancel.json`,
} as const;

/** Model registry: one immutable folder per version, and the pointer to the champion. */
export const modelPaths = {
  folder: (version: string) => `models/${version}`,
  champion: 'models/champion.json',
} as const;

export const taxonomyPath = (version: string): string => `taxonomies/${version}.json`;

/** Per-document LLM answers, partitioned by the first two hex digits of the key. */
export const llmCacheFolder = (promptVersion: string, prefix: string): string => `llm-cache/${promptVersion}/${prefix}`;

/** Markers of uploads waiting for their window's run. */
export const intakePath = (window: string, markerId: string): string => `intake/${window}/${markerId}.json`;
