// A store in memory that knows its past: how it was before any of its calls, so that a process can go on where another was ended.
import { readFile, writeFile } from 'node:fs/promises';
import { TerminalError } from '../../shared/errors.ts';
import type { FileContent, LakeFile, LakeStore, WriteCondition } from '../../shared/ports.ts';

interface Stored {
  bytes: Buffer;
  etag: string;
}

/** One change, and the step of the process before which it was made. */
interface Change {
  step: number;
  path: string;
  /** undefined: deleted */
  stored: Stored | undefined;
}

export class MemoryStore implements LakeStore {
  readonly container = 'bench';
  /** Paths of uploads, each time. */
  readonly arrived: string[] = [];
  readonly #files = new Map<string, Stored>();
  readonly #past: Change[] = [];
  readonly #step: () => number;
  #writes = 0;

  /** @param step  called with each call: the number of the step that it is */
  constructor(step: () => number) {
    this.#step = step;
  }

  /** The files as they were before a step. */
  before(step: number, next: () => number): MemoryStore {
    const store = new MemoryStore(next);
    store.#writes = this.#writes;
    for (const { path, stored, ...change } of this.#past) {
      if (change.step >= step) continue;
      if (stored === undefined) store.#files.delete(path);
      else store.#files.set(path, stored);
    }
    return store;
  }

  /** How many changes were made before a step: equal numbers are equal files. */
  changesBefore(step: number): number {
    return this.#past.filter((change) => change.step < step).length;
  }

  paths(): string[] {
    return [...this.#files.keys()];
  }

  async readIfExists(path: string): Promise<{ bytes: Buffer; etag: string } | undefined> {
    this.#step();
    return this.#files.get(path);
  }

  async read(path: string): Promise<Buffer> {
    const found = await this.readIfExists(path);
    if (found === undefined) throw new TerminalError('lake.not-found', path);
    return found.bytes;
  }

  async readPart(path: string, offset: number, length: number): Promise<Buffer> {
    return (await this.read(path)).subarray(offset, offset + length);
  }

  async write(path: string, content: FileContent, condition: WriteCondition = {}): Promise<string> {
    return this.#put(this.#step(), path, wholeOf(content), condition);
  }

  async upload(path: string, localFile: string, condition: WriteCondition = {}): Promise<string> {
    const bytes = await readFile(localFile);
    const etag = this.#put(this.#step(), path, bytes, condition);
    this.arrived.push(path);
    return etag;
  }

  async download(path: string, localFile: string): Promise<void> {
    await writeFile(localFile, await this.read(path));
  }

  async stat(path: string): Promise<LakeFile | undefined> {
    this.#step();
    const found = this.#files.get(path);
    return found && { path, etag: found.etag, sizeBytes: found.bytes.length, lastModified: 0 };
  }

  async *list(prefix: string): AsyncGenerator<LakeFile> {
    this.#step();
    for (const [path, { etag, bytes }] of [...this.#files])
      if (path.startsWith(`${prefix}/`)) yield { path, etag, sizeBytes: bytes.length, lastModified: 0 };
  }

  async delete(path: string): Promise<void> {
    this.#remove(this.#step(), path);
  }

  async deleteFolder(path: string): Promise<void> {
    const step = this.#step();
    for (const one of this.paths()) if (one.startsWith(`${path}/`)) this.#remove(step, one);
  }

  #put(step: number, path: string, bytes: Buffer, { ifAbsent, ifMatch }: WriteCondition): string {
    const known = this.#files.get(path);
    if ((ifAbsent === true && known !== undefined) || (ifMatch !== undefined && known?.etag !== ifMatch))
      throw new TerminalError('lake.conflict', path);
    const stored = { bytes, etag: String(++this.#writes) };
    this.#files.set(path, stored);
    this.#past.push({ step, path, stored });
    return stored.etag;
  }

  #remove(step: number, path: string): void {
    if (this.#files.delete(path)) this.#past.push({ step, path, stored: undefined });
  }
}

const wholeOf = (content: FileContent): Buffer =>
  typeof content === 'string'
    ? Buffer.from(content)
    : 'pieces' in content
      ? Buffer.concat([...content.pieces()])
      : Buffer.from(content);
