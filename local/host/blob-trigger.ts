// Blob triggers: which blobs are run and when, by a scan of the container with receipts and by Event Grid events from the webhook.
// Invariants: B2 the scan never runs a version (ETag) twice that is done; events are delivered again when they arrive again, as Event Grid does.
//             B4 accepted events survive a crash. B1, B3 and B5 are those of an attempt (blob-attempt.ts).
// Functions with source EventGrid are scanned too, because nothing sends Event Grid events on a laptop.
import type { ContainerClient } from '@azure/storage-blob';
import type { Clock } from '../../shared/ports.ts';
import {
  type Attempt,
  type BlobAttemptDeps,
  BlobAttempts,
  bareEtag,
  connectionOf,
  type Receipt,
} from './blob-attempt.ts';
import { type BlobPattern, compileBlobPattern } from './blob-path.ts';
import type { RegisteredFunction } from './core-api.ts';
import { resolveSettingReferences } from './settings.ts';
import { storageStatus } from './storage.ts';
import type { TriggerListener } from './triggers.ts';

/** A blob that is still empty this soon after its last change is being written (create, append, flush): look again later. */
const EMPTY_GRACE_MS = 2000;
const MAX_BACKOFF_MS = 30_000;

export interface BlobTriggerDeps extends BlobAttemptDeps {
  clock: Clock;
  env: NodeJS.ProcessEnv;
  /** Pause between scans; a slow listing makes it longer, functions at work do not. */
  scanIntervalMs: number;
}

export class BlobTrigger implements TriggerListener {
  readonly name: string;
  readonly #fn: RegisteredFunction;
  readonly #deps: BlobTriggerDeps;
  readonly #pattern: BlobPattern;
  readonly #attempts: BlobAttempts;
  readonly #abort = new AbortController();
  readonly #running = new Map<string, Promise<void>>();
  readonly #retryAt = new Map<string, number>();
  readonly #loops: Promise<void>[] = [];
  #eventsArrived: () => void = () => undefined;

  constructor(fn: RegisteredFunction, deps: BlobTriggerDeps) {
    this.name = fn.metadata.name;
    this.#fn = fn;
    this.#deps = deps;
    this.#attempts = new BlobAttempts(fn, deps);
    this.#pattern = compileBlobPattern(resolveSettingReferences(String(fn.trigger.path ?? ''), deps.env));
  }

  /** Blobs and events that wait for another attempt. */
  get waiting(): number {
    return this.#retryAt.size;
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

  /** Take an event for `container`/`blob`, whether or not its path is the function's: in Azure nobody but the subscription's filter asks. */
  accept(container: string, blob: string): void {
    this.#deps.hub.run('INSERT INTO blob_event(function, container, blob) VALUES(?, ?, ?)', this.name, container, blob);
    this.#eventsArrived();
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
    const { clock } = this.#deps;
    let waitedMs = 0;
    const receipts = this.#attempts.receipts(container.containerName);
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
      if (isSettled(receipts.get(item.name), etag)) continue;
      const key = blobKey(item.name);
      if (this.#running.has(key) || (this.#retryAt.get(key) ?? 0) > clock.now()) continue;
      const fullSince = clock.now();
      await this.#whenFree();
      waitedMs += clock.now() - fullSince;
      if (this.#abort.signal.aborted) return waitedMs;
      // An attempt may have ended since the receipts were read, or while it was waited for room.
      if (isSettled(this.#attempts.receipt(container.containerName, item.name), etag)) continue;
      this.#launch(key, item.name, () => this.#process(container, item.name));
    }
    for (const [blob, receipt] of receipts)
      if (!seen.has(blob) && !this.#running.has(blobKey(blob)))
        this.#attempts.forget(container.containerName, blob, receipt);
    for (const key of this.#retryAt.keys())
      if (isBlobKey(key) && !this.#running.has(key) && !seen.has(nameOf(key))) this.#retryAt.delete(key);
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
      for (const row of hub.all(
        'SELECT id, container, blob, attempts FROM blob_event WHERE function=? ORDER BY id',
        this.name,
      )) {
        const key = eventKey(Number(row.id));
        if (this.#running.has(key)) continue;
        if ((this.#retryAt.get(key) ?? 0) > clock.now()) {
          waiting++;
          continue;
        }
        await this.#whenFree();
        if (signal.aborted) return;
        const blob = String(row.blob);
        this.#launch(key, blob, async () => {
          const outcome = await this.#process(await this.#container(String(row.container)), blob);
          const attempts = Number(row.attempts) + 1;
          if (hub.closed) return;
          if (outcome === 'failed' && attempts < this.#deps.settings.poisonThreshold) {
            hub.run('UPDATE blob_event SET attempts=? WHERE id=?', attempts, Number(row.id));
            this.#backOff(key, attempts);
          } else {
            hub.run('DELETE FROM blob_event WHERE id=?', Number(row.id));
            this.#retryAt.delete(key);
          }
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

  #launch(key: string, blob: string, body: () => Promise<unknown>): void {
    const work = body()
      .then(
        () => undefined,
        (error: unknown) => {
          this.#backOff(key, 1); // what cannot be stored or read just now is not tried again at once
          this.#deps.log.error('blob.failed', {
            function: this.name,
            blob,
            message: error instanceof Error ? error.message : String(error),
          });
        },
      )
      .finally(() => {
        this.#running.delete(key);
        if (!isBlobKey(key)) this.#eventsArrived();
      });
    this.#running.set(key, work);
  }

  async #process(container: ContainerClient, blob: string): Promise<Attempt['outcome']> {
    const isOurs = container.containerName === this.#pattern.container;
    const tokens = isOurs ? this.#pattern.match(blob) : undefined;
    const { outcome, retryAfter } = await this.#attempts.run(container, blob, tokens ?? {});
    if (outcome === 'done') this.#retryAt.delete(blobKey(blob));
    if (retryAfter !== undefined) this.#backOff(blobKey(blob), retryAfter);
    return outcome;
  }

  #backOff(key: string, attempts: number): void {
    this.#retryAt.set(
      key,
      this.#deps.clock.now() + Math.min(MAX_BACKOFF_MS, this.#deps.scanIntervalMs * 2 ** (attempts - 1)),
    );
  }

  async #container(name = this.#pattern.container): Promise<ContainerClient> {
    return (await this.#deps.storage.blob(connectionOf(this.#fn))).getContainerClient(name);
  }
}

/** Blobs and events, apart: a blob may be called as an event is. */
const blobKey = (blob: string): string => `blob ${blob}`;
const eventKey = (id: number): string => `event ${id}`;
const isBlobKey = (key: string): boolean => key.startsWith('blob ');
const nameOf = (key: string): string => key.slice('blob '.length);

/** This version was run to its end, or given up. */
function isSettled(receipt: Receipt | undefined, etag: string): boolean {
  return receipt?.etag === etag && receipt.state !== 'failed';
}
