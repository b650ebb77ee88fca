import { expect, test } from 'vitest';
import { followJob } from '../../cli/commands/train-xgboost.ts';
import { RetryableError, TerminalError } from '../../shared/errors.ts';
import { MemoryLake } from '../fakes/memory-lake.ts';

test('a Spark job that has failed is not followed again; one whose state nobody could tell is', async () => {
  const lake = new MemoryLake();
  const record = 'spark-trainings/1/job.json';
  await lake.write(record, '{"id":7}');
  for (const [error, isKept] of [
    [new RetryableError('lake.unavailable', 'Synapse answered 503'), true],
    [new TerminalError('config.invalid', 'Synapse answered 403'), true],
    [new TerminalError('request.invalid', 'Spark batch 7 ended as dead'), false],
  ] as const) {
    await expect(followJob(lake, record, () => Promise.reject(error))).rejects.toBe(error);
    expect((await lake.stat(record)) !== undefined).toBe(isKept);
  }
});
