// How many documents are queued in a reader behind the one it reads, to hide the round trip to the host.
// Those queued behind a reader that is killed go to a fresh one.

/** When none of them can hang. */
const LIGHT_AHEAD = 16;
/** While many wait: the host must get a core between busy readers, and small documents are read faster than that. */
const ANY_AHEAD = 4;
/** Towards the end, so that none waits for a slow one beside an idle reader. */
const LAST_AHEAD = 2;
const LAST = 16;
const AHEAD_BYTES = 1024 * 1024;

interface Queued {
  isLight: boolean;
  source: { bytes: Uint8Array };
}

/**
 * The busy reader with the fewest documents that may take one more.
 * @param waiting  documents not yet handed to any reader, this one among them
 * @returns undefined when the document has to wait
 */
export function roomiest<R extends { jobs: readonly Queued[] }>(
  readers: readonly R[],
  job: Queued,
  waiting: number,
): R | undefined {
  if (job.source.bytes.byteLength > AHEAD_BYTES) return undefined;
  const anyAhead = waiting > LAST ? ANY_AHEAD : LAST_AHEAD;
  let found: R | undefined; // asked for with every document: no list is made
  for (const reader of readers) {
    const { jobs } = reader;
    if (found !== undefined && jobs.length >= found.jobs.length) continue;
    const isLight = job.isLight && jobs.every((each) => each.isLight);
    if (jobs.length < (isLight ? LIGHT_AHEAD : anyAhead)) found = reader;
  }
  return found;
}
