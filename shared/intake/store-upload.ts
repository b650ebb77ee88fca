// A file that a person drops on the page, into a container of the lake.
// Invariants: U1 no more than the limit is held in memory. U2 the file is visible whole or not at all, so its event finds all of it.

import type { UploadAnswer, UploadTarget } from '../api/insights.ts';

import { TerminalError } from '../errors.ts';
import { documentId } from '../ids.ts';
import type { PipelineServices } from '../pipeline/services.ts';

export interface Upload extends UploadTarget {
  /** Keep a file that is there already: lake.conflict. */
  ifAbsent: boolean;
  /** As the sender announced it; null when it did not. */
  announcedBytes: number | null;
  content: AsyncIterable<Uint8Array>;
}

/** @throws {TerminalError} request.too-large, lake.conflict */
export async function storeUpload(
  { sources, config }: Pick<PipelineServices, 'sources' | 'config'>,
  { container, path, ifAbsent, announcedBytes, content }: Upload,
): Promise<{ answer: UploadAnswer; isNew: boolean }> {
  const bytes = await collect(content, announcedBytes, config.UPLOAD_MAX_BYTES);
  const store = sources[container];
  const isNew = (await store.stat(path)) === undefined;
  const etag = await store.write(path, bytes, ifAbsent ? { ifAbsent } : {});
  return { answer: { container, path, sizeBytes: bytes.length, etag, documentId: documentId(container, path) }, isNew };
}

/** U1. */
async function collect(content: AsyncIterable<Uint8Array>, announced: number | null, limit: number): Promise<Buffer> {
  const tooLarge = () =>
    new TerminalError('request.too-large', `the file has more than ${limit} bytes (UPLOAD_MAX_BYTES)`);
  if (announced !== null && announced > limit) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of content) {
    size += chunk.length;
    if (size > limit) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}
