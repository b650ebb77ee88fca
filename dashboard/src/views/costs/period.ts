// Days of a period: those without runs are zeros, and the newest week held against the one before.

/** The dates of the last `days` days, oldest first. @param today  UTC date '2025-05-03' */
export function datesOf(days: number, today: string): string[] {
  const end = Date.parse(`${today}T00:00:00Z`);
  return Array.from({ length: days }, (_, i) => new Date(end - (days - 1 - i) * 86_400_000).toISOString().slice(0, 10));
}

/** One entry per day of the period. @param found  days that are known, in any order; others outside of the period are left out */
export function fillDays<T extends { date: string }>(
  found: readonly T[],
  dates: readonly string[],
  none: (date: string) => T,
): T[] {
  const byDate = new Map(found.map((one) => [one.date, one]));
  return dates.map((date) => byDate.get(date) ?? none(date));
}

export interface Trend {
  /** Share in the newest 7 days and in the 7 before; null where there was nothing to count. */
  now: number | null;
  before: number | null;
}

/** @param days  oldest first, one entry a day, at least 14 for a trend */
export function weekTrend<T>(days: readonly T[], part: (day: T) => number, whole: (day: T) => number): Trend {
  const share = (some: readonly T[]): number | null => {
    const all = some.reduce((sum, one) => sum + whole(one), 0);
    return all === 0 ? null : some.reduce((sum, one) => sum + part(one), 0) / all;
  };
  return { now: share(days.slice(-7)), before: days.length < 14 ? null : share(days.slice(-14, -7)) };
}

/** A level is worth drawing while it does not press what is plotted flat. */
export const isWorthDrawing = (level: number, highest: number): boolean => level > 0 && level <= highest * 6;
