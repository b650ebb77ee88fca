// What `sluice decide` is told, and one decision of it as the API takes it.
import { type FeedbackRequest, feedbackSchema } from '../../shared/api/decisions.ts';
import { parseRequest } from '../../shared/api/problem.ts';
import type { LakeOptions } from '../at-lake.ts';

export interface DecideOptions extends LakeOptions {
  note?: string;
  /** File with the columns document_id and label. */
  from?: string;
  /** Label of all documents that are chosen. */
  as?: string;
  undo?: string[];
}

export interface ChooseOptions extends DecideOptions {
  /** The label that the chosen documents get. */
  as: string;
  like?: string;
  similarity?: number;
  yes: boolean;
  /** Decide anew what a person has decided too. */
  overrulePeople: boolean;
  [filter: string]: unknown;
}

/** What is wrong with this row alone: the next may be right. */
export const requestOf = (documentId: string, label: string, note: string | undefined): FeedbackRequest =>
  parseRequest(feedbackSchema, { documentId, label, ...(note === undefined ? {} : { note }) });
