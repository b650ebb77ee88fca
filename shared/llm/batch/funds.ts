// Money of a batch job: set aside before the job is created, turned into its cost when it has ended.
// Invariants: F1 a part is funded once; repeating after a crash reserves the same amount under the same name. F2 what the money left does not pay for
//             is left to the live lane, the end of the part first: parts stand in the order of expected gain. F3 money that others have set aside is waited for.
import { sha256Hex } from '../../ids.ts';
import type { Budget } from '../money/budget.ts';

/** How much of a part may be submitted. Written once per part. */
export interface Funds {
  /** Packs from the start of the part. */
  count: number;
  /** Nano-dollars as text. */
  costAtMost: string;
  /** When, ms since the epoch: the day's ceiling is that of this day. */
  at: number;
  /** Under this name the money is set aside; null: none is. */
  reservation: string | null;
}

/**
 * Set aside the highest cost of as many packs as the money left pays for: all, else a half, a quarter … of them.
 * @param mayTakeMs  how long the job may take
 * @returns          or when to ask again, ms since the epoch
 */
export async function fundPart(
  name: string,
  costs: readonly bigint[],
  budget: Budget,
  time: { nowMs: number; mayTakeMs: number },
): Promise<Funds | { until: number }> {
  for (const count of steps(costs.length)) {
    const total = costs.slice(0, count).reduce((sum, cost) => sum + cost, 0n);
    const key = reservation(name, count);
    const funding = await budget.reserve(key, total, time.mayTakeMs);
    if (funding.kind === 'reserved') return { until: funding.until };
    if (funding.kind === 'taken') return { count, costAtMost: String(total), at: time.nowMs, reservation: key };
  }
  return unfunded(time.nowMs);
}

/** Nothing of a part is submitted. */
export const unfunded = (nowMs: number): Funds => ({ count: 0, costAtMost: '0', at: nowMs, reservation: null });

/** Book what a part has cost; amounts that a crash left under other counts are given back. */
export async function settlePart(
  name: string,
  length: number,
  funds: Funds,
  cost: bigint,
  budget: Budget,
): Promise<void> {
  await budget.settleAll(
    new Map(steps(length).map((count) => [reservation(name, count), count === funds.count ? cost : 0n])),
  );
}

/** Short: the budget's record holds many of them. */
const reservation = (name: string, count: number): string => `batch-${sha256Hex(name).slice(0, 20)}-${count}`;

function steps(length: number): number[] {
  const counts: number[] = [];
  for (let count = length; count > 0; count = Math.floor(count / 2)) counts.push(count);
  return counts;
}
