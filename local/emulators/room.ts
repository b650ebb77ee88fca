// Room on the disk under the emulator: who would take the last of it is refused while there is still some for what is stored already.
import { statfsSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { DfsError } from './dfs-errors.ts';

/** Azurite rewrites all its metadata every few seconds; a large lake has some megabytes of them. */
const RESERVE_BYTES = 16 * 1024 * 1024;
const LOOK_EVERY_MS = 250;

export const freeBytesOf = (folder: string): number => {
  const { bavail, bsize } = statfsSync(folder); // some times a second, and no wait: the system knows it
  return bavail * bsize;
};

export class Room {
  readonly #free: () => number;
  #known: { bytes: number; at: number } | undefined;

  /** @param free  bytes that are free */
  constructor(free: () => number) {
    this.#free = free;
  }

  /** @throws {DfsError} 507 DiskFull for a write that does not fit; deletions and reads always pass */
  require(request: Pick<IncomingMessage, 'method' | 'headers'>): void {
    if (request.method !== 'PUT' && request.method !== 'PATCH') return;
    const bytes = Number(request.headers['content-length'] ?? 0);
    const now = performance.now();
    if (this.#known === undefined || now - this.#known.at > LOOK_EVERY_MS)
      this.#known = { bytes: this.#free(), at: now };
    this.#known.bytes -= bytes; // what is under way takes its share at once
    if (this.#known.bytes >= RESERVE_BYTES) return;
    this.#known = undefined;
    throw new DfsError(507, 'DiskFull', 'The disk under the emulator is full. Make room and try again.');
  }
}
