// What the pipeline needs of the world, assembled once per process by shared/app.ts. Tests bring fakes.
import type { Config } from '../config.ts';
import type { SourceDocument } from '../documents/extract.ts';
import type { ExtractedDocument } from '../documents/extracted-document.ts';
import type { Column, Row } from '../lake/tables.ts';
import type { LlmAnswer, LlmDocument } from '../llm/classify.ts';
import type { MoneyLeft } from '../llm/money/money-left.ts';
import type { Quote } from '../llm/money/quote.ts';
import type { Probe } from '../llm/probe.ts';
import type { Encoder, EncoderAccount } from '../models/encoder/encoder.ts';
import type { VectorCache } from '../models/encoder/vector-cache.ts';
import type { LoadedModel } from '../models/registry.ts';
import type { Pace } from '../pace.ts';
import type { Clock, LakeStore, Logger } from '../ports.ts';
import type { Taxonomy } from '../taxonomy.ts';

/** Reading documents: bytes in, one element per document out (archives and mails give several). */
export interface Reader {
  extract(source: SourceDocument): Promise<ExtractedDocument[]>;
}

/** The models that are registered. */
export interface Models {
  championVersion(): Promise<string | undefined>;
  /** The newest model that was trained for a taxonomy and that might have been promoted by itself; what only a person may promote decides nothing before. */
  newestFor(taxonomy: Taxonomy): Promise<string | undefined>;
  load(version: string): Promise<LoadedModel>;
}

/** Encoders of the second local stage. */
export interface Encoders {
  /** The version that cold starts use. */
  current(): Promise<string | undefined>;
  /**
   * @param account  for whom, where the encoder is a deployment: without one it sends nothing
   * @throws {TerminalError} encoder.not-found, encoder.corrupt, encoder.not-allowed, encoder.no-deployment
   */
  open(version: string, account?: EncoderAccount): Promise<{ encoder: Encoder; vectors: VectorCache }>;
  /** It is a deployment: texts leave the house for it. Absent: none is. @throws as open */
  isDeployment?(version: string): Promise<boolean>;
  /** What a deployment would take for vectors of texts; nothing is sent. Absent, undefined: they cost nothing. @throws as open */
  quote?(version: string, texts: readonly string[]): Promise<{ tokens: number; usd: number } | undefined>;
}

export interface ClassifyRequest {
  runId: string;
  batchId: string;
  taxonomy: Taxonomy;
  documents: readonly LlmDocument[];
  maxCostUsd: number | undefined;
  /** Ask by the Batch API, until the deadline (ms since the epoch). Default: at once. */
  batchLane?: { deadlineMs: number | undefined } | undefined;
}

export type ClassifyOutcome =
  | { status: 'done'; answers: readonly LlmAnswer[]; calls: number }
  | { status: 'waiting'; retryAt: number };

export interface QuoteRequest {
  taxonomy: Taxonomy;
  /** Documents of the whole run. */
  documents: number;
  /** Drawn at random. */
  sample: readonly { text: string; isAsked: boolean }[];
  /** Priced as batch jobs. */
  isBatch?: boolean;
}

export interface MoneyLeftRequest {
  runId: string;
  taxonomy: Taxonomy;
  maxCostUsd: number | undefined;
  /** The run goes by the Batch API. */
  isBatch: boolean;
}

/** The LLM stage; undefined in PipelineServices when no LLM is configured or allowed. */
export interface Llm {
  /** Those that documents may be sent to. */
  deployments?: readonly { name: string; tokensPerMinute: number }[];
  /** Ask each deployment one question about a document of our own; may cost a fraction of a cent each. */
  probe?(): Promise<Probe[]>;
  /** Under the day's limit, by all runs: spent and set aside; 0 where the day has none. */
  spentTodayUsd?(): Promise<number>;
  /** Some deployment takes batch jobs. */
  canBatch?: boolean;
  /** The run has ended: cancel its batch jobs. */
  cancelJobs?(runId: string): Promise<number>;
  classify(request: ClassifyRequest): Promise<ClassifyOutcome>;
  /** What asking about documents will cost; nothing is sent. */
  quote(request: QuoteRequest): Promise<Quote>;
  /** What the limits of run and day leave; nothing is sent. */
  moneyLeft?(request: MoneyLeftRequest): Promise<MoneyLeft>;
  /** Ledger rows (table llm_calls) of one batch so far. */
  ledger(runId: string, batchId: string): Promise<Row[]>;
}

/** Parquet in the lake, written and read through local temporary files. */
export interface ParquetFiles {
  write(path: string, columns: readonly Column[], rows: Iterable<Row>): Promise<void>;
  read(path: string, columns?: readonly string[]): Promise<Row[]>;
}

/** The Delta tables a run ends in. */
export interface Tables {
  /** Write one part file of `results` under a name never used before; it is invisible until it is committed. */
  stageResults(rows: readonly Row[]): Promise<StagedPart>;
  /** Commit staged parts as one version; replaying the same run adds nothing. */
  commitResults(runId: string, parts: readonly StagedPart[]): Promise<void>;
  /** Committed rows of one batch of a run, human decisions included; the part file itself may have been merged into others. */
  readResults(runId: string, batchId: string, columns: readonly string[]): Promise<Row[]>;
  /** What people have decided (table feedback, PEOPLE_COLUMNS); the same array as long as nothing was decided in between. */
  readFeedback(): Promise<readonly Row[]>;
  /** Append rows once per attempt of a run. */
  append(table: 'llm_calls' | 'runs', source: { runId: string; attempt: number }, rows: readonly Row[]): Promise<void>;
}

/** A part file and what the commit needs to know of it; JSON-safe. */
export interface StagedPart {
  path: string;
  add: unknown;
}

/** Where the original of a landed file lives. */
export interface Original {
  source: string;
  name: string;
  url: string;
}

/** The originals of files that sources have landed, by path in the landing container. */
export interface Originals {
  of(paths: Iterable<string>): Promise<Map<string, Original>>;
}

export interface PipelineServices {
  /** Runs go before readers. */
  pace: Pace;
  config: Config;
  clock: Clock;
  logger: Logger;
  lake: LakeStore;
  /** Containers that hold documents, by the name requests use. */
  sources: Readonly<Record<'landing' | 'imports', LakeStore>>;
  /** Of sources; undefined where there are none. */
  originals?: Originals;
  reader: Reader;
  models: Models;
  /** Absent: no second local stage. */
  encoders?: Encoders;
  llm: Llm | undefined;
  parquet: ParquetFiles;
  tables: Tables;
  /** Version of this code, stored with every row. */
  pipelineVersion: string;
}
