// One look at storage for all who ask at the same time.
// Invariants: L1 whoever asks gets a look that began after they asked, so nothing stored before is missed. L2 one look runs at a time and at
// most one waits: a thousand callers cost two. L3 nobody is told "looked" before the look has ended; one that fails fails for its callers only.

export class SharedLook {
  readonly #look: () => Promise<void>;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(look: () => Promise<void>) {
    this.#look = look;
  }

  /** Resolves when a look that began after this call has ended. @throws what the look throws */
  fresh(): Promise<void> {
    if (this.#next !== undefined) return this.#next; // it has not begun (L1)
    if (this.#running === undefined) return this.#begin();
    this.#next = this.#running.then(
      () => this.#follow(),
      () => this.#follow(),
    );
    return this.#next;
  }

  #follow(): Promise<void> {
    this.#next = undefined;
    return this.#begin();
  }

  #begin(): Promise<void> {
    const running = this.#look().finally(() => {
      if (this.#running === running) this.#running = undefined;
    });
    this.#running = running;
    return running;
  }
}
