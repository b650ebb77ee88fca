// The webhook to which Event Grid sends what happened to blobs, as the storage extension of Azure answers it (Extensions.Storage.Blobs 5.3.10,
// BlobsExtensionConfigProvider): of an event only data.url, data.eTag and data.blobType are read, its type, subject and container are not.
import { isIP } from 'node:net';
import type { BlobTrigger } from './blob-trigger.ts';

/** An answer of the webhook. */
export interface WebhookAnswer {
  status: number;
  body?: unknown;
}

/**
 * Answer `POST /runtime/webhooks/blobs?functionName=Host.Functions.<name>`.
 * @param text  body of the request
 */
export function receiveBlobEvents(
  triggers: readonly BlobTrigger[],
  functionName: string,
  eventType: string,
  text: string,
): WebhookAnswer {
  const type = eventType.toLowerCase();
  if (type === 'unsubscribe') return { status: 202 };
  if (type !== 'subscriptionvalidation' && type !== 'notification') return { status: 400 };
  let events: unknown;
  try {
    events = JSON.parse(text);
  } catch {
    return refused('The body is no JSON.');
  }
  if (!Array.isArray(events)) return refused('The body must be a JSON array of Event Grid events.');
  if (type === 'subscriptionvalidation') {
    const code = member(member(events[0], 'data'), 'validationCode');
    return typeof code === 'string'
      ? { status: 200, body: { validationResponse: code } }
      : refused('data.validationCode is missing.');
  }
  const blobs: { container: string; blob: string }[] = [];
  for (const event of events) {
    const blob = blobOf(member(event, 'data'));
    if (blob === undefined) return refused('An event lacks data.url, data.eTag or data.blobType.');
    blobs.push(blob);
  }
  // An event for a function that is not there is taken and dropped.
  const name = functionName.replace(/^Host\.Functions\./i, '').toLowerCase();
  const trigger = triggers.find((candidate) => candidate.name.toLowerCase() === name);
  for (const { container, blob } of blobs) trigger?.accept(container, blob);
  return { status: 202 };
}

/** What the extension fails on is 500; the words are ours. */
const refused = (message: string): WebhookAnswer => ({ status: 500, body: { message } });

function blobOf(data: unknown): { container: string; blob: string } | undefined {
  const [url, etag, type] = [member(data, 'url'), member(data, 'eTag'), member(data, 'blobType')];
  return typeof url === 'string' && typeof etag === 'string' && typeof type === 'string' ? blobAt(url) : undefined;
}

/**
 * Container and name of the blob at an address, which should be escaped. Seen of the extension with addresses that are not: `?` ends the name, `#` does
 * not, and what looks like an escape is one.
 */
export function blobAt(url: string): { container: string; blob: string } | undefined {
  const [, host = '', path = ''] = /^https?:\/\/([^/]+)\/([^?]*)/s.exec(url) ?? [];
  const name = host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  const isEmulator = isIP(name) !== 0 || name === 'localhost'; // the account is the first part of the path
  const [container = '', ...parts] = path.split('/').slice(isEmulator ? 1 : 0);
  const blob = parts.join('/').replace(/(?:%[0-9a-f]{2})+/gi, unescaped);
  return container === '' || blob === '' ? undefined : { container, blob };
}

function unescaped(run: string): string {
  try {
    return decodeURIComponent(run);
  } catch {
    return run; // no UTF-8: it is no escape
  }
}

function member(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined; // `as`: any object may be indexed
}
