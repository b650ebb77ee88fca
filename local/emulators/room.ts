// Room on the disk under the emulator: who would take the last of it is refused while there is still some for what is stored already.
import { statfs } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { DfsError } from './dfs-errors.ts';

/** Azurite rewrites all its metadata every few seconds; a large lake has some megabytes of them. */
const RESERVE_BYTES = 16 * 1024 * 1024;
const LOOK_EVERY_MS = 250;

export const freeBytesOf = async (folder: string): Promise<number> => {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
};

export class Room {
  readonly #free: () => Promise<number>;
  #known: { bytes: number; at: number } | undefined;

  /** @param free  bytes that are free */
  constructor(free: () => Promise<number>) {
    this.#free = free;
  }

  /** @throws {DfsError} 507 DiskFull for a write that does not fit; deletions and reads always pass */
  async require(request: IncomingMessage): Promise<void> {
    if (request.method !== 'PUT' && request.method !== 'PATCH') return;
    const bytes = Number(request.headers['content-length'] ?? 0);
    const now = performance.now();
    if (this.#known === undefined || now - this.#known.at > LOOK_EVERY_MS)
      this.#known = { bytes: await this.#free(), at: now };
    this.#known.bytes -= bytes; // what is under way takes its share at once
    if (this.#known.bytes >= RESERVE_BYTES) return;
    this.#known = undefined;
    throw new DfsError(507, 'DiskFull', 'The disk under the emulator is full. Make room and try again.');
  }
}
