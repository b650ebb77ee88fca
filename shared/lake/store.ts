// The lake: one container of an ADLS Gen2 account (or of Azurite behind the DFS shim) as a LakeStore.
// Invariants: S1 a whole-file write is one Put Blob, so readers see the old content or the new, never an empty file (DFS create, append and
// flush would show one). S2 a conditional write that storage did although its reply was lost counts as done: every such write carries an id of
// its own in the metadata, and a refusal is checked against it. S3 every error of the SDK is mapped here, once.
// Listing, renaming and folder deletion go to the DFS endpoint; the Blob endpoint of an account with hierarchical namespace takes the rest.
import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import type { BlobRequestConditions, BlockBlobClient } from '@azure/storage-blob';
import { RetryableError, SluiceError, TerminalError } from '../errors.ts';
import type { FileContent, LakeFile, LakeStore, WriteCondition } from '../ports.ts';
import type { LakeClients } from './storage-clients.ts';
import type { LakeConnection, StorageTries } from './storage-connection.ts';

/** A file in the archive tier, and one that is on its way back. */
const ARCHIVED = new Set(['BlobArchived', 'BlobBeingRehydrated']);
/** Metadata name of the id that tells our write from another's (S2). */
const WRITE_ID = 'sluicewrite';
/** Not every E… code: a full disk or a missing local file is no reason to ask storage again. */
const NETWORK_CODES = new Set(
  'REQUEST_SEND_ERROR PARSE_ERROR ABORT_ERR ECONNREFUSED ECONNRESET ECONNABORTED ETIMEDOUT EPIPE ENOTFOUND EAI_AGAIN EHOSTUNREACH ENETUNREACH'.split(
    ' ',
  ),
);
const UPLOAD_BLOCK_BYTES = 8 * 1024 * 1024;
const UPLOAD_PARALLEL = 2;

/** Open a container; nothing is loaded or sent before the first call. */
export function openLakeStore(
  connection: LakeConnection,
  container: string,
  tries: Partial<StorageTries> = {},
): AzureLakeStore {
  return new AzureLakeStore(container, async () =>
    (await import('./storage-clients.ts')).openLakeClients(connection, container, tries),
  );
}

export class AzureLakeStore implements LakeStore {
  readonly container: string;
  readonly #open: () => Promise<LakeClients>;
  #opened: Promise<LakeClients> | undefined;

  /** @param open  loads the SDK, which takes a third of a second: called once, by the first call to storage */
  constructor(container: string, open: () => Promise<LakeClients>) {
    this.container = container;
    this.#open = open;
  }

  /** Create the container when it is missing. */
  async ensureContainer(): Promise<void> {
    await this.#run('', async ({ blobs }) => await blobs.createIfNotExists());
  }

