// One attempt to run a function with one version of a blob, and the receipts that tell what became of versions.
// Invariants: B1 at-least-once: a receipt says `done` only after the function has returned. B3 after poisonBlobThreshold failures of one version
//             a message is in `webjobs-blobtrigger-poison` before the receipt says `poison`.
//             B5 a function with deferred binding (`sdkBinding: true`) gets a reference: the content of its blobs is never fetched.
import type { BlobDownloadResponseParsed, BlobGetPropertiesResponse, ContainerClient } from '@azure/storage-blob';
import type { QueueServiceClient } from '@azure/storage-queue';
import type { RegisteredFunction, TypedData } from './core-api.ts';
import type { Invoker } from './invoke.ts';
import type { HostLog } from './log.ts';
import type { OutputWriter } from './outputs.ts';
import { sendText } from './queue-text.ts';
import type { HostSettings } from './settings.ts';
import { type StorageClients, storageStatus } from './storage.ts';
import type { TaskHub } from './task-hub.ts';

const POISON_QUEUE = 'webjobs-blobtrigger-poison';

export interface BlobAttemptDeps {
  hub: TaskHub;
  storage: StorageClients;
  invoker: Invoker;
  outputs: OutputWriter;
  log: HostLog;
  settings: HostSettings['blobs'];
}

export interface Attempt {
  outcome: 'done' | 'failed' | 'gone';
  /** Attempts at this version so far, when there is to be another. */
  retryAfter?: number;
}

export interface Receipt {
  etag: string;
  state: 'done' | 'failed' | 'poison';
}

export class BlobAttempts {
  readonly #fn: RegisteredFunction;
  readonly #name: string;
  readonly #deps: BlobAttemptDeps;

  constructor(fn: RegisteredFunction, deps: BlobAttemptDeps) {
    this.#fn = fn;
    this.#name = fn.metadata.name;
    this.#deps = deps;
  }

  /** Receipts of a container by the name of the blob. */
  receipts(container: string): Map<string, Receipt> {
    const rows = this.#deps.hub.all(
      'SELECT blob, etag, state FROM blob_receipt WHERE function=? AND container=?',
      this.#name,
      container,
    );
    // `as`: written by #record
    return new Map(rows.map(({ blob, etag, state }) => [String(blob), { etag, state } as Receipt]));
  }

  /** The receipt of one blob as it is now. */
  receipt(container: string, blob: string): Receipt | undefined {
    const row = this.#deps.hub.get(
      'SELECT etag, state FROM blob_receipt WHERE function=? AND container=? AND blob=?',
      this.#name,
      container,
      blob,
    );
    // `as`: written by #record
    return row === undefined ? undefined : ({ etag: row.etag, state: row.state } as Receipt);
  }

  /** The blob is no longer there. A receipt of a version that came meanwhile stays. */
  forget(container: string, blob: string, { etag }: Receipt): void {
    this.#deps.hub.run(
      'DELETE FROM blob_receipt WHERE function=? AND container=? AND blob=? AND etag=?',
      this.#name,
      container,
      blob,
      etag,
    );
  }

  /** @param tokens  what the pattern of the trigger found in the blob's name */
  async run(container: ContainerClient, blob: string, tokens: Record<string, string>): Promise<Attempt> {
    const { hub, log, settings } = this.#deps;
    const client = container.getBlobClient(blob);
    const isDeferred = hasDeferredBinding(this.#fn);
    let download: BlobGetPropertiesResponse | BlobDownloadResponseParsed;
    try {
      download = isDeferred ? await client.getProperties() : await client.download();
    } catch (error) {
      if (storageStatus(error) === 404) return { outcome: 'gone' };
      throw error;
    }
    const trigger: TypedData = isDeferred
      ? {
          modelBindingData: referenceTo(connectionOf(this.#fn) ?? 'AzureWebJobsStorage', container.containerName, blob),
        }
      : { bytes: await contentOf(download as BlobDownloadResponseParsed) }; // `as`: it was downloaded
    const etag = bareEtag(download.etag);
    let failure: string | undefined;
    try {
      const result = await this.#deps.invoker.invoke(this.#fn, {
        trigger,
        triggerMetadata: metadataOf(
          this.#name,
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
    if (hub.closed) return { outcome: 'failed' };
    if (failure === undefined) {
      this.#record(container.containerName, blob, etag, 0, 'done');
      return { outcome: 'done' };
    }
    const before = hub.get(
      'SELECT attempts FROM blob_receipt WHERE function=? AND container=? AND blob=? AND etag=?',
      this.#name,
      container.containerName,
      blob,
      etag,
    );
    const attempts = Number(before?.attempts ?? 0) + 1;
    log.warn('blob.attempt-failed', { function: this.#name, blob, attempt: attempts });
    if (attempts >= settings.poisonThreshold) {
      await this.#poison(container.containerName, blob, etag);
      this.#record(container.containerName, blob, etag, attempts, 'poison');
      return { outcome: 'failed' };
    }
    this.#record(container.containerName, blob, etag, attempts, 'failed');
    return { outcome: 'failed', retryAfter: attempts };
  }

  async #poison(container: string, blob: string, etag: string): Promise<void> {
    const queue = (await this.#queueService()).getQueueClient(POISON_QUEUE);
    await queue.createIfNotExists();
    const message = {
      Type: 'BlobTrigger',
      FunctionId: `Host.Functions.${this.#name}`,
      BlobType: 'BlockBlob',
      ContainerName: container,
      BlobName: blob,
      ETag: etag,
    };
    await sendText(queue, Buffer.from(JSON.stringify(message)).toString('base64'));
    this.#deps.log.error('blob.poison', { function: this.#name, blob, poisonQueue: POISON_QUEUE });
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
      this.#name,
      container,
      blob,
      etag,
      attempts,
      state,
    );
  }
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
export function bareEtag(etag: string | undefined): string {
  return (etag ?? '').replaceAll('"', '');
}

/** The flag that `sdkBinding: true` leaves in the registration. */
function hasDeferredBinding({ trigger }: RegisteredFunction): boolean {
  return (trigger.properties as Record<string, unknown> | undefined)?.supportsDeferredBinding === 'true';
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

/** The setting with the trigger's connection; undefined is AzureWebJobsStorage. */
export function connectionOf(fn: RegisteredFunction): string | undefined {
  return typeof fn.trigger.connection === 'string' ? fn.trigger.connection : undefined;
}
