// Conformance of HTTP, blob, queue and timer triggers, admin endpoints and hooks; storage is Azurite in memory.
import { existsSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { BlobServiceClient } from '@azure/storage-blob';
import { QueueServiceClient } from '@azure/storage-queue';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Azurite, startAzurite } from '../../local/emulators/azurite.ts';
import { eventually, HostProcess, temporaryFolder } from './host-process.ts';

const folder = temporaryFolder();
let azurite: Azurite;
let host: HostProcess;
let blobs: BlobServiceClient;
let queues: QueueServiceClient;

const options = () => ({
  app: 'triggers',
  hub: join(folder.path, 'hub.sqlite'),
  flags: ['--scan-interval', '50'],
  env: {
    SEEN_LOG: join(folder.path, 'seen.log'),
    STORE: azurite.connectionString,
    FIRST_QUEUE: 'first',
    AzureWebJobsStorage: azurite.connectionString,
    'AzureWebJobs.yearly.Disabled': 'false',
  },
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

beforeAll(async () => {
  azurite = await startAzurite({ folder: null, ports: { blob: 0, queue: 0, table: 0 } });
  blobs = BlobServiceClient.fromConnectionString(azurite.connectionString);
  queues = QueueServiceClient.fromConnectionString(azurite.connectionString);
  for (const name of ['landing', 'events']) await blobs.getContainerClient(name).create();
  for (const name of ['first', 'second']) await queues.getQueueClient(name).create();
  host = await HostProcess.start(options());
});

afterAll(async () => {
  await host?.stop();
  await azurite?.close();
  folder.remove();
});

/** Status of GET / under another name, as after a rebinding of DNS; fetch does not let the name be set. */
const statusAs = (name: string): Promise<number | undefined> => statusWith('GET', '/', { host: name });

const statusWith = (method: string, path: string, headers: Record<string, string>): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    request(`${host.url}${path}`, { method, headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });

describe('http', () => {
  test('route parameters, repeated query keys, headers, cookies, status and body arrive', async () => {
    const response = await host.fetch('/api/echo/5/a/b%20c?tag=x&tag=y', {
      method: 'POST',
      body: 'text',
      headers: { 'x-sent': 'yes' },
    });
    expect(response.status).toBe(201);
    expect(response.headers.get('x-seen')).toBe('yes');
    expect(response.headers.getSetCookie()).toEqual(['a=1; Path=/', 'b=2; HttpOnly']);
    expect(await response.json()).toEqual({
      url: `${host.url}/api/echo/5/a/b%20c?tag=x&tag=y`,
      params: { id: '5', rest: 'a/b c' },
      tags: ['x', 'y'],
      body: 'text',
    });
  });

  test('the first function by name whose route fits answers, not the closest; no route or method that fits is 404', async () => {
    expect(await (await host.fetch('/api/echo/7/here')).json()).toMatchObject({ params: { id: '7', rest: 'here' } });
    expect(await (await host.fetch('/api/echo/8/here')).text()).toBe('first by name');
    expect((await host.fetch('/api/echo/8/here', { method: 'POST' })).status).toBe(201);
    expect((await host.fetch('/api/echo/seven/here')).status).toBe(404);
    expect((await host.fetch('/api/echo/7/here', { method: 'DELETE' })).status).toBe(404);
    expect((await host.fetch('/nowhere')).status).toBe(404);
  });

  test('undefined from a handler is 204, an exception is 500 without its text', async () => {
    expect((await host.fetch('/api/nothing')).status).toBe(204);
    const response = await host.fetch('/api/broken');
    expect(response.status).toBe(500);
    expect(await response.text()).toBe('');
  });

  test('bytes come back unchanged', async () => {
    const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => i % 256);
    const response = await host.fetch('/api/bytes', { method: 'POST', body: bytes });
    expect(Buffer.from(await response.arrayBuffer()).equals(Buffer.from(bytes))).toBe(true);
  });

  test('a body beyond 100 MB is refused with 413 by its announced length', async () => {
    const { request } = await import('node:http');
    const status = await new Promise((resolve, reject) => {
      const call = request(
        `${host.url}/api/bytes`,
        { method: 'POST', headers: { 'content-length': 101 * 1024 * 1024 } },
        (response) => {
          resolve(response.statusCode);
          call.destroy();
        },
      );
      call.on('error', reject);
      call.flushHeaders();
    });
    expect(status).toBe(413);
  });

  test('hooks: a pre hook replaces the input, a post hook the result, both share hookData', async () => {
    expect(await (await host.fetch('/api/hooked')).text()).toBe('from the pre hook, then the post hook true');
  });
});

describe('blobs', () => {
  test('scan: a new blob runs the function once with its bytes and path tokens; a new version runs it again', async () => {
    await upload('landing', 'in/report.txt', 'first');
    await seenWhere((line) => line.text === 'first');
    await upload('landing', 'other/ignored.txt', 'ignored');
    await upload('landing', 'in/report.txt', 'second');
    await seenWhere((line) => line.text === 'second');
    await upload('landing', 'in/zlast.txt', 'after another scan');
    await seenWhere((line) => line.text === 'after another scan');
    expect(seen().filter((line) => line.blob === 'landing/in/report.txt')).toEqual([
      { blob: 'landing/in/report.txt', name: 'report', ext: 'txt', text: 'first' },
      { blob: 'landing/in/report.txt', name: 'report', ext: 'txt', text: 'second' },
    ]);
    expect(seen().some((line) => line.text === 'ignored')).toBe(false);
  });

  test('poison: after the threshold the blob is reported in webjobs-blobtrigger-poison and left alone', async () => {
    await upload('landing', 'in/bad.txt', 'unreadable');
    const queue = queues.getQueueClient('webjobs-blobtrigger-poison');
    const message = await eventually(async () =>
      (await queue.exists()) ? (await queue.receiveMessages()).receivedMessageItems[0] : undefined,
    );
    expect(JSON.parse(Buffer.from(message.messageText, 'base64').toString())).toMatchObject({
      Type: 'BlobTrigger',
      FunctionId: 'Host.Functions.scanned',
      ContainerName: 'landing',
      BlobName: 'in/bad.txt',
    });
    // The app writes what it saw from another process: its last line may come after the message.
    const tries = () => seen().filter((line) => line.blob === 'landing/in/bad.txt').length;
    await eventually(() => (tries() >= 2 ? true : undefined));
    expect(tries()).toBe(2);
  });

  test('Event Grid source: the container is scanned, and every delivered event runs the function again', async () => {
    await upload('events', 'a.txt', 'by scan');
    await seenWhere((line) => line.event === 'a.txt');
    const hook = (body: unknown, type = 'Notification', fn = 'events') =>
      host.fetch(`/runtime/webhooks/blobs?functionName=Host.Functions.${fn}`, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'aeg-event-type': type },
      });
    const created = {
      eventType: 'Microsoft.Storage.BlobCreated',
      subject: '/blobServices/default/containers/events/blobs/a.txt',
      data: { url: 'x' },
    };
    expect((await hook([created, created])).status).toBe(202);
    await eventually(() => (seen().filter((line) => line.event === 'a.txt').length === 3 ? true : undefined));
    const validation = await hook([{ data: { validationCode: 'abc' } }], 'SubscriptionValidation');
    expect(await validation.json()).toEqual({ validationResponse: 'abc' });
    expect((await hook([created], 'Notification', 'nobody')).status).toBe(404);
  });
});