  async read(path: string): Promise<Buffer> {
    const found = await this.readIfExists(path);
    if (found === undefined) throw new TerminalError('lake.not-found', `No file ${path}`, { ids: this.#ids(path) });
    return found.bytes;
  }

  async readIfExists(path: string, maxBytes?: number): Promise<{ bytes: Buffer; etag: string } | undefined> {
    return await this.#run(path, async ({ blobs }) => {
      try {
        const reply = await blobs.getBlockBlobClient(path).download();
        const length = reply.contentLength ?? 0;
        if (maxBytes !== undefined && length > maxBytes) {
          drop(reply.readableStreamBody);
          throw new TerminalError('extract.too-large', `File of ${length} bytes; at most ${maxBytes} are read`, {
            ids: this.#ids(path),
          });
        }
        if (reply.metadata?.hdi_isfolder === 'true') {
          drop(reply.readableStreamBody);
          return undefined;
        }
        return { bytes: await this.#body(path, reply.readableStreamBody, length), etag: reply.etag ?? '' };
      } catch (error) {
        if (statusOf(error) === 404) return undefined;
        throw error;
      }
    });
  }

  /** @throws {RetryableError} lake.unavailable when it breaks off again and again, {TerminalError} source.changed when it was replaced meanwhile */
  async #body(path: string, stream: NodeJS.ReadableStream | undefined, length: number): Promise<Buffer> {
    // Of a known length: a large file is in memory once, not as chunks and as a whole.
    const bytes = Buffer.allocUnsafe(length);
    let reached = 0;
    try {
      for await (const chunk of stream ?? []) {
        bytes.set(chunk as Uint8Array, reached); // the SDK streams bytes
        reached += (chunk as Uint8Array).byteLength;
      }
    } catch (error) {
      const options = { ids: this.#ids(path), cause: error };
      const at = `${this.container}/${path}`;
      if (isConflict(error)) throw new TerminalError('source.changed', `Replaced while it was read: ${at}`, options);
      if (statusOf(error) !== undefined) throw error;
      throw new RetryableError('lake.unavailable', `The file broke off while it was read: ${at}`, options);
    }
    if (reached === length) return bytes;
    throw new RetryableError('lake.unavailable', `Only ${reached} of ${length} bytes came: ${this.container}/${path}`, {
      ids: this.#ids(path),
    });
  }

  async readPart(path: string, offset: number, length: number): Promise<Buffer> {
    if (length === 0) return Buffer.alloc(0);
    return await this.#run(path, ({ blobs }) => blobs.getBlockBlobClient(path).downloadToBuffer(offset, length));
  }

  async write(path: string, content: FileContent, condition: WriteCondition = {}): Promise<string> {
    const given = typeof content === 'string' ? Buffer.from(content, 'utf8') : content;
    // A stream of its own for each try.
    const body = 'pieces' in given ? () => Readable.from(given.pieces()) : given;
    const conditions = conditionsOf(condition);
    const isConditional = condition.ifAbsent === true || condition.ifMatch !== undefined;
    const id = isConditional ? randomUUID() : undefined;
    return await this.#run(path, async ({ blobs }) => {
      const blob = blobs.getBlockBlobClient(path);
      try {
        const metadata = id === undefined ? {} : { metadata: { [WRITE_ID]: id } };
        // Always one Put Blob, whatever the size (S1).
        const reply = await blob.upload(body, given.byteLength, { conditions, ...metadata });
        return reply.etag ?? '';
      } catch (error) {
        const etag = id === undefined || !isConflict(error) ? undefined : await etagOfWrite(blob, id);
        if (etag === undefined) throw error;
        return etag;
      }
    });
  }

  async upload(path: string, localFile: string, condition: WriteCondition = {}): Promise<string> {
    const conditions = conditionsOf(condition);
    return await this.#run(path, async ({ blobs }) => {
      const reply = await blobs.getBlockBlobClient(path).uploadFile(localFile, {
        blockSize: UPLOAD_BLOCK_BYTES,
        maxSingleShotSize: UPLOAD_BLOCK_BYTES,
        concurrency: UPLOAD_PARALLEL,
        conditions,
      });
      return reply.etag ?? '';
    });
  }

  /** Whole-file write with metadata of the caller's. */
  async writeMarked(path: string, content: Uint8Array, metadata: Readonly<Record<string, string>>): Promise<void> {
    await this.#run(path, ({ blobs }) =>
      blobs.getBlockBlobClient(path).upload(content, content.byteLength, { metadata: { ...metadata } }),
    );
  }

  async download(path: string, localFile: string): Promise<void> {
    await mkdir(dirname(localFile), { recursive: true });
    await this.#run(path, ({ blobs }) => blobs.getBlockBlobClient(path).downloadToFile(localFile));
  }

  async stat(path: string): Promise<LakeFile | undefined> {
    return await this.#run(path, async ({ blobs }) => {
      try {
        const found = await blobs.getBlockBlobClient(path).getProperties();
        if (found.metadata?.hdi_isfolder === 'true') return undefined;
        return {
          path,
          sizeBytes: found.contentLength ?? 0,
          etag: found.etag ?? '',
          lastModified: found.lastModified?.getTime() ?? 0,
        };
      } catch (error) {
        if (statusOf(error) === 404) return undefined;
        throw error;
      }
    });
  }

  async *list(prefix: string): AsyncIterable<LakeFile> {
    const folder = prefix.replace(/^\/+|\/+$/g, '');
    const where = folder === '' ? { recursive: true } : { recursive: true, path: folder };
    const { files } = await this.#clients();
    const pages = files.listPaths(where).byPage();
    for (;;) {
      const page = await this.#run(prefix, async () => {
        try {
          return await pages.next();
        } catch (error) {
          // A folder nobody has written to yet has no files.
          if (statusOf(error) === 404 && codeOf(error) !== 'FilesystemNotFound')
            return { done: true as const, value: undefined };
          throw error;
        }
      });
      if (page.done) return;
      for (const item of page.value.pathItems ?? []) {
        if (item.isDirectory || item.name === undefined) continue;
        yield {
          path: item.name,
          sizeBytes: item.contentLength ?? 0,
          etag: quoted(item.etag ?? ''),
          lastModified: item.lastModified?.getTime() ?? 0,
        };
      }
    }
  }

  async delete(path: string): Promise<void> {
    await this.#run(path, ({ blobs }) => blobs.getBlockBlobClient(path).deleteIfExists());
  }

  async deleteFolder(path: string): Promise<void> {
    await this.#run(path, async ({ files }) => {
      const folder = files.getDirectoryClient(path.replace(/^\/+|\/+$/g, ''));
      try {
        await folder.delete(true); // the SDK follows the continuation tokens
      } catch (error) {
        if (statusOf(error) !== 404) throw error;
      }
    });
  }

  /**
   * Move a file; the destination must not exist.
   * @param to  holds only [A-Za-z0-9._=/-]: the SDK does not encode it
   * @throws {SluiceError} lake.conflict when the destination exists, lake.not-found when the source does not
   */
  async rename(from: string, to: string): Promise<void> {
    await this.#run(from, ({ files }) =>
      files.getFileClient(from).move(to, { destinationConditions: { ifNoneMatch: '*' } }),
    );
  }

  #clients(): Promise<LakeClients> {
    this.#opened ??= this.#open();
    return this.#opened;
  }

  #ids(path: string) {
    return { container: this.container, path };
  }

  /** S3. */
  async #run<T>(path: string, work: (clients: LakeClients) => Promise<T>): Promise<T> {
    const clients = await this.#clients();
    try {
      return await work(clients);
    } catch (error) {
      throw toLakeError(error, this.#ids(path));
    }
  }
}

