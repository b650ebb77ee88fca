// Which way a document goes: the model's label stands, the LLM is asked, or people decide.

import type { LoadedModel } from '../models/registry.ts';

export type Route = 'accept' | 'ask' | 'review';

export interface RouteLimits {
  /** Calibrated probability from which the model's label stands. */
  accept: number;
  /** Below this the LLM is not asked. */
  review: number;
  llm: boolean;
}

/**
 * Route by the calibrated probability of the top label. NaN never accepts.
 * @param isDoubted  the text rests on pages nobody could read: the label never stands on the model's word alone
 */
export function route(confidence: number, limits: RouteLimits, isDoubted = false): Route {
  if (confidence >= limits.accept && !isDoubted) return 'accept';
  return limits.llm && !(confidence < limits.review) ? 'ask' : 'review';
}

/** The model's own accept threshold for a label: where it makes a promise per label, that label's. */
export function acceptFor(model: Pick<LoadedModel, 'accept' | 'acceptByLabel'>, label: number): number {
  const byLabel = model.acceptByLabel ?? null;
  if (byLabel === null) return model.accept;
  return byLabel[label] ?? Number.POSITIVE_INFINITY; // nothing is promised for this label: it is always asked
}