describe('queues', () => {
  const send = (text: string) => queues.getQueueClient('first').sendMessage(Buffer.from(text).toString('base64'));

  test('a JSON message is parsed, its output goes to the next queue', async () => {
    await send('{"n":1}');
    expect(await seenWhere((line) => line.second !== undefined)).toEqual({ second: { forwarded: { n: 1 } } });
    expect(await seenWhere((line) => line.queue !== undefined)).toEqual({ queue: { n: 1 }, dequeueCount: 1 });
  });

  test('poison: a message that fails maxDequeueCount times moves to the poison queue', async () => {
    await send('plain text');
    const queue = queues.getQueueClient('first-poison');
    const message = await eventually(async () =>
      (await queue.exists()) ? (await queue.receiveMessages()).receivedMessageItems[0] : undefined,
    );
    expect(Buffer.from(message.messageText, 'base64').toString()).toBe('plain text');
    expect(
      seen()
        .filter((line) => line.queue === 'plain text')
        .map((line) => line.dequeueCount),
    ).toEqual([1, 2]);
  });
});

describe('timers and admin', () => {
  test('a six-field schedule runs every second', async () => {
    expect(await seenWhere((line) => line.timer !== undefined)).toMatchObject({ timer: false });
  });

  test('admin: status, list, one function, manual start of a timer', async () => {
    expect(await (await host.fetch('/admin/host/status')).json()).toMatchObject({ state: 'Running' });
    const functions = (await (await host.fetch('/admin/functions')).json()) as {
      name: string;
      invoke_url_template: string;
    }[];
    expect(functions.map((fn) => fn.name)).toEqual(host.functions);
    expect(functions.find((fn) => fn.name === 'echo')?.invoke_url_template).toBe(
      `http://localhost:${host.port}/api/echo/{id:int}/{*rest}`,
    );
    expect(await (await host.fetch('/admin/functions/yearly')).json()).toMatchObject({ name: 'yearly' });
    expect((await host.fetch('/admin/functions/yearly', { method: 'POST', body: '{}' })).status).toBe(202);
    await seenWhere((line) => line.yearly === false);
    expect((await host.fetch('/admin/functions/nobody')).status).toBe(404);
  });

  test('restart: receipts survive, hooks ran once each, a disabled function is gone', async () => {
    const before = seen().filter((line) => line.blob === 'landing/in/report.txt').length;
    expect(await host.stop()).toBe(0);
    expect(seen().filter((line) => line.hook !== undefined)).toEqual([{ hook: 'appStart' }, { hook: 'appTerminate' }]);
    const again = options();
    host = await HostProcess.start({ ...again, env: { ...again.env, 'AzureWebJobs.yearly.Disabled': 'true' } });
    expect(host.functions).not.toContain('yearly');
    await upload('landing', 'in/later.txt', 'later');
    await seenWhere((line) => line.text === 'later'); // a whole scan has passed
    expect(seen().filter((line) => line.blob === 'landing/in/report.txt')).toHaveLength(before);
  });
});

