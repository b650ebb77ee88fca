// Queue triggers: polls a queue, runs the function, deletes, makes visible again, or moves to `<queue>-poison`.
// Invariants: Q1 at-least-once: a message is deleted only after the function has returned. Q2 a running message stays invisible (renewed).
//             Q3 after maxDequeueCount failures the message is in the poison queue before it leaves this one. Q4 a message that is no base64 is
//             poison at once and no function sees it; one whose bytes are no UTF-8 fails without the function (Extensions.Storage.Queues 5.3.10).
import type { DequeuedMessageItem, QueueClient } from '@azure/storage-queue';
import type { Clock } from '../../shared/ports.ts';
import type { RegisteredFunction, TypedData } from './core-api.ts';
import type { Invoker } from './invoke.ts';
import type { HostLog } from './log.ts';
import type { OutputWriter } from './outputs.ts';
import { sendText, textOf } from './queue-text.ts';
import { type HostSettings, resolveSettingReferences } from './settings.ts';
import { type StorageClients, storageStatus } from './storage.ts';
import type { TriggerListener } from './triggers.ts';

const LEASE_SECONDS = 600; // production hides a message for ten minutes and renews
const FIRST_PAUSE_MS = 100;

export interface QueueTriggerDeps {
  storage: StorageClients;
  invoker: Invoker;
  outputs: OutputWriter;
  clock: Clock;
  log: HostLog;
  settings: HostSettings['queues'];
  env: NodeJS.ProcessEnv;
}

export class QueueTrigger implements TriggerListener {
  readonly #fn: RegisteredFunction;
  readonly #deps: QueueTriggerDeps;
  readonly #abort = new AbortController();
  readonly #running = new Set<Promise<void>>();
  #loop: Promise<void> | undefined;

  constructor(fn: RegisteredFunction, deps: QueueTriggerDeps) {
    this.#fn = fn;
    this.#deps = deps;
  }

  start(): void {
    this.#loop = this.#poll();
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#loop;
    await Promise.allSettled(this.#running);
  }

  async #poll(): Promise<void> {
    const { settings, clock, log } = this.#deps;
    const { signal } = this.#abort;
    const name = resolveSettingReferences(String(this.#fn.trigger.queueName ?? ''), this.#deps.env);
    let pauseMs = FIRST_PAUSE_MS;
    while (!signal.aborted) {
      let received = 0;
      try {
        const queue = (await this.#deps.storage.queue(connectionOf(this.#fn))).getQueueClient(name);
        if (this.#running.size <= settings.newBatchThreshold) received = await this.#receive(queue, name);
      } catch (error) {
        if (!signal.aborted && storageStatus(error) !== 404) {
          log.warn('queue.poll-failed', {
            queue: name,
            message: error instanceof Error ? error.message : String(error),
          });
        }
      }
      if (received > 0) {
        pauseMs = FIRST_PAUSE_MS;
        if (this.#running.size > settings.newBatchThreshold) await Promise.race(this.#running);
        continue;
      }
      await clock.sleep(pauseMs, signal).catch(() => undefined); // only an abort rejects: the loop ends
      pauseMs = Math.min(pauseMs * 2, Math.max(FIRST_PAUSE_MS, settings.maxPollingMs));
    }
  }

  async #receive(queue: QueueClient, name: string): Promise<number> {
    const { receivedMessageItems: items } = await queue.receiveMessages({
      numberOfMessages: this.#deps.settings.batchSize,
      visibilityTimeout: LEASE_SECONDS,
      abortSignal: this.#abort.signal,
    });
    for (const item of items) {
      const work = this.#handle(queue, name, item)
        .catch((error: unknown) =>
          this.#deps.log.error('queue.message-failed', {
            queue: name,
            messageId: item.messageId,
            message: String(error),
          }),
        )
        .finally(() => this.#running.delete(work));
      this.#running.add(work);
    }
    return items.length;
  }

  async #handle(queue: QueueClient, name: string, item: DequeuedMessageItem): Promise<void> {
    const { settings, invoker, outputs, log } = this.#deps;
    let popReceipt = item.popReceipt;
    let renewal: Promise<void> = Promise.resolve();
    const renew = setInterval(
      () => {
        renewal = queue.updateMessage(item.messageId, popReceipt, undefined, LEASE_SECONDS).then(
          (updated) => {
            popReceipt = updated.popReceipt ?? popReceipt;
          },
          (error: unknown) =>
            log.warn('queue.renew-failed', { queue: name, messageId: item.messageId, message: String(error) }),
        );
      },
      (LEASE_SECONDS * 1000) / 2,
    );
    const sent = textOf(item);
    const bytes = settings.base64 ? decodeBase64(sent) : Buffer.from(sent);
    let failed = false;
    try {
      if (bytes === undefined) throw new Error('the message is not base64 (extensions.queues.messageEncoding)');
      const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
      const result = await invoker.invoke(this.#fn, {
        trigger: { string: text },
        triggerMetadata: metadataOf(item, text, this.#fn.metadata.name),
      });
      await outputs.write(this.#fn, result, jsonTokens(text));
    } catch (error) {
      failed = true;
      log.warn('queue.attempt-failed', {
        queue: name,
        messageId: item.messageId,
        attempt: item.dequeueCount,
        message: error instanceof Error ? error.message : String(error),
      });
    } finally {
      clearInterval(renew);
      await renewal; // a renewal on its way changes the receipt by which the message is deleted
    }
    if (failed && bytes !== undefined && item.dequeueCount < settings.maxDequeueCount) {
      await queue.updateMessage(item.messageId, popReceipt, undefined, Math.round(settings.visibilityMs / 1000)); // its text stays
      return;
    }
    if (failed) {
      const poison = (await this.#deps.storage.queue(connectionOf(this.#fn))).getQueueClient(`${name}-poison`);
      await poison.createIfNotExists();
      await sendText(poison, sent);
      log.error('queue.poison', { queue: name, messageId: item.messageId, poisonQueue: `${name}-poison` });
    }
    await queue.deleteMessage(item.messageId, popReceipt);
  }
}

function connectionOf(fn: RegisteredFunction): string | undefined {
  return typeof fn.trigger.connection === 'string' ? fn.trigger.connection : undefined;
}

/** Bytes of a base64 message; undefined when it is none. */
export function decodeBase64(text: string): Buffer | undefined {
  const compact = text.replace(/[ \t\r\n]/g, '');
  return compact.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(compact)
    ? Buffer.from(compact, 'base64')
    : undefined;
}

/** Members of a JSON object message fill `{tokens}` of output paths. */
function jsonTokens(text: string): Record<string, string> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return {};
    return Object.fromEntries(
      Object.entries(value).flatMap(([key, entry]) => (typeof entry === 'object' ? [] : [[key, String(entry)]])),
    );
  } catch {
    return {}; // a plain text message has no members
  }
}

function metadataOf(item: DequeuedMessageItem, text: string, name: string): Record<string, TypedData> {
  return {
    QueueTrigger: { string: JSON.stringify(text) },
    DequeueCount: { int: item.dequeueCount },
    ExpirationTime: { string: JSON.stringify(item.expiresOn.toISOString()) },
    Id: { string: JSON.stringify(item.messageId) },
    InsertionTime: { string: JSON.stringify(item.insertedOn.toISOString()) },
    NextVisibleTime: { string: JSON.stringify(item.nextVisibleOn.toISOString()) },
    PopReceipt: { string: JSON.stringify(item.popReceipt) },
    sys: {
      json: JSON.stringify({ MethodName: name, UtcNow: new Date().toISOString(), RandGuid: crypto.randomUUID() }),
    },
  };
}
