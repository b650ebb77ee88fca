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

test('train: killed in the middle it goes on, and the model becomes the champion', async () => {
  let state = await start();
  const imports = DataLakeServiceClient.fromConnectionString(state.lake).getFileSystemClient('imports');
  await imports.getFileClient('training/samples.jsonl').upload(readFileSync(join(ROOT, 'samples/training.jsonl')));
  const request = { sources: ['training/samples.jsonl'], maxIter: 30, regParam: 0.02, precision: 0.85, promote: true };
  const post = async () =>
    (
      await fetch(`${state.hostUrl}/api/models/train`, { method: 'POST', body: JSON.stringify(request) })
    ).json() as Promise<TrainingStatus>;
  const get = async (id: string) =>
    (await fetch(`${state.hostUrl}/api/models/train/${id}`)).json() as Promise<TrainingStatus>;
  const { trainingId } = await post();
  await waitFor('some iterations', 60_000, async () => ((await get(trainingId)).iteration >= 3 ? true : undefined));
  process.kill(state.hostPid, 'SIGKILL');
  if (host !== undefined) await ended(host);
  state = await start();
  const status = await waitFor('the end of the training', 120_000, async () => {
    const now = await get(trainingId);
    return now.state === 'running' ? undefined : now;
  });
  expect(status).toMatchObject({ state: 'completed', error: null });
  expect(status.result?.version).toBe('v2'); // v1 is the demo's
  expect(status.result?.accuracy).toBeGreaterThan(0.8);
  const models = (await (await fetch(`${state.hostUrl}/api/models`)).json()) as { champion: string };
  expect(models.champion).toBe('v2');
  const measured = await command(['eval', join(ROOT, 'samples/training.jsonl'), '--json', '--data', cloud]);
  expect((JSON.parse(measured.stdout) as { accuracy: number }).accuracy).toBeGreaterThan(0.95);
  expect((await post()).state).toBe('completed'); // the same request is the same training

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
