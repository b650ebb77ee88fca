// The last days as reports count them: UTC, today included.
const DAY_MS = 86_400_000;

export interface Period {
  /** YYYY-MM-DD */
  today: string;
  /** First day of the period. */
  first: string;
}

/** @param nowMs  epoch ms @param days  1 is today alone */
export function lastDays(nowMs: number, days: number): Period {
  const dateOf = (ms: number) => new Date(ms).toISOString().slice(0, 10);
  return { today: dateOf(nowMs), first: dateOf(nowMs - (days - 1) * DAY_MS) };
}
