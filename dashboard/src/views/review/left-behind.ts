// Decisions that a page could not see answered when it went: kept in the tab, sent again when it is loaded the next time.
// Invariants: L1 what was answered is not kept, so that nothing is sent again that somebody has corrected since. L2 kept in this tab only: another person
// at the same machine sends nothing in this one's name. L3 a decision on a document that a person has decided meanwhile is left alone, for it may have
// arrived the first time; a correction was meant to replace one.
import type { BatchAnswer } from '../../../../shared/api/answers.ts';
import type { BatchRequest } from '../../../../shared/api/decisions.ts';
import type { Decision } from './queue.ts';

const NAME = 'sluice.review-left';
/** Well below the limit of the route: one that cannot be sent keeps few others. */
const MAX_TOGETHER = 200;

type Kept = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

export interface Resent {
  stored: number;
  /** Erased since, or of a label that is none any more. */
  refused: number;
}

export interface LeftBehind {
  /** All that is not answered yet, as the page goes. */
  keep(decisions: readonly Decision[]): void;
  /** L1. */
  answered(documentId: string): void;
  /** The page lives on: its own memory holds what waits. */
  clear(): void;
  /**
   * Send what an earlier page left. What cannot be sent stays for the next load.
   * @throws as `send`
   */
  resend(send: (decisions: BatchRequest[]) => Promise<BatchAnswer>): Promise<Resent>;
}

export function createLeftBehind(storage: Kept): LeftBehind {
  const read = (): BatchRequest[] => JSON.parse(storage.getItem(NAME) ?? '[]') as BatchRequest[]; // ours
  const write = (requests: readonly BatchRequest[]): void =>
    requests.length === 0 ? storage.removeItem(NAME) : storage.setItem(NAME, JSON.stringify(requests));
  return {
    keep: (decisions) => write(decisions.map(requestOf)),
    answered(documentId) {
      if (storage.getItem(NAME) !== null) write(read().filter((one) => one.documentId !== documentId));
    },
    clear: () => write([]),
    async resend(send) {
      const resent = { stored: 0, refused: 0 };
      for (let rest = read(); rest.length > 0; rest = read()) {
        const { decisions } = await send(rest.slice(0, MAX_TOGETHER));
        for (const { state, code } of decisions)
          if (state === 'decided') resent.stored++;
          else if (state === 'refused' && code !== 'review.decided-by-person') resent.refused++;
        write(rest.slice(MAX_TOGETHER));
      }
      return resent;
    },
  };
}

const requestOf = ({ item, label, note }: Decision): BatchRequest => ({
  documentId: item.documentId,
  label,
  ...(note === '' ? {} : { note }),
  ...(item.storedLabel === null ? { unlessPerson: true } : {}), // L3
});
