// Rows of a round by unit, in the order they were added: on the disk of this machine once they are more than fits a few megabytes. What is here can
// always be made again from the lake, so nothing of it outlives its process: the file has no name any more as soon as it is open, and its space
// is free when the process ends, however it does.
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { TerminalError } from '../errors.ts';
import { withTemporaryFolder } from '../temporary-folder.ts';
import { UNITS } from './item-key.ts';

const MAX_CHARS = 2 * 1024 * 1024;

export class Spill<T> {
  /** How many there are in each unit. */
  readonly sizes = new Uint32Array(UNITS);
  readonly #waiting: string[] = new Array<string>(UNITS).fill('');
  /** By unit what of the file is its own: [offset, length] one after the other, bytes. */
  readonly #onDisk: number[][] = Array.from({ length: UNITS }, () => []);
  #chars = 0;
  #file: FileHandle | undefined;
  /** Bytes in the file. */
  #end = 0;
  #isRemoved = false;

  async add(unit: number, value: T): Promise<void> {
    const line = `${JSON.stringify(value)}\n`;
    this.#waiting[unit] += line;
    this.#chars += line.length;
    this.sizes[unit] = (this.sizes[unit] ?? 0) + 1;
    if (this.#chars > MAX_CHARS) await this.#flush();
  }

  /** @throws {TerminalError} lake.not-found after `remove`: who still reads looks again at what there is now */
  async read(unit: number): Promise<T[]> {
    if (this.#isRemoved) throw gone();
    const parts = this.#onDisk[unit] ?? [];
    let stored = '';
    for (let i = 0; i < parts.length; i += 2) stored += await this.#part(parts[i] ?? 0, parts[i + 1] ?? 0);
    const lines = (stored + (this.#waiting[unit] ?? '')).split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as T); // written above
  }

  async remove(): Promise<void> {
    this.#isRemoved = true;
    this.#waiting.fill('');
    this.#chars = 0;
    await this.#file?.close();
    this.#file = undefined;
  }

  async #flush(): Promise<void> {
    this.#file ??= await nameless();
    const texts: Buffer[] = [];
    for (let unit = 0; unit < UNITS; unit++) {
      const text = this.#waiting[unit] ?? '';
      if (text === '') continue;
      const bytes = Buffer.from(text);
      texts.push(bytes);
      this.#onDisk[unit]?.push(this.#end, bytes.length);
      this.#end += bytes.length;
      this.#waiting[unit] = '';
    }
    this.#chars = 0;
    await this.#file.appendFile(Buffer.concat(texts));
  }

  async #part(offset: number, length: number): Promise<string> {
    const bytes = Buffer.allocUnsafe(length);
    let done = 0;
    while (done < length) {
      const { bytesRead } = (await this.#file?.read(bytes, done, length - done, offset + done)) ?? { bytesRead: 0 };
      if (bytesRead === 0) throw gone();
      done += bytesRead;
    }
    return bytes.toString('utf8');
  }
}

const gone = (): TerminalError => new TerminalError('lake.not-found', 'the rows of the round are gone');

/** A file that only this process can find. */
async function nameless(): Promise<FileHandle> {
  return await withTemporaryFolder(async (folder) => {
    return await open(join(folder, 'rows'), 'wx+', 0o600);
  });
}
