// A LakeStore in memory that counts its calls and can fail on request: for tests of what is built on the port.
import { readFile, writeFile } from 'node:fs/promises';
import { RetryableError, TerminalError } from '../../shared/errors.ts';
import type { FileContent, LakeFile, LakeStore, WriteCondition } from '../../shared/ports.ts';
import { bytesOf } from '../fakes/bytes-of.ts';

type Call = 'read' | 'write' | 'upload' | 'download' | 'stat' | 'list' | 'delete';

export class MemoryLakeStore implements LakeStore {
  readonly container = 'memory';
  readonly files = new Map<string, { bytes: Buffer; etag: string; lastModified: number }>();
  readonly calls: Record<Call, number> = { read: 0, write: 0, upload: 0, download: 0, stat: 0, list: 0, delete: 0 };
  /** Bytes that one answer had. */
  largestRead = 0;
  /** Time of the next writes. */
  now = 0;
  /** Called before a write; may throw, or return 'lose-reply' to store and then fail. */
  beforeWrite: (path: string) => 'lose-reply' | undefined = () => undefined;
  #versions = 0;

  async read(path: string): Promise<Buffer> {
    const found = await this.readIfExists(path);
    if (found === undefined) throw new TerminalError('lake.not-found', `No file ${path}`);
    return found.bytes;
  }

  async readIfExists(path: string, maxBytes?: number): Promise<{ bytes: Buffer; etag: string } | undefined> {
    this.calls.read++;
    const found = this.files.get(path);
    if (maxBytes !== undefined && found !== undefined && found.bytes.length > maxBytes)
      throw new TerminalError('extract.too-large', `File of ${found.bytes.length} bytes; at most ${maxBytes} are read`);
    this.#saw(found?.bytes);
    return found && { bytes: found.bytes, etag: found.etag };
  }

  async readPart(path: string, offset: number, length: number): Promise<Buffer> {
    this.calls.read++;
    const found = this.files.get(path);
    if (found === undefined) throw new TerminalError('lake.not-found', `No file ${path}`);
    const part = found.bytes.subarray(offset, offset + length);
    this.#saw(part);
    return part;
  }

  #saw(bytes: Buffer | undefined): void {
    this.largestRead = Math.max(this.largestRead, bytes?.length ?? 0);
  }

  async write(path: string, content: FileContent, condition: WriteCondition = {}): Promise<string> {
    this.calls.write++;
    const fate = this.beforeWrite(path);
    const present = this.files.get(path);
    const isRefused =
      (condition.ifAbsent === true && present !== undefined) ||
      (condition.ifMatch !== undefined && present?.etag !== condition.ifMatch);
    if (isRefused) throw new TerminalError('lake.conflict', `Refused: ${path}`);
    const etag = `"${++this.#versions}"`;
    this.files.set(path, { bytes: bytesOf(content), etag, lastModified: this.now });
    if (fate === 'lose-reply') throw new RetryableError('lake.unavailable', 'connection lost');
    return etag;
  }

  async upload(path: string, localFile: string): Promise<string> {
    this.calls.upload++;
    const etag = `"${++this.#versions}"`;
    this.files.set(path, { bytes: await readFile(localFile), etag, lastModified: this.now });
    return etag;
  }

  async download(path: string, localFile: string): Promise<void> {
    this.calls.download++;
    const found = this.files.get(path);
    if (found === undefined) throw new TerminalError('lake.not-found', `No file ${path}`);
    await writeFile(localFile, found.bytes);
  }

  async stat(path: string): Promise<LakeFile | undefined> {
    this.calls.stat++;
    const found = this.files.get(path);
    return found && { path, sizeBytes: found.bytes.length, etag: found.etag, lastModified: found.lastModified };
  }

  async *list(prefix: string): AsyncIterable<LakeFile> {
    this.calls.list++;
    for (const path of [...this.files.keys()].sort()) {
      if (prefix === '' || path.startsWith(`${prefix.replace(/\/+$/, '')}/`)) yield (await this.stat(path))!;
    }
  }

  async delete(path: string): Promise<void> {
    this.calls.delete++;
    this.files.delete(path);
  }

  async deleteFolder(path: string): Promise<void> {
    for (const name of [...this.files.keys()]) if (name.startsWith(`${path}/`)) this.files.delete(name);
  }
}
