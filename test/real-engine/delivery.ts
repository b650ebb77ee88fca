// What an upload costs on its way to its function, by webhook and by queue, on the real engine: `node test/real-engine/delivery.ts [--burst 1000]`.
// Needs what npm run test:real has built. The part of Event Grid is played: one event a request to the webhook, or one message into the queue.
// Prints a JSON object a line: latency at rest and in a burst (ms, from the event's delivery to the function), requests to storage per event, attempts at a
// function that fails and how long they take, and how long a host that was down needs for what waited.
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { BlobServiceClient } from '@azure/storage-blob';
import { QueueServiceClient } from '@azure/storage-queue';
import pLimit from 'p-limit';
import { startAzurite } from '../../local/emulators/azurite.ts';
import { eventually, HostProcess, temporaryFolder } from '../conformance/host-process.ts';

const { values } = parseArgs({
  options: {
    burst: { type: 'string', default: '1000' },
    rest: { type: 'string', default: '5' },
    pause: { type: 'string', default: '75' },
  },
});
const IN_FLIGHT = 20;
const [burst, rest, pauseMs] = [Number(values.burst), Number(values.rest), Number(values.pause) * 1000];

/** Counts requests on their way to a port of the emulator. */
async function counted(port: number): Promise<{ port: number; counts: Map<string, number>; close(): void }> {
  const counts = new Map<string, number>();
  const server = createServer((incoming, response) => {
    const { method = 'GET', headers, url } = incoming;
    counts.set(method, (counts.get(method) ?? 0) + 1);
    const onward = request({ host: '127.0.0.1', port, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(response);
    });
    onward.once('error', () => response.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, counts, close: () => server.closeAllConnections() };
}

async function measure(way: 'webhook' | 'queue'): Promise<object> {
  const folder = temporaryFolder();
  const azurite = await startAzurite({ folder: null, ports: { blob: 0, queue: 0, table: 0 } });
  const portOf = (kind: string) =>
    Number(new RegExp(`${kind}Endpoint=http://[^:]+:(\\d+)`).exec(azurite.connectionString)?.[1]);
  const [blob, queue] = [await counted(portOf('Blob')), await counted(portOf('Queue'))];
  const storage = azurite.connectionString
    .replace(`:${portOf('Blob')}/`, `:${blob.port}/`)
    .replace(`:${portOf('Queue')}/`, `:${queue.port}/`);
  const landing = BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient('landing');
  await landing.create();
  const events = QueueServiceClient.fromConnectionString(azurite.connectionString).getQueueClient('landing-events');
  await events.create();
  const app = join(import.meta.dirname, 'apps/delivery');
  const log = join(folder.path, 'seen.log');
  const start = () =>
    HostProcess.start({
      app,
      hub: join(folder.path, 'hub'),
      env: { SEEN_LOG: log, DELIVERY: way, LAKE: storage, AzureWebJobsStorage: storage },
    });
  let host = await start();
  const seen = (): { path: string; at: number }[] =>
    existsSync(log)
      ? readFileSync(log, 'utf8')
          .split('\n')
          .flatMap((line) => (line === '' ? [] : [JSON.parse(line)]))
      : [];
  const firstOf = (path: string) => eventually(() => seen().find((line) => line.path === path)?.at);
  const deliver = async (path: string): Promise<number> => {
    const at = Date.now();
    const data = { eTag: '0x8DD0', blobType: 'BlockBlob', url: `${landing.url}/${path}` };
    const event = {
      id: randomUUID(),
      eventType: 'Microsoft.Storage.BlobCreated',
      subject: `/blobServices/default/containers/landing/blobs/${path}`,
      data,
    };
    if (way === 'queue') await events.sendMessage(Buffer.from(JSON.stringify(event)).toString('base64'));
    else
      await host.fetch('/runtime/webhooks/blobs?functionName=Host.Functions.documentUploaded', {
        method: 'POST',
        headers: { 'aeg-event-type': 'Notification' },
        body: JSON.stringify([event]),
      });
    return at;
  };
  const store = (path: string) => landing.getBlockBlobClient(path).upload('x', 1);
  const restMs: number[] = [];
  for (let n = 0; n < rest; n++) {
    await store(`rest-${n}`);
    await sleep(pauseMs); // longer than the longest pause of the queue's polling
    const at = await deliver(`rest-${n}`);
    restMs.push((await firstOf(`rest-${n}`)) - at);
  }
  const limit = pLimit(IN_FLIGHT);
  const names = Array.from({ length: burst }, (_, n) => `burst-${n}`);
  await Promise.all(names.map((name) => limit(store, name)));
  const total = () => [...blob.counts.values(), ...queue.counts.values()].reduce((sum, count) => sum + count, 0);
  const before = total();
  const began = Date.now();
  const sent = new Map(await Promise.all(names.map((name) => limit(async () => [name, await deliver(name)] as const))));
  const deliveredMs = Date.now() - began;
  const done = await eventually(() => {
    const found = new Map(seen().map(({ path, at }) => [path, at]));
    return names.every((name) => found.has(name)) ? found : undefined;
  });
  await sleep(1000);
  const latencies = names.map((name) => (done.get(name) ?? 0) - (sent.get(name) ?? 0)).sort((a, b) => a - b);
  const requests = (total() - before) / burst;
  await store('fails');
  const failing = await deliver('fails');
  const attempts = await eventually(() => {
    const at = seen().filter(({ path }) => path === 'fails');
    return at.length >= 5 ? at.map(({ at }) => at - failing) : undefined;
  });
  let waited: object = { refused: true };
  if (way === 'queue') {
    await host.stop();
    const late = Array.from({ length: 100 }, (_, n) => `late-${n}`);
    for (const name of late) await store(name).then(() => deliver(name));
    const up = Date.now();
    host = await start();
    const readyMs = Date.now() - up;
    await eventually(() => (late.every((name) => seen().some(({ path }) => path === name)) ? true : undefined));
    waited = { documents: 100, readyMs, allMs: Date.now() - up };
  }
  await host.stop();
  for (const proxy of [blob, queue]) proxy.close();
  await azurite.close();
  folder.remove();
  const p = (share: number) => latencies[Math.floor(share * (latencies.length - 1))];
  return {
    ...{ way, restMs, burst, deliveredMs, lastMs: Math.max(...names.map((name) => done.get(name) ?? 0)) - began },
    ...{ p50Ms: p(0.5), p99Ms: p(0.99), requestsPerEvent: requests, attemptsMs: attempts, hostDown: waited },
  };
}

for (const way of ['webhook', 'queue'] as const) console.log(JSON.stringify(await measure(way)));
process.exit(0);
