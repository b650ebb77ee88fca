// Rows of a round by unit, in the order they were added: on the disk of this machine once they are more than fits a few megabytes. What is here can
// always be made again from the lake, so nothing of it outlives its process.
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UNITS } from './item-key.ts';

const MAX_CHARS = 2 * 1024 * 1024;

export class Spill<T> {
  /** How many there are in each unit. */
  readonly sizes = new Uint32Array(UNITS);
  readonly #waiting: string[] = new Array<string>(UNITS).fill('');
  readonly #onDisk = new Uint8Array(UNITS);
  #chars = 0;
  #folder: string | undefined;

  async add(unit: number, value: T): Promise<void> {
    const line = `${JSON.stringify(value)}\n`;
    this.#waiting[unit] += line;
    this.#chars += line.length;
    this.sizes[unit] = (this.sizes[unit] ?? 0) + 1;
    if (this.#chars > MAX_CHARS) await this.#flush();
  }

  async read(unit: number): Promise<T[]> {
    const stored = this.#onDisk[unit] === 1 ? await readFile(this.#file(unit), 'utf8') : '';
    const lines = (stored + (this.#waiting[unit] ?? '')).split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as T); // written above
  }

  async remove(): Promise<void> {
    this.#waiting.fill('');
    this.#chars = 0;
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true });
    this.#folder = undefined;
  }

  async #flush(): Promise<void> {
    this.#folder ??= await mkdtemp(join(tmpdir(), 'sluice-round-'));
    for (let unit = 0; unit < UNITS; unit++) {
      const text = this.#waiting[unit] ?? '';
      if (text === '') continue;
      await appendFile(this.#file(unit), text);
      this.#waiting[unit] = '';
      this.#onDisk[unit] = 1;
    }
    this.#chars = 0;
  }

  #file(unit: number): string {
    return join(this.#folder ?? '', String(unit));
  }
}
