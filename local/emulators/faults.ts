// Faults the simulator injects, as data: which, how often, and for which documents. Seeded, so that a failing run can be repeated.

export const FAULT_KINDS = [
  'capacity-429', // the pool is busy: 429 although the quota is free
  'error-500',
  'error-503',
  'reset', // the connection ends before an answer; nothing is billed
  'reset-after-billing', // the work was done and billed, the answer is lost
  'cut-body', // half of the answer body, then the connection ends; billed
  'hang', // billed, never answered
  'slow', // answered after `slowMs`
  'cut-json', // finish_reason length in the middle of an element
  'missing-ids',
  'duplicate-ids',
  'conflicting-ids',
  'unknown-ids',
  'string-ids',
  'unknown-label',
  'label-names', // names instead of codes, in odd case
  'prose', // text around the JSON
  'broken-json',
  'refusal',
  'null-content',
  'filtered-output',
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

export interface FaultPlan {
  /** Share of admitted requests, 0..1, per kind. */
  rates?: Partial<Record<FaultKind, number>>;
  /** A request whose documents hold this word is refused by the content filter. Default `POISON`. */
  poisonWord?: string;
  /** A request whose documents hold this word is declined by the model. Default none. */
  refusalWord?: string;
  /** Fail a call only when this returns true; for tests in the same process. */
  only?: (request: { deployment: string; prompt: string }) => boolean;
  /** Delay of `slow`, ms. Default 30,000. */
  slowMs?: number;
}

/** The fault of one request, or none: one draw decides, so rates add up. */
export function drawFault(plan: FaultPlan, draw: number): FaultKind | undefined {
  let threshold = 0;
  for (const kind of FAULT_KINDS) {
    threshold += plan.rates?.[kind] ?? 0;
    if (draw < threshold) return kind;
  }
  return undefined;
}
