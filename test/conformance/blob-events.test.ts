// Conformance of the webhook by which Event Grid tells a blob trigger of blobs; storage is Azurite in memory.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BlobServiceClient } from '@azure/storage-blob';
import { QueueServiceClient } from '@azure/storage-queue';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Azurite, startAzurite } from '../../local/emulators/azurite.ts';
import { eventually, HostProcess, localOnly, temporaryFolder } from './host-process.ts';

const folder = temporaryFolder();
let azurite: Azurite;
let host: HostProcess;
let blobs: BlobServiceClient;
let queues: QueueServiceClient;

beforeAll(async () => {
  azurite = await startAzurite({ folder: null, ports: { blob: 0, queue: 0, table: 0 } });
  blobs = BlobServiceClient.fromConnectionString(azurite.connectionString);
  queues = QueueServiceClient.fromConnectionString(azurite.connectionString);
  for (const name of ['landing', 'events']) await blobs.getContainerClient(name).create();
  const env = {
    SEEN_LOG: join(folder.path, 'seen.log'),
    STORE: azurite.connectionString,
    AzureWebJobsStorage: azurite.connectionString,
  };
  host = await HostProcess.start({
    app: 'events',
    hub: join(folder.path, 'hub.sqlite'),
    flags: ['--scan-interval', '50'],
    env,
  });
});

afterAll(async () => {
  await host?.stop();
  await azurite?.close();
  folder.remove();
});

function seen(): Record<string, unknown>[] {
  const file = join(folder.path, 'seen.log');
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
}

const seenWhere = (holds: (line: Record<string, unknown>) => boolean) => eventually(() => seen().find(holds));

async function upload(container: string, name: string, text: string): Promise<void> {
  await blobs.getContainerClient(container).getBlockBlobClient(name).upload(text, Buffer.byteLength(text));
}

const ODD = ['a#b.txt', '50% off.txt', 'two words.txt', 'Prüfung für März.txt', 'q?x=1&y+z.txt', '%41;@=,$.txt'];

const hook = (body: unknown, { type = 'Notification', fn = 'events' } = {}) =>
  host.fetch(`/runtime/webhooks/blobs?functionName=Host.Functions.${fn}`, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { 'aeg-event-type': type },
  });
/** @param address  the name as it stands in the event's address: the extension reads nothing else */
const created = (address: string, subject = address, container = 'events') => ({
  id: crypto.randomUUID(),
  eventType: 'Microsoft.Storage.BlobCreated',
  subject: `/blobServices/default/containers/${container}/blobs/${subject}`,
  eventTime: new Date().toISOString(),
  data: {
    api: 'PutBlob',
    eTag: '0x8DD0',
    blobType: 'BlockBlob',
    url: `${blobs.url}${blobs.url.endsWith('/') ? '' : '/'}${container}/${address}`,
  },
});
const timesSeen = (name: string) => seen().filter((line) => line.event === name).length;

test('events: each delivery runs the function again, whatever version the event names', async () => {
  await upload('events', 'a.txt', 'by event');
  const before = timesSeen('a.txt');
  expect((await hook([created('a.txt'), created('a.txt')])).status).toBe(202);
  await eventually(() => (timesSeen('a.txt') >= before + 2 ? true : undefined));
  expect((await hook([created('a.txt')])).status).toBe(202);
  await eventually(() => (timesSeen('a.txt') >= before + 3 ? true : undefined));
});

test('events: the name is what the address says, escaped; the subject is not read', async () => {
  for (const name of ODD) await upload('events', name, name);
  const before = new Map(ODD.map((name) => [name, timesSeen(name)]));
  for (const name of ODD) expect((await hook([created(encodeURIComponent(name), 'nothing.txt')])).status).toBe(202);
  for (const name of ODD) await eventually(() => (timesSeen(name) > (before.get(name) ?? 0) ? true : undefined));
});

test('events: of an address that is not escaped `#` and blanks are kept, `?` ends it, and what looks like an escape is one', async () => {
  const found = {
    'raw#hash.txt': 'raw#hash.txt',
    'raw 50% off.txt': 'raw 50% off.txt',
    'räw.txt': 'räw.txt',
    'raw?q.txt': 'raw',
    'raw%41.txt': 'rawA.txt',
  };
  for (const name of [...Object.keys(found), ...Object.values(found)]) await upload('events', name, name);
  for (const [address, name] of Object.entries(found)) {
    const [before, others] = [timesSeen(name), address === name ? 0 : timesSeen(address)];
    expect((await hook([created(address)])).status).toBe(202);
    await eventually(() => (timesSeen(name) > before ? true : undefined));
    if (address !== name) expect(timesSeen(address), address).toBe(others);
  }
});

test('events: a blob that is gone is no failure; a subscription is validated; what is no event is refused', async () => {
  expect((await hook([created('gone.txt')])).status).toBe(202);
  const validation = await hook([{ data: { validationCode: 'abc' } }], { type: 'SubscriptionValidation' });
  expect(validation.status).toBe(200);
  expect(await validation.json()).toEqual({ validationResponse: 'abc' });
  const { url: _url, ...rest } = created('a.txt').data;
  const statuses = [];
  for (const bad of [[{ ...created('a.txt'), data: rest }], {}, 'no json']) statuses.push((await hook(bad)).status);
  statuses.push((await hook([created('a.txt')], { type: 'Unsubscribe' })).status);
  statuses.push((await hook([created('a.txt')], { fn: 'nobody' })).status);
  statuses.push((await hook([created('a.txt')], { type: 'Other' })).status);
  expect(statuses).toEqual([500, 500, 500, 202, 202, 400]);
});

test('events: an event of another container is handed to the function too: its subscription must not send it', async () => {
  await upload('landing', 'elsewhere.txt', 'another container');
  expect((await hook([created('elsewhere.txt', 'elsewhere.txt', 'landing')])).status).toBe(202);
  const line = await seenWhere((line) => line.text === 'another container');
  expect(line).toEqual({ event: null, blob: 'landing/elsewhere.txt', text: 'another container' });
});

test('events: a failing blob is reported as a scanned one is', async () => {
  await upload('events', 'bad event.txt', 'bad');
  await hook([created('bad%20event.txt')]);
  const queue = queues.getQueueClient('webjobs-blobtrigger-poison');
  const told = await eventually(async () => {
    const items = (await queue.exists())
      ? (await queue.receiveMessages({ numberOfMessages: 32, visibilityTimeout: 1 })).receivedMessageItems
      : [];
    return items
      .map((item) => JSON.parse(Buffer.from(item.messageText, 'base64').toString()))
      .find((one) => one.BlobName === 'bad event.txt');
  });
  expect(told).toMatchObject({ FunctionId: 'Host.Functions.events', ContainerName: 'events' });
  expect(timesSeen('bad event.txt')).toBe(2);
});

localOnly('nothing is scanned for this source in Azure, where Event Grid sends events')(
  'events: the container is scanned too, because nobody sends events on a laptop',
  async () => {
    await upload('events', 'scanned.txt', 'by scan');
    await seenWhere((line) => line.event === 'scanned.txt');
  },
);
