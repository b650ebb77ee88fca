// Sends decisions: one request at a time, and what was decided meanwhile together in the next. Whoever is faster than the lake is not slowed down by it.
// Invariants: D1 the order of decisions is kept. D2 each decision is told once, stored or failed, but for those of a closing window. D3 close() leaves
// nothing waiting.
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
}

/** Limit of the route. */
const MAX_TOGETHER = 500;

export function createSender(transport: Transport, told: Told): Sender {
  let waiting: Decision[] = [];
  let isSending = false;

  const send = async (decisions: readonly Decision[], keepalive: boolean): Promise<void> => {
    const [first] = decisions;
    if (first === undefined) return;
    try {
      if (decisions.length === 1) {
        await transport.one(first, keepalive);
        told.stored(first);
        return;
      }
      const answers = await transport.many(decisions, keepalive);
      for (const [at, decision] of decisions.entries()) {
        const answer = answers[at];
        if (answer?.state === 'refused') told.failed(decision, refusalOf(answer));
        else told.stored(decision);
      }
    } catch (error) {
      for (const decision of decisions) told.failed(decision, error);
    }
  };
  const pump = async (): Promise<void> => {
    if (isSending) return;
    isSending = true;
    while (waiting.length > 0) await send(waiting.splice(0, MAX_TOGETHER), false); // D1
    isSending = false;
  };
  return {
    add(decision) {
      waiting.push(decision);
      queueMicrotask(() => void pump()); // decisions of one event go together
    },
    close() {
      const rest = waiting;
      waiting = [];
      for (let from = 0; from < rest.length; from += MAX_TOGETHER)
        void send(rest.slice(from, from + MAX_TOGETHER), true); // D3
    },
  };
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
