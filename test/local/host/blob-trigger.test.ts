// What a blob-triggered function is given, which versions are run again, and what is remembered about blobs that are gone.
import { afterEach, expect, test } from 'vitest';
import { BlobTrigger, type BlobTriggerDeps } from '../../../local/host/blob-trigger.ts';
import type { RegisteredFunction } from '../../../local/host/core-api.ts';
import type { InvocationRequest } from '../../../local/host/invoke.ts';
import { TaskHub } from '../../../local/host/task-hub.ts';
import { systemClock } from '../../../shared/ports.ts';

const PROPERTIES = { contentLength: 1, etag: '"1"', lastModified: new Date(0), metadata: {}, blobType: 'BlockBlob' };
const item = (name: string, properties: object = PROPERTIES) => ({ name, properties, metadata: {} });
const nextTurn = () => new Promise<void>((resolve) => void setImmediate(resolve));

/** A clock that stands; a pause lasts until `go` or the stop. */
function pausingClock() {
  const pauses: number[] = [];
  const sleepers: (() => void)[] = [];
  let told: () => void = () => {};
  return {
    pauses,
    /** All pauses are over. */
    go: () => {
      for (const wake of sleepers.splice(0)) wake();
    },
    /** Resolves at the next pause. */
    paused: () => new Promise<void>((resolve) => (told = resolve)),
    now: () => 0,
    sleep: (ms: number, signal: AbortSignal) => {
      pauses.push(ms);
      told();
      return new Promise<void>((resolve, reject) => {
        sleepers.push(resolve);
        signal.addEventListener('abort', () => reject(signal.reason));
      });
    },
  };
}

const opened: { trigger: BlobTrigger; hub: TaskHub }[] = [];
afterEach(async () => {
  for (const { trigger, hub } of opened.splice(0)) {
    await trigger.stop();
    hub.close();
  }
});

interface Given {
  /** Blobs of the container, page by page or all at once. */
  list: () => AsyncIterable<object> | Iterable<object>;
  invoke: (request: InvocationRequest) => unknown;
  blob?: object;
  clock?: object;
  maxParallel?: number;
  isDeferred?: boolean;
}

function open({ list, invoke, blob, clock = systemClock, maxParallel = 2, isDeferred = true }: Given) {
  const hub = new TaskHub(':memory:');
  const container = {
    containerName: 'landing',
    getBlobClient: () => blob ?? { url: '', getProperties: async () => PROPERTIES },
    async *listBlobsFlat() {
      yield* list();
    },
  };
  const fn = {
    metadata: { name: 'documentUploaded', bindings: {} },
    trigger: {
      type: 'blobTrigger',
      path: 'landing/{name}',
      connection: 'LAKE',
      properties: { supportsDeferredBinding: String(isDeferred) },
    },
    triggerKey: 'blob',
    callback: () => undefined,
  } satisfies RegisteredFunction;
  const deps = {
    hub,
    storage: {
      blob: async () => ({ getContainerClient: () => container }),
      queue: async () => ({
        getQueueClient: () => ({ createIfNotExists: async () => undefined, sendMessage: async () => undefined }),
      }),
    },
    invoker: { invoke: async (_fn: unknown, request: InvocationRequest) => invoke(request) },
    outputs: { write: async () => undefined },
    clock,
    log: { warn() {}, error() {}, write() {} },
    settings: { maxParallel, poisonThreshold: 3 },
    env: {},
    scanIntervalMs: 1000,
  };
  const trigger = new BlobTrigger(fn, deps as unknown as BlobTriggerDeps); // `as`: the parts that the trigger uses
  opened.push({ trigger, hub });
  return { trigger, hub };
}

async function deliver(isDeferred: boolean) {
  const calls = { download: 0, getProperties: 0 };
  const found = { ...PROPERTIES, contentLength: 2 ** 30 };
  const blob = {
    url: 'http://storage/landing/a',
    async download() {
      calls.download++;
      return { ...found, readableStreamBody: [Buffer.from('content')] };
    },
    async getProperties() {
      calls.getProperties++;
      return found;
    },
  };
  const request = await new Promise<InvocationRequest>((resolve) => {
    open({ list: () => [item('big#1.bin', found)], invoke: resolve, blob, isDeferred }).trigger.start();
  });
  return { request, calls };
}

test('blob trigger: with deferred binding a function is told where the blob is, and not a byte of it is fetched', async () => {
  const { request, calls } = await deliver(true);
  expect(calls).toEqual({ download: 0, getProperties: 1 });
  const { modelBindingData } = request.trigger as { modelBindingData: { source: string; content: Buffer } };
  expect(modelBindingData.source).toBe('AzureStorageBlobs');
  expect(JSON.parse(modelBindingData.content.toString())).toEqual({
    Connection: 'LAKE',
    ContainerName: 'landing',
    BlobName: 'big#1.bin',
  });
  expect(request.triggerMetadata?.BlobTrigger).toEqual({ string: '"landing/big#1.bin"' });
});

