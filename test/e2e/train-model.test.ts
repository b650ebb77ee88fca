// Training through the API: the orchestration on the compiled host, killed in the middle and started again.
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DataLakeServiceClient } from '@azure/storage-file-datalake';
import { afterAll, expect, test } from 'vitest';
import type { TrainingStatus } from '../../shared/pipeline/train-model.ts';
import { firstStart, preparedFolder } from './cloud.ts';
import { command, ended, ROOT, type State, startSluice, waitFor, waitForState } from './sluice.ts';

const { documents } = await firstStart();
const data = await preparedFolder('train');
const cloud = data.path;
let host: ChildProcess | undefined;
afterAll(async () => {
  host?.kill('SIGTERM');
  if (host !== undefined) await ended(host);
  data.remove();
});

async function start(): Promise<State> {
  host = startSluice(['start', documents, '--data', cloud, '--port', '0']);
  return waitForState(cloud, host);
}

test('train: killed in the middle it goes on, in parts and as a whole, and the model becomes the champion', async () => {
  let state = await start();
  const imports = DataLakeServiceClient.fromConnectionString(state.lake).getFileSystemClient('imports');
  await imports.getFileClient('training/samples.jsonl').upload(readFileSync(join(ROOT, 'samples/training.jsonl')));
  const sources = ['training/samples.jsonl'];
  const post = async (request: object) =>
    (
      await fetch(`${state.hostUrl}/api/models/train`, { method: 'POST', body: JSON.stringify(request) })
    ).json() as Promise<TrainingStatus>;
  const get = async (id: string) =>
    (await fetch(`${state.hostUrl}/api/models/train/${id}`)).json() as Promise<TrainingStatus>;
  const inParts = { sources, loss: 'logistic', maxIter: 30, regParam: 0.02, precision: 0.85, promote: true };
  const asWhole = { sources, precision: 0.85, promote: true }; // what it is when nothing else is said
  const isUnderWay = {
    inParts: ({ iteration }: TrainingStatus) => iteration >= 3,
    asWhole: ({ rows }: TrainingStatus) => rows !== null, // planned: its thread begins
  };
  for (const [request, isMiddle, version] of [
    [inParts, isUnderWay.inParts, 'v2'], // v1 is the demo's
    [asWhole, isUnderWay.asWhole, 'v3'],
  ] as const) {
    const { trainingId } = await post(request);
    const seen = await waitFor('some of the training', 60_000, async () => {
      const now = await get(trainingId);
      return now.state !== 'running' || isMiddle(now) ? now : undefined;
    });
    expect(seen.state).toBe('running');
    process.kill(state.hostPid, 'SIGKILL');
    if (host !== undefined) await ended(host);
    state = await start();
    const status = await waitFor('the end of the training', 120_000, async () => {
      const now = await get(trainingId);
      return now.state === 'running' ? undefined : now;
    });
    expect(status).toMatchObject({ state: 'completed', error: null, result: { version } });
    expect(status.result?.accuracy).toBeGreaterThan(0.8);
    const models = (await (await fetch(`${state.hostUrl}/api/models`)).json()) as { champion: string };
    expect(models.champion).toBe(version);
    expect((await post(request)).state).toBe('completed'); // the same request is the same training
  }
  const measured = await command(['eval', join(ROOT, 'samples/training.jsonl'), '--json', '--data', cloud]);
  expect((JSON.parse(measured.stdout) as { accuracy: number }).accuracy).toBeGreaterThan(0.95);

  const bad = await fetch(`${state.hostUrl}/api/models/train`, {
    method: 'POST',
    body: JSON.stringify({ sources: ['training/none.jsonl'] }),
  });
  const failed = await waitFor('the failure', 60_000, async () => {
    const now = await get(((await bad.clone().json()) as TrainingStatus).trainingId);
    return now.state === 'failed' ? now : undefined;
  });
  expect(failed.error?.code).toBe('lake.not-found');
}, 300_000);
