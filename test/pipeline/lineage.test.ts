import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { runPaths } from '../../shared/paths.ts';
import { activityHandlers } from '../../shared/pipeline/activities.ts';
import { type LineageEvent, recordLineage, uuidOf } from '../../shared/pipeline/lineage.ts';
import { createRun } from '../../shared/pipeline/start-run.ts';
import { fakeWorld } from '../fakes/pipeline.ts';

const request = { source: { kind: 'prefix' as const, container: 'imports' as const, prefix: 'in' } };

/** A receiver that answers with a status. */
async function receiver(status: number) {
  const got: { url: string; authorization: string; event: LineageEvent }[] = [];
  const server = createServer((incoming, response) => {
    const parts: Buffer[] = [];
    incoming.on('data', (part: Buffer) => parts.push(part));
    incoming.on('end', () => {
      const event = JSON.parse(Buffer.concat(parts).toString('utf8')) as LineageEvent;
      got.push({ url: incoming.url ?? '', authorization: incoming.headers.authorization ?? '', event });
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, got, close: () => new Promise((resolve) => server.close(resolve)) };
}

async function finished(settings: Record<string, string>) {
  const world = await fakeWorld(settings);
  await world.imports.write('in/a.txt', 'sure');
  const { runId } = await createRun(world.services, request);
  const handlers = activityHandlers(async () => world.services);
  await handlers.planRun({ runId, attempt: 0 });
  for (const step of ['extractBatch', 'featurizeBatch', 'scoreBatch', 'classifyBatch', 'decideBatch'] as const)
    await handlers[step]({ runId, batchId: 'b00000', attempt: 0 });
  await handlers.commitRun({ runId, attempt: 0 });
  const stored = JSON.parse((await world.lake.read(runPaths.lineage(runId))).toString('utf8')) as LineageEvent;
  return { world, runId, stored };
}

test('lineage: a completed run names what it read and wrote, stores the event and sends the same', async () => {
  const { url, got, close } = await receiver(201);
  const { world, runId, stored } = await finished({ OPENLINEAGE_URL: `${url}/`, OPENLINEAGE_API_KEY: 'k' });
  expect(got).toEqual([{ url: '/api/v1/lineage', authorization: 'Bearer k', event: stored }]);
  expect(stored).toMatchObject({
    eventType: 'COMPLETE',
    job: { namespace: 'sluice', name: 'classify.request' },
    run: { runId: uuidOf(runId), facets: { sluice: { modelVersion: 'v1', documents: 1, labelled: 1 } } },
  });
  expect(stored.inputs.map(({ namespace, name }) => `${namespace}/${name}`)).toEqual([
    'abfss://imports@local/in',
    'abfss://lake@local/models/v1',
  ]);
  expect(stored.outputs.map(({ name }) => name)).toEqual(['tables/results']);
  await recordLineage(world.services, runId);
  expect(got[1]?.event).toEqual(stored);
  await close();
});

test('lineage: a receiver that refuses or is away does not fail the run', async () => {
  const { url, got, close } = await receiver(500);
  const refused = await finished({ OPENLINEAGE_URL: url });
  expect(got).toHaveLength(1);
  await close();
  const away = await finished({ OPENLINEAGE_URL: url });
  expect(refused.stored.eventType).toBe('COMPLETE');
  expect(away.stored.eventType).toBe('COMPLETE');
});

test('lineage: a run that fails says so and has written nothing', async () => {
  const world = await fakeWorld();
  const { runId } = await createRun(world.services, request);
  const handlers = activityHandlers(async () => world.services);
  await handlers.endRun({ runId, attempt: 0, message: '[lake.forbidden] no rights' });
  const event = JSON.parse((await world.lake.read(runPaths.lineage(runId))).toString('utf8')) as LineageEvent;
  expect(event).toMatchObject({
    eventType: 'FAIL',
    outputs: [],
    run: { facets: { errorMessage: { message: 'lake.forbidden: no rights' } } },
  });
});

test('lineage: ids are well-formed UUIDs and follow from the run id', () => {
  for (let i = 0; i < 200; i++)
    expect(uuidOf(`run-${i}`)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(uuidOf('a')).toBe(uuidOf('a'));
});
