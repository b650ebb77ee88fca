// Blob triggers: a scan of the container with receipts, and Event Grid events from the webhook.
// Invariants: B1 at-least-once: a receipt says `done` only after the function has returned. B2 the scan never runs a version (ETag) twice that is done;
//             events are delivered again when they arrive again, as Event Grid does. B3 after poisonBlobThreshold failures of one version
//             a message is in `webjobs-blobtrigger-poison` before the receipt says `poison`. B4 accepted events survive a crash.
//             B5 a function with deferred binding (`sdkBinding: true`) gets a reference: the content of its blobs is never fetched.
// Functions with source EventGrid are scanned too, because nothing sends Event Grid events on a laptop.
import type { BlobDownloadResponseParsed, BlobGetPropertiesResponse, ContainerClient } from '@azure/storage-blob';
import type { QueueServiceClient } from '@azure/storage-queue';
import type { Clock } from '../../shared/ports.ts';
import { type BlobPattern, compileBlobPattern } from './blob-path.ts';
import type { RegisteredFunction, TypedData } from './core-api.ts';
import type { Invoker } from './invoke.ts';
import type { HostLog } from './log.ts';
import type { OutputWriter } from './outputs.ts';
import { type HostSettings, resolveSettingReferences } from './settings.ts';
import { type StorageClients, storageStatus } from './storage.ts';
import type { TaskHub } from './task-hub.ts';
import type { TriggerListener } from './triggers.ts';

const POISON_QUEUE = 'webjobs-blobtrigger-poison';
/** A blob that is still empty this soon after its last change is being written (create, append, flush): look again later. */
const EMPTY_GRACE_MS = 2000;
const MAX_BACKOFF_MS = 30_000;

export interface BlobTriggerDeps {
  hub: TaskHub;
  storage: StorageClients;
  invoker: Invoker;
  outputs: OutputWriter;
  clock: Clock;
  log: HostLog;
  settings: HostSettings['blobs'];
  env: NodeJS.ProcessEnv;
  /** Pause between scans; a slow listing makes it longer, functions at work do not. */
  scanIntervalMs: number;
}

type Attempt = 'done' | 'failed' | 'gone';

export class BlobTrigger implements TriggerListener {
  readonly name: string;
  readonly #fn: RegisteredFunction;
  readonly #deps: BlobTriggerDeps;
  readonly #pattern: BlobPattern;
  readonly #abort = new AbortController();
  readonly #running = new Map<string, Promise<void>>();
  readonly #retryAt = new Map<string, number>();
  readonly #loops: Promise<void>[] = [];
  #eventsArrived: () => void = () => undefined;

  constructor(fn: RegisteredFunction, deps: BlobTriggerDeps) {
    this.name = fn.metadata.name;
    this.#fn = fn;
    this.#deps = deps;
    this.#pattern = compileBlobPattern(resolveSettingReferences(String(fn.trigger.path ?? ''), deps.env));
  }