test('streaming: bodies flow through the proxy of the library, and a failure before the answer is 500', async () => {
  const streaming = await HostProcess.start({ app: 'streaming', hub: join(folder.path, 'streaming.sqlite') });
  try {
    const response = await streaming.fetch('/api/upper/bob', {
      method: 'POST',
      body: 'streamed text',
      headers: { 'x-sent': 'yes' },
    });
    expect(await response.text()).toBe('STREAMED TEXT');
    expect(response.headers.get('x-who')).toBe('bob');
    expect(response.headers.get('x-sent')).toBe('yes');
    expect((await streaming.fetch('/api/fails')).status).toBe(500);
  } finally {
    await streaming.stop();
  }
});

test('host: a name that is not the loopback is refused, so that a foreign page cannot make itself the host by DNS', async () => {
  for (const name of ['evil.example', 'localhost.evil.example:80', '127.0.0.1.evil.example', '10.0.0.1'])
    expect(await statusAs(name), name).toBe(421);
  for (const name of ['localhost:7071', '127.0.0.1', '[::1]:1']) expect(await statusAs(name), name).not.toBe(421);
});

test('host: a page of another site reaches no endpoint: functions, admin, keys, webhooks and the durable API', async () => {
  for (const [method, path] of [
    ['POST', '/api/echo/5/a'],
    ['GET', '/api/echo/5/a'],
    ['GET', '/admin/host/status'],
    ['GET', '/admin/host/systemkeys'],
    ['POST', `/admin/functions/${host.functions[0]}`],
    ['POST', '/runtime/webhooks/blobs?functionName=Host.Functions.x'],
    ['POST', '/runtime/webhooks/durabletask/orchestrators/x'],
    ['GET', '/durabletask/instances'],
    ['OPTIONS', '/api/echo/5/a'],
  ] as const)
    for (const site of ['cross-site', 'same-site'])
      expect(await statusWith(method, path, { 'sec-fetch-site': site }), `${method} ${path}`).toBe(403);
  expect(await statusWith('GET', '/admin/host/status', { 'sec-fetch-site': 'same-origin' })).toBe(200);
  expect(await statusWith('GET', '/admin/functions/%zz', {})).toBe(400);
});
