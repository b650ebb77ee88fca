// DFS operations on one path, done on the Blob API: create, append, flush, delete, access control.
// A folder is an empty blob with metadata hdi_isfolder=true, or merely the prefix of a blob's name.
// Appended bytes are staged blocks whose id holds position and length; a flush commits the contiguous ones.
// Invariants: O1 a flush keeps metadata and content headers it does not name. O2 what a SAS may do is decided by Azurite on the call that
// changes something (`container`); looking around is done with the account key (`own`).

import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { BlockBlobClient, ContainerClient } from '@azure/storage-blob';
import { DfsError, hasStatus } from './dfs-errors.ts';
import {
  type BlobState,
  conditionsOf,
  contentHeaders,
  headersOf,
  leaseOf,
  propertiesOf,
  versionHeaders,
} from './dfs-headers.ts';

export interface DfsRequest {
  method: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: Readable;
  /** Relative to the file system, decoded, without slashes at the ends. */
  path: string;
  /** Called with the caller's rights. */
  container: ContainerClient;
  /** Called with the account key. */
  own: ContainerClient;
}

export interface DfsAnswer {
  status: number;
  headers?: Record<string, string>;
  json?: unknown;
}

const PAGE_OF_DELETES = 1000;
const PARALLEL = 16;

/** Run the operation a request names. @throws {DfsError} NotImplemented (501) for anything the SDK does not send */
export async function runOperation(request: DfsRequest): Promise<DfsAnswer> {
  const action = request.query.get('action') ?? '';
  if (request.path === '') throw new DfsError(400, 'InvalidUri', 'A path is needed.');
  if (request.method === 'PUT') return createPath(request);
  if (request.method === 'DELETE') return deletePath(request);
  if (request.method === 'HEAD') return describeAccess(request);
  if (request.method === 'PATCH') {
    if (action === 'append') return append(request);
    if (action === 'flush') return flush(request);
    if (action === 'setAccessControl') return keepAccess(request);
    if (action === 'setAccessControlRecursive') {
      const json = { directoriesSuccessful: 0, filesSuccessful: 1, failureCount: 0, failedEntries: [] };
      return { status: 200, json };
    }
  }
  throw new DfsError(501, 'NotImplemented', `The emulator has no ${request.method} ${action}.`);
}

async function createPath(request: DfsRequest): Promise<DfsAnswer> {
  const isFolder = request.query.get('resource') === 'directory';
  const present = await describe(request.own, request.path);
  if (present !== undefined && present.isFolder !== isFolder) {
    throw new DfsError(409, 'PathAlreadyExists', 'The path exists as the other kind: file or folder.');
  }
  if (isFolder && present !== undefined) {
    if (request.headers['if-none-match'] === '*') throw new DfsError(409, 'PathAlreadyExists', 'The folder exists.');
    if (present.blob !== undefined) return { status: 201, headers: versionHeaders(present.blob) };
  }
  await createParents(request.container, request.path);
  const metadata = { ...propertiesOf(request.headers), ...(isFolder ? { hdi_isfolder: 'true' } : {}) };
  const created = await request.container.getBlockBlobClient(request.path).upload('', 0, {
    blobHTTPHeaders: contentHeaders(request.headers),
    metadata,
    conditions: conditionsOf(request.headers),
  });
  return { status: 201, headers: { ...versionHeaders(created), 'x-ms-request-server-encrypted': 'true' } };
}

/** Folder markers for every ancestor of `path` that has none. */
export async function createParents(container: ContainerClient, path: string): Promise<void> {
  const segments = path.split('/').slice(0, -1);
  for (let depth = segments.length; depth > 0; depth--) {
    const folder = container.getBlockBlobClient(segments.slice(0, depth).join('/'));
    try {
      await folder.upload('', 0, { metadata: { hdi_isfolder: 'true' }, conditions: { ifNoneMatch: '*' } });
    } catch (error) {
      if (!hasStatus(error, 409)) throw error;
      const { metadata } = await folder.getProperties();
      if (metadata?.hdi_isfolder !== 'true') throw new DfsError(409, 'PathConflict', 'A parent of the path is a file.');
      return; // whoever made it has made its parents
    }
  }
}

