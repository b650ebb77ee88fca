// What people are told at once: runs that failed or stand still, a day's money spent, sources that fail, a lake that changes.
// Invariants: A1 an alarm has an id of its cause, so that a look repeated tells nothing twice. A2 what happens between two looks is one alarm of its
// kind, however much it is. A3 numbers, ids and codes only.
import type { DriftMeasure } from '../api/notices.ts';
import type { RunStatus } from '../api/runs.ts';
import type { SourceStatus } from '../api/source-status.ts';
import { sha256Hex } from '../ids.ts';
import type { Notice } from './notice.ts';

const MAX_NAMED = 10;

/** A notice before it has its link. */
export type Alarm = Omit<Notice, 'kind' | 'link'> & { view: string };

/** @param failed  runs that have ended badly since the last look */
export function failedRuns(failed: readonly RunStatus[]): Alarm | undefined {
  return failed.length === 0
    ? undefined
    : {
        id: `runs-failed-${idOf(failed.map(({ runId, endedAt }) => `${runId} ${endedAt}`))}`,
        title: failed.length === 1 ? 'Sluice: a run has failed' : `Sluice: ${failed.length} runs have failed`,
        lines: named(failed.map(({ runId, error }) => `${runId}: ${error?.code ?? 'unknown'}`)),
        view: 'runs',
      };
}

/** W1 of the watchdog: the moment of the standstill is in the id. @param stalled  runs that stand still */
export function stalledRuns(stalled: readonly RunStatus[]): Alarm | undefined {
  return stalled.length === 0
    ? undefined
    : {
        id: `runs-stalled-${idOf(stalled.map(({ runId, stalledSince }) => `${runId} ${stalledSince}`))}`,
        title: stalled.length === 1 ? 'Sluice: a run stands still' : `Sluice: ${stalled.length} runs stand still`,
        lines: named(stalled.map(({ runId, stalledSince }) => `${runId}: no progress since ${stalledSince}`)),
        view: 'runs',
      };
}

/** @param today  YYYY-MM-DD */
export const spentBudget = (spentUsd: number, perDayUsd: number | null, today: string): Alarm | undefined =>
  perDayUsd === null || spentUsd < perDayUsd
    ? undefined
    : {
        id: `budget-${today}`,
        title: 'Sluice: the money of the day is spent',
        lines: [
          `$${spentUsd.toFixed(2)} of $${perDayUsd.toFixed(2)}; documents that would be asked go to review until midnight UTC.`,
          'LLM_MAX_COST_USD_PER_DAY is the limit.',
        ],
        view: 'costs',
      };

export function failingSources(sources: readonly SourceStatus[], today: string): Alarm | undefined {
  const failing = sources.filter(({ state, error }) => state === 'failing' && error !== null);
  return failing.length === 0
    ? undefined
    : {
        // Once a day for the same failures: a source stays broken until somebody acts.
        id: `sources-${idOf([today, ...failing.map(({ name, error }) => `${name} ${error?.code}`)])}`,
        title: failing.length === 1 ? 'Sluice: a source fails' : `Sluice: ${failing.length} sources fail`,
        lines: named(failing.map(({ name, error }) => `${name}: ${error?.code}. ${error?.remedy}`)),
        view: 'sources',
      };
}

/** @param week  as `isoWeek` gives it: the same difference is told once a week */
export function drifted(measures: readonly DriftMeasure[], week: string): Alarm | undefined {
  const seen = measures.filter(({ isSeen }) => isSeen);
  return seen.length === 0
    ? undefined
    : {
        id: `drift-${week}-${idOf(seen.map(({ what, label }) => `${what} ${label}`))}`,
        title: 'Sluice: what arrives has changed',
        lines: [...named(seen.map(sayDrift)), '`sluice drift` names documents that show it.'],
        view: 'trust',
      };
}

const WHATS = {
  unsure: 'that the local models leave to the LLM or to people',
  foreign: 'unlike anything labelled',
  label: 'labelled',
};

/** "31.0 % of documents unlike anything labelled, 4.0 % in the four weeks before". */
export const sayDrift = ({ what, label, recent, before }: DriftMeasure): string =>
  `${percent(recent.part, recent.whole)} of documents ${WHATS[what]}${label === null ? '' : ` ${label}`}, ${percent(before.part, before.whole)} in the four weeks before`;

export const percent = (part: number, whole: number): string =>
  whole === 0 ? 'none' : `${((100 * part) / whole).toFixed(1)} %`;

const idOf = (facts: readonly string[]): string => sha256Hex([...facts].sort().join('\n')).slice(0, 16);

const named = (lines: readonly string[]): string[] =>
  lines.length <= MAX_NAMED ? [...lines] : [...lines.slice(0, MAX_NAMED), `and ${lines.length - MAX_NAMED} more`];

/** ISO 8601 week of a moment, `2026-W48`. @param nowMs  epoch ms */
export function isoWeek(nowMs: number): string {
  const day = new Date(nowMs);
  const thursday = Date.UTC(day.getUTCFullYear(), day.getUTCMonth(), day.getUTCDate() + 4 - (day.getUTCDay() || 7));
  const year = new Date(thursday).getUTCFullYear();
  const week = Math.floor((thursday - Date.UTC(year, 0, 1)) / (7 * 24 * 3_600_000)) + 1;
  return `${year}-W${String(week).padStart(2, '0')}`;
}
