// Tells a wrong configuration from poison: poison refuses a few packs, and their halves are answered; a wrong filter, model or permission refuses all.
// Invariant: R1 the stage is stopped only when most of the latest packs were refused in the same way and hardly any call was answered.
import type { Clock } from '../../ports.ts';

/** The latest packs of plans, and the latest calls of any kind. */
const PACKS = 20;
const CALLS = 60;
const LEAST_PACKS = 10;
const MOST_ANSWERED = 0.1;
/** After so long the stage tries again. */
const REST_MS = 10 * 60_000;

export class Refusals {
  readonly #clock: Clock;
  /** Rule that refused a pack; null where it was answered. */
  #packs: (string | null)[] = [];
  #calls: boolean[] = [];
  #stoppedUntil = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A call has ended for good. @param isPlanned  the pack is one of a plan, not a half of a refused one */
  note(rule: string | null, isPlanned: boolean): void {
    this.#calls = [...this.#calls, rule === null].slice(-CALLS);
    if (isPlanned) this.#packs = [...this.#packs, rule].slice(-PACKS);
    if (this.#packs.length < LEAST_PACKS || this.isStopped()) return;
    const answered = this.#calls.filter(Boolean).length;
    const isAlike = [...new Set(this.#packs)].some(
      (kind) => kind !== null && this.#packs.filter((other) => other === kind).length > this.#packs.length / 2,
    );
    if (!isAlike || answered > this.#calls.length * MOST_ANSWERED) return;
    this.#stoppedUntil = this.#clock.now() + REST_MS;
    this.#packs = [];
    this.#calls = [];
  }

  isStopped(): boolean {
    const now = this.#clock.now();
    this.#stoppedUntil = Math.min(this.#stoppedUntil, now + REST_MS); // where the clock was set back
    return now < this.#stoppedUntil;
  }
}
