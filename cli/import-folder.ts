// A local folder into the imports container, under a prefix derived from its content: the same folder gives the same prefix,
// so a repeated import uploads nothing, and an interrupted one is done again under the same names.
import { createHash } from 'node:crypto';
import { close, createReadStream, type Dirent, open, read } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import pLimit from 'p-limit';
import { encodePack, FILE_PACK, type PackedFile } from '../shared/api/file-pack.ts';
import { importDonePath } from '../shared/paths.ts';
import { type LakeStore, UNLISTABLE } from '../shared/ports.ts';
import { collect } from './collect.ts';
import { dim, note } from './console.ts';

export interface FolderFile {
  /** Relative to the folder, with forward slashes. */
  path: string;
  file: string;
  sizeBytes: number;
  sha256: string;
}

export interface FolderListing {
  files: FolderFile[];
  /** Entries that are no documents (links, devices, hidden files), with the reason. */
  skipped: { path: string; reason: string }[];
}

/** A store that takes packs of files, as that of a laptop does. */
export interface PackStore {
  writeMarked(path: string, content: Uint8Array, metadata: Readonly<Record<string, string>>): Promise<void>;
}

const PARALLEL = 16;
/** Larger files are sent one by one. */
const SMALL_BYTES = 64 * 1024;
const FILES_PER_PACK = 500;
const PACK_BYTES = 4 * 1024 * 1024;
const PARALLEL_PACKS = 2;
/** Packs after which what they have left behind is collected. */
const COLLECT_PACKS = 20;
const calls = { open: promisify(open), read: promisify(read), close: promisify(close) };