  start(): void {
    this.#loops.push(this.#scanForever(), this.#serveEvents());
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    this.#eventsArrived();
    await Promise.all(this.#loops);
    await Promise.allSettled(this.#running.values());
  }

  /** Accept a BlobCreated event for `container`/`blob`; false when the function does not watch it. */
  accept(container: string, blob: string): boolean {
    if (container !== this.#pattern.container || !this.#pattern.match(blob)) return false;
    this.#deps.hub.run('INSERT INTO blob_event(function, container, blob) VALUES(?, ?, ?)', this.name, container, blob);
    this.#eventsArrived();
    return true;
  }

  async #scanForever(): Promise<void> {
    const { clock, log } = this.#deps;
    const { signal } = this.#abort;
    let failures = 0;
    while (!signal.aborted) {
      const startedMs = clock.now();
      let waitedMs = 0;
      try {
        waitedMs = await this.#scan(await this.#container());
        failures = 0;
      } catch (error) {
        if (!signal.aborted && storageStatus(error) !== 404 && failures++ % 20 === 0) {
          log.warn('blob.scan-failed', {
            function: this.name,
            message: error instanceof Error ? error.message : String(error),
          });
        }
      }
      const pauseMs = Math.max(this.#deps.scanIntervalMs, 5 * (clock.now() - startedMs - waitedMs));
      await clock.sleep(pauseMs, signal).catch(() => undefined); // only an abort rejects: the loop ends
    }
  }

  /**
   * List the container page by page, and launch what is new as it is seen.
   * @returns how long it waited for functions at work (ms): no cost of the listing
   */
  async #scan(container: ContainerClient): Promise<number> {
    const { hub, clock } = this.#deps;
    let waitedMs = 0;
    const receipts = new Map(
      hub
        .all(
          'SELECT blob, etag, state FROM blob_receipt WHERE function=? AND container=?',
          this.name,
          container.containerName,
        )
        .map((row) => [String(row.blob), row]),
    );
    const seen = new Set<string>();
    for await (const item of container.listBlobsFlat({
      prefix: this.#pattern.prefix,
      includeMetadata: true,
      abortSignal: this.#abort.signal,
    })) {
      seen.add(item.name);
      const { contentLength, lastModified } = item.properties;
      const etag = bareEtag(item.properties.etag);
      if (item.metadata?.hdi_isfolder === 'true' || !this.#pattern.match(item.name)) continue;
      if (contentLength === 0 && Date.now() - lastModified.getTime() < EMPTY_GRACE_MS) continue;
      const receipt = receipts.get(item.name);
      if (receipt?.etag === etag && receipt.state !== 'failed') continue;
      if (this.#running.has(item.name) || (this.#retryAt.get(item.name) ?? 0) > clock.now()) continue;
      const fullSince = clock.now();
      await this.#whenFree();
      waitedMs += clock.now() - fullSince;
      if (this.#abort.signal.aborted) return waitedMs;
      this.#launch(item.name, () => this.#process(container, item.name));
    }
    for (const blob of receipts.keys()) {
      if (!seen.has(blob) && !this.#running.has(blob)) this.#forget(container.containerName, blob);
    }
    return waitedMs;
  }

  async #serveEvents(): Promise<void> {
    const { hub, clock } = this.#deps;
    const { signal } = this.#abort;
    while (!signal.aborted) {
      const arrival = new Promise<void>((resolve) => {
        this.#eventsArrived = resolve;
      });
      let waiting = 0;
      for (const row of hub.all('SELECT id, blob, attempts FROM blob_event WHERE function=? ORDER BY id', this.name)) {
        const key = `event ${row.id}`;
        if (this.#running.has(key)) continue;
        if ((this.#retryAt.get(key) ?? 0) > clock.now()) {
          waiting++;
          continue;
        }
        await this.#whenFree();
        if (signal.aborted) return;
        const blob = String(row.blob);
        this.#launch(key, async () => {
          const outcome = await this.#process(await this.#container(), blob);
          if (outcome === 'failed') this.#backOff(key, Number(row.attempts) + 1);
          if (hub.closed) return;
          if (outcome === 'failed') hub.run('UPDATE blob_event SET attempts=attempts+1 WHERE id=?', Number(row.id));
          if (outcome !== 'failed' || Number(row.attempts) + 1 >= this.#deps.settings.poisonThreshold)
            hub.run('DELETE FROM blob_event WHERE id=?', Number(row.id));
          return outcome;
        });
      }
      if (waiting > 0)
        await Promise.race([arrival, clock.sleep(this.#deps.scanIntervalMs, signal).catch(() => undefined)]); // abort ends the loop
      else await arrival;
    }
  }

  async #whenFree(): Promise<void> {
    while (this.#running.size >= this.#deps.settings.maxParallel && !this.#abort.signal.aborted)
      await Promise.race(this.#running.values());
  }

  #launch(key: string, body: () => Promise<unknown>): void {
    const work = body()
      .then(
        () => undefined,
        (error: unknown) => {
          this.#backOff(key, 1); // what cannot be stored or read just now is not tried again at once
          this.#deps.log.error('blob.failed', {
            function: this.name,
            blob: key,
            message: error instanceof Error ? error.message : String(error),
          });
        },
      )
      .finally(() => {
        this.#running.delete(key);
        if (key.startsWith('event ')) this.#eventsArrived();
      });
    this.#running.set(key, work);
  }

  async #process(container: ContainerClient, blob: string): Promise<Attempt> {
    const { hub, log, settings } = this.#deps;
    const client = container.getBlobClient(blob);
    const isDeferred = hasDeferredBinding(this.#fn);
    let download: BlobGetPropertiesResponse | BlobDownloadResponseParsed;
    try {
      download = isDeferred ? await client.getProperties() : await client.download();
    } catch (error) {
      if (storageStatus(error) === 404) return 'gone';
      throw error;
    }
    const trigger: TypedData = isDeferred
      ? {
          modelBindingData: referenceTo(connectionOf(this.#fn) ?? 'AzureWebJobsStorage', container.containerName, blob),
        }
      : { bytes: await contentOf(download as BlobDownloadResponseParsed) }; // `as`: it was downloaded
    const etag = bareEtag(download.etag);
    const tokens = this.#pattern.match(blob) ?? {};
    let failure: string | undefined;
    try {
      const result = await this.#deps.invoker.invoke(this.#fn, {
        trigger,
        triggerMetadata: metadataOf(
          this.name,
          `${container.containerName}/${blob}`,
          client.url,
          tokens,
          {
            contentLength: download.contentLength,
            contentType: download.contentType,
            eTag: etag,
            lastModified: download.lastModified?.toISOString(),
            createdOn: download.createdOn?.toISOString(),
            blobType: download.blobType,
          },
          download.metadata ?? {},
        ),
      });
      await this.#deps.outputs.write(this.#fn, result, tokens);
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error);
    }
    if (hub.closed) return 'failed';
    if (failure === undefined) {
      this.#record(container.containerName, blob, etag, 0, 'done');
      this.#retryAt.delete(blob);
      return 'done';
    }
    const before = hub.get(
      'SELECT attempts FROM blob_receipt WHERE function=? AND container=? AND blob=? AND etag=?',
      this.name,
      container.containerName,
      blob,
      etag,
    );
    const attempts = Number(before?.attempts ?? 0) + 1;
    log.warn('blob.attempt-failed', { function: this.name, blob, attempt: attempts });
    if (attempts >= settings.poisonThreshold) {
      await this.#poison(container.containerName, blob, etag);
      this.#record(container.containerName, blob, etag, attempts, 'poison');
      return 'failed';
    }
    this.#record(container.containerName, blob, etag, attempts, 'failed');
    this.#backOff(blob, attempts);
    return 'failed';
  }

  #backOff(key: string, attempts: number): void {
    this.#retryAt.set(
      key,
      this.#deps.clock.now() + Math.min(MAX_BACKOFF_MS, this.#deps.scanIntervalMs * 2 ** (attempts - 1)),
    );
  }

  async #poison(container: string, blob: string, etag: string): Promise<void> {
    const queue = (await this.#queueService()).getQueueClient(POISON_QUEUE);
    await queue.createIfNotExists();
    const message = {
      Type: 'BlobTrigger',
      FunctionId: `Host.Functions.${this.name}`,
      BlobType: 'BlockBlob',
      ContainerName: container,
      BlobName: blob,
      ETag: etag,
    };
    await queue.sendMessage(Buffer.from(JSON.stringify(message)).toString('base64'));
    this.#deps.log.error('blob.poison', { function: this.name, blob, poisonQueue: POISON_QUEUE });
  }

  /** The queue service of the blob's own connection; AzureWebJobsStorage when that connection has none (a lake-only endpoint). */
  async #queueService(): Promise<QueueServiceClient> {
    try {
      return await this.#deps.storage.queue(connectionOf(this.#fn));
    } catch {
      return this.#deps.storage.queue(undefined);
    }
  }

  #record(container: string, blob: string, etag: string, attempts: number, state: 'done' | 'failed' | 'poison'): void {
    this.#deps.hub.run(
      'INSERT OR REPLACE INTO blob_receipt(function, container, blob, etag, attempts, state) VALUES(?, ?, ?, ?, ?, ?)',
      this.name,
      container,
      blob,
      etag,
      attempts,
      state,
    );
  }

  #forget(container: string, blob: string): void {
    this.#retryAt.delete(blob);
    this.#deps.hub.run(
      'DELETE FROM blob_receipt WHERE function=? AND container=? AND blob=?',
      this.name,
      container,
      blob,
    );
  }

  async #container(): Promise<ContainerClient> {
    return (await this.#deps.storage.blob(connectionOf(this.#fn))).getContainerClient(this.#pattern.container);
  }
}