async function append(request: DfsRequest): Promise<DfsAnswer> {
  const position = numberOf(request.query.get('position'), 'position');
  const length = numberOf(request.headers['content-length'] ?? null, 'Content-Length');
  const present = await describe(request.own, request.path);
  if (present?.blob === undefined || present.isFolder) {
    throw new DfsError(404, 'PathNotFound', 'The file does not exist. Create it before appending.');
  }
  const client = request.container.getBlockBlobClient(request.path);
  if (length > 0) {
    await client.stageBlock(blockId(position, length), () => request.body, length, {
      conditions: leaseOf(request.headers),
    });
  }
  if (request.query.get('flush') !== 'true')
    return { status: 202, headers: { 'x-ms-request-server-encrypted': 'true' } };
  const flushed = await commitUpTo(request, position + length);
  return { status: 202, headers: flushed };
}

async function flush(request: DfsRequest): Promise<DfsAnswer> {
  const headers = await commitUpTo(request, numberOf(request.query.get('position'), 'position'));
  return { status: 200, headers };
}

/** Commit the file's first `position` bytes; every one of them must have been committed or appended. */
async function commitUpTo(request: DfsRequest, position: number): Promise<Record<string, string>> {
  const present = await describe(request.own, request.path);
  if (present?.blob === undefined || present.isFolder) {
    throw new DfsError(404, 'PathNotFound', 'The file does not exist.');
  }
  const client = request.container.getBlockBlobClient(request.path);
  const own = request.own.getBlockBlobClient(request.path);
  const ids = await contiguousBlocks(own, present.blob.contentLength ?? 0, position);
  const before = present.blob;
  const committed = await client.commitBlockList(ids, {
    metadata: { ...before.metadata, ...propertiesOf(request.headers) },
    blobHTTPHeaders: { ...headersOf(before), ...contentHeaders(request.headers) },
    conditions: conditionsOf(request.headers),
  });
  return { ...versionHeaders(committed), 'x-ms-request-server-encrypted': 'true' };
}

/**
 * Ids of the blocks that make up bytes 0…position.
 * @throws {DfsError} InvalidFlushPosition (400) when bytes are missing or `position` lies inside a block
 */
async function contiguousBlocks(own: BlockBlobClient, committedBytes: number, position: number): Promise<string[]> {
  const blocks = await own.getBlockList('all');
  const ids: string[] = [];
  let cursor = 0;
  for (const block of blocks.committedBlocks ?? []) {
    ids.push(block.name);
    cursor += block.size;
  }
  if (ids.length === 0 && committedBytes > 0) {
    // Written whole by a Blob call: no blocks yet. Its content becomes block 0.
    const content = await own.download();
    const body = content.readableStreamBody as Readable; // Node: always a readable stream
    await own.stageBlock(blockId(0, committedBytes), () => body, committedBytes);
    ids.push(blockId(0, committedBytes));
    cursor = committedBytes;
  }
  const appended = new Map<number, { name: string; size: number }>();
  for (const block of blocks.uncommittedBlocks ?? []) {
    const at = positionOfBlock(block.name);
    if (at !== undefined) appended.set(at, block);
  }
  for (let next = appended.get(cursor); cursor < position && next !== undefined; next = appended.get(cursor)) {
    ids.push(next.name);
    cursor += next.size;
  }
  if (cursor !== position) {
    throw new DfsError(
      400,
      'InvalidFlushPosition',
      `The file has ${cursor} contiguous bytes; flush asked for ${position}.`,
    );
  }
  return ids;
}

