import { expect, test } from 'vitest';
import { toProblem } from '../shared/api/problem.ts';
import { nameFullDisk } from '../shared/disk-full.ts';
import { RetryableError, TerminalError } from '../shared/errors.ts';
import { activityHandlers } from '../shared/pipeline/activities.ts';
import type { PipelineServices } from '../shared/pipeline/services.ts';
import { fakeWorld } from './fakes/pipeline.ts';
import { systemError } from './fakes/system-error.ts';

const full = systemError('ENOSPC', '/tmp/sluice-stage-x/part.parquet');

test('a full disk is told as such whoever met it, with the folder and without the file', () => {
  const found = nameFullDisk(full) as RetryableError;
  expect(found).toBeInstanceOf(RetryableError);
  expect([found.code, found.message]).toEqual([
    'disk.full',
    'The disk is full: nothing more can be written to /tmp/sluice-stage-x/',
  ]);
  for (const error of [
    new TerminalError('internal', 'download', { cause: full }),
    systemError('EDQUOT', undefined),
    new Error('IO Error: Could not write file "x.parquet": No space left on device'),
    new Error('Out of Memory Error: failed to offload data block of size 256.0 KiB (0 bytes/0 bytes used).'),
  ])
    expect(nameFullDisk(error)).toMatchObject({ code: 'disk.full' });
  for (const other of [
    systemError('EACCES', '/x'),
    new Error('space'),
    undefined,
    new RetryableError('lake.unavailable', 'x', { cause: full }),
  ])
    expect(nameFullDisk(other)).toBe(other);
  expect(toProblem(full)).toMatchObject({ status: 507, code: 'disk.full' });
});

test('a step that finds the disk full is put back, and done when there is room', async () => {
  const { services, lake } = await fakeWorld();
  let isFull = true;
  lake.beforeCall = () => {
    if (isFull) throw full;
  };
  const handlers = activityHandlers(async () => services as PipelineServices);
  const input = { runId: 'run-1', attempt: 0 };
  expect(await handlers.planRun(input)).toMatchObject({ kind: 'waiting' });
  isFull = false;
  await expect(handlers.planRun(input)).rejects.toThrow(/lake\.not-found/); // it goes on: there is no such run
});