/**
 * Answer the Event Grid webhook `POST /runtime/webhooks/blobs?functionName=Host.Functions.<name>`.
 * @param body   parsed JSON of the request
 */
export function receiveBlobEvents(
  triggers: readonly BlobTrigger[],
  functionName: string,
  eventType: string,
  body: unknown,
): { status: number; body?: unknown } {
  const name = functionName.replace(/^Host\.Functions\./i, '');
  const trigger = triggers.find((candidate) => candidate.name.toLowerCase() === name.toLowerCase());
  if (!trigger) return { status: 404, body: { message: `No blob-triggered function ${name}.` } };
  if (!Array.isArray(body))
    return { status: 400, body: { message: 'The body must be a JSON array of Event Grid events.' } };
  if (eventType.toLowerCase() === 'subscriptionvalidation') {
    const code = member(member(body[0], 'data'), 'validationCode');
    return typeof code === 'string'
      ? { status: 200, body: { validationResponse: code } }
      : { status: 400, body: { message: 'data.validationCode is missing.' } };
  }
  for (const event of body) {
    if (member(event, 'eventType') !== 'Microsoft.Storage.BlobCreated') continue;
    const subject = /^\/blobServices\/default\/containers\/([^/]+)\/blobs\/(.+)$/s.exec(
      String(member(event, 'subject') ?? ''),
    );
    if (!subject) return { status: 400, body: { message: 'The subject of the event names no blob.' } };
    trigger.accept(subject[1] ?? '', subject[2] ?? '');
  }
  return { status: 202 };
}

