// Which rows of a data file are deleted: Delta's deletion vectors, in the log itself or in a file beside the data.
// Invariant: V1 a vector is whole (magic number, checksum, cardinality), or reading the table fails.
// Source: Delta protocol, "Deletion Vector Format"; RoaringFormatSpec (portable, 32 bit).
import { crc32 } from 'node:zlib';
import { TerminalError } from '../../../errors.ts';

export interface DeletionVector {
  /** u: file named by a UUID; i: in the log; p: absolute path */
  storageType: string;
  pathOrInlineDv: string;
  offset?: number | null;
  sizeInBytes: number;
  /** Rows deleted. */
  cardinality: number;
}

/** Identity of a vector within its data file. */
export const vectorId = (vector: DeletionVector | null | undefined): string =>
  vector === null || vector === undefined ? '' : `${vector.storageType}${vector.pathOrInlineDv}@${vector.offset ?? ''}`;

/**
 * The file of a vector below the table's folder; undefined for one in the log.
 * @throws {TerminalError} lake.unsupported-table for absolute paths
 */
export function vectorPath({ storageType, pathOrInlineDv }: DeletionVector): string | undefined {
  if (storageType === 'i') return undefined;
  if (storageType !== 'u')
    throw new TerminalError(
      'lake.unsupported-table',
      'The table keeps deletion vectors outside its folder (a shallow clone): copy it with a deep clone',
    );
  // the last 20 characters are the UUID, what stands before them a folder
  const prefix = pathOrInlineDv.slice(0, -20);
  const hex = decodeZ85(pathOrInlineDv.slice(-20)).toString('hex');
  const uuid = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return `${prefix === '' ? '' : `${prefix}/`}deletion_vector_${uuid}.bin`;
}

/** Rows of one data file, 0-based. */
export class DeletedRows {
  /** Bits of 65,536 rows each, by row / 65,536. */
  readonly #blocks = new Map<number, Uint8Array>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(row: number): void {
    const block = Math.floor(row / 65536);
    let bits = this.#blocks.get(block);
    if (bits === undefined) {
      bits = new Uint8Array(8192);
      this.#blocks.set(block, bits);
    }
    const at = row % 65536;
    if ((bits[at >> 3]! & (1 << (at & 7))) !== 0) return;
    bits[at >> 3]! |= 1 << (at & 7);
    this.#count++;
  }

  has(row: number): boolean {
    const bits = this.#blocks.get(Math.floor(row / 65536));
    const at = row % 65536;
    return bits !== undefined && (bits[at >> 3]! & (1 << (at & 7))) !== 0;
  }
}

/**
 * @param file  content of {@link vectorPath}
 * @throws {TerminalError} lake.corrupt-table
 */
export function readDeletionVector(vector: DeletionVector, file: Uint8Array | undefined): DeletedRows {
  let rows: DeletedRows;
  try {
    rows = decodeBitmaps(file === undefined ? decodeZ85(vector.pathOrInlineDv) : cutVector(vector, file));
  } catch (cause) {
    if (cause instanceof RangeError) throw corrupt('it is cut', cause); // DataView reads past the end
    throw cause;
  }
  if (rows.count !== vector.cardinality)
    throw corrupt(`it holds ${rows.count} rows, and the log says ${vector.cardinality}`);
  return rows;
}

/** Version byte; at the offset: size, content, CRC-32, all big-endian. */
function cutVector(vector: DeletionVector, file: Uint8Array): Uint8Array {
  const view = viewOf(file);
  const at = vector.offset ?? 1;
  if (view.getUint8(0) !== 1) throw corrupt(`version ${view.getUint8(0)} of its file is unknown`);
  const size = view.getInt32(at);
  if (size !== vector.sizeInBytes || size < 0)
    throw corrupt(`it has ${size} bytes, and the log says ${vector.sizeInBytes}`);
  const content = file.subarray(at + 4, at + 4 + size);
  if (view.getUint32(at + 4 + size) !== crc32(content)) throw corrupt('its checksum is wrong');
  return content;
}

const MAGIC = 1681511377;

/** A 32-bit bitmap for each value of the upper 32 bits. */
function decodeBitmaps(bytes: Uint8Array): DeletedRows {
  const view = viewOf(bytes);
  if (view.getInt32(0, true) !== MAGIC) throw corrupt('it does not begin as one');
  const rows = new DeletedRows();
  const bitmaps = Number(view.getBigInt64(4, true));
  let at = 12;
  for (let i = 0; i < bitmaps; i++) {
    const high = view.getUint32(at, true) * 2 ** 32;
    at = decodeBitmap(view, at + 4, (low) => rows.add(high + low));
  }
  return rows;
}

const NO_RUNS = 12346;
const WITH_RUNS = 12347;
const OFFSETS_FROM = 4; // containers from which on a bitmap with runs lists their places

/** Visit the values of a portable Roaring bitmap; the place behind it. */
function decodeBitmap(view: DataView, from: number, visit: (value: number) => void): number {
  const cookie = view.getUint32(from, true);
  const hasRuns = (cookie & 0xffff) === WITH_RUNS;
  if (!hasRuns && cookie !== NO_RUNS) throw corrupt('its bitmap is of another format');
  const size = hasRuns ? (cookie >>> 16) + 1 : view.getUint32(from + 4, true);
  if (size > 65536) throw corrupt('its bitmap has too many containers');
  const flags = from + 4;
  const heads = hasRuns ? flags + ((size + 7) >> 3) : from + 8;
  let at = heads + 4 * size + (!hasRuns || size >= OFFSETS_FROM ? 4 * size : 0);
  for (let c = 0; c < size; c++) {
    const high = view.getUint16(heads + 4 * c, true) * 65536;
    const cardinality = view.getUint16(heads + 4 * c + 2, true) + 1;
    const isRun = hasRuns && (view.getUint8(flags + (c >> 3)) & (1 << (c & 7))) !== 0;
    if (isRun) {
      const runs = view.getUint16(at, true);
      at += 2;
      for (let r = 0; r < runs; r++, at += 4) {
        const first = view.getUint16(at, true);
        const last = first + view.getUint16(at + 2, true);
        for (let value = first; value <= last; value++) visit(high + value);
      }
    } else if (cardinality > 4096) {
      for (let i = 0; i < 8192; i++) {
        const byte = view.getUint8(at + i);
        for (let bit = 0; bit < 8; bit++) if ((byte & (1 << bit)) !== 0) visit(high + i * 8 + bit);
      }
      at += 8192;
    } else {
      for (let i = 0; i < cardinality; i++) visit(high + view.getUint16(at + 2 * i, true));
      at += 2 * cardinality;
    }
  }
  return at;
}

const Z85 = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#';

/** Five characters are four bytes. @throws {TerminalError} lake.corrupt-table */
export function decodeZ85(text: string): Buffer {
  if (text.length % 5 !== 0) throw corrupt('its text is cut');
  const bytes = Buffer.alloc((text.length / 5) * 4);
  for (let i = 0; i < text.length; i += 5) {
    let value = 0;
    for (let j = i; j < i + 5; j++) {
      const digit = Z85.indexOf(text[j]!);
      if (digit < 0) throw corrupt('its text has a foreign character');
      value = value * 85 + digit;
    }
    if (value > 0xffffffff) throw corrupt('its text is out of range');
    bytes.writeUInt32BE(value, (i / 5) * 4);
  }
  return bytes;
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const corrupt = (why: string, cause?: unknown): TerminalError =>
  new TerminalError('lake.corrupt-table', `A deletion vector cannot be read: ${why}`, { cause });
