// One gate for all calls to a tenant, shared by all processes: resource units of the running minute, and the moment before which nobody may call.
// Invariants: G1 no call leaves inside a Retry-After, whichever process was told. G2 a process waits no longer than the service said.
// Resource units: https://learn.microsoft.com/sharepoint/dev/general-development/how-to-avoid-getting-throttled-or-blocked-in-sharepoint-online
import type { Clock, StateTable } from '../../ports.ts';

interface GateRecord {
  blockedUntil: number;
  /** Minute of the count, since the epoch. */
  minute: number;
  units: number;
}

export interface GateOptions {
  state: StateTable;
  clock: Clock;
  /** Tells tenants apart. */
  key: string;
  /** Resource units a minute; the smallest tenant has 1,200 for all calls of the app. */
  unitsPerMinute: number;
}

const MINUTE_MS = 60_000;
const MAX_CAS_TRIES = 40;

export class Gate {
  readonly #options: GateOptions;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: GateOptions) {
    this.#options = options;
  }

  /** Wait until a call of so many units may leave. */
  pass(units: number): Promise<void> {
    const mine = this.#turn.then(() => this.#pass(units));
    this.#turn = mine.catch(() => undefined); // the caller is told; the next in line is not
    return mine;
  }

  /** The service asked for a pause. @param ms  as Retry-After said */
  async block(ms: number): Promise<void> {
    const until = this.#options.clock.now() + ms;
    await this.#change((record) => ({ ...record, blockedUntil: Math.max(record.blockedUntil, until) }));
  }

  async #pass(units: number): Promise<void> {
    const { clock, unitsPerMinute } = this.#options;
    for (;;) {
      let waitMs = 0;
      await this.#change((record) => {
        const now = clock.now();
        // A clock that was set back elsewhere must not block for longer than any service asks.
        const blockedUntil = record.blockedUntil > now + 60 * MINUTE_MS ? 0 : record.blockedUntil;
        const minute = Math.floor(now / MINUTE_MS);
        const spent = record.minute === minute ? record.units : 0;
        const isFull = spent > 0 && spent + units > unitsPerMinute;
        waitMs = Math.max(blockedUntil - now, isFull ? (minute + 1) * MINUTE_MS - now : 0, 0);
        return waitMs > 0 ? undefined : { blockedUntil, minute, units: spent + units };
      });
      if (waitMs === 0) return;
      await clock.sleep(waitMs);
    }
  }

  /** @param next  undefined = leave the record */
  async #change(next: (record: GateRecord) => GateRecord | undefined): Promise<void> {
    const { state, key } = this.#options;
    for (let tries = 0; tries < MAX_CAS_TRIES; tries++) {
      const found = await state.get(key);
      const wanted = next((found?.value as GateRecord | undefined) ?? { blockedUntil: 0, minute: 0, units: 0 }); // written here
      if (wanted === undefined) return;
      if ((await state.compareAndSwap(key, found?.etag ?? null, wanted)) !== undefined) return;
    }
    throw new Error(`gate ${key}: lost ${MAX_CAS_TRIES} races`);
  }
}
