// Money: a run's and a day's ceiling, shared by all processes. The most a call can cost is set aside before it is sent.
// Invariants: B1 spent + set aside never exceeds the ceiling. B2 settling is idempotent: an amount set aside is turned into its cost once.
//             B3 what was set aside for a call that was lost stays counted at its full estimate: after its time it counts as spent.
//             B4 `spent` is said only of money that will not come back; what is only set aside may, so it is waited for.
import { TerminalError } from '../../errors.ts';
import type { Clock, Random, StateTable } from '../../ports.ts';

interface BudgetRecord {
  /** Nano-dollars as text. */
  spent: string;
  /** Set aside, by call and attempt: `<nano-dollars> <since> <seconds it may take>`, times in base 36 seconds to keep the record small. */
  open: Record<string, string>;
}

export interface Ceiling {
  /** Key of the record in the state table. */
  key: string;
  nanoUsd: bigint;
}

/** `reserved`: others hold the money that is missing; ask again at `until`, ms since the epoch. `spent`: it will not come back. */
export type Funding = { kind: 'taken' } | { kind: 'reserved'; until: number } | { kind: 'spent' };

const MAX_CAS_TRIES = 100;
/** A record has to stay below 32 Ki characters. */
const MAX_OPEN_CHARS = 28 * 1024;
/** Amounts whose time is over are kept by name, so that a late settlement finds them, until there are so many. */
const MAX_LOST = 100;
/** Time after the end of a call until the money of a dead process counts as spent: a new delivery has settled it by then, if anything can. */
const SETTLE_MARGIN_MS = 10 * 60_000;
const MIN_WAIT_MS = 2000;
const MAX_WAIT_MS = 10 * 60_000;
/** Money that has been set aside for long will stay so for long. */
const AGE_PER_WAIT = 4;

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
  /** What was last seen of each ceiling: spent, and left beside everything set aside. */
  readonly #seen = new Map<string, { spent: bigint; free: bigint }>();

  constructor(ceilings: readonly Ceiling[], deps: { state: StateTable; clock: Clock; random: Random }) {
    this.#ceilings = ceilings;
    this.#state = deps.state;
    this.#clock = deps.clock;
    this.#random = deps.random;
  }

  /** There is a ceiling. */
  get isLimited(): boolean {
    return this.#ceilings.length > 0;
  }

  /**
   * Set money aside for one attempt under every ceiling. When one of them would be exceeded nothing stays set aside.
   * @param mayTakeMs  how long the call may take; after that and a margin the amount counts as spent
   */
  async reserve(attemptId: string, nanoUsd: bigint, mayTakeMs: number): Promise<Funding> {
    const taken: Ceiling[] = [];
    let funding: Funding = { kind: 'taken' };
    for (const ceiling of this.#ceilings) {
      const found: { funding: Funding } = { funding };
      await this.#change(ceiling, (record, now) => {
        const isOpen = attemptId in record.open;
        found.funding = isOpen ? { kind: 'taken' } : fundingOf(record, ceiling, nanoUsd, now);
        // A ceiling after one that refused is only asked whether there is any use in waiting.
        if (isOpen || found.funding.kind !== 'taken' || funding.kind !== 'taken') return false;
        record.open[attemptId] = opened(nanoUsd, now, mayTakeMs + SETTLE_MARGIN_MS);
        taken.push(ceiling);
        return true;
      });
      funding = worse(funding, found.funding);
    }
    if (funding.kind === 'taken') return funding;
    for (const back of taken) await this.#settleUnder(back, new Map([[attemptId, 0n]]));
    return this.#spread(funding);
  }

  /** What `reserve` would say now. Asks the table only where what was last seen leaves a doubt. */
  async probe(nanoUsd: bigint): Promise<Funding> {
    let funding: Funding = { kind: 'taken' };
    for (const ceiling of this.#ceilings) {
      const seen = this.#seen.get(ceiling.key);
      if (seen !== undefined && seen.spent + nanoUsd > ceiling.nanoUsd) return { kind: 'spent' };
      if (seen !== undefined && seen.free > nanoUsd * 20n) continue;
      const now = this.#clock.now();
      const record = await this.#read(ceiling);
      funding = worse(funding, fundingOf(record.value, ceiling, nanoUsd, now));
    }
    return this.#spread(funding);
  }

  /** Nano-dollars that the tightest ceiling leaves beside what is spent; undefined without a ceiling. */
  async left(): Promise<bigint | undefined> {
    let least: bigint | undefined;
    for (const ceiling of this.#ceilings) {
      const { value } = await this.#read(ceiling);
      const left = ceiling.nanoUsd - sums(value, this.#clock.now()).spent;
      if (least === undefined || left < least) least = left;
    }
    return least === undefined || least > 0n ? least : 0n;
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

  async #read({ key, nanoUsd }: Ceiling): Promise<{ value: BudgetRecord; etag: string | null }> {
    const current = await this.#state.get(key);
    const stored = current?.value as BudgetRecord | undefined; // only this class writes the key
    const value: BudgetRecord = { spent: stored?.spent ?? '0', open: { ...stored?.open } };
    const { spent, committed } = sums(value, this.#clock.now());
    this.#seen.set(key, { spent, free: nanoUsd - committed });
    return { value, etag: current?.etag ?? null };
  }

  async #change(ceiling: Ceiling, change: (record: BudgetRecord, now: number) => boolean): Promise<boolean> {
    for (let attempt = 0; attempt < MAX_CAS_TRIES; attempt++) {
      const { value, etag } = await this.#read(ceiling);
      const now = this.#clock.now();
      if (!change(value, now)) return false;
      forgetLost(value, now);
      if ((await this.#state.compareAndSwap(ceiling.key, etag, value)) !== undefined) return true;
      await this.#clock.sleep(this.#random.next() * Math.min(200, 5 * 2 ** attempt));
    }
    throw new TerminalError('internal', `budget record ${ceiling.key} could not be changed in ${MAX_CAS_TRIES} tries`);
  }

  /** Those who wait for the same money come back one after the other. */
  #spread(funding: Funding): Funding {
    if (funding.kind !== 'reserved') return funding;
    return { kind: 'reserved', until: funding.until + Math.floor(this.#random.next() * MIN_WAIT_MS) };
  }
}

/** USD spent and set aside under the day's ceiling so far; 0 where the day has none. */
export async function spentOnDay(state: StateTable, nowMs: number): Promise<number> {
  const stored = (await state.get(dayKey(nowMs)))?.value as BudgetRecord | undefined; // only Budget writes the key
  return stored === undefined ? 0 : Number(sums(stored, nowMs).committed) / 1e9;
}

const dayKey = (nowMs: number): string => `llm-budget-day-${new Date(nowMs).toISOString().slice(0, 10)}`;

/** B4. */
function fundingOf(record: BudgetRecord, ceiling: Ceiling, nanoUsd: bigint, now: number): Funding {
  const { spent, committed, youngestMs, firstEndMs } = sums(record, now);
  if (spent + nanoUsd > ceiling.nanoUsd) return { kind: 'spent' };
  const isFull = JSON.stringify(record.open).length > MAX_OPEN_CHARS;
  if (committed + nanoUsd <= ceiling.nanoUsd && !isFull) return { kind: 'taken' };
  const wait = Math.min(MAX_WAIT_MS, Math.max(MIN_WAIT_MS, (now - youngestMs) / AGE_PER_WAIT));
  return { kind: 'reserved', until: Math.ceil(Math.min(now + wait, Math.max(firstEndMs, now + MIN_WAIT_MS))) };
}

interface Sums {
  /** Paid, and set aside for calls that were lost. */
  spent: bigint;
  /** Spent and set aside. */
  committed: bigint;
  /** When the last amount was set aside, and when the first one's time is over; ms since the epoch. */
  youngestMs: number;
  firstEndMs: number;
}

function sums(record: BudgetRecord, now: number): Sums {
  let spent = BigInt(record.spent);
  let reserved = 0n;
  let youngestMs = 0;
  let firstEndMs = Number.POSITIVE_INFINITY;
  for (const entry of Object.values(record.open)) {
    const { amount, sinceMs, untilMs } = readOpened(entry);
    if (untilMs <= now) spent += amount;
    else {
      reserved += amount;
      youngestMs = Math.max(youngestMs, sinceMs);
      firstEndMs = Math.min(firstEndMs, untilMs);
    }
  }
  return { spent, committed: spent + reserved, youngestMs, firstEndMs };
}

/** Many lost amounts would fill the record: the oldest become part of what is spent, under no name. */
function forgetLost(record: BudgetRecord, now: number): void {
  const lost = Object.entries(record.open).filter(([, entry]) => readOpened(entry).untilMs <= now);
  for (const [id, entry] of lost.slice(0, Math.max(0, lost.length - MAX_LOST))) {
    delete record.open[id];
    record.spent = String(BigInt(record.spent) + readOpened(entry).amount);
  }
}

const opened = (nanoUsd: bigint, now: number, mayTakeMs: number): string =>
  `${nanoUsd} ${Math.floor(now / 1000).toString(36)} ${Math.ceil(mayTakeMs / 1000 + 1).toString(36)}`;

/** An amount without times was written by an older version: it counts as lost. */
function readOpened(entry: string): { amount: bigint; sinceMs: number; untilMs: number } {
  const [amount = '0', since = '0', seconds = '0'] = entry.split(' ');
  const sinceMs = Number.parseInt(since, 36) * 1000;
  return { amount: BigInt(amount), sinceMs, untilMs: sinceMs + Number.parseInt(seconds, 36) * 1000 };
}

function worse(a: Funding, b: Funding): Funding {
  if (a.kind === 'spent' || b.kind === 'taken') return a;
  if (b.kind === 'spent' || a.kind === 'taken') return b;
  return a.until > b.until ? a : b;
}

function nano(usd: number): bigint {
  if (!Number.isFinite(usd) || usd < 0)
    throw new TerminalError('request.invalid', `budget ${usd} is not an amount of USD`);
  return BigInt(Math.round(usd * 1e9));
}
