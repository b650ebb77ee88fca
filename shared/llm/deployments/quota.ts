// The quota of one deployment, shared by all processes: GCRA (virtual scheduling) whose state is one record, changed by compare-and-swap.
// Invariants: Q1 every request has its own slot; slots of all processes never promise more than the limit in any 60 s.
//             Q4 room is left for requests that leave late.
//             Q2 slots are taken at most `leaseMs` ahead, so a changed limit is followed at once. Q3 nobody sends before `blockedUntil`.
//             Q5 a clock that is set back moves all promises with it: nobody waits longer than was promised when it was.
// Why slots instead of buckets: a bucket that saves up a minute bursts, and sliding windows then refuse most of it.
import type { Clock, Random, StateTable } from '../../ports.ts';
import { ChargeScale } from './charge-scale.ts';
import type { LlmSettings } from './deployment.ts';

/** The shared record. Times are ms since the epoch. */
interface QuotaRecord {
  /** Theoretical arrival times: when the next request may start. */
  tokensAt: number;
  requestsAt: number;
  /** Token limit that the service last named, or the configured one. */
  limit: number;
  /** Server's charge ÷ our estimate, learnt from its headers. */
  scale: number;
  /** Cautious factor on the rate after refusals without explanation. */
  factor: number;
  factorAt: number;
  blockedUntil: number;
  /** Sum of all estimates ever reserved: lets any process relate two header readings. */
  reserved: number;
  /** Largest charge of late: one request more than the rate may fall into a window, so room is left for it. */
  largest: number;
  largestAt: number;
  /** Most tokens of late that left together after their slots. */
  late: number;
  lateAt: number;
  /** When the record was written last. */
  writtenAt: number;
}

export interface QuotaOptions {
  name: string;
  tpm: number;
  rpm: number;
  /** Provisioned deployments are not paced, only blocked after a refusal. */
  isPaced: boolean;
  settings: Pick<LlmSettings, 'utilisation' | 'leaseMs' | 'burstMs'>;
  state: StateTable;
  clock: Clock;
  random: Random;
}

/** A slot: send now. `stamp` goes back with the answer's headers. */
export interface Grant {
  kind: 'go';
  stamp: number;
  at: number;
}

/** Not before the caller's latest start; `until` is the time to ask again. */
export interface Refusal {
  kind: 'wait';
  until: number;
}

interface Waiter {
  charge: number;
  latestStart: number;
  settle(result: Grant | Refusal): void;
  fail(error: unknown): void;
}

const MINUTE_MS = 60_000;
const RAMP_MS = 15_000;
/** The room below the limit covers this much. */
const LATE_MS = 300;
const DELAY_WEIGHT = 0.1;
/** A process that has stalled may do so again. */
const LATE_KEPT_MS = 5 * MINUTE_MS;
/** What clocks of several machines may differ by; one that is further behind its own record was set back. */
const CLOCKS_DIFFER_MS = MINUTE_MS;
const MAX_CAS_TRIES = 60;
/** Requests are also checked over slices of 10 s; the spacing keeps inside them with a little room for jitter. */
const SLICES_PER_MINUTE = 6;
const SLICE_ROOM = 1.02;

export class SharedQuota {
  readonly #options: QuotaOptions;
  readonly #waiting: Waiter[] = [];
  #pumping = false;
  #blockedUntil = 0;
  #nextFree = 0;
  readonly #scale = new ChargeScale();
  #namedLimit: number | undefined;
  /** How long after its slot a request usually leaves, ms. */
  #usualDelayMs = 0;
  /** Requests that left late together. */
  #late = { tokens: 0, at: 0 };
  /** Slot the sleeping pump waits for. */
  #sleepingFor = 0;
  /** The time that this process saw last. */
  #seenAt = 0;

  constructor(options: QuotaOptions) {
    this.#options = options;
  }

  /** When a request could start as far as this process knows, ms since the epoch. */
  earliest(): number {
    return Math.max(this.#now(), this.#blockedUntil, this.#nextFree);
  }

  /** The time; where the clock was set back, what this process has promised itself goes back with it (Q5). */
  #now(): number {
    const now = this.#options.clock.now();
    const backMs = this.#seenAt - now;
    this.#seenAt = now;
    if (backMs <= CLOCKS_DIFFER_MS) return now;
    this.#blockedUntil -= backMs;
    this.#nextFree -= backMs;
    this.#sleepingFor -= backMs;
    return now;
  }

