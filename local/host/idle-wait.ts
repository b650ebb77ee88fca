// Those who wait, while the host stops, until nothing is at work.

export class IdleWait {
  readonly #waiting = new Set<() => void>();

  /** Resolves at the next end, or after `graceMs` of wall clock: work may hang on a service that does not answer. */
  async wait(graceMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    let done = (): void => {};
    await new Promise<void>((resolve) => {
      done = resolve;
      this.#waiting.add(resolve);
      timer = setTimeout(resolve, graceMs);
    });
    clearTimeout(timer);
    this.#waiting.delete(done);
  }

  /** Nothing is at work now. */
  end(): void {
    for (const done of this.#waiting) done();
  }
}
