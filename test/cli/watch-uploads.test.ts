import { expect, test } from 'vitest';
import { watchUploads } from '../../cli/watch-uploads.ts';
import type { RunStatus } from '../../shared/api/runs.ts';

const run = (runId: string, endedAt: string | null) => ({ runId, endedAt }) as RunStatus; // all that is looked at

/** Answers in turn, an Error is a host that does not answer; ends with the last. */
async function watched(answers: (RunStatus[] | Error)[], maxSilent = Number.POSITIVE_INFINITY): Promise<string[]> {
  const told: string[] = [];
  const ending = new AbortController();
  await watchUploads(
    {
      runs: async () => {
        const answer = answers.shift() ?? [];
        if (answer instanceof Error) throw answer;
        return { runs: answer };
      },
      onEnded: async ({ runId }) => void told.push(runId),
      maxSilent,
      pause: async () => {
        if (answers.length === 0) ending.abort();
      },
    },
    ending.signal,
  );
  return told;
}

const busy = new Error('does not answer');

test('watching uploads: runs that end are told once, those that were there before not', async () => {
  const old = run('old', '2026-01-01');
  const answers = [[old], [old, run('new', null)], [run('new', '2026-01-02'), old], [run('new', '2026-01-02')]];
  expect(await watched(answers)).toEqual(['new']);
});

test('watching uploads: a host that is busy and does not answer ends nothing', async () => {
  expect(await watched([busy, [run('old', '2026-01-01')], busy, busy, [run('new', '2026-01-02')]])).toEqual(['new']);
});

test('watching uploads: beside a host of somebody else, silence has an end', async () => {
  await expect(watched([[], busy, busy, []], 1)).rejects.toBe(busy);
});