  /**
   * Wait for a slot.
   * @param charge       tokens the service will charge at arrival
   * @param latestStart  give up when the slot would be later, ms since the epoch
   */
  acquire(charge: number, latestStart: number, options: { isRetry?: boolean } = {}): Promise<Grant | Refusal> {
    this.#now();
    if (latestStart < this.#sleepingFor) return Promise.resolve({ kind: 'wait', until: this.#sleepingFor });
    return new Promise((settle, fail) => {
      const waiter: Waiter = { charge, latestStart, settle, fail };
      if (options.isRetry) this.#waiting.unshift(waiter);
      else this.#waiting.push(waiter);
      if (!this.#pumping) void this.#pump();
    });
  }

  /**
   * A request leaves now. Those that are later than usual (their process had stalled) fall into a window with the ones whose slots come after
   * them, so room is left for as many. A delay that is always the same moves everything alike and costs nothing.
   */
  async leave(grant: Grant, charge: number): Promise<void> {
    if (!this.#options.isPaced) return;
    const now = this.#options.clock.now();
    const excess = Math.max(0, now - grant.at) - this.#usualDelayMs;
    this.#usualDelayMs += Math.min(excess, LATE_MS) * DELAY_WEIGHT;
    if (excess < LATE_MS) return;
    this.#late = { tokens: charge + (now - this.#late.at < LATE_MS ? this.#late.tokens : 0), at: now };
    await this.#change((record) => {
      const late = this.#late.tokens * record.scale;
      if (late < record.late && now - record.lateAt <= LATE_KEPT_MS) return false;
      record.late = late;
      record.lateAt = now;
      return true;
    });
  }

  /** Follow what the headers of an answer say. */
  observe(grant: Grant, headers: Readonly<Record<string, string>>): void {
    const limit = Number(headers['x-ratelimit-limit-tokens']);
    if (Number.isFinite(limit) && limit > 0) this.#namedLimit = limit;
    const remaining = Number(headers['x-ratelimit-remaining-tokens'] ?? Number.NaN);
    if (Number.isFinite(remaining) && remaining >= 0)
      this.#scale.observe({ stamp: grant.stamp, at: grant.at, remaining }, this.#namedLimit);
  }

  /** The service refused: nobody sends until `until`. `isOwnLimit` slows the rate a little when it happens again and again. */
  async block(until: number, isOwnLimit: boolean): Promise<void> {
    this.#blockedUntil = Math.max(this.#blockedUntil, until);
    await this.#change((record, now) => {
      record.blockedUntil = Math.max(record.blockedUntil, until);
      if (isOwnLimit && now - record.factorAt >= MINUTE_MS) {
        record.factor = Math.max(0.5, record.factor * 0.97);
        record.factorAt = now;
      }
      return true;
    });
  }

  async #pump(): Promise<void> {
    this.#pumping = true;
    const { clock, random } = this.#options;
    try {
      while (this.#waiting.length > 0) {
        const outcome = this.#options.isPaced ? await this.#reserve() : this.#passUnpaced();
        if (outcome.retryAt === undefined) continue;
        const { retryAt } = outcome;
        // Those who cannot wait that long leave now, so that their activity can end.
        for (let i = this.#waiting.length - 1; i >= 0; i--)
          if ((this.#waiting[i]?.latestStart ?? 0) < outcome.slot)
            this.#waiting.splice(i, 1)[0]?.settle({ kind: 'wait', until: outcome.slot });
        if (this.#waiting.length === 0) break;
        this.#sleepingFor = outcome.slot;
        await clock.sleep(Math.max(5, retryAt - clock.now()) + random.next() * 20);
        this.#sleepingFor = 0;
      }
    } catch (error) {
      for (const waiter of this.#waiting.splice(0)) waiter.fail(error);
    } finally {
      this.#sleepingFor = 0;
      this.#pumping = false;
    }
  }

  #passUnpaced(): { retryAt: number | undefined; slot: number } {
    const now = this.#now();
    if (now < this.#blockedUntil) return { retryAt: this.#blockedUntil, slot: this.#blockedUntil };
    for (const waiter of this.#waiting.splice(0)) waiter.settle({ kind: 'go', stamp: 0, at: now });
    return { retryAt: undefined, slot: now };
  }

  /** Take slots for as many waiting requests as fit into the lease. */
  async #reserve(): Promise<{ retryAt: number | undefined; slot: number }> {
    const { settings } = this.#options;
    const granted: { waiter: Waiter; at: number; stamp: number }[] = [];
    let firstSlot = 0;
    const isChanged = await this.#change((record, now) => {
      granted.length = 0;
      for (const waiter of this.#waiting) {
        const slot = Math.max(now, record.tokensAt, record.requestsAt, record.blockedUntil);
        if (granted.length === 0) firstSlot = slot;
        if (slot > now + settings.leaseMs || slot > waiter.latestStart) break;
        const { tokensPerMs, requestMs } = this.#rates(record, slot, waiter.charge);
        record.tokensAt =
          Math.max(record.tokensAt, slot - settings.burstMs) + (waiter.charge * record.scale) / tokensPerMs;
        record.requestsAt = Math.max(record.requestsAt, slot) + requestMs;
        record.reserved += waiter.charge;
        granted.push({ waiter, at: slot, stamp: record.reserved });
      }
      this.#nextFree = Math.max(record.tokensAt, record.requestsAt, record.blockedUntil);
      return granted.length > 0;
    });
    if (!isChanged || granted.length === 0) return { retryAt: firstSlot - settings.leaseMs, slot: firstSlot };
    this.#waiting.splice(0, granted.length);
    for (const grant of granted) void this.#release(grant);
    return { retryAt: undefined, slot: firstSlot };
  }

  async #release({ waiter, at, stamp }: { waiter: Waiter; at: number; stamp: number }): Promise<void> {
    const { clock } = this.#options;
    try {
      if (at > clock.now()) await clock.sleep(at - clock.now());
      if (this.#blockedUntil > this.#now()) {
        // A refusal came in meanwhile: back to the head of the queue. The slot is lost, which errs on the safe side.
        this.#waiting.unshift(waiter);
        if (!this.#pumping) void this.#pump();
        return;
      }
      waiter.settle({ kind: 'go', stamp, at });
    } catch (error) {
      waiter.fail(error);
    }
  }

  #rates(record: QuotaRecord, slot: number, charge: number): { tokensPerMs: number; requestMs: number } {
    const { settings, rpm } = this.#options;
    const scaled = charge * record.scale;
    if (scaled >= record.largest || slot - record.largestAt > MINUTE_MS) {
      record.largest = scaled;
      record.largestAt = slot;
    }
    const sinceBlock = slot - record.blockedUntil;
    const ramp = record.blockedUntil > 0 && sinceBlock < RAMP_MS ? 0.5 + 0.5 * (Math.max(0, sinceBlock) / RAMP_MS) : 1;
    const late = slot - record.lateAt > LATE_KEPT_MS ? 0 : record.late;
    const room = (record.limit - record.largest - late) / (1 + settings.burstMs / MINUTE_MS);
    const perMinute =
      Math.max(record.limit * 0.05, Math.min(record.limit * settings.utilisation, room)) * record.factor * ramp;
    const perSlice = Math.max(1, Math.floor(rpm / SLICES_PER_MINUTE));
    const requestMs = Math.max(
      MINUTE_MS / (rpm * settings.utilisation),
      rpm < SLICES_PER_MINUTE ? 0 : (MINUTE_MS / SLICES_PER_MINUTE / perSlice) * SLICE_ROOM,
    );
    return { tokensPerMs: perMinute / MINUTE_MS, requestMs: requestMs / ramp };
  }

  /** Change the record under compare-and-swap. The change returns false for "nothing to write". */
  async #change(change: (record: QuotaRecord, now: number) => boolean): Promise<boolean> {
    const { state, clock, random, name } = this.#options;
    const key = quotaKey(name);
    for (let attempt = 0; attempt < MAX_CAS_TRIES; attempt++) {
      const current = await state.get(key);
      const now = this.#now();
      const record = this.#current(current?.value, now);
      // Promises that moved back with the clock are written down at once, or they would move on with every look.
      const isMoved = setBackMs(current?.value, now) > CLOCKS_DIFFER_MS;
      const isChanged = change(record, now);
      if (!isChanged && !isMoved) {
        this.#blockedUntil = Math.max(this.#blockedUntil, record.blockedUntil);
        return false;
      }
      record.writtenAt = now;
      const etag = await state.compareAndSwap(key, current?.etag ?? null, record);
      this.#blockedUntil = Math.max(this.#blockedUntil, record.blockedUntil);
      if (etag !== undefined) return isChanged;
      await clock.sleep(random.next() * Math.min(200, 5 * 2 ** attempt)); // without backoff throughput falls as writers rise
    }
    return false;
  }

  #current(stored: unknown, now: number): QuotaRecord {
    const { tpm } = this.#options;
    const fresh: QuotaRecord = {
      tokensAt: 0,
      requestsAt: 0,
      limit: tpm,
      scale: 1,
      factor: 1,
      factorAt: 0,
      blockedUntil: 0,
      reserved: 0,
      largest: 0,
      largestAt: 0,
      late: 0,
      lateAt: 0,
      writtenAt: 0,
    };
    const record = { ...fresh, ...(typeof stored === 'object' ? stored : null) };
    const backMs = setBackMs(stored, now);
    if (backMs > CLOCKS_DIFFER_MS)
      // Q5
      for (const time of [
        'tokensAt',
        'requestsAt',
        'blockedUntil',
        'factorAt',
        'largestAt',
        'lateAt',
        'writtenAt',
      ] as const)
        record[time] = Math.max(0, record[time] - backMs);
    record.limit = Math.min(tpm, this.#namedLimit ?? (record.limit > 0 ? record.limit : tpm));
    record.scale = this.#scale.value ?? record.scale;
    if (record.factor < 1 && now - record.factorAt >= MINUTE_MS) {
      record.factor = Math.min(1, record.factor + 0.005);
      record.factorAt = now;
    }
    return record;
  }
}

/** How far the clock is behind the record; records of earlier versions do not tell. */
function setBackMs(stored: unknown, now: number): number {
  const { writtenAt = 0 } = (typeof stored === 'object' && stored !== null ? stored : {}) as Partial<QuotaRecord>; // written by #change
  return writtenAt - now;
}

/** Key of a deployment's record in the state table; only characters every table accepts. */
export function quotaKey(deployment: string): string {
  return `llm-quota-${deployment.replace(/[^A-Za-z0-9._-]/g, '_')}`;
}
