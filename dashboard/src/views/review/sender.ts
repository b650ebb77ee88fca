// Sends decisions: one request at a time, and what was decided meanwhile together in the next. Whoever is faster than the lake is not slowed down by it.
// Invariants: D1 the order of decisions is kept. D2 each decision is told once, stored or failed, but for those of a closing window. D3 close() sends
// what waits beside the request under way, as much as browsers let outlive a page; the rest follows if the page lives, and is in `unanswered` if not.
// D4 a request under way outlives the page, so that its decision is neither lost nor sent twice.
import type { BatchDecision } from '../../../../shared/api/answers.ts';
import type { ErrorCode } from '../../../../shared/errors.ts';
import { ApiError } from '../../api.ts';
import type { Decision } from './queue.ts';

export interface Transport {
  one(decision: Decision, keepalive: boolean): Promise<unknown>;
  /** @returns what became of each, in their order */
  many(decisions: readonly Decision[], keepalive: boolean): Promise<readonly BatchDecision[]>;
}

interface Told {
  stored(decision: Decision): void;
  failed(decision: Decision, error: unknown): void;
}

export interface Sender {
  add(decision: Decision): void;
  /** The window goes: what waits is sent now, beside the request under way. */
  close(): void;
  /** Sent or waiting, and not told yet. */
  unanswered(): readonly Decision[];
}

/** Limit of the route. */
const MAX_TOGETHER = 500;
/** The bodies of all requests that outlive a page are 64 KiB together (Fetch standard); some of it is for giving documents back. */
const MAX_OUTLIVING_BYTES = 48 * 1024;
/** Of names and quotes around a decision, and of its id. */
const FRAME_BYTES = 120;
const bytesOf = ({ label, note }: Decision): number => FRAME_BYTES + 3 * (label.length + note.length); // at most, in UTF-8

export function createSender(transport: Transport, told: Told): Sender {
  let waiting: Decision[] = [];
  let isSending = false;
  let outlivingBytes = 0;
  const open = new Set<Decision>();
  const stored = (decision: Decision): void => {
    open.delete(decision);
    told.stored(decision);
  };
  const failed = (decision: Decision, error: unknown): void => {
    open.delete(decision);
    told.failed(decision, error);
  };

  const send = async (decisions: readonly Decision[]): Promise<void> => {
    const [first] = decisions;
    if (first === undefined) return;
    const bytes = decisions.reduce((sum, decision) => sum + bytesOf(decision), 0);
    const keepalive = outlivingBytes + bytes <= MAX_OUTLIVING_BYTES; // D4
    if (keepalive) outlivingBytes += bytes;
    try {
      if (decisions.length === 1) {
        await transport.one(first, keepalive);
        stored(first);
        return;
      }
      const answers = await transport.many(decisions, keepalive);
      for (const [at, decision] of decisions.entries()) {
        const answer = answers[at];
        if (answer?.state === 'refused') failed(decision, refusalOf(answer));
        else stored(decision);
      }
    } catch (error) {
      for (const decision of decisions) failed(decision, error);
    } finally {
      if (keepalive) outlivingBytes -= bytes;
    }
  };
  const pump = async (): Promise<void> => {
    if (isSending) return;
    isSending = true;
    while (waiting.length > 0) await send(waiting.splice(0, MAX_TOGETHER)); // D1
    isSending = false;
  };
  return {
    add(decision) {
      waiting.push(decision);
      open.add(decision);
      queueMicrotask(() => void pump()); // decisions of one event go together
    },
    close() {
      // D3
      for (let part = outliving(waiting, outlivingBytes); part.length > 0; part = outliving(waiting, outlivingBytes)) {
        waiting = waiting.slice(part.length);
        void send(part);
      }
    },
    unanswered: () => [...open],
  };
}

/** The first of those that wait, as many as may outlive the page beside what is under way. */
function outliving(waiting: readonly Decision[], underWayBytes: number): Decision[] {
  let bytes = underWayBytes;
  const part: Decision[] = [];
  for (const decision of waiting.slice(0, MAX_TOGETHER)) {
    bytes += bytesOf(decision);
    if (bytes > MAX_OUTLIVING_BYTES) break;
    part.push(decision);
  }
  return part;
}

const STATUS: Readonly<Record<string, number>> = {
  'document.not-found': 404,
  'document.erased': 410,
  'lake.conflict': 409,
};

/** A refusal within a batch, as the route for one would have told it. */
function refusalOf({ code, message }: BatchDecision): ApiError {
  const known = code as ErrorCode | null; // of the list, by the route's contract
  return new ApiError(STATUS[code ?? ''] ?? 400, { ...(known && { code: known }), detail: message ?? '', title: '' });
}
