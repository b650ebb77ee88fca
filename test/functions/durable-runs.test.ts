import type { InvocationContext } from '@azure/functions';
import { expect, test, vi } from 'vitest';
import { purgeHistory } from '../../functions/durable-runs.ts';

const { purgeInstanceHistoryBy } = vi.hoisted(() => ({
  purgeInstanceHistoryBy: vi.fn(async (_filter: object) => ({ instancesDeleted: 3 })),
}));
vi.mock('durable-functions', () => ({ default: { getClient: () => ({ purgeInstanceHistoryBy }) } }));

test('history: what ended is purged by its states, never what runs: without states the extension takes everything', async () => {
  const before = new Date('2026-11-01T00:00:00Z');
  expect(await purgeHistory({} as InvocationContext, before)).toBe(3);
  expect(purgeInstanceHistoryBy.mock.calls[0]?.[0]).toEqual({
    createdTimeFrom: new Date(0),
    createdTimeTo: before,
    runtimeStatus: ['Completed', 'Failed', 'Terminated', 'Canceled'],
  });
});
