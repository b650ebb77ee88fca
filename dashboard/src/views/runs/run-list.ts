// What the list of runs says beyond the counts of the API: what is active, how fast, how far, and the sums of a day. Pure.
import { type RunState, type RunStatus, STEPS } from './steps.ts';

export const isActive = (run: { state: RunState }): boolean => run.state === 'pending' || run.state === 'running';

/** Pause between polls of the list, ms: a watched run moves, a finished one does not. */
export const listPauseMs = (runs: readonly RunStatus[] | undefined): number => (runs?.some(isActive) ? 1000 : 5000);

/** Seconds a run has taken, so far or in all. @param nowMs  epoch ms */
export function tookSeconds(run: RunStatus, nowMs: number): number {
  const end = run.endedAt === null ? nowMs : Date.parse(run.endedAt);
  return Math.max(0, (end - Date.parse(run.createdAt)) / 1000);
}

/** Share of all steps of all documents that is done, 0..1. */
export function shareDone(run: RunStatus): number {
  if (run.state === 'completed') return 1;
  if (run.documents === 0) return 0;
  const done = STEPS.reduce((sum, step) => sum + Math.min(run.documents, run.steps[step]), 0);
  return done / (run.documents * STEPS.length);
}

/**
 * Documents per second since the run was made; a document half through the steps counts half.
 * @returns null before anything is done
 */
export function documentsPerSecond(run: RunStatus, nowMs: number): number | null {
  const seconds = tookSeconds(run, nowMs);
  const documents = run.documents * shareDone(run);
  return seconds === 0 || documents === 0 ? null : documents / seconds;
}

/** Documents not decided yet; a run that was stopped has left them so. */
export const undecided = (run: RunStatus): number =>
  Math.max(0, run.documents - run.labelled - run.review - run.failed);

export interface DayTotals {
  active: number;
  runs: number;
  review: number;
  costUsd: number;
}

/** Sums over the runs made since a moment; active ones are counted whenever they were made. @param sinceMs  epoch ms */
export function totalsSince(runs: readonly RunStatus[], sinceMs: number): DayTotals {
  const today = runs.filter((run) => Date.parse(run.createdAt) >= sinceMs);
  const sum = (of: (run: RunStatus) => number) => today.reduce((total, run) => total + of(run), 0);
  return {
    active: runs.filter(isActive).length,
    runs: today.length,
    review: sum((run) => run.review),
    costUsd: sum((run) => run.costUsd),
  };
}

/** Midnight of the viewer's day, epoch ms. */
export function startOfDay(now: Date): number {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime();
}

/** Ids of runs are whole in a list; one as long as a person may have chosen loses its middle, since beginnings are often alike. */
export const shortId = (runId: string): string =>
  runId.length <= 28 ? runId : `${runId.slice(0, 12)}…${runId.slice(-12)}`;

/** What people call a run: what it is over; of a run of an earlier version its id. */
export const runName = ({ runId, source }: Pick<RunStatus, 'runId' | 'source'>): string => source ?? shortId(runId);
