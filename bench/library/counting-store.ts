// A store for a play: it holds sizes and counts, and of files what is small and read again, or all of it in a folder.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { copyFile, open, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TerminalError } from '../../shared/errors.ts';
import type { FileContent, LakeFile, LakeStore } from '../../shared/ports.ts';

/** Of every file. */
export const PLAYED_AT = Date.UTC(2026, 10, 29, 12);

/** Keeps what is small and read again, or all of it in a folder, as storage does; of everything else number and bytes. */
export class CountingStore implements LakeStore {
  readonly container: string;
  readonly counts = { reads: 0, writes: 0, listed: 0, bytesWritten: 0, largestWrite: 0 };
  readonly #kept = new Map<string, Buffer>();
  readonly #folder: string | undefined;
  readonly #made: (path: string) => Buffer | undefined;
  readonly #files: number;

  constructor(
    container: string,
    {
      files = 0,
      folder,
      made = () => undefined,
    }: {
      /** Entries of its listing. */
      files?: number;
      /** Where its files lie; without one they are in memory. */
      folder?: string | undefined;
      /** Content of paths that nobody wrote here. */
      made?: (path: string) => Buffer | undefined;
    } = {},
  ) {
    this.container = container;
    this.#files = files;
    this.#folder = folder;
    this.#made = made;
  }

  async readIfExists(path: string, maxBytes?: number): Promise<{ bytes: Buffer; etag: string } | undefined> {
    this.counts.reads++;
    const file = this.#fileOf(path);
    if (maxBytes !== undefined && file !== undefined && existsSync(file) && statSync(file).size > maxBytes)
      throw new TerminalError('extract.too-large', `at most ${maxBytes} bytes are read`);
    const bytes = this.#kept.get(path) ?? this.#made(path) ?? (await this.#onDisk(path));
    return bytes === undefined ? undefined : { bytes, etag: '"1"' };
  }

  async #onDisk(path: string): Promise<Buffer | undefined> {
    const file = this.#fileOf(path);
    return file !== undefined && existsSync(file) ? await readFile(file) : undefined;
  }

  #fileOf(path: string): string | undefined {
    return this.#folder === undefined ? undefined : join(this.#folder, encodeURIComponent(path));
  }

  async read(path: string): Promise<Buffer> {
    const found = await this.readIfExists(path);
    if (found === undefined) throw new Error(`the play has no ${path}`);
    return found.bytes;
  }

  async readPart(path: string, offset: number, length: number): Promise<Buffer> {
    const file = this.#fileOf(path);
    if (file === undefined || !existsSync(file)) return (await this.read(path)).subarray(offset, offset + length);
    this.counts.reads++;
    const handle = await open(file, 'r');
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, offset);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  }

  async write(path: string, content: FileContent): Promise<string> {
    const given = typeof content === 'string' ? Buffer.from(content) : content;
    this.#count(given.byteLength);
    const file = this.#fileOf(path);
    if (file !== undefined) await writeFile(file, 'pieces' in given ? given.pieces() : given);
    else if (!/\/plan\/b\d+\.json$/.test(path))
      this.#kept.set(path, 'pieces' in given ? Buffer.concat([...given.pieces()]) : Buffer.from(given));
    return '"1"';
  }

  async upload(path: string, localFile: string): Promise<string> {
    const file = this.#fileOf(path);
    if (file === undefined) throw new Error('the play has no folder for uploads');
    this.#count((await stat(localFile)).size);
    await copyFile(localFile, file);
    return '"1"';
  }

  #count(bytes: number): void {
    this.counts.writes++;
    this.counts.bytesWritten += bytes;
    this.counts.largestWrite = Math.max(this.counts.largestWrite, bytes);
  }

  async download(): Promise<void> {
    throw new Error('the play has no files');
  }

  async stat(path: string): Promise<LakeFile | undefined> {
    this.counts.reads++;
    const file = this.#fileOf(path);
    const sizeBytes =
      this.#kept.get(path)?.length ?? (file !== undefined && existsSync(file) ? statSync(file).size : undefined);
    return sizeBytes === undefined ? undefined : { path, sizeBytes, etag: '"1"', lastModified: PLAYED_AT };
  }

  async *list(prefix: string): AsyncIterable<LakeFile> {
    if (this.#files === 0) {
      const onDisk = this.#folder === undefined ? [] : readdirSync(this.#folder).map(decodeURIComponent);
      for (const path of [...this.#kept.keys(), ...onDisk])
        if (path.startsWith(`${prefix}/`)) yield { path, sizeBytes: 0, etag: '"1"', lastModified: PLAYED_AT };
      return;
    }
    for (let n = 0; n < this.#files; n++) {
      this.counts.listed++;
      const path = `${prefix}/archive ${Math.floor(n / 5000)}/Scan of a letter ${String(n).padStart(9, '0')}.pdf`;
      yield {
        path,
        sizeBytes: 40_000 + ((n * 7919) % 400_000),
        etag: `"0x8DC${n.toString(16).padStart(12, '0')}"`,
        lastModified: PLAYED_AT,
      };
    }
  }

  async delete(): Promise<void> {}
  async deleteFolder(): Promise<void> {}
}
