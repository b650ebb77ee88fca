// The lake as a Map: LakeStore with ETags, conditions and counters, for tests that need no emulator.
// Invariants: M1 every write gives a new ETag. M2 content is copied on the way in and out, so callers cannot change what is stored.
// M3 a conditional write is refused with `lake.conflict` exactly when the real store refuses it.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TerminalError } from '../../shared/errors.ts';
import type { FileContent, LakeFile, LakeStore, WriteCondition } from '../../shared/ports.ts';
import { bytesOf } from './bytes-of.ts';

interface Stored {
  bytes: Buffer;
  etag: string;
  lastModified: number;
}

export class MemoryLake implements LakeStore {
  readonly container: string;
  /** Calls so far, by method: what a test of costs asserts. */
  readonly calls: Record<'read' | 'write' | 'stat' | 'list' | 'delete', number> = {
    read: 0,
    write: 0,
    stat: 0,
    list: 0,
    delete: 0,
  };
  /** Called before each operation; throw in it to simulate a failing or dying store. */
  beforeCall: ((method: string, path: string) => void) | undefined;
  readonly #files = new Map<string, Stored>();
  readonly #now: () => number;
  #writes = 0;

  constructor(container = 'lake', now: () => number = () => 1_700_000_000_000) {
    this.container = container;
    this.#now = now;
  }

  /** The real store's counterpart creates the container; here it always exists. */
  async ensureContainer(): Promise<void> {}

  async read(path: string): Promise<Buffer> {
    const found = await this.readIfExists(path);
    if (found === undefined) throw new TerminalError('lake.not-found', `No file ${path}`, { ids: { path } });
    return found.bytes;
  }

  async readIfExists(path: string, maxBytes?: number): Promise<{ bytes: Buffer; etag: string } | undefined> {
    this.#count('read', path);
    const found = this.#files.get(path);
    if (found === undefined) return undefined;
    if (maxBytes !== undefined && found.bytes.length > maxBytes)
      throw new TerminalError(
        'extract.too-large',
        `File of ${found.bytes.length} bytes; at most ${maxBytes} are read`,
        {
          ids: { path },
        },
      );
    return { bytes: Buffer.from(found.bytes), etag: found.etag };
  }

  async readPart(path: string, offset: number, length: number): Promise<Buffer> {
    return (await this.read(path)).subarray(offset, offset + length);
  }

  async write(path: string, content: FileContent, condition: WriteCondition = {}): Promise<string> {
    this.#count('write', path);
    const existing = this.#files.get(path);
    const isRefused =
      (condition.ifAbsent === true && existing !== undefined) ||
      (condition.ifMatch !== undefined && existing?.etag !== condition.ifMatch);
    if (isRefused) throw new TerminalError('lake.conflict', `${path} was written by somebody else`, { ids: { path } });
    const etag = `"0x${(++this.#writes).toString(16).padStart(8, '0')}"`;
    this.#files.set(path, { bytes: bytesOf(content), etag, lastModified: this.#now() });
    return etag;
  }

  async upload(path: string, localFile: string, condition: WriteCondition = {}): Promise<string> {
    return await this.write(path, await readFile(localFile), condition);
  }

  async download(path: string, localFile: string): Promise<void> {
    const bytes = await this.read(path);
    await mkdir(dirname(localFile), { recursive: true });
    await writeFile(localFile, bytes);
  }

  async stat(path: string): Promise<LakeFile | undefined> {
    this.#count('stat', path);
    const found = this.#files.get(path);
    return found === undefined ? undefined : describe(path, found);
  }

  async *list(prefix: string): AsyncIterable<LakeFile> {
    this.#count('list', prefix);
    const folder = prefix.replace(/^\/+|\/+$/g, '');
    const listed = [...this.#files].filter(([path]) => folder === '' || path.startsWith(`${folder}/`));
    for (const [path, file] of listed.sort(([a], [b]) => (a < b ? -1 : 1))) yield describe(path, file);
  }

  async delete(path: string): Promise<void> {
    this.#count('delete', path);
    this.#files.delete(path);
  }

  async deleteFolder(path: string): Promise<void> {
    this.#count('delete', path);
    const folder = `${path.replace(/^\/+|\/+$/g, '')}/`;
    for (const name of [...this.#files.keys()]) if (name.startsWith(folder)) this.#files.delete(name);
  }

  /** Every path, sorted. */
  paths(): string[] {
    return [...this.#files.keys()].sort();
  }

  #count(method: keyof MemoryLake['calls'], path: string): void {
    this.beforeCall?.(method, path);
    this.calls[method]++;
  }
}

function describe(path: string, { bytes, etag, lastModified }: Stored): LakeFile {
  return { path, sizeBytes: bytes.length, etag, lastModified };
}
