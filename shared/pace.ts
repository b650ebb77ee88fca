// Who goes first in a process: the work of runs, then answers to those who look on.
// Invariants: P1 while a run is in work, questions of readers are worked on one after the other with pauses, so that they take at most a share of
// the time, however many readers there are. P2 a look is shared: many who ask at once get the same, and it began after each of them had asked.
// P3 without a run in work nobody waits.
import type { Clock } from './ports.ts';

/** While a run is in work: of the time that a question or look has taken, so much again passes before the next. */
const PAUSE_PER_WORK = 3;
const MAX_PAUSE_MS = 1500;
const MIN_LOOK_PAUSE_MS = 100;
/** Between two activities a run is in work too. */
const LASTS_MS = 1000;

export class Pace {
  readonly #clock: Clock;
  #inWork = 0;
  #endedAt = Number.NEGATIVE_INFINITY;
  #nextAt = Number.NEGATIVE_INFINITY;
  #queue: Promise<void> = Promise.resolve();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Work of a run: readers wait for it. */
  async first<T>(work: () => Promise<T>): Promise<T> {
    this.#inWork++;
    try {
      return await work();
    } finally {
      this.#inWork--;
      this.#endedAt = this.#clock.now();
    }
  }

  get isBusy(): boolean {
    // A clock that was set back must not make a run seem in work until it has caught up.
    return this.#inWork > 0 || Math.abs(this.#clock.now() - this.#endedAt) < LASTS_MS;
  }

  /** A reader's question (P1, P3). */
  async spare<T>(work: () => Promise<T>): Promise<T> {
    if (!this.isBusy) return await work();
    let leave = () => {};
    const before = this.#queue;
    this.#queue = new Promise((resolve) => {
      leave = resolve;
    });
    await before;
    try {
      await this.waitUntil(this.#nextAt);
      const begun = this.#clock.now();
      try {
        return await work();
      } finally {
        this.#nextAt = this.#clock.now() + pauseAfter(this.#clock.now() - begun);
      }
    } finally {
      leave();
    }
  }

  /** Run a look and tell when the next may begin; see PacedLook. */
  async look<T>(work: () => Promise<T>, notBefore: number): Promise<{ found: T; nextAt: number }> {
    await this.waitUntil(notBefore);
    const begun = this.#clock.now();
    const found = await work();
    const ended = this.#clock.now();
    return { found, nextAt: ended + Math.max(MIN_LOOK_PAUSE_MS, pauseAfter(ended - begun)) };
  }

  /** Only while a run is in work, and never longer than a pause lasts, whatever the clock does. */
  async waitUntil(atMs: number): Promise<void> {
    const waitMs = Math.min(MAX_PAUSE_MS, atMs - this.#clock.now());
    if (this.isBusy && waitMs > 0) await this.#clock.sleep(waitMs);
  }
}

const pauseAfter = (tookMs: number): number => Math.min(MAX_PAUSE_MS, Math.max(0, tookMs) * PAUSE_PER_WORK);

/** A look at something that changes, shared by all who ask at the same time (P2). */
export class PacedLook<T> {
  readonly #look: () => Promise<T>;
  readonly #pace: Pace;
  #running: Promise<unknown> = Promise.resolve();
  #next: Promise<T> | undefined;
  #nextAt = Number.NEGATIVE_INFINITY;

  constructor(look: () => Promise<T>, pace: Pace) {
    this.#look = look;
    this.#pace = pace;
  }

  /** What a look finds that begins after this call. */
  take(): Promise<T> {
    if (this.#next === undefined) {
      const made = this.#after(this.#running);
      this.#next = made;
      this.#running = made.catch(() => undefined); // told to those who asked for it
    }
    return this.#next;
  }

  async #after(running: Promise<unknown>): Promise<T> {
    await running;
    const { found, nextAt } = await this.#pace.look(() => {
      this.#next = undefined; // it begins: who asks from now on gets the next
      return this.#look();
    }, this.#nextAt);
    this.#nextAt = nextAt;
    return found;
  }
}
