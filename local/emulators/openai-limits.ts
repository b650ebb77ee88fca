// Admission control of one simulated deployment: token windows, request slices, what a refusal says.
// Models what Azure documents: the charge is taken at arrival and never given back, requests are checked over short slices.

export type WindowModel = 'fixed60' | 'sliding60' | 'bucket';

export interface LimitSettings {
  /** Tokens per minute. */
  tpm: number;
  /** Requests per minute. */
  rpm: number;
  window: WindowModel;
  /** Seconds over which requests are checked: 1, 10 or 60. */
  rpmSliceSeconds: number;
  /** Refused requests use up quota too. */
  countRejected: boolean;
  /** Temporary cuts: between these times (ms since the epoch) the token limit is multiplied by `factor`. */
  cuts: readonly { fromMs: number; toMs: number; factor: number }[];
}

export interface Admission {
  admitted: boolean;
  limitTokens: number;
  remainingTokens: number;
  remainingRequests: number;
  /** Milliseconds until the same request would fit; 0 when admitted. */
  retryAfterMs: number;
  refusedBy: 'tokens' | 'requests' | null;
}

const MINUTE_MS = 60_000;
/** Capacity of the `bucket` model, in seconds of its rate. */
const BUCKET_SECONDS = 10;

/** Sum of charges within a window that slides or restarts. */
class Window {
  #entries: { at: number; amount: number }[] = [];
  #sum = 0;
  #start = -Infinity;
  readonly #lengthMs: number;
  readonly #sliding: boolean;

  constructor(lengthMs: number, sliding: boolean) {
    this.#lengthMs = lengthMs;
    this.#sliding = sliding;
  }

  used(now: number): number {
    if (this.#sliding) {
      let expired = 0;
      for (const entry of this.#entries) {
        if (entry.at > now - this.#lengthMs) break;
        this.#sum -= entry.amount;
        expired++;
      }
      if (expired > 0) this.#entries = this.#entries.slice(expired);
    } else if (now - this.#start >= this.#lengthMs) {
      this.#start = now - (now % this.#lengthMs);
      this.#sum = 0;
    }
    return this.#sum;
  }

  add(now: number, amount: number): void {
    this.used(now);
    this.#sum += amount;
    if (this.#sliding) this.#entries.push({ at: now, amount });
  }

  /** Milliseconds until `amount` more fits under `limit`. */
  waitFor(now: number, amount: number, limit: number): number {
    if (!this.#sliding) return this.#start + this.#lengthMs - now;
    let sum = this.#sum;
    for (const entry of this.#entries) {
      sum -= entry.amount;
      if (sum + amount <= limit) return entry.at + this.#lengthMs - now;
    }
    return this.#lengthMs;
  }
}

export class Limits {
  settings: LimitSettings;
  readonly #tokens: Window;
  readonly #requests: Window;
  #bucketLevel = 0;
  #bucketAt = -Infinity;

  constructor(settings: LimitSettings) {
    this.settings = settings;
    this.#tokens = new Window(MINUTE_MS, settings.window === 'sliding60');
    this.#requests = new Window(settings.rpmSliceSeconds * 1000, false);
  }

  /** The token limit in force. */
  limitAt(now: number): number {
    const cut = this.settings.cuts.find((c) => now >= c.fromMs && now < c.toMs);
    return Math.floor(this.settings.tpm * (cut?.factor ?? 1));
  }

  /** Decide on a request and take its charge. */
  admit(now: number, charge: number): Admission {
    const limitTokens = this.limitAt(now);
    const requestLimit = Math.max(1, Math.floor((this.settings.rpm * this.settings.rpmSliceSeconds) / 60));
    const capacity = this.settings.window === 'bucket' ? (limitTokens / 60) * BUCKET_SECONDS : limitTokens;
    const usedTokens = this.#usedTokens(now, limitTokens);
    const usedRequests = this.#requests.used(now);
    const refusedBy = usedRequests + 1 > requestLimit ? 'requests' : usedTokens + charge > capacity ? 'tokens' : null;
    if (refusedBy === null || this.settings.countRejected) {
      this.#requests.add(now, 1);
      if (this.settings.window === 'bucket') this.#bucketLevel = Math.min(capacity * 2, this.#bucketLevel + charge);
      else this.#tokens.add(now, charge);
    }
    const retryAfterMs =
      refusedBy === 'requests'
        ? this.#requests.waitFor(now, 1, requestLimit)
        : refusedBy === 'tokens'
          ? this.settings.window === 'bucket'
            ? ((usedTokens + charge - capacity) / limitTokens) * MINUTE_MS
            : this.#tokens.waitFor(now, charge, limitTokens)
          : 0;
    return {
      admitted: refusedBy === null,
      limitTokens,
      remainingTokens: Math.max(0, Math.floor(capacity - this.#usedTokens(now, limitTokens))),
      remainingRequests: Math.max(0, requestLimit - this.#requests.used(now)),
      retryAfterMs: Math.max(0, Math.ceil(retryAfterMs)),
      refusedBy,
    };
  }

  #usedTokens(now: number, limitTokens: number): number {
    if (this.settings.window !== 'bucket') return this.#tokens.used(now);
    const leaked = ((now - this.#bucketAt) / MINUTE_MS) * limitTokens;
    this.#bucketLevel = Number.isFinite(leaked) ? Math.max(0, this.#bucketLevel - leaked) : 0;
    this.#bucketAt = now;
    return this.#bucketLevel;
  }
}
