// When Azurite may close: what it has begun ends before it saves its metadata, or a blob would be left without content.
// Invariant: E1 requests that are answered are waited for, but no longer than OPEN_LIMIT_MS; of one whose caller was killed nobody sees the end, so it
// gets CUT_MS from when it was cut. What lies unread in a connection is begun first.
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const CUT_MS = 300;
const OPEN_LIMIT_MS = 2000;
const STEP_MS = 10;

/** The requests of a process that are being answered. */
export class OpenRequests {
  readonly #now: () => number;
  readonly #sleep: (ms: number) => Promise<unknown>;
  #open = 0;
  #cutAt = Number.NEGATIVE_INFINITY;

  constructor(now = () => performance.now(), wait: (ms: number) => Promise<unknown> = sleep) {
    this.#now = now;
    this.#sleep = wait;
  }

  add(response: Pick<ServerResponse, 'once' | 'writableFinished'>): void {
    this.#open++;
    response.once('close', () => {
      this.#open--;
      if (!response.writableFinished) this.#cutAt = this.#now();
    });
  }

  /** Resolves when nothing is under way any more (E1). */
  async ended(): Promise<void> {
    const begun = this.#now();
    do await this.#sleep(STEP_MS);
    while ((this.#open > 0 && this.#now() - begun < OPEN_LIMIT_MS) || this.#now() - this.#cutAt < CUT_MS);
  }
}
