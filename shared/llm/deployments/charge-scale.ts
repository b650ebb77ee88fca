// Learns what the service charges for what we estimate, from its `remaining-tokens` headers. Pure.
// Two views: within a window that restarts, `remaining` falls by the charge from one answer to the next; in a window that slides,
// what is used equals what all processes reserved in the last 60 s. Reserved sums are global, so one process's answers suffice.
// Invariant: the scale is never below 1: a wrong guess may waste a little quota, it never causes refusals.

interface Reading {
  /** Sum of all estimates reserved up to and including this request. */
  stamp: number;
  /** When it was sent, ms since the epoch. */
  at: number;
  remaining: number;
}

const WINDOW_MS = 60_000;
const NEIGHBOUR_MS = 5000;
const LEARN = 0.02;
const SAMPLES = 64;
const ENOUGH_SAMPLES = 16;
const MOST = 1.5;
/** Ratios outside are windows that restarted or slid, not charges. */
const CREDIBLE: readonly [number, number] = [0.9, MOST];

export class ChargeScale {
  #steps: number | undefined;
  #last: Reading | undefined;
  #sent: { stamp: number; at: number }[] = [];
  readonly #ratios: number[] = [];

  /** Server's charge ÷ our estimate; undefined until something was learnt. */
  get value(): number | undefined {
    const sliding = this.#fromSliding();
    if (this.#steps === undefined) return sliding;
    return Math.max(this.#steps, sliding ?? 1);
  }

  observe(reading: Reading, limit: number | undefined): void {
    this.#observeStep(reading);
    if (limit !== undefined) this.#observeWindow(reading, limit);
  }

  #observeStep(reading: Reading): void {
    const last = this.#last;
    if (last !== undefined && reading.stamp <= last.stamp) return;
    this.#last = reading;
    if (last === undefined || reading.at - last.at > NEIGHBOUR_MS) return;
    const ratio = (last.remaining - reading.remaining) / (reading.stamp - last.stamp);
    if (ratio > CREDIBLE[0] && ratio < CREDIBLE[1])
      this.#steps = Math.max(1, (this.#steps ?? 1) * (1 - LEARN) + ratio * LEARN);
  }

  #observeWindow({ stamp, at, remaining }: Reading, limit: number): void {
    this.#sent.push({ stamp, at });
    this.#sent.sort((a, b) => a.at - b.at);
    while ((this.#sent[1]?.at ?? at) <= at - WINDOW_MS) this.#sent.shift();
    const [before, after] = this.#sent;
    if (before === undefined || after === undefined || before.at > at - WINDOW_MS) return;
    const share = after.at === before.at ? 0 : (at - WINDOW_MS - before.at) / (after.at - before.at);
    const reserved = stamp - (before.stamp + share * (after.stamp - before.stamp));
    const ratio = reserved > 0 ? (limit - remaining) / reserved : 0;
    this.#ratios.push(ratio);
    if (this.#ratios.length > SAMPLES) this.#ratios.shift();
  }

  #fromSliding(): number | undefined {
    if (this.#ratios.length < ENOUGH_SAMPLES) return undefined;
    const sorted = [...this.#ratios].sort((a, b) => a - b);
    const ratio = sorted[Math.floor(sorted.length * 0.75)] ?? 0;
    return ratio > CREDIBLE[0] && ratio < CREDIBLE[1] ? Math.max(1, ratio) : undefined;
  }
}
