// What a local folder holds: its files with size and hash, and what is left out of it.
// A listing of a hundred thousand files is held for a whole import: of each there is its path, its size and 32 bytes.
import { createHash } from 'node:crypto';
import { close, createReadStream, type Dirent, open, read } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { UNLISTABLE } from '../shared/ports.ts';
import { dim, note } from './console.ts';

export interface FolderFile {
  /** Relative to the folder, with forward slashes. */
  readonly path: string;
  readonly file: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

export interface FolderListing {
  files: FolderFile[];
  /** Entries that are no documents (links, devices, hidden files), with the reason. */
  skipped: { path: string; reason: string }[];
}

const PARALLEL = 16;
/** Larger files are hashed as streams. */
export const SMALL_BYTES = 64 * 1024;
const HASH_BYTES = 32;
const calls = { open: promisify(open), read: promisify(read), close: promisify(close) };

/** A file whose place and hash are made when they are asked for. */
class ListedFile implements FolderFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly #root: string;
  readonly #hashes: Buffer;
  readonly #at: number;

  /** @param at  of its hash in `hashes`, in bytes */
  constructor(root: string, path: string, sizeBytes: number, hashes: Buffer, at: number) {
    this.path = path;
    this.sizeBytes = sizeBytes;
    this.#root = root;
    this.#hashes = hashes;
    this.#at = at;
  }

  get file(): string {
    return join(this.#root, this.path);
  }

  get sha256(): string {
    return this.#hashes.toString('hex', this.#at, this.#at + HASH_BYTES);
  }
}

/** List and hash a folder's files; a single file is a folder of one. @throws Error when it does not exist */
export async function listFolder(folder: string): Promise<FolderListing> {
  const asked = resolve(folder);
  const skipped: FolderListing['skipped'] = [];
  const found: string[] = [];
  const isFolder = (await stat(asked)).isDirectory();
  const root = isFolder ? asked : dirname(asked);
  if (isFolder) await walk(root, '', found, skipped);
  else found.push(basename(asked));
  const hashes = Buffer.alloc(HASH_BYTES * found.length);
  const files: (FolderFile | undefined)[] = new Array(found.length);
  let next = 0;
  const work = async () => {
    const buffer = Buffer.allocUnsafeSlow(SMALL_BYTES + 1);
    for (let i = next++; i < found.length; i = next++) {
      const path = found[i]!;
      const seen = await describe(join(root, path), path, skipped, buffer);
      if (seen === undefined) continue;
      seen.hash.copy(hashes, HASH_BYTES * i);
      files[i] = new ListedFile(root, path, seen.sizeBytes, hashes, HASH_BYTES * i);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
  return { files: files.filter((file) => file !== undefined), skipped };
}

/** Say on stderr what of a folder is left out. */
export function tellSkipped(listing: FolderListing): FolderListing {
  for (const { path, reason } of listing.skipped.slice(0, 10)) note(dim(`skipped ${path}: ${reason}`));
  if (listing.skipped.length > 10) note(dim(`… and ${listing.skipped.length - 10} more entries skipped`));
  return listing;
}

async function walk(folder: string, prefix: string, found: string[], skipped: FolderListing['skipped']): Promise<void> {
  for (const entry of await entriesOf(folder, prefix, skipped)) {
    const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
    if (UNLISTABLE.test(entry.name))
      skipped.push({
        path: path.replace(new RegExp(UNLISTABLE, 'g'), '?'),
        reason: 'its name holds a control character, which a listing of storage cannot give back; rename it',
      });
    else if (entry.name.startsWith('.')) skipped.push({ path, reason: 'hidden' });
    else if (entry.isDirectory()) await walk(join(folder, entry.name), path, found, skipped);
    else if (entry.isFile()) found.push(path);
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
  file: string,
  path: string,
  skipped: FolderListing['skipped'],
  buffer: Buffer,
): Promise<{ sizeBytes: number; hash: Buffer } | undefined> {
  try {
    const hash = createHash('sha256');
    const begin = await readBeginning(file, buffer);
    if (begin < buffer.byteLength) return { sizeBytes: begin, hash: hash.update(buffer.subarray(0, begin)).digest() };
    const { size } = await lstat(file);
    await pipeline(createReadStream(file), hash);
    return { sizeBytes: size, hash: hash.digest() };
  } catch (error) {
    skipped.push({ path, reason: whyNotRead(error, path) }); // told on the screen, counted in the totals
    return undefined;
  }
}

/** Bytes read, fewer than the buffer holds at the end of the file only. */
export async function readBeginning(file: string, buffer: Buffer): Promise<number> {
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
