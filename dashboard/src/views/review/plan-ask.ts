// When to ask the server for documents, and for how many.
// Invariants: A1 while the server has some, at least three are ready behind the one in focus. A2 leases are renewed before they run out.
import type { Queue } from './queue.ts';

const AHEAD = 3;
/** More than asked for at once, so that one answer lasts for a while. */
const SPARE = 8;
/** Limit of the route. */
const MAX_LIMIT = 50;
const RENEW_BEFORE_MS = 90_000;
/** Pause after an answer that had nothing more, and between renewals. */
const IDLE_MS = 20_000;
const MIN_PAUSE_MS = 1000;
const RETRY_MS = 15_000;

/**
 * @param askedAtMs  when it was asked last, 0 for never
 * @returns limit to ask for; undefined when there is nothing to ask now
 */
export function planAsk(queue: Queue, nowMs: number, askedAtMs: number): number | undefined {
  if (queue.isAsking) return undefined;
  const sinceMs = nowMs - askedAtMs;
  const leased = queue.items.filter(({ isBroughtBack }) => !isBroughtBack);
  const isLow = queue.items.length - queue.at - 1 < AHEAD;
  const isEnding = leased.some(({ leasedUntil }) => Date.parse(leasedUntil) - nowMs < RENEW_BEFORE_MS);
  const isDue = (isLow && sinceMs >= (queue.isExhausted ? IDLE_MS : MIN_PAUSE_MS)) || (isEnding && sinceMs >= IDLE_MS);
  if (!isDue) return undefined;
  // Decisions that have not arrived there leave their documents in the answer.
  const onTheWay = queue.sending.length + queue.unsent.length + (queue.held === undefined ? 0 : 1);
  return Math.min(MAX_LIMIT, leased.length + onTheWay + SPARE);
}

/** Send again what could not be sent? @param failedAtMs  of the newest failure; 0: something has changed since */
export const isRetryDue = ({ unsent, sending }: Queue, nowMs: number, failedAtMs: number): boolean =>
  unsent.length > 0 && sending.length === 0 && nowMs - failedAtMs >= RETRY_MS;
