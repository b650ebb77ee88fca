// Rename of a file or folder: copy, then delete the source.
// Invariants: R1 two renames never interleave in this process, so If-None-Match on the destination has one winner. R2 the lease of the
// source is checked before anything is copied. A folder is moved file by file: not atomic, unlike the real service.
import type { BlobServiceClient, ContainerClient } from '@azure/storage-blob';
import { DfsError } from './dfs-errors.ts';
import { conditionsOf, versionHeaders } from './dfs-headers.ts';
import { createParents, type DfsAnswer, type DfsRequest, describe, forEachInParallel } from './dfs-operations.ts';

let tail: Promise<unknown> = Promise.resolve();

/** R1: renames run one after the other. */
export function renamePath(request: DfsRequest, own: BlobServiceClient, account: string): Promise<DfsAnswer> {
  const turn = tail.then(() => rename(request, own, account));
  tail = turn.catch(() => undefined); // the caller gets the error; the next rename starts regardless
  return turn;
}

async function rename(request: DfsRequest, service: BlobServiceClient, account: string): Promise<DfsAnswer> {
  const source = parseSource(String(request.headers['x-ms-rename-source']), account);
  const from = service.getContainerClient(source.fileSystem);
  const present = await describe(from, source.path);
  if (present === undefined) throw new DfsError(404, 'SourcePathNotFound', 'The source path does not exist.');
  checkLease(present.blob?.leaseState, present.blob?.leaseStatus, request.headers['x-ms-source-lease-id']);
  if (
    present.isFolder &&
    `${request.path}/`.startsWith(`${source.path}/`) &&
    source.fileSystem === request.own.containerName
  ) {
    if (request.path === source.path) return { status: 201, headers: versionHeaders(present.blob ?? {}) };
    throw new DfsError(409, 'InvalidRenameSourcePath', 'A folder cannot be moved into itself.');
  }
  const target = await describe(request.own, request.path);
  if (target !== undefined) {
    if (request.headers['if-none-match'] === '*')
      throw new DfsError(409, 'PathAlreadyExists', 'The destination exists.');
    if (target.isFolder) await requireReplaceable(request, present.isFolder);
    else if (present.isFolder) throw new DfsError(409, 'PathAlreadyExists', 'The destination is a file.');
  }
  await createParents(request.container, request.path);
  return present.isFolder ? moveFolder(request, from, source.path) : moveFile(request, from, source.path);
}

async function moveFile(request: DfsRequest, from: ContainerClient, sourcePath: string): Promise<DfsAnswer> {
  const client = from.getBlobClient(sourcePath);
  const copied = await copy(request.container, client.url, request.path, {
    conditions: conditionsOf(request.headers),
    sourceConditions: conditionsOf(request.headers, 'x-ms-source-'),
  });
  const leaseId = request.headers['x-ms-source-lease-id'];
  await client.delete(leaseId === undefined ? {} : { conditions: { leaseId: String(leaseId) } });
  return { status: 201, headers: versionHeaders(copied) };
}

async function moveFolder(request: DfsRequest, from: ContainerClient, sourcePath: string): Promise<DfsAnswer> {
  const names: string[] = [];
  for await (const item of from.listBlobsFlat({ prefix: `${sourcePath}/` })) names.push(item.name);
  const marker = request.container.getBlockBlobClient(request.path);
  const created = await marker.upload('', 0, { metadata: { hdi_isfolder: 'true' } });
  const moved = (name: string) => `${request.path}${name.slice(sourcePath.length)}`;
  await forEachInParallel(names, (name) => copy(request.container, from.getBlobClient(name).url, moved(name), {}));
  await forEachInParallel(names, (name) => from.getBlobClient(name).deleteIfExists());
  await from.getBlobClient(sourcePath).deleteIfExists();
  return { status: 201, headers: versionHeaders(created) };
}

async function copy(
  container: ContainerClient,
  sourceUrl: string,
  path: string,
  options: { conditions?: object; sourceConditions?: object },
): Promise<{ etag?: string | undefined; lastModified?: Date | undefined }> {
  // Within one account Azurite copies at once; the poller is done on its first look.
  const poller = await container.getBlobClient(path).beginCopyFromURL(sourceUrl, { ...options, intervalInMs: 5 });
  const done = await poller.pollUntilDone();
  return { etag: done.etag, lastModified: done.lastModified };
}

async function requireReplaceable(request: DfsRequest, sourceIsFolder: boolean): Promise<void> {
  const page = await request.own
    .listBlobsFlat({ prefix: `${request.path}/` })
    .byPage({ maxPageSize: 1 })
    .next();
  const isEmpty = page.done || page.value.segment.blobItems.length === 0;
  if (!sourceIsFolder) throw new DfsError(409, 'PathAlreadyExists', 'The destination is a folder.');
  if (!isEmpty) throw new DfsError(409, 'DirectoryNotEmpty', 'The destination folder is not empty.');
}

function checkLease(state: string | undefined, status: string | undefined, leaseId: unknown): void {
  if (state === 'leased' && status === 'locked' && leaseId === undefined) {
    throw new DfsError(412, 'LeaseIdMissing', 'There is a lease on the source and no lease ID was specified.');
  }
}

/** `/account/fs/path[?sas]`, encoded by segment. */
function parseSource(header: string, account: string): { fileSystem: string; path: string } {
  const segments = (header.split('?')[0] ?? '').split('/').filter((segment) => segment !== '');
  if (segments[0] === account) segments.shift();
  const [fileSystem, ...rest] = segments;
  if (fileSystem === undefined || rest.length === 0) {
    throw new DfsError(400, 'InvalidSourceUri', 'x-ms-rename-source must be /<file system>/<path>.');
  }
  return { fileSystem, path: decodeURIComponent(rest.join('/')) };
}
