// Following uploaded files until they are decided.
// Invariant: W1 a decision counts when it was made on the bytes just uploaded: an older one of the same path has another ETag.

/** Columns of table `results` that are shown. */
export interface Decision {
  document_id: string;
  run_id: string;
  source_path: string;
  archive_path: string;
  source_etag: string | null;
  status: 'labelled' | 'review' | 'failed';
  label: string | null;
  confidence: number | null;
  decided_by: string | null;
  evidence_json: string | null;
  failure_code: string | null;
  failure_message: string | null;
}

const FIRST_PAUSE_MS = 1000;
const MAX_PAUSE_MS = 8000;

/** Pause before the n-th question, n from 0: gently longer. */
export const pauseMs = (n: number): number => Math.min(MAX_PAUSE_MS, Math.round(FIRST_PAUSE_MS * 1.25 ** n));

/** Storage writes ETags with and without quotes. */
export const sameEtag = (a: string | null, b: string): boolean =>
  a !== null && a.replaceAll('"', '') === b.replaceAll('"', '');

/** The decisions on the uploaded bytes (W1), all documents in them. */
export const decisionsOn = (rows: readonly Decision[], path: string, etag: string): Decision[] =>
  rows.filter((row) => row.source_path === path && sameEtag(row.source_etag, etag));

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
