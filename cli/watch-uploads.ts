// Tells of runs that a host ends while somebody looks on: those of uploads, and those that the page started.
// Invariant: W1 a question that a busy host does not answer ends nothing: the next one asks again.
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunStatus } from '../shared/api/runs.ts';

/** Runs asked for at once. */
const NEWEST = 20;
const ALL = 200;
const PAUSE_MS = 1000;

interface Watched {
  /** The newest runs. */
  runs(limit: number): Promise<{ runs: RunStatus[] }>;
  /** Told of each run that ended since the watching began, once. */
  onEnded(run: RunStatus): Promise<void>;
  /** How many questions in a row may stay without an answer; Infinity where somebody else tells of a host that has ended. */
  maxSilent: number;
  pause?: (signal: AbortSignal) => Promise<void>;
}

/** Watch until the signal. @throws the last failure when the host has been silent for too long */
export async function watchUploads(
  { runs, onEnded, maxSilent, pause = shortPause }: Watched,
  signal: AbortSignal,
): Promise<void> {
  let shown: Set<string> | undefined;
  let silent = 0;
  while (!signal.aborted) {
    let answer: { runs: RunStatus[] } | undefined;
    try {
      answer = await runs(shown === undefined ? ALL : NEWEST);
      silent = 0;
    } catch (error) {
      if (++silent > maxSilent) throw error; // W1
    }
    if (answer !== undefined && shown === undefined) shown = new Set(answer.runs.map(({ runId }) => runId));
    for (const run of answer?.runs ?? []) {
      if (shown?.has(run.runId) !== false || run.endedAt === null) continue;
      shown.add(run.runId);
      await onEnded(run);
    }
    await pause(signal);
  }
}

const shortPause = (signal: AbortSignal): Promise<void> => sleep(PAUSE_MS, undefined, { signal }).catch(() => {}); // aborted: the loop ends