async function deletePath(request: DfsRequest): Promise<DfsAnswer> {
  const present = await describe(request.own, request.path);
  if (present === undefined) {
    // The page before may have taken the last file of a folder without marker.
    if (request.query.has('continuation')) return { status: 200 };
    throw new DfsError(404, 'PathNotFound', 'The specified path does not exist.');
  }
  const client = request.container.getBlobClient(request.path);
  if (!present.isFolder) {
    await client.delete({ conditions: conditionsOf(request.headers) });
    return { status: 200 };
  }
  const recursive = request.query.get('recursive') === 'true';
  const paged = request.query.get('paginated') === 'true';
  const below = request.container.listBlobsFlat({ prefix: `${request.path}/` });
  for await (const page of below.byPage({ maxPageSize: PAGE_OF_DELETES })) {
    const names = page.segment.blobItems.map((item) => item.name);
    if (names.length > 0 && !recursive) throw new DfsError(409, 'DirectoryNotEmpty', 'The folder is not empty.');
    await forEachInParallel(names, (name) => request.container.getBlobClient(name).deleteIfExists());
    if (paged && page.continuationToken) return { status: 200, headers: { 'x-ms-continuation': 'more' } };
  }
  if (present.blob !== undefined) await client.deleteIfExists({ conditions: conditionsOf(request.headers) });
  return { status: 200 };
}

async function describeAccess(request: DfsRequest): Promise<DfsAnswer> {
  const present = await describe(request.own, request.path);
  if (present === undefined) throw new DfsError(404, 'PathNotFound', 'The specified path does not exist.');
  const access = {
    'x-ms-owner': '$superuser',
    'x-ms-group': '$superuser',
    'x-ms-permissions': present.isFolder ? 'rwxr-x---' : 'rw-r-----',
    'x-ms-acl': present.isFolder ? 'user::rwx,group::r-x,other::---' : 'user::rw-,group::r--,other::---',
    'x-ms-resource-type': present.isFolder ? 'directory' : 'file',
  };
  return { status: 200, headers: { ...versionHeaders(present.blob ?? {}), ...access } };
}

async function keepAccess(request: DfsRequest): Promise<DfsAnswer> {
  const present = await describe(request.own, request.path);
  if (present === undefined) throw new DfsError(404, 'PathNotFound', 'The specified path does not exist.');
  return { status: 200, headers: versionHeaders(present.blob ?? {}) };
}

/** What is at a path; undefined when nothing is. `blob` is undefined for a folder that is only a prefix. */
export async function describe(
  container: ContainerClient,
  path: string,
): Promise<{ isFolder: boolean; blob: BlobState | undefined } | undefined> {
  try {
    const blob = await container.getBlockBlobClient(path).getProperties();
    return { isFolder: blob.metadata?.hdi_isfolder === 'true', blob };
  } catch (error) {
    if (!hasStatus(error, 404)) throw error;
  }
  const page = await container
    .listBlobsFlat({ prefix: `${path}/` })
    .byPage({ maxPageSize: 1 })
    .next();
  if (page.done || page.value.segment.blobItems.length === 0) return undefined;
  return { isFolder: true, blob: undefined };
}

/** Calls `work` for every item, PARALLEL at a time; the first failure ends it. */
export async function forEachInParallel<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const queue = items.values();
  await Promise.all(
    Array.from({ length: Math.min(PARALLEL, items.length) }, async () => {
      for (const item of queue) await work(item);
    }),
  );
}

function numberOf(value: string | null, name: string): number {
  if (value === null || !/^\d{1,15}$/.test(value)) {
    throw new DfsError(400, 'InvalidQueryParameterValue', `${name} must be a whole number.`);
  }
  return Number(value);
}

/** Ids of one blob must have equal length: 16 digits of position, 12 of length. */
function blockId(position: number, length: number): string {
  return Buffer.from(`${String(position).padStart(16, '0')}${String(length).padStart(12, '0')}`).toString('base64');
}

function positionOfBlock(id: string): number | undefined {
  const match = /^(\d{16})\d{12}$/.exec(Buffer.from(id, 'base64').toString('latin1'));
  return match === null ? undefined : Number(match[1]);
}
