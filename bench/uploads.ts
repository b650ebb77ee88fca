// Benchmark of uploads: so many small files put into `landing` at once, until each has its row. With --against <folder> (a built checkout) both
// builds are measured in turns. `--way queue` takes the events from a storage queue, as Event Grid puts them there, instead of the Blob trigger.
import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BlobServiceClient } from '@azure/storage-blob';
import { DataLakeServiceClient } from '@azure/storage-file-datalake';
import { QueueServiceClient } from '@azure/storage-queue';
import pLimit from 'p-limit';
import { ApiClient } from '../cli/api-client.ts';
import type { RunStatus } from '../shared/api/runs.ts';
import { tablePath } from '../shared/paths.ts';
import { type Cloud, cpuMs, startCloud, stopCloud } from './cloud/cloud.ts';

const PARALLEL_UPLOADS = 24;
const TEXTS = [
  'Invoice for consulting services, amount due within thirty days, value added tax included',
  'Payroll tax return: wage tax withheld for the employees of the branch in the month of March',
  'This agreement is made between the parties for a term of two years and governed by the law of',
  'Import declaration with tariff number, customs value and duty of the goods of shipment',
];
const GIVE_UP_SECONDS = 540;

interface Options {
  documents: number;
  rounds: number;
  way: 'blob' | 'queue';
}

interface Result {
  /** Until all files are stored. */
  storedSeconds: number;
  /** From the first file to the last row. */
  decidedSeconds: number;
  runs: number;
  /** Versions of the table of results that came of it. */
  versions: number;
  hostCpuSeconds: number;
}

/** Measure and print; `json` prints one JSON document on stdout. */
export async function run({ json, args }: { json: boolean; args: string[] }): Promise<void> {
  const given = (name: string) => args[args.indexOf(name) + 1];
  const amount = (name: string, fallback: number) => (args.includes(name) ? Number(given(name)) : fallback);
  const options: Options = {
    documents: amount('--documents', 10_000),
    rounds: amount('--rounds', 1),
    way: args.includes('--way') && given('--way') === 'queue' ? 'queue' : 'blob',
  };
  const here = resolve(import.meta.dirname, import.meta.filename.endsWith('.ts') ? '..' : '../..');
  const builds = [
    ...(args.includes('--against') ? [['before', resolve(given('--against') ?? '.')]] : []),
    ['now', here],
  ];
  const results: Record<string, Result[]> = {};
  for (let round = 0; round < options.rounds; round++)
    for (const [name = '', app = ''] of builds) {
      const cloud = await startCloud(
        name,
        app,
        options.way === 'queue' ? { UPLOAD_TRIGGER_SOURCE: 'StorageQueue' } : {},
      );
      try {
        results[name] = [...(results[name] ?? []), await measure(cloud, options)];
      } finally {
        await stopCloud(cloud);
      }
      process.stderr.write(`${name}: ${JSON.stringify(results[name]?.at(-1))}\n`);
    }
  if (json)
    process.stdout.write(`${JSON.stringify({ bench: 'uploads', node: process.version, ...options, results })}\n`);
  else
    for (const [name, all] of Object.entries(results))
      for (const one of all)
        process.stdout.write(
          `${name.padEnd(8)}${Object.entries(one)
            .map((pair) => pair.join(' '))
            .join(', ')}\n`,
        );
}

async function measure(cloud: Cloud, { documents, way }: Options): Promise<Result> {
  const api = new ApiClient(cloud.url);
  const landing = BlobServiceClient.fromConnectionString(cloud.lake).getContainerClient('landing');
  const events = QueueServiceClient.fromConnectionString(cloud.lake).getQueueClient('landing-events');
  if (way === 'queue') await events.createIfNotExists(); // in Azure the templates make it
  const versionsBefore = await countVersions(cloud);
  const cpuBefore = cpuMs(cloud.hostPid);
  const begun = performance.now();
  const seconds = () => Math.round((performance.now() - begun) / 100) / 10;
  const limit = pLimit(PARALLEL_UPLOADS);
  const put = async (n: number): Promise<void> => {
    const path = `flood/${n % 100}/${n}.txt`;
    const text = `${TEXTS[n % TEXTS.length]} ${n}`;
    await landing.getBlockBlobClient(path).upload(text, text.length);
    if (way === 'queue') await events.sendMessage(eventOf(path));
  };
  await Promise.all(Array.from({ length: documents }, (_, n) => limit(put, n)));
  const storedSeconds = seconds();
  process.stderr.write(`${cloud.name}: stored after ${storedSeconds} s\n`);
  for (let told = 0; ; ) {
    const done = (await uploadRuns(api)).filter(({ state }) => state === 'completed');
    const decided = done.reduce((sum, { documents: inRun }) => sum + inRun, 0);
    if (decided >= documents) break;
    if (seconds() > GIVE_UP_SECONDS)
      throw new Error(`${cloud.name}: ${decided} of ${documents} decided after ${seconds()} s`);
    if (seconds() - told >= 10) {
      told = seconds();
      process.stderr.write(`${cloud.name}: ${decided} decided after ${told} s\n`);
    }
    await sleep(1000);
  }
  const decidedSeconds = seconds();
  return {
    storedSeconds,
    decidedSeconds,
    runs: (await uploadRuns(api)).length,
    versions: (await countVersions(cloud)) - versionsBefore,
    hostCpuSeconds: Math.round((cpuMs(cloud.hostPid) - cpuBefore) / 100) / 10,
  };
}

const uploadRuns = async (api: ApiClient): Promise<RunStatus[]> =>
  (await api.ask<{ runs: RunStatus[] }>('GET', '/api/runs?limit=200')).runs.filter(({ kind }) => kind === 'upload');

/** Commits of the table of results. */
async function countVersions({ lake }: Cloud): Promise<number> {
  const files = DataLakeServiceClient.fromConnectionString(lake).getFileSystemClient('lake');
  let count = 0;
  if (!(await files.getDirectoryClient(`${tablePath('results')}/_delta_log`).exists())) return 0;
  for await (const { name = '' } of files.listPaths({ path: `${tablePath('results')}/_delta_log` }))
    if (/\/\d{20}\.json$/.test(name)) count++;
  return count;
}

/** A message as Event Grid delivers it to a queue. */
function eventOf(path: string): string {
  const event = {
    id: randomUUID(),
    topic: '/subscriptions/none',
    subject: `/blobServices/default/containers/landing/blobs/${path}`,
    eventType: 'Microsoft.Storage.BlobCreated',
    eventTime: new Date().toISOString(),
    dataVersion: '',
    metadataVersion: '1',
    data: { api: 'PutBlob', blobType: 'BlockBlob', url: `https://account.blob.core.windows.net/landing/${path}` },
  };
  return Buffer.from(JSON.stringify(event)).toString('base64');
}
