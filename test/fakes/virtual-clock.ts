// A clock that jumps: sleepers wake in order of time as soon as nothing else can run. Minutes of waiting take milliseconds.
// Works for code whose other waits are promises of in-memory fakes; real sockets and files would be overtaken.
import type { Clock } from '../../shared/ports.ts';

interface Sleeper {
  at: number;
  sequence: number;
  wake(): void;
}

/** Turns of the event loop granted to running code before time moves on. */
const QUIET_TURNS = 3;

export class VirtualClock implements Clock {
  #now: number;
  #sleepers: Sleeper[] = [];
  #sequence = 0;

  constructor(startMs = Date.UTC(2026, 0, 15, 9)) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const sleeper: Sleeper = { at: this.#now + Math.max(0, ms), sequence: this.#sequence++, wake: resolve };
      this.#sleepers.push(sleeper);
      signal?.addEventListener('abort', () => {
        this.#sleepers = this.#sleepers.filter((s) => s !== sleeper);
        reject(signal.reason);
      });
    });
  }

  /** Somebody sets the clock back. Sleeping is not measured by it, so who sleeps wakes after as long as before. */
  setBack(ms: number): void {
    this.#now -= ms;
    for (const sleeper of this.#sleepers) sleeper.at -= ms;
  }

  /** Let time pass until the work is done. @throws when everything waits for something that time does not bring */
  async run<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    const settled = work.finally(() => {
      isDone = true;
    });
    settled.catch(() => undefined); // reported by the return below
    for (;;) {
      for (let turn = 0; turn < QUIET_TURNS; turn++) await new Promise((resolve) => setImmediate(resolve));
      if (isDone) return settled;
      this.#sleepers.sort((a, b) => a.at - b.at || a.sequence - b.sequence);
      const next = this.#sleepers.shift();
      if (next === undefined) throw new Error('virtual clock: nothing sleeps and the work is not done');
      this.#now = Math.max(this.#now, next.at);
      next.wake();
    }
  }
}