/** List and hash a folder's files; a single file is a folder of one. @throws Error when it does not exist */
export async function listFolder(folder: string): Promise<FolderListing> {
  const root = resolve(folder);
  const listing: FolderListing = { files: [], skipped: [] };
  const found: { path: string; file: string }[] = [];
  const info = await stat(root);
  if (info.isDirectory()) await walk(root, '', found, listing.skipped);
  else found.push({ path: basename(root), file: root });
  const files: (FolderFile | undefined)[] = new Array(found.length);
  let next = 0;
  const work = async () => {
    const buffer = Buffer.allocUnsafeSlow(SMALL_BYTES + 1);
    for (let i = next++; i < found.length; i = next++) files[i] = await describe(found[i]!, listing.skipped, buffer);
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
  listing.files = files.filter((file) => file !== undefined);
  return listing;
}

/** Say on stderr what of a folder is left out. */
export function tellSkipped(listing: FolderListing): FolderListing {
  for (const { path, reason } of listing.skipped.slice(0, 10)) note(dim(`skipped ${path}: ${reason}`));
  if (listing.skipped.length > 10) note(dim(`… and ${listing.skipped.length - 10} more entries skipped`));
  return listing;
}

/** Name of the import: the folder's name and a hash over paths and contents. */
export function importPrefix(folder: string, files: readonly FolderFile[]): string {
  const digest = createHash('sha256');
  for (const file of [...files].sort((a, b) => (a.path < b.path ? -1 : 1)))
    digest.update(`${file.path}\0${file.sha256}\0`);
  const name =
    basename(resolve(folder))
      .replace(/[^A-Za-z0-9._-]+/g, '-')
      .replace(/^[-.]+|[-.]+$/g, '') || 'folder';
  return `${name}-${digest.digest('hex').slice(0, 12)}`;
}

/**
 * Upload what the prefix does not hold yet. Returns how many files were sent.
 * An import that was interrupted is sent again as a whole: what was in flight then cannot be trusted to be complete.
 * @param packs  where small files go many at a time
 */
export async function importFiles(
  store: LakeStore,
  lake: LakeStore,
  prefix: string,
  files: readonly FolderFile[],
  onProgress: (done: number) => void,
  packs?: PackStore,
): Promise<number> {
  const present = new Map<string, number>();
  const isComplete = (await lake.stat(importDonePath(prefix))) !== undefined;
  if (isComplete) for await (const file of store.list(prefix)) present.set(file.path, file.sizeBytes);
  const missing = files.filter((file) => present.get(`${prefix}/${file.path}`) !== file.sizeBytes);
  let done = files.length - missing.length;
  const limit = pLimit(PARALLEL);
  const sendAlone = (file: FolderFile) =>
    limit(async () => {
      await store.upload(`${prefix}/${file.path}`, file.file);
      onProgress(++done);
    });
  const { small = [], large = [] } = Object.groupBy(missing, ({ sizeBytes }) =>
    packs !== undefined && sizeBytes <= SMALL_BYTES ? 'small' : 'large',
  );
  const packing = pLimit(PARALLEL_PACKS);
  let sent = 0;
  const sendPack = async (files: readonly FolderFile[]) => {
    const packed: PackedFile[] = [];
    const grown: FolderFile[] = [];
    const read = async (file: FolderFile) => {
      const bytes = Buffer.allocUnsafe(file.sizeBytes + 1);
      const length = await readBeginning(file.file, bytes);
      if (length > file.sizeBytes) grown.push(file);
      else packed.push({ path: `${prefix}/${file.path}`, bytes: bytes.subarray(0, length) });
    };
    await Promise.all(files.map((file) => limit(() => read(file))));
    if (packed.length > 0) await packs?.writeMarked(`${prefix}/pack`, encodePack(packed), { [FILE_PACK]: 'true' });
    done += packed.length;
    onProgress(done);
    await Promise.all(grown.map(sendAlone));
    if (++sent % COLLECT_PACKS === 0) collect();
  };
  await Promise.all([...packsOf(small).map((files) => packing(() => sendPack(files))), ...large.map(sendAlone)]);
  if (!isComplete) await lake.write(importDonePath(prefix), JSON.stringify({ files: files.length }));
  return missing.length;
}

function packsOf(files: readonly FolderFile[]): FolderFile[][] {
  const packs: FolderFile[][] = [];
  let bytes = 0;
  for (const file of files) {
    const last = packs.at(-1);
    bytes += file.sizeBytes;
    if (last !== undefined && last.length < FILES_PER_PACK && bytes <= PACK_BYTES) last.push(file);
    else {
      packs.push([file]);
      bytes = file.sizeBytes;
    }
  }
  return packs;
}

async function walk(
  folder: string,
  prefix: string,
  found: { path: string; file: string }[],
  skipped: FolderListing['skipped'],
): Promise<void> {
  for (const entry of await entriesOf(folder, prefix, skipped)) {
    const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
    const file = join(folder, entry.name);
    if (UNLISTABLE.test(entry.name))
      skipped.push({
        path: path.replace(new RegExp(UNLISTABLE, 'g'), '?'),
        reason: 'its name holds a control character, which a listing of storage cannot give back; rename it',
      });
    else if (entry.name.startsWith('.')) skipped.push({ path, reason: 'hidden' });
    else if (entry.isDirectory()) await walk(file, path, found, skipped);
    else if (entry.isFile()) found.push({ path, file });
    else skipped.push({ path, reason: 'not a regular file' });
  }
}

/** In the order of their names. What of the folder cannot be listed is skipped, unless it is the folder itself that was given. */
async function entriesOf(folder: string, path: string, skipped: FolderListing['skipped']): Promise<Dirent[]> {
  try {
    return (await readdir(folder, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    if (path === '') throw error;
    skipped.push({ path, reason: whyNotRead(error, path) });
    return [];
  }
}

function whyNotRead(error: unknown, path: string): string {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
  return code === 'ENOENT' && path.includes('\ufffd') ? 'its name is not UTF-8; rename it' : `cannot be read (${code})`;
}

/** @param buffer  of SMALL_BYTES and one: what does not fill it was read to its end */
async function describe(
  entry: { path: string; file: string },
  skipped: FolderListing['skipped'],
  buffer: Buffer,
): Promise<FolderFile | undefined> {
  try {
    const hash = createHash('sha256');
    const begin = await readBeginning(entry.file, buffer);
    if (begin < buffer.byteLength)
      return { ...entry, sizeBytes: begin, sha256: hash.update(buffer.subarray(0, begin)).digest('hex') };
    const { size } = await lstat(entry.file);
    await pipeline(createReadStream(entry.file), hash);
    return { ...entry, sizeBytes: size, sha256: hash.digest('hex') };
  } catch (error) {
    skipped.push({ path: entry.path, reason: whyNotRead(error, entry.path) }); // told on the screen, counted in the totals
    return undefined;
  }
}

/** Bytes read, fewer than the buffer holds at the end of the file only. */
async function readBeginning(file: string, buffer: Buffer): Promise<number> {
  const fd = await calls.open(file, 'r');
  try {
    for (let filled = 0; ; ) {
      const { bytesRead } = await calls.read(fd, buffer, filled, buffer.byteLength - filled, filled);
      filled += bytesRead;
      if (bytesRead === 0 || filled === buffer.byteLength) return filled;
    }
  } finally {
    await calls.close(fd);
  }
}
