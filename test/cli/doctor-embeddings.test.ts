// The question that doctor asks each deployment of vectors, and what it makes of the answer.
import { expect, test } from 'vitest';
import { askEmbeddings } from '../../cli/commands/doctor.ts';
import { EncoderRegistry } from '../../shared/models/encoder/registry.ts';
import { systemClock } from '../../shared/ports.ts';
import { MemoryLake } from '../fakes/memory-lake.ts';

async function checkOf(dimensions: number | undefined, found: string) {
  const encoders = new EncoderRegistry(new MemoryLake('lake'), { clock: systemClock });
  const description = {
    format: 1,
    kind: 'deployment',
    name: 'vectors',
    model: 'text-embedding',
    dimensions: 64,
  } as const;
  await encoders.use(await encoders.registerDeployment(description));
  const probe = async () => [{ deployment: 'vectors', dimensions, found, costUsd: 0.00000026 }];
  const [check] = await askEmbeddings({ embeddings: { probe }, encoders });
  return check;
}

test('an answer with the vectors it was chosen with is well, and what the question cost is said', async () => {
  expect(await checkOf(64, 'vectors of 64 numbers')).toMatchObject({
    check: 'embedding deployment vectors',
    ok: true,
    found: 'vectors of 64 numbers, the encoder in use; 1 request, 0.00000026 USD',
  });
});

test('a refusal and vectors of another length are not, with what to do', async () => {
  expect(await checkOf(undefined, 'HTTP 401, unauthorized')).toMatchObject({
    ok: false,
    remedy: expect.stringContaining('EMBEDDING_DEPLOYMENTS'),
  });
  expect(await checkOf(32, 'vectors of 32 numbers')).toMatchObject({
    ok: false,
    found: expect.stringContaining('not 64 as when it was chosen'),
    remedy: expect.stringContaining('sluice encoder use vectors'),
  });
});

test('without such a deployment nothing is asked', async () => {
  const encoders = new EncoderRegistry(new MemoryLake('lake'), { clock: systemClock });
  expect(await askEmbeddings({ embeddings: undefined, encoders })).toEqual([]);
});