/** S2: the ETag when the blob at this path is the one this write made. */
async function etagOfWrite(blob: BlockBlobClient, id: string): Promise<string | undefined> {
  try {
    const present = await blob.getProperties();
    return present.metadata?.[WRITE_ID] === id ? (present.etag ?? '') : undefined;
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

function toLakeError(error: unknown, ids: { container: string; path: string }): unknown {
  if (error instanceof SluiceError) return error;
  const status = statusOf(error);
  const code = codeOf(error);
  const at = `${ids.container}/${ids.path}: ${code}`;
  if (status === 404) return new TerminalError('lake.not-found', `Not found: ${at}`, { ids, cause: error });
  if (status === 409 && ARCHIVED.has(code))
    return new TerminalError('source.archived', `In the archive tier: ${at}`, { ids, cause: error });
  if (status === 409 || status === 412)
    return new TerminalError('lake.conflict', `Refused: ${at}`, { ids, cause: error });
  if (status === 507)
    // the local emulator's: Azure has no such limit
    return new RetryableError('disk.full', `The disk of the storage emulator is full: ${at}`, { ids, cause: error });
  if (status === 401 || status === 403)
    return new TerminalError('lake.forbidden', `Refused: ${at}`, { ids, cause: error });
  if (status === undefined && !isNetworkError(error)) return error; // ours
  if (status !== undefined && status < 500 && status !== 408 && status !== 429)
    return new TerminalError('lake.refused', `Refused with HTTP ${status}: ${at}`, { ids, cause: error });
  return new RetryableError('lake.unavailable', `Storage did not answer: ${at}`, { ids, cause: error });
}

function statusOf(error: unknown): number | undefined {
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' ? status : undefined;
}

/** The service's code: HEAD failures have it in a header only, append and flush in the body only. */
function codeOf(error: unknown): string {
  const rest = error as { code?: string; details?: { errorCode?: string } } | null;
  return rest?.details?.errorCode ?? rest?.code ?? String(statusOf(error) ?? 'no status');
}

const conditionsOf = ({ ifAbsent, ifMatch }: WriteCondition): BlobRequestConditions => ({
  ...(ifAbsent ? { ifNoneMatch: '*' } : {}),
  ...(ifMatch === undefined ? {} : { ifMatch }),
});

function isConflict(error: unknown): boolean {
  return statusOf(error) === 409 || statusOf(error) === 412;
}

function isNetworkError(error: unknown): boolean {
  const { code, name, message } = (error ?? {}) as { code?: unknown; name?: unknown; message?: unknown }; // foreign errors
  if (typeof code === 'string') return NETWORK_CODES.has(code);
  // What the SDK makes of a body that was cut in transit has no code.
  return name === 'AbortError' || (typeof message === 'string' && message.startsWith('Data corruption failure'));
}

/** Listings give ETags without quotes, the other calls with. */
function quoted(etag: string): string {
  return etag === '' || etag.startsWith('"') ? etag : `"${etag}"`;
}

function drop(stream: NodeJS.ReadableStream | undefined): void {
  // Destroying frees the connection; the rest of the body is not wanted.
  (stream as { destroy?: () => void } | undefined)?.destroy?.();
}
