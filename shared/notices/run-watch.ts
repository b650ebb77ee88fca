// Runs that ended badly or stand still, from one look to the next.
// Invariants: U1 a run that was open at a look is asked for by name at the next: newer runs do not bury it. U2 an end that is recorded late, or by a host
// whose clock is behind, is found within OVERLAP_MS. U3 what was told is remembered as long as it could be found again. U4 the mark does not grow:
// MAX_OPEN runs are followed, and what was told goes with its hour.
import type { RunStatus } from '../api/runs.ts';
import { codeOf, SluiceError } from '../errors.ts';
import type { Logger } from '../ports.ts';

const LOOK_BACK_MS = 24 * 3_600_000;
const OVERLAP_MS = 3_600_000;
const RUNS_SEEN = 200;
const MAX_OPEN = 500;

export interface RunProgress {
  list(limit: number): Promise<{ runs: RunStatus[] }>;
  status(runId: string): Promise<RunStatus>;
}

/** How far runs have been looked at: a record of the lake. */
export interface RunMark {
  /** ISO 8601: the newest end that was seen. */
  until: string;
  open?: string[];
  told?: { run: string; endedAt: string }[];
}

export interface RunLook {
  failed: RunStatus[];
  stalled: RunStatus[];
  /** To be kept once what was found is. */
  mark: RunMark;
}

export const isRunMark = ({ until }: Record<string, unknown>): boolean => typeof until === 'string';

/** @param mark  of the last look; undefined: the first looks a day back @param nowMs  epoch ms */
export async function lookAtRuns(
  progress: RunProgress,
  mark: RunMark | undefined,
  nowMs: number,
  logger: Logger,
): Promise<RunLook> {
  const { runs: newest } = await progress.list(RUNS_SEEN);
  const followed = await followedRuns(progress, mark?.open ?? [], new Set(newest.map(({ runId }) => runId)), logger);
  const runs = [...newest, ...followed];
  const since = mark === undefined ? isoOf(nowMs - LOOK_BACK_MS) : isoOf(Date.parse(mark.until) - OVERLAP_MS);
  const told = mark?.told ?? [];
  const isTold = new Set(told.map(({ run, endedAt }) => `${run} ${endedAt}`));
  const wasOpen = new Set(mark?.open ?? []);
  const failed = runs.filter(
    ({ runId, state, endedAt }) =>
      state === 'failed' &&
      endedAt !== null &&
      (endedAt > since || wasOpen.has(runId)) &&
      !isTold.has(`${runId} ${endedAt}`),
  );
  const ends = [mark?.until ?? since, ...runs.flatMap(({ endedAt }) => endedAt ?? [])].map((end) => Date.parse(end));
  const until = Math.min(nowMs, Math.max(...ends)); // an end that lies ahead, of a fast clock, hides none
  const forgotten = isoOf(until - OVERLAP_MS);
  const telling = failed.flatMap(({ runId, endedAt }) => (endedAt === null ? [] : [{ run: runId, endedAt }]));
  return {
    failed,
    stalled: runs.filter(({ stalledSince }) => stalledSince !== undefined),
    mark: {
      until: isoOf(until),
      open: runs
        .filter(({ endedAt }) => endedAt === null)
        .map(({ runId }) => runId)
        .slice(0, MAX_OPEN), // U4
      told: [...told, ...telling].filter(({ endedAt }) => endedAt > forgotten), // U3
    },
  };
}

/** U1. A run that is gone, or whose record is damaged, is followed no longer. */
async function followedRuns(
  progress: RunProgress,
  open: readonly string[],
  seen: ReadonlySet<string>,
  logger: Logger,
): Promise<RunStatus[]> {
  const runs: RunStatus[] = [];
  for (const runId of open) {
    if (seen.has(runId)) continue;
    try {
      runs.push(await progress.status(runId));
    } catch (error) {
      if (!(error instanceof SluiceError && /^(run\.not-found|lake\.corrupt-record)$/.test(error.code))) throw error;
      logger.warn('notice.run-lost', { runId, code: codeOf(error) });
    }
  }
  return runs;
}

const isoOf = (ms: number): string => new Date(ms).toISOString();
