// Sums over the items of a drive, kept up by what each part of a round has changed in its own.
import { mostFirst, type ReasonCount } from '../api/source-status.ts';
import type { DriveItem } from './drive-items.ts';

export interface Tally {
  /** seen = landed + skipped + failed + removed */
  counts: Record<string, number>;
  /** Skipped and failed ones by `state code`. */
  reasons: Record<string, number>;
  /** Files left out for their age. */
  older: number;
  /** All that are known, whatever became of them. */
  items: number;
}

export const newTally = (): Tally => ({
  counts: { landed: 0, skipped: 0, failed: 0, removed: 0 },
  reasons: {},
  older: 0,
  items: 0,
});

/** @param sign  -1 takes the items away */
export function count(tally: Tally, items: Iterable<DriveItem>, sign: 1 | -1 = 1): void {
  for (const { state, code, isBefore } of items) {
    tally.items += sign;
    if (isBefore === true) tally.older += sign;
    if (state === 'none') continue;
    plus(tally.counts, state, sign);
    if (state === 'skipped' || state === 'failed') plus(tally.reasons, `${state} ${code ?? 'unknown'}`, sign);
  }
}

export function addTally(tally: Tally, other: Tally): void {
  for (const [state, n] of Object.entries(other.counts)) plus(tally.counts, state, n);
  for (const [reason, n] of Object.entries(other.reasons)) plus(tally.reasons, reason, n);
  tally.older += other.older;
  tally.items += other.items;
}

function plus(sums: Record<string, number>, key: string, n: number): void {
  const sum = (sums[key] ?? 0) + n;
  if (sum === 0 && key.includes(' ')) delete sums[key];
  else sums[key] = sum;
}

/** The most frequent first. */
export const reasonsOf = ({ reasons }: Tally): ReasonCount[] =>
  mostFirst(
    Object.entries(reasons).map(([reason, items]) => {
      const [state = '', code = ''] = reason.split(' ');
      return { state, code, items } as ReasonCount; // `count` makes them
    }),
  );
