// List paths: one page of a file system or folder, recursive or one level, as the DFS endpoint answers it.
// Invariants: L1 a folder appears once, whether it is a marker blob, a prefix, or both, and across pages too: a marker sorts before
// everything below it. L2 the continuation token is Azurite's own marker.
import type { BlobItem, ContainerClient } from '@azure/storage-blob';
import { DfsError } from './dfs-errors.ts';
import { type DfsAnswer, type DfsRequest, describe } from './dfs-operations.ts';

const DEFAULT_PAGE = 5000;
const WINDOWS_EPOCH_MS = 11_644_473_600_000; // 1601-01-01 to 1970-01-01

interface ListedPath {
  name: string;
  isDirectory?: 'true';
  contentLength: string;
  lastModified: string;
  etag: string;
  owner: string;
  group: string;
  permissions: string;
  creationTime?: string;
}

/** @throws {DfsError} PathNotFound (404) when the folder asked for does not exist, FilesystemNotFound (404) */
export async function listPaths(request: DfsRequest): Promise<DfsAnswer> {
  const { query, container } = request;
  const directory = (query.get('directory') ?? '').replace(/^\/+|\/+$/g, '');
  const prefix = directory === '' ? '' : `${directory}/`;
  const continuation = query.get('continuation') ?? '';
  const settings = { maxPageSize: Number(query.get('maxResults') ?? DEFAULT_PAGE) };
  const options = { prefix, includeMetadata: true };
  const position = continuation === '' ? settings : { ...settings, continuationToken: continuation };
  const isRecursive = query.get('recursive') === 'true';
  const page = isRecursive
    ? await firstPage(container.listBlobsFlat(options).byPage(position))
    : await firstPage(container.listBlobsByHierarchy('/', options).byPage(position));
  const items = page?.segment.blobItems ?? [];
  const prefixes = (page?.segment.blobPrefixes ?? []).map((item) => item.name);
  const paths = await foldersAndFiles(request.own, items, prefixes, prefix, isRecursive, continuation === '');
  if (paths.length === 0 && directory !== '' && continuation === '') {
    const present = await describe(request.own, directory);
    if (present === undefined) throw new DfsError(404, 'PathNotFound', 'The specified path does not exist.');
  }
  const next = page?.continuationToken ?? '';
  return { status: 200, json: { paths }, headers: next === '' ? {} : { 'x-ms-continuation': next } };
}

/** The part of a page that flat and hierarchical listings share. */
interface Page {
  segment: { blobItems: BlobItem[]; blobPrefixes?: { name: string }[] };
  continuationToken?: string | undefined;
}

async function firstPage(pages: AsyncIterableIterator<Page>): Promise<Page | undefined> {
  const page = await pages.next();
  return page.done ? undefined : page.value;
}

async function foldersAndFiles(
  own: ContainerClient,
  items: readonly BlobItem[],
  prefixes: readonly string[],
  prefix: string,
  isRecursive: boolean,
  isFirstPage: boolean,
): Promise<ListedPath[]> {
  const paths = items.map(listed);
  const known = new Set(paths.filter((path) => path.isDirectory === 'true').map((path) => path.name));
  const implied = new Set(prefixes.map((name) => name.slice(0, -1)));
  if (isRecursive) for (const item of items) for (const folder of ancestors(item.name, prefix)) implied.add(folder);
  for (const folder of implied) {
    // L1: a marker that is not on this page was on an earlier one.
    if (known.has(folder) || (await own.getBlobClient(folder).exists())) continue;
    if (isRecursive && !isFirstPage && (await startsEarlier(own, folder, items))) continue;
    paths.push(folderOf(folder));
  }
  return paths.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Was the first blob below this prefix-only folder on an earlier page? Then the folder was listed there. */
async function startsEarlier(own: ContainerClient, folder: string, items: readonly BlobItem[]): Promise<boolean> {
  const first = await own
    .listBlobsFlat({ prefix: `${folder}/` })
    .byPage({ maxPageSize: 1 })
    .next();
  const name = first.done ? undefined : first.value.segment.blobItems[0]?.name;
  return name !== undefined && !items.some((item) => item.name === name);
}

function ancestors(name: string, prefix: string): string[] {
  const below = name.slice(prefix.length).split('/').slice(0, -1);
  return below.map((_, depth) => prefix + below.slice(0, depth + 1).join('/'));
}

function listed(item: BlobItem): ListedPath {
  if (item.metadata?.hdi_isfolder === 'true') return folderOf(item.name, item);
  return {
    name: item.name,
    contentLength: String(item.properties.contentLength ?? 0),
    ...described(item),
    permissions: 'rw-r-----',
  };
}

function folderOf(name: string, marker?: BlobItem): ListedPath {
  return { name, isDirectory: 'true', contentLength: '0', ...described(marker), permissions: 'rwxr-x---' };
}

function described(item: BlobItem | undefined) {
  const created = item?.properties.createdOn;
  return {
    lastModified: (item?.properties.lastModified ?? new Date(0)).toUTCString(),
    etag: (item?.properties.etag ?? '0x1').replaceAll('"', ''),
    owner: '$superuser',
    group: '$superuser',
    ...(created === undefined
      ? {}
      : { creationTime: String((BigInt(created.getTime()) + BigInt(WINDOWS_EPOCH_MS)) * 10_000n) }),
  };
}
