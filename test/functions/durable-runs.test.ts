import type { InvocationContext } from '@azure/functions';
import { beforeEach, expect, test, vi } from 'vitest';
import { durableRuns, purgeHistory, startUnended, startUnlessRunning } from '../../functions/durable-runs.ts';

const { purgeInstanceHistoryBy, getStatus, startNew } = vi.hoisted(() => ({
  purgeInstanceHistoryBy: vi.fn(async (_filter: object) => ({ instancesDeleted: 3 })),
  getStatus: vi.fn(async (_id: string): Promise<{ runtimeStatus: string }> => {
    throw new Error('not known');
  }),
  startNew: vi.fn(async (_name: string, _options: object): Promise<string> => 'started'),
}));
vi.mock('durable-functions', () => ({
  default: { getClient: () => ({ purgeInstanceHistoryBy, getStatus, startNew }) },
}));
beforeEach(() => {
  getStatus.mockReset().mockRejectedValue(new Error('not known'));
  startNew.mockReset().mockResolvedValue('started');
});

const context = {} as InvocationContext;
const start = () => durableRuns(context).start({ runId: 'run-1', attempt: 0 });
const conflict = new Error('The operation failed with an unexpected status code: 409. An instance with this id exists');

test('history: what ended is purged by its states, never what runs: without states the extension takes everything', async () => {
  const before = new Date('2026-11-01T00:00:00Z');
  expect(await purgeHistory({} as InvocationContext, before)).toBe(3);
  expect(purgeInstanceHistoryBy.mock.calls[0]?.[0]).toEqual({
    createdTimeFrom: new Date(0),
    createdTimeTo: before,
    runtimeStatus: ['Completed', 'Failed', 'Terminated', 'Canceled'],
  });
});

test('starts: of two that start the same run at once, the one that comes second has nothing to do', async () => {
  startNew.mockRejectedValueOnce(conflict);
  getStatus.mockRejectedValueOnce(new Error('not known')).mockResolvedValueOnce({ runtimeStatus: 'Pending' });
  await start();
  expect(startNew).toHaveBeenCalledTimes(1);
  expect(getStatus).toHaveBeenCalledTimes(2);
});

test('starts: a refusal that no other start explains is told, so that the event comes again', async () => {
  startNew.mockRejectedValue(conflict);
  await expect(start()).rejects.toBe(conflict);
  getStatus.mockResolvedValue({ runtimeStatus: 'Failed' });
  await expect(start()).rejects.toBe(conflict);
});

test('starts: what is at work is left alone, what has ended well is not done twice, and what failed is started again', async () => {
  for (const [runtimeStatus, again, anew] of [
    ['Running', 0, 0],
    ['Pending', 0, 0],
    ['ContinuedAsNew', 0, 0],
    ['Suspended', 0, 0],
    ['Completed', 0, 1],
    ['Failed', 1, 1],
    ['Terminated', 1, 1],
  ] as const) {
    getStatus.mockResolvedValue({ runtimeStatus });
    startNew.mockClear();
    await start();
    expect(startNew, runtimeStatus).toHaveBeenCalledTimes(again);
    startNew.mockClear();
    await startUnlessRunning(context, 'round', 'source-x', {});
    expect(startNew, runtimeStatus).toHaveBeenCalledTimes(anew);
    startNew.mockClear();
    await startUnended(context, { runId: 'run-1', attempt: 2 });
    expect(startNew, runtimeStatus).toHaveBeenCalledTimes(anew);
    if (anew === 1) expect(startNew.mock.calls[0]?.[1]).toMatchObject({ instanceId: 'run-1-2' });
  }
});
