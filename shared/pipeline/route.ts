// Which way a document goes: the model's label stands, the LLM is asked, or people decide.

export type Route = 'accept' | 'ask' | 'review';

export interface RouteLimits {
  /** Calibrated probability from which the model's label stands. */
  accept: number;
  /** Below this the LLM is not asked. */
  review: number;
  llm: boolean;
}

/** Route by the calibrated probability of the top label. NaN never accepts. */
export function route(confidence: number, limits: RouteLimits): Route {
  if (confidence >= limits.accept) return 'accept';
  return limits.llm && !(confidence < limits.review) ? 'ask' : 'review';
}
