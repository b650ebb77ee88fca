// Upload events that come through a storage queue: which file has landed, read from an Event Grid event.
import { TerminalError } from '../errors.ts';

// Uploads through the DFS endpoint raise two events; only the one after the last byte counts. Same list as the subscription's filter.
const COMPLETE = new Set(['PutBlob', 'PutBlockList', 'CopyBlob', 'FlushWithClose', 'SftpCommit']);

/**
 * Path of the uploaded file inside `container`; undefined for events about something else.
 * @param message  the queue message, parsed or as text
 * @throws {TerminalError} request.invalid the message is no Event Grid event: it goes to the poison queue
 */
export function uploadedPath(message: unknown, container: string): string | undefined {
  const event = typeof message === 'string' ? parse(message) : message;
  if (
    !isObject(event) ||
    typeof event.subject !== 'string' ||
    typeof event.eventType !== 'string' ||
    !isObject(event.data)
  )
    throw new TerminalError('request.invalid', 'message: is no Event Grid event');
  if (event.eventType !== 'Microsoft.Storage.BlobCreated') return undefined;
  if (typeof event.data.api === 'string' && !COMPLETE.has(event.data.api)) return undefined;
  const prefix = `/blobServices/default/containers/${container}/blobs/`;
  return event.subject.startsWith(prefix) ? event.subject.slice(prefix.length) : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // reported as "no Event Grid event"
  }
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
