// The order of decisions: by file, then by what is inside it, as the lake sorts texts.
import { closeSync, openSync, readSync, writeSync } from 'node:fs';

/** Where a row stands. */
export interface Place {
  path: string;
  inside: string;
}

export const placeOf = (row: Readonly<Record<string, unknown>>): Place => ({
  path: String(row.source_path ?? ''),
  inside: String(row.archive_path ?? ''),
});

export const inOrder = (a: Place, b: Place): number => compare(a.path, b.path) || compare(a.inside, b.inside);

/** Texts by their code points, which is the order of their bytes in UTF-8; JavaScript's own puts characters beyond 65,535 before some below. */
function compare(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  let at = 0;
  while (at < length && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  if (at === length) return a.length - b.length;
  return rank(a.charCodeAt(at)) - rank(b.charCodeAt(at));
}

/** Halves of a pair behind all single units. */
const rank = (unit: number): number => (unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit);

interface Kept extends Place {
  at: number;
  bytes: number;
}

const WRITE_BYTES = 1024 * 1024;

/** Texts of rows in a file until all are there, then in the order of their places: a run has more of them than memory should hold. */
export class OrderedSpool {
  readonly #file: number;
  readonly #kept: Kept[] = [];
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #end = 0;

  /** @param file  made here */
  constructor(file: string) {
    this.#file = openSync(file, 'wx+', 0o600);
  }

  add(place: Place, text: string): void {
    const piece = Buffer.from(text, 'utf8');
    this.#kept.push({ ...place, at: this.#end, bytes: piece.byteLength });
    this.#end += piece.byteLength;
    this.#waiting.push(piece);
    this.#waitingBytes += piece.byteLength;
    if (this.#waitingBytes >= WRITE_BYTES) this.#write();
  }

  /** All texts, in order. */
  *texts(): Generator<string> {
    this.#write();
    let room = Buffer.allocUnsafe(0);
    for (const { at, bytes } of this.#kept.sort(inOrder)) {
      if (room.byteLength < bytes) room = Buffer.allocUnsafeSlow(2 * bytes);
      for (let read = 0; read < bytes; ) {
        const more = readSync(this.#file, room, read, bytes - read, at + read);
        if (more === 0) throw new Error('the temporary file of the decisions has become shorter');
        read += more;
      }
      yield room.toString('utf8', 0, bytes);
    }
  }

  close(): void {
    closeSync(this.#file);
  }

  #write(): void {
    const bytes = Buffer.concat(this.#waiting);
    for (let written = 0; written < bytes.byteLength; ) written += writeSync(this.#file, bytes, written);
    this.#waiting = [];
    this.#waitingBytes = 0;
  }
}