test('blob trigger: without it the content comes along', async () => {
  const { request, calls } = await deliver(false);
  expect(calls).toEqual({ download: 1, getProperties: 0 });
  expect(request.trigger).toEqual({ bytes: Buffer.from('content') });
});

test('blob trigger: functions at work do not put off the next scan; only a slow listing does', async () => {
  for (const [listingMs, pauseMs] of [
    [0, 1000],
    [3000, 15_000],
  ] as const) {
    let now = 0;
    const clock = { ...pausingClock(), now: () => now };
    const invoked: string[] = [];
    const { trigger } = open({
      clock,
      *list() {
        now += listingMs;
        for (let i = 0; i < 20; i++) yield item(`f${i}`);
      },
      async invoke({ triggerMetadata }) {
        await nextTurn(); // at work: the scan goes on meanwhile
        now += 700;
        invoked.push(JSON.stringify(triggerMetadata?.BlobTrigger));
      },
    });
    const paused = clock.paused();
    trigger.start();
    await paused;
    expect(new Set(invoked).size).toBeGreaterThanOrEqual(18); // two may still be at work
    expect(clock.pauses).toEqual([pauseMs]);
  }
});

test('blob trigger: a blob that is done while the scan is still listing is not run a second time', async () => {
  const clock = pausingClock();
  let invoked = 0;
  const { trigger, hub } = open({
    clock,
    async *list() {
      yield item('a.txt');
      // The next page of the listing still names it; by then its function has returned.
      while (hub.get('SELECT state FROM blob_receipt')?.state !== 'done') await nextTurn();
      await nextTurn();
      yield item('a.txt');
    },
    invoke: () => invoked++,
  });
  const paused = clock.paused();
  trigger.start();
  await paused;
  expect(invoked).toBe(1);
});

test('blob trigger: a blob that is called as events are is run while such an event is at work', async () => {
  const clock = pausingClock();
  const invoked: unknown[] = [];
  let end: () => void = () => {};
  const { trigger } = open({
    clock,
    list: () => [item('event 1')],
    invoke: ({ triggerMetadata }) => {
      const path = triggerMetadata?.BlobTrigger?.string;
      invoked.push(path);
      return path === '"landing/slow.txt"' ? new Promise<void>((resolve) => (end = resolve)) : undefined;
    },
  });
  const paused = clock.paused();
  trigger.accept('landing', 'slow.txt'); // the first event: row 1
  trigger.start();
  await paused;
  await nextTurn();
  expect(invoked).toEqual(expect.arrayContaining(['"landing/slow.txt"', '"landing/event 1"']));
  end();
});

test('blob trigger: of blobs that are gone and events that are given up nothing is kept', async () => {
  const clock = pausingClock();
  let now = 0;
  let listed = [item('a.txt')];
  const { trigger, hub } = open({
    clock: { ...clock, now: () => now },
    list: () => listed,
    invoke: () => {
      throw new Error('always');
    },
  });
  trigger.accept('landing', 'b.txt');
  trigger.start();
  const attempts = () => Number(hub.get('SELECT SUM(attempts) AS n FROM blob_receipt')?.n ?? 0);
  while (attempts() < 2) await nextTurn();
  expect(trigger.waiting).toBeGreaterThan(0);
  for (let round = 0; hub.all('SELECT id FROM blob_event').length > 0; round++) {
    expect(round).toBeLessThan(20);
    now += 60_000; // every wait is over
    trigger.accept('landing', 'c'.repeat(round + 1)); // wakes those who wait for events
    hub.run("DELETE FROM blob_event WHERE blob LIKE 'c%'");
    for (let i = 0; i < 20; i++) await nextTurn();
  }
  listed = [];
  clock.go(); // the next scan
  for (let i = 0; i < 50 && trigger.waiting > 0; i++) await nextTurn();
  expect(trigger.waiting).toBe(0);
  expect(hub.all('SELECT blob FROM blob_receipt')).toEqual([]);
});

test('blob trigger: the receipt of a version that came while the scan was listing is not thrown away', async () => {
  const clock = pausingClock();
  const { trigger, hub } = open({
    clock,
    list() {
      // Listed before the blob was written again; an event has run the new version meanwhile.
      hub.run("UPDATE blob_receipt SET etag='2'");
      return [];
    },
    invoke: () => {},
  });
  hub.run("INSERT INTO blob_receipt VALUES('documentUploaded', 'landing', 'a.txt', '1', 0, 'done')");
  const paused = clock.paused();
  trigger.start();
  await paused;
  expect(hub.all('SELECT blob, etag FROM blob_receipt')).toMatchObject([{ blob: 'a.txt', etag: '2' }]);
});
