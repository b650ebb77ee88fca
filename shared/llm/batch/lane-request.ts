// What a lane is asked for, and what it answers.
import type { Taxonomy } from '../../taxonomy.ts';
import type { LlmDocument } from '../prepare.ts';

export interface BatchLaneRequest {
  runId: string;
  taxonomy: Taxonomy;
  /** Batches of the run with the documents to ask about. */
  batches: readonly { batchId: string; documents: readonly LlmDocument[] }[];
  /** Tells several lanes of one run apart. Default: the run has one. */
  name?: string;
  /** After this jobs are cancelled and what they have not answered is asked live, ms since the epoch. Default: the service's 24 h. */
  deadlineMs?: number | undefined;
  /** USD the run may spend on the LLM; the day's ceiling is a setting. */
  budget?: { runUsd?: number | undefined };
}

export type BatchLaneOutcome =
  /** Call again at this time, ms since the epoch. */
  | { status: 'running'; pollAt: number; parts: number; ended: number }
  /** Every job has ended: classify the batches now; `leftover` packs will be asked live. */
  | { status: 'collected'; answered: number; leftover: number };
