// Money: a run's and a day's ceiling, shared by all processes. The most a call can cost is set aside before it is sent.
// Invariants: B1 spent + set aside never exceeds the ceiling. B2 settling is idempotent: an amount set aside is turned into its cost once.
//             B3 what was set aside for a call that was lost stays counted at its full estimate.
import { TerminalError } from '../errors.ts';
import type { Clock, Random, StateTable } from '../ports.ts';

interface BudgetRecord {
  /** Nano-dollars as text. */
  spent: string;
  /** Set aside, by call and attempt. */
  open: Record<string, string>;
}

export interface Ceiling {
  /** Key of the record in the state table. */
  key: string;
  nanoUsd: bigint;
}

const MAX_CAS_TRIES = 100;

/** Ceilings of one run. USD → nano-dollars; undefined is no limit. */
export function ceilings(limits: {
  runId: string;
  runUsd?: number | undefined;
  dayUsd?: number | undefined;
  nowMs: number;
}): Ceiling[] {
  const list: Ceiling[] = [];
  if (limits.dayUsd !== undefined) list.push({ key: dayKey(limits.nowMs), nanoUsd: nano(limits.dayUsd) });
  if (limits.runUsd !== undefined)
    list.push({ key: `llm-budget-run-${limits.runId.replace(/[^A-Za-z0-9._-]/g, '_')}`, nanoUsd: nano(limits.runUsd) });
  return list;
}

export class Budget {
  readonly #ceilings: readonly Ceiling[];
  readonly #state: StateTable;
  readonly #clock: Clock;
  readonly #random: Random;

  constructor(ceilings: readonly Ceiling[], deps: { state: StateTable; clock: Clock; random: Random }) {
    this.#ceilings = ceilings;
    this.#state = deps.state;
    this.#clock = deps.clock;
    this.#random = deps.random;
  }

  /** Set money aside for one attempt under every ceiling. False when one of them would be exceeded; then nothing stays set aside. */
  async reserve(attemptId: string, nanoUsd: bigint): Promise<boolean> {
    const taken: Ceiling[] = [];
    for (const ceiling of this.#ceilings) {
      const isTaken = await this.#change(ceiling, (record) => {
        if (attemptId in record.open) return true;
        if (committed(record) + nanoUsd > ceiling.nanoUsd) return false;
        record.open[attemptId] = String(nanoUsd);
        return true;
      });
      if (!isTaken) {
        for (const back of taken) await this.#settleUnder(back, new Map([[attemptId, 0n]]));
        return false;
      }
      taken.push(ceiling);
    }
    return true;
  }

  /** Replace what was set aside by what was spent. */
  async settle(attemptId: string, nanoUsd: bigint): Promise<void> {
    await this.settleAll(new Map([[attemptId, nanoUsd]]));
  }

  /** Settle what a crash may have left open; what is settled already is left alone. */
  async settleAll(costs: ReadonlyMap<string, bigint>): Promise<void> {
    for (const ceiling of this.#ceilings) await this.#settleUnder(ceiling, costs);
  }

  #settleUnder(ceiling: Ceiling, costs: ReadonlyMap<string, bigint>): Promise<boolean> {
    return this.#change(ceiling, (record) => {
      const due = [...costs].filter(([id]) => id in record.open);
      for (const [id, cost] of due) {
        delete record.open[id];
        record.spent = String(BigInt(record.spent) + cost);
      }
      return due.length > 0;
    });
  }

  async #change({ key }: Ceiling, change: (record: BudgetRecord) => boolean): Promise<boolean> {
    for (let attempt = 0; attempt < MAX_CAS_TRIES; attempt++) {
      const current = await this.#state.get(key);
      const stored = current?.value as BudgetRecord | undefined; // only this class writes the key
      const record: BudgetRecord = { spent: stored?.spent ?? '0', open: { ...stored?.open } };
      if (!change(record)) return false;
      if ((await this.#state.compareAndSwap(key, current?.etag ?? null, record)) !== undefined) return true;
      await this.#clock.sleep(this.#random.next() * Math.min(200, 5 * 2 ** attempt));
    }
    throw new TerminalError('internal', `budget record ${key} could not be changed in ${MAX_CAS_TRIES} tries`);
  }
}

/** USD spent and set aside under the day's ceiling so far; 0 where the day has none. */
export async function spentOnDay(state: StateTable, nowMs: number): Promise<number> {
  const stored = (await state.get(dayKey(nowMs)))?.value as BudgetRecord | undefined; // only Budget writes the key
  return stored === undefined ? 0 : Number(committed(stored)) / 1e9;
}

const dayKey = (nowMs: number): string => `llm-budget-day-${new Date(nowMs).toISOString().slice(0, 10)}`;

function committed(record: BudgetRecord): bigint {
  return Object.values(record.open).reduce((sum, amount) => sum + BigInt(amount), BigInt(record.spent));
}

function nano(usd: number): bigint {
  if (!Number.isFinite(usd) || usd < 0)
    throw new TerminalError('request.invalid', `budget ${usd} is not an amount of USD`);
  return BigInt(Math.round(usd * 1e9));
}