function metadataOf(
  name: string,
  path: string,
  url: string,
  tokens: Record<string, string>,
  properties: Record<string, unknown>,
  metadata: Record<string, string>,
): Record<string, TypedData> {
  return {
    ...Object.fromEntries(Object.entries(tokens).map(([token, value]) => [token, { string: JSON.stringify(value) }])),
    BlobTrigger: { string: JSON.stringify(path) },
    Uri: { string: JSON.stringify(url) },
    Properties: { json: JSON.stringify(properties) },
    Metadata: { json: JSON.stringify(metadata) },
    sys: {
      json: JSON.stringify({ MethodName: name, UtcNow: new Date().toISOString(), RandGuid: crypto.randomUUID() }),
    },
  };
}

/** Listings give ETags without quotes, downloads with them. */
function bareEtag(etag: string | undefined): string {
  return (etag ?? '').replaceAll('"', '');
}

/** The flag that `sdkBinding: true` leaves in the registration. */
function hasDeferredBinding({ trigger }: RegisteredFunction): boolean {
  return member(trigger.properties, 'supportsDeferredBinding') === 'true';
}

/** Binding data in the words of the storage extension (Microsoft.Azure.WebJobs.Extensions.Storage.Blobs 5.x). */
function referenceTo(connection: string, container: string, blob: string): NonNullable<TypedData['modelBindingData']> {
  const content = JSON.stringify({ Connection: connection, ContainerName: container, BlobName: blob });
  return {
    version: '1.0',
    source: 'AzureStorageBlobs',
    contentType: 'application/json',
    content: Buffer.from(content),
  };
}

async function contentOf(download: BlobDownloadResponseParsed): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of download.readableStreamBody ?? []) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

function connectionOf(fn: RegisteredFunction): string | undefined {
  return typeof fn.trigger.connection === 'string' ? fn.trigger.connection : undefined;
}

function member(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined; // `as`: any object may be indexed
}
