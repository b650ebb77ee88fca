import { describe, expect, test } from 'vitest';
import {
  documentsPerSecond,
  listPauseMs,
  shareDone,
  startOfDay,
  tookSeconds,
  totalsSince,
  undecided,
} from '../../../../dashboard/src/views/runs/run-list.ts';
import { STEPS, stepShare } from '../../../../dashboard/src/views/runs/steps.ts';
import { STEPS as API_STEPS, type RunStatus } from '../../../../shared/api/runs.ts';
import { aRun } from './a-run.ts';

const AT = Date.parse('2025-05-03T10:00:00Z');
const running = (part: Partial<RunStatus> = {}): RunStatus =>
  aRun({
    state: 'running',
    endedAt: null,
    labelled: 20,
    review: 0,
    failed: 0,
    steps: { extract: 100, featurize: 80, score: 60, classify: 40, decide: 20 },
    ...part,
  });

describe('dashboard: the list of runs', () => {
  test('the steps are those of the API, in its order', () => {
    expect(STEPS).toEqual(API_STEPS);
  });

  test('a list with an active run is polled each second, a quiet one every five', () => {
    expect(listPauseMs([aRun(), running()])).toBe(1000);
    expect(listPauseMs([aRun(), aRun({ state: 'pending' })])).toBe(1000);
    expect(listPauseMs([aRun()])).toBe(5000);
    expect(listPauseMs(undefined)).toBe(5000);
  });

  test('a running run is as far as its steps, on average; a completed one is done', () => {
    expect(shareDone(running())).toBeCloseTo(0.6);
    expect(shareDone(running({ documents: 0 }))).toBe(0);
    expect(shareDone(aRun({ documents: 0 }))).toBe(1);
  });

  test('more documents in a step than were planned, from archives, are no more than all', () => {
    expect(shareDone(running({ documents: 50 }))).toBeCloseTo((1 + 1 + 1 + 0.8 + 0.4) / 5);
    expect(stepShare(running({ documents: 50 }), 'extract')).toBe(1);
  });

  test('speed counts a document half through the steps as half, and is unknown before anything is done', () => {
    expect(documentsPerSecond(running(), AT + 30_000)).toBeCloseTo(2);
    expect(documentsPerSecond(running({ steps: aRun().steps, documents: 0 }), AT + 30_000)).toBeNull();
    expect(documentsPerSecond(aRun(), AT + 3_600_000)).toBeCloseTo(100 / 20); // it ended after 20 s
  });

  test('time of an ended run stands still', () => {
    expect(tookSeconds(aRun(), AT + 3_600_000)).toBe(20);
    expect(tookSeconds(running(), AT + 5000)).toBe(5);
  });

  test('a stopped run has left the rest undecided', () => {
    expect(undecided(running({ state: 'cancelled' }))).toBe(80);
    expect(undecided(aRun())).toBe(0);
  });

  test('totals are of the runs made since, active ones of any time', () => {
    const yesterday = '2025-05-02T10:00:00Z';
    const runs = [aRun(), running(), aRun({ createdAt: yesterday }), running({ createdAt: yesterday })];
    expect(totalsSince(runs, AT - 1000)).toEqual({ active: 2, runs: 2, review: 3, costUsd: 0.02 });
  });

  test('the day begins at midnight of the viewer', () => {
    expect(startOfDay(new Date(2025, 4, 3, 17, 5))).toBe(new Date(2025, 4, 3).getTime());
  });
});
