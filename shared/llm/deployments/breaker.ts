// Circuit breaker of one deployment, per process. Refusals for quota never open it: waiting is the remedy there.
import type { Clock } from '../../ports.ts';

const WINDOW = 20;
const FAILURES_TO_OPEN = 5;
const CONNECT_ERRORS_TO_OPEN = 3;
const FIRST_OPEN_MS = 15_000;
const MAX_OPEN_MS = 5 * 60_000;

export class Breaker {
  readonly #clock: Clock;
  #outcomes: boolean[] = [];
  #connectErrors = 0;
  #openUntil = 0;
  /** How long it was opened for: it stays open no longer where the clock is set back. */
  #openedForMs = 0;
  #openMs = FIRST_OPEN_MS;
  #isProbing = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** When a call may be tried: now when closed, ms since the epoch otherwise. */
  opensAt(): number {
    const now = this.#clock.now();
    if (this.#openUntil === 0) return now;
    this.#openUntil = Math.min(this.#openUntil, now + this.#openedForMs);
    if (now < this.#openUntil) return this.#openUntil;
    return this.#isProbing ? now + 1000 : now;
  }

  /** Before a call: the first one after an open period is the probe, the others keep waiting for it. */
  begin(): void {
    if (this.#openUntil !== 0 && this.#clock.now() >= this.#openUntil) this.#isProbing = true;
  }

  succeed(): void {
    this.#record(true);
    this.#connectErrors = 0;
    this.#openUntil = 0;
    this.#openMs = FIRST_OPEN_MS;
    this.#isProbing = false;
  }

  /** The call ended without saying anything about the endpoint's health (429, our own crash). */
  abstain(): void {
    this.#isProbing = false;
  }

  fail(isConnectError: boolean): void {
    this.#record(false);
    this.#connectErrors = isConnectError ? this.#connectErrors + 1 : 0;
    const failures = this.#outcomes.filter((ok) => !ok).length;
    if (this.#isProbing || this.#connectErrors >= CONNECT_ERRORS_TO_OPEN || failures >= FAILURES_TO_OPEN) this.#open();
    this.#isProbing = false;
  }

  #open(): void {
    if (this.#openUntil > this.#clock.now()) return; // calls that were in flight when it opened do not lengthen it
    this.#openUntil = this.#clock.now() + this.#openMs;
    this.#openedForMs = this.#openMs;
    this.#openMs = Math.min(MAX_OPEN_MS, this.#openMs * 2);
    this.#outcomes = [];
    this.#connectErrors = 0;
  }

  #record(ok: boolean): void {
    this.#outcomes.push(ok);
    if (this.#outcomes.length > WINDOW) this.#outcomes.shift();
  }
}
