// The webhook to which Event Grid sends what happened to blobs.
import type { BlobTrigger } from './blob-trigger.ts';

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

function member(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined; // `as`: any object may be indexed
}
