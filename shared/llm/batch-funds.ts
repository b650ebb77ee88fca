// Money of a batch job: set aside before the job is created, turned into its cost when it has ended.
// Invariants: F1 a part is funded once; repeating after a crash reserves the same amount under the same name. F2 what does not fit the budget is
//             left to the live lane, the end of the part first: parts stand in the order of expected gain.
import type { Budget } from './budget.ts';

/** How much of a part may be submitted. Written once per part. */
export interface Funds {
  /** Packs from the start of the part. */
  count: number;
  /** Nano-dollars as text. */
  costAtMost: string;
  /** When, ms since the epoch: the day's ceiling is that of this day. */
  at: number;
}

/** Set aside the highest cost of as many packs as fit: all, else a half, a quarter … of them. */
export async function fundPart(name: string, costs: readonly bigint[], budget: Budget, nowMs: number): Promise<Funds> {
  for (const count of steps(costs.length)) {
    const total = costs.slice(0, count).reduce((sum, cost) => sum + cost, 0n);
    if (await budget.reserve(reservation(name, count), total)) return { count, costAtMost: String(total), at: nowMs };
  }
  return { count: 0, costAtMost: '0', at: nowMs };
}

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

const reservation = (name: string, count: number): string => `batch-${name}-${count}`;

function steps(length: number): number[] {
  const counts: number[] = [];
  for (let count = length; count > 0; count = Math.floor(count / 2)) counts.push(count);
  return counts;
}
