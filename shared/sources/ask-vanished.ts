// What seems to be gone is asked for by id: nothing else proves it.
import { codeOf } from '../errors.ts';
import type { Clock } from '../ports.ts';
import type { Asked, Feed } from './feed.ts';
import type { DriveRow } from './graph/drive-rows.ts';

/** So many that fail one after the other mean the service. */
export const MOST_IN_ROW = 5;

export interface AskDeps {
  feed: Feed;
  clock: Clock;
  /** Calls at a time. */
  parallel: number;
  /** Ask until then, ms since the epoch. */
  until: number;
}

/**
 * @returns the row of each that the service has answered for; undefined: it is gone. What is missing was not answered, or there was no time: it is to
 * be asked for in the next round
 */
export async function askAll<T extends Asked>(
  { feed, clock, parallel, until }: AskDeps,
  suspects: Iterable<T>,
): Promise<Map<T, DriveRow | undefined>> {
  const answers = new Map<T, DriveRow | undefined>();
  let inRow = 0;
  const queue = suspects[Symbol.iterator]();
  const work = async (): Promise<void> => {
    for (const item of { [Symbol.iterator]: () => queue }) {
      if (clock.now() >= until) continue;
      try {
        answers.set(item, await feed.ask(item));
        inRow = 0;
      } catch (error) {
        if (codeOf(error) !== 'sync.unavailable' || ++inRow >= MOST_IN_ROW) throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: parallel }, work));
  return answers;
}
