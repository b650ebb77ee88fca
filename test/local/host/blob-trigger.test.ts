// What a blob-triggered function is given: its content, or with deferred binding a reference for which nothing is downloaded.
import { expect, test } from 'vitest';
import { BlobTrigger, type BlobTriggerDeps } from '../../../local/host/blob-trigger.ts';
import type { RegisteredFunction } from '../../../local/host/core-api.ts';
import type { InvocationRequest } from '../../../local/host/invoke.ts';
import { TaskHub } from '../../../local/host/task-hub.ts';
import { systemClock } from '../../../shared/ports.ts';

async function deliver(properties: Record<string, string>) {
  const calls = { download: 0, getProperties: 0 };
  const found = { contentLength: 2 ** 30, etag: '"1"', lastModified: new Date(0), metadata: {}, blobType: 'BlockBlob' };
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
  const container = {
    containerName: 'landing',
    getBlobClient: () => blob,
    async *listBlobsFlat() {
      yield { name: 'big#1.bin', properties: found, metadata: {} };
    },
  };
  const hub = new TaskHub(':memory:');
  const fn = {
    metadata: { name: 'documentUploaded', bindings: {} },
    trigger: { type: 'blobTrigger', path: 'landing/{name}', connection: 'LAKE', properties },
    triggerKey: 'blob',
    callback: () => undefined,
  } satisfies RegisteredFunction;
  let trigger: BlobTrigger | undefined;
  const request = await new Promise<InvocationRequest>((resolve) => {
    const deps = {
      hub,
      storage: { blob: async () => ({ getContainerClient: () => container }) },
      invoker: { invoke: async (_fn: unknown, given: InvocationRequest) => resolve(given) },
      outputs: { write: async () => undefined },
      clock: systemClock,
      log: { warn() {}, error() {}, write() {} },
      settings: { maxParallel: 1, poisonThreshold: 5 },
      env: {},
      scanIntervalMs: 1000,
    };
    trigger = new BlobTrigger(fn, deps as unknown as BlobTriggerDeps); // `as`: the parts that the trigger uses
    trigger.start();
  });
  await trigger?.stop();
  hub.close();
  return { request, calls };
}

test('blob trigger: with deferred binding a function is told where the blob is, and not a byte of it is fetched', async () => {
  const { request, calls } = await deliver({ supportsDeferredBinding: 'true' });
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
  const { request, calls } = await deliver({ supportsDeferredBinding: 'false' });
  expect(calls).toEqual({ download: 1, getProperties: 0 });
  expect(request.trigger).toEqual({ bytes: Buffer.from('content') });
});

test('blob trigger: functions at work do not put off the next scan; only a slow listing does', async () => {
  const pauses: number[] = [];
  for (const [listingMs, workMs] of [
    [0, 700],
    [3000, 700],
  ] as const) {
    let now = 0;
    const found = { contentLength: 1, etag: '"1"', lastModified: new Date(0), metadata: {}, blobType: 'BlockBlob' };
    const invoked: string[] = [];
    const container = {
      containerName: 'landing',
      getBlobClient: () => ({ url: '', getProperties: async () => found }),
      async *listBlobsFlat() {
        now += listingMs;
        for (let i = 0; i < 20; i++) yield { name: `f${i}`, properties: found, metadata: {} };
      },
    };
    const hub = new TaskHub(':memory:');
    const fn = {
      metadata: { name: 'documentUploaded', bindings: {} },
      trigger: { path: 'landing/{name}', properties: { supportsDeferredBinding: 'true' } },
      triggerKey: 'blob',
      callback: () => undefined,
    } as unknown as RegisteredFunction; // `as`: the parts that the trigger uses
    await new Promise<void>((scanned) => {
      const deps = {
        hub,
        storage: { blob: async () => ({ getContainerClient: () => container }) },
        invoker: {
          async invoke(_fn: unknown, { triggerMetadata }: InvocationRequest) {
            await new Promise(setImmediate); // at work: the scan goes on meanwhile
            now += workMs;
            invoked.push(JSON.stringify(triggerMetadata?.BlobTrigger));
          },
        },
        outputs: { write: async () => undefined },
        clock: {
          now: () => now,
          sleep: (ms: number) => {
            pauses.push(ms);
            scanned();
            return new Promise<void>(() => undefined); // the first pause lasts
          },
        },
        log: { warn() {}, error() {}, write() {} },
        settings: { maxParallel: 2, poisonThreshold: 5 },
        env: {},
        scanIntervalMs: 1000,
      };
      new BlobTrigger(fn, deps as unknown as BlobTriggerDeps).start(); // `as`: as above
    });
    expect(new Set(invoked).size).toBeGreaterThanOrEqual(18); // two may still be at work
  }
  expect(pauses).toEqual([1000, 15_000]);
});

test('blob trigger: a blob that is done while the scan is still listing is not run a second time', async () => {
  const found = { contentLength: 1, etag: '"1"', lastModified: new Date(0), metadata: {}, blobType: 'BlockBlob' };
  const hub = new TaskHub(':memory:');
  const isDone = () => hub.get('SELECT state FROM blob_receipt')?.state === 'done';
  let invoked = 0;
  const container = {
    containerName: 'landing',
    getBlobClient: () => ({ url: '', getProperties: async () => found }),
    async *listBlobsFlat() {
      yield { name: 'a.txt', properties: found, metadata: {} };
      // The next page of the listing still names it; by then its function has returned.
      while (!isDone()) await new Promise(setImmediate);
      await new Promise(setImmediate);
      yield { name: 'a.txt', properties: found, metadata: {} };
    },
  };
  const fn = {
    metadata: { name: 'documentUploaded', bindings: {} },
    trigger: { path: 'landing/{name}', properties: { supportsDeferredBinding: 'true' } },
    triggerKey: 'blob',
    callback: () => undefined,
  } as unknown as RegisteredFunction; // `as`: the parts that the trigger uses
  const trigger = await new Promise<BlobTrigger>((scanned) => {
    const deps = {
      hub,
      storage: { blob: async () => ({ getContainerClient: () => container }) },
      invoker: { invoke: async () => invoked++ },
      outputs: { write: async () => undefined },
      clock: {
        now: () => 0,
        sleep: (_ms: number, signal: AbortSignal) => {
          scanned(started);
          return new Promise<void>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
        },
      },
      log: { warn() {}, error() {}, write() {} },
      settings: { maxParallel: 2, poisonThreshold: 5 },
      env: {},
      scanIntervalMs: 1000,
    };
    const started = new BlobTrigger(fn, deps as unknown as BlobTriggerDeps); // `as`: as above
    started.start();
  });
  await trigger.stop();
  hub.close();
  expect(invoked).toBe(1);
});
