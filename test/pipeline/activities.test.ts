import { expect, test } from 'vitest';
import { RetryableError, TerminalError } from '../../shared/errors.ts';
import { Pace } from '../../shared/pace.ts';
import { activityHandlers } from '../../shared/pipeline/activities.ts';
import { parseFailure } from '../../shared/pipeline/failure-text.ts';
import type { PipelineServices } from '../../shared/pipeline/services.ts';
import { silentLogger } from '../../shared/ports.ts';

const handlersFailingWith = (error: unknown) => {
  // Every step looks for its record first: a lake that fails is the shortest way to a failing activity.
  const lake = { readIfExists: () => Promise.reject(error) };
  const pace = new Pace({ now: () => 1000, sleep: async () => {} });
  const services = { lake, clock: { now: () => 1000 }, logger: silentLogger, pace } as unknown as PipelineServices;
  return activityHandlers(async () => services);
};
const input = { runId: 'r', batchId: 'b00000', attempt: 0 };

test('activities: an outage is waited for, longer with each attempt', async () => {
  const { extractBatch } = handlersFailingWith(new RetryableError('lake.unavailable', 'storage is away'));
  expect(await extractBatch(input)).toEqual({ kind: 'waiting', retryAt: 2000 });
  expect(await extractBatch({ ...input, attempt: 3 })).toEqual({ kind: 'waiting', retryAt: 9000 });
  expect(await extractBatch({ ...input, attempt: 40 })).toEqual({ kind: 'waiting', retryAt: 61_000 });
});

test('activities: the server’s own hint wins', async () => {
  const { extractBatch } = handlersFailingWith(new RetryableError('lake.unavailable', 'busy', { retryAfterMs: 7 }));
  expect(await extractBatch(input)).toEqual({ kind: 'waiting', retryAt: 1007 });
});

test('activities: an outage without end finally ends the run', async () => {
  const { extractBatch } = handlersFailingWith(new RetryableError('lake.unavailable', 'storage is away'));
  await expect(extractBatch({ ...input, attempt: 60 })).rejects.toThrow('[lake.unavailable] storage is away');
});

test('activities: a terminal error carries its code through the host and back', async () => {
  const { extractBatch } = handlersFailingWith(new TerminalError('lake.forbidden', 'no access to lake'));
  const error = await extractBatch(input).then(
    () => undefined,
    (e: Error) => e,
  );
  const wrapped = `Activity function 'extractBatch' failed: ${error?.message} \n some details`;
  expect(parseFailure(wrapped)).toEqual({ code: 'lake.forbidden', message: 'no access to lake ' });
});

test('activities: the message of a foreign error is not passed on: it may hold content', async () => {
  const { extractBatch } = handlersFailingWith(new Error('secret words of a document'));
  await expect(extractBatch(input)).rejects.not.toThrow('secret words');
  await expect(extractBatch(input)).rejects.toThrow('[internal] Error in');
});
