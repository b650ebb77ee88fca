// What the steps of one batch hand on to each other: kept in memory while one activity works on the batch, read from the lake where an earlier
// activity left it.
// Invariant: B1 what is kept here lies in the lake already or follows from what does, so a process that dies loses nothing.
import type { Csr } from '../features/sparse.ts';
import { type ExtractedRow, readExtracted } from './extracted.ts';
import { type FindDecision, peopleDecisions } from './people-decisions.ts';
import { type PlannedBatch, readBatch } from './records.ts';
import { readScores, type ScoreRow } from './scores.ts';
import type { PipelineServices } from './services.ts';
import type { StepInput } from './step.ts';

export class BatchData {
  readonly input: StepInput;
  readonly #services: PipelineServices;
  #batch: Promise<PlannedBatch> | undefined;
  #rows: { rows: Promise<ExtractedRow[]>; hasText: boolean } | undefined;
  #features: Csr | undefined;
  #scores: Promise<ScoreRow[]> | undefined;
  #said: Promise<FindDecision> | undefined;

  constructor(services: PipelineServices, input: StepInput) {
    this.#services = services;
    this.input = input;
  }

  batch(): Promise<PlannedBatch> {
    this.#batch ??= readBatch(this.#services.lake, this.input.runId, this.input.batchId);
    return this.#batch;
  }

  /** All rows in file order; `withText: false` may leave `text` empty. */
  extracted(options: { withText: boolean }): Promise<ExtractedRow[]> {
    if (this.#rows === undefined || (options.withText && !this.#rows.hasText)) {
      const { runId, batchId } = this.input;
      const rows = readExtracted(this.#services, runId, batchId, options);
      this.#rows = { rows, hasText: options.withText };
    }
    return this.#rows.rows;
  }

  keepExtracted(rows: ExtractedRow[]): void {
    this.#rows = { rows: Promise.resolve(rows), hasText: true };
  }

  /** The feature matrix where it was made in this activity; it is given once, as nothing needs it after the scores. */
  takeFeatures(): Csr | undefined {
    const kept = this.#features;
    this.#features = undefined;
    return kept;
  }

  keepFeatures(x: Csr): void {
    this.#features = x;
  }

  scores(): Promise<ScoreRow[]> {
    this.#scores ??= readScores(this.#services, this.input);
    return this.#scores;
  }

  keepScores(scores: ScoreRow[]): void {
    this.#scores = Promise.resolve(scores);
  }

  /** What people have decided until the first call; see `lookAgain`. */
  said(taxonomyVersion: string): Promise<FindDecision> {
    this.#said ??= peopleDecisions(this.#services, taxonomyVersion);
    return this.#said;
  }

  /** Time has passed: what people have decided meanwhile counts. */
  lookAgain(): void {
    this.#said = undefined;
  }
}
