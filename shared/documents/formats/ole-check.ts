// A look at an OLE compound file before a library opens it: damaged chains and trees send the libraries into endless loops or
// gigabyte allocations. Nothing else is judged here; what passes may still be damaged.
// Source: [MS-CFB] 2.2 (header), 2.3 (FAT), 2.4 (mini FAT), 2.5 (DIFAT), 2.6 (directory).
import { TerminalError } from '../../errors.ts';

const MAX_REGULAR = 0xfffffffa; // larger values are marks: end of chain, free, FAT, DIFAT
const NO_STREAM = 0xffffffff;
const ENTRY_BYTES = 128;
const HEADER_DIFATS = 109;
const SHORT_STREAM = 4096;
const STORAGE = 1;
const STREAM = 2;
const ROOT = 5;

/** @throws {TerminalError} extract.corrupt when a chain or the tree runs in a circle, or a stream is larger than the file */
export function checkOle(bytes: Uint8Array): void {
  new OleCheck(bytes).run();
}

/** Names of the streams and storages directly below the root: what kind of document this is. Throws as checkOle does. */
export function oleRootNames(bytes: Uint8Array): string[] {
  return new OleCheck(bytes).rootNames();
}

class OleCheck {
  readonly #file: Buffer;
  readonly #sectorBytes: number;
  readonly #sectors: number;

  constructor(bytes: Uint8Array) {
    this.#file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.length < 512) throw damaged('it is cut off');
    const shift = this.#file.readUInt16LE(30);
    if (shift !== 9 && shift !== 12) throw damaged('its sector size is wrong');
    this.#sectorBytes = 1 << shift;
    this.#sectors = Math.ceil((bytes.length - this.#sectorBytes) / this.#sectorBytes);
  }

  run(): void {
    // Numbers of FAT, mini-FAT and DIFAT sectors, by which some libraries allocate or loop.
    for (const at of [44, 64, 72])
      if (this.#file.readUInt32LE(at) > this.#sectors) throw damaged('it claims more sectors than it has');
    const fat = this.#readTable(this.#fatSectors());
    const directory = this.#chain(this.#file.readUInt32LE(48), fat);
    const miniFat = this.#readTable(this.#chain(this.#file.readUInt32LE(60), fat));
    this.#checkEntries(directory, fat, miniFat);
  }

  #fatSectors(): number[] {
    const sectors: number[] = [];
    const take = (at: number, count: number) => {
      for (let i = 0; i < count && at + i * 4 + 4 <= this.#file.length; i++) {
        const sector = this.#file.readUInt32LE(at + i * 4);
        if (sector < MAX_REGULAR) sectors.push(sector);
      }
    };
    take(76, HEADER_DIFATS);
    let next = this.#file.readUInt32LE(68);
    for (let seen = 0; next < MAX_REGULAR; seen++) {
      if (seen > this.#sectors) throw damaged('its DIFAT runs in a circle');
      const at = this.#offset(next);
      const slots = this.#sectorBytes / 4 - 1;
      take(at, slots);
      next = at + this.#sectorBytes <= this.#file.length ? this.#file.readUInt32LE(at + slots * 4) : NO_STREAM;
    }
    // The libraries trust this number: a table they see differently would make the walk below worthless.
    const stated = this.#file.readUInt32LE(44);
    if (sectors.length < stated || sectors.some((sector) => this.#offset(sector) >= this.#file.length))
      throw damaged('its sector table is incomplete');
    return sectors.slice(0, stated);
  }

  #offset(sector: number): number {
    return (sector + 1) * this.#sectorBytes;
  }

  #readTable(sectors: readonly number[]): Uint32Array {
    const perSector = this.#sectorBytes / 4;
    const table = new Uint32Array(sectors.length * perSector).fill(NO_STREAM);
    for (const [i, sector] of sectors.entries()) {
      const at = this.#offset(sector);
      for (let n = 0; n < perSector && at + n * 4 + 4 <= this.#file.length; n++)
        table[i * perSector + n] = this.#file.readUInt32LE(at + n * 4);
    }
    return table;
  }

  /** Sectors of a chain; a chain longer than its table runs in a circle. */
  #chain(start: number, table: Uint32Array): number[] {
    const chain: number[] = [];
    for (let sector = start; sector < MAX_REGULAR; sector = table[sector] ?? NO_STREAM) {
      chain.push(sector);
      if (chain.length > table.length + 1) throw damaged('a chain of sectors runs in a circle');
    }
    return chain;
  }

  rootNames(): string[] {
    const directory = this.#chain(this.#file.readUInt32LE(48), this.#readTable(this.#fatSectors()));
    const root = this.#entryAt(directory, 0);
    const names: string[] = [];
    const seen = new Set<number>();
    const todo = root === undefined ? [] : [this.#file.readUInt32LE(root + 76)];
    for (let id = todo.pop(); id !== undefined; id = todo.pop()) {
      const at = this.#entryAt(directory, id);
      if (at === undefined) continue;
      if (seen.has(id)) throw damaged('its directory runs in a circle');
      seen.add(id);
      const nameBytes = Math.max(0, Math.min(64, this.#file.readUInt16LE(at + 64)) - 2); // without the NUL
      names.push(this.#file.toString('utf16le', at, at + nameBytes));
      for (const offset of [68, 72]) todo.push(this.#file.readUInt32LE(at + offset)); // siblings
    }
    return names;
  }

  /** Offset of a directory entry; undefined for no entry or one outside the file. */
  #entryAt(directory: readonly number[], id: number): number | undefined {
    const perSector = this.#sectorBytes / ENTRY_BYTES;
    const sector = directory[Math.floor(id / perSector)];
    const at = sector === undefined ? undefined : this.#offset(sector) + (id % perSector) * ENTRY_BYTES;
    return at !== undefined && at + ENTRY_BYTES <= this.#file.length ? at : undefined;
  }

  #checkEntries(directory: readonly number[], fat: Uint32Array, miniFat: Uint32Array): void {
    if (this.#file.readUInt32LE(56) !== SHORT_STREAM) throw damaged('its limit of short streams is wrong');
    const seen = new Set<number>();
    const todo = [0];
    for (let id = todo.pop(); id !== undefined; id = todo.pop()) {
      const at = this.#entryAt(directory, id);
      if (at === undefined) continue;
      if (seen.has(id)) throw damaged('its directory runs in a circle');
      seen.add(id);
      for (const offset of [68, 72, 76]) {
        const next = this.#file.readUInt32LE(at + offset);
        if (next !== NO_STREAM) todo.push(next);
      }
      const kind = this.#file[at + 66];
      const size = this.#file.readUInt32LE(at + 120);
      if (kind !== STORAGE && kind !== STREAM && kind !== ROOT)
        throw damaged('its directory holds an unknown kind of entry');
      if (kind !== STORAGE) {
        if (size > this.#file.length + this.#sectorBytes) throw damaged('a stream is larger than the file');
        this.#chain(this.#file.readUInt32LE(at + 116), kind === STREAM && size < SHORT_STREAM ? miniFat : fat);
      }
    }
  }
}

const damaged = (what: string) => new TerminalError('extract.corrupt', `ole: ${what}`);
