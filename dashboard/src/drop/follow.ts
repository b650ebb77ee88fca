// Following uploaded files until they are decided.
// Invariant: W1 a decision counts when it was made on the bytes just uploaded: an older one of the same path has another ETag.

import type { Decision } from '../../../shared/api/answers.ts';

const FIRST_PAUSE_MS = 1000;
const MAX_PAUSE_MS = 8000;

/** Pause before the n-th question, n from 0: gently longer. */
export const pauseMs = (n: number): number => Math.min(MAX_PAUSE_MS, Math.round(FIRST_PAUSE_MS * 1.25 ** n));

/** Storage writes ETags with and without quotes. */
export const sameEtag = (a: string | null, b: string): boolean =>
  a !== null && a.replaceAll('"', '') === b.replaceAll('"', '');

/** The decisions on the uploaded bytes (W1), all documents in them. */
export const decisionsOn = (rows: readonly Decision[], path: string, etag: string): Decision[] =>
  rows.filter((row) => row.path === path && sameEtag(row.sourceEtag, etag));

/**
 * Ask until there is an answer.
 * @param ask   undefined = not yet
 * @param wait  resolves after that many ms
 * @throws whatever `ask` throws, and the signal's reason
 */
export async function follow<T>(
  ask: () => Promise<T | undefined>,
  wait: (ms: number) => Promise<void>,
  signal: AbortSignal,
): Promise<T> {
  for (let n = 0; ; n++) {
    await wait(pauseMs(n));
    signal.throwIfAborted();
    const answer = await ask();
    if (answer !== undefined) return answer;
  }
}
