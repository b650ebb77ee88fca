// Sparse rows (CSR) and their file format, the hand-over between the steps `featurize` and `score`.
// Invariants: S1 decode(encode(x)) equals x bit for bit, NaN payloads aside. S2 a damaged or cut file never decodes.
// Layout, little endian: magic "SCSR", u16 version, u16 zero, u32 rows, u32 width, u32 entries, u32 CRC-32 of everything
// else, 8 zero bytes | indptr u32[rows+1] | indices i32[entries] | zero padding to 8 | values f64[entries].
import { crc32 } from 'node:zlib';
import { TerminalError } from '../errors.ts';

/** Sparse matrix [rows, width] in row order: entries of row i lie at indptr[i] … indptr[i+1]; indices ascend within a row. */
export interface Csr {
  readonly rows: number;
  readonly width: number;
  readonly indptr: Uint32Array;
  readonly indices: Int32Array;
  readonly values: Float64Array;
}

const MAGIC = 0x52534353; // "SCSR"
const VERSION = 1;
const HEADER_BYTES = 32;
const MAX_WIDTH = 0x7fffffff; // column indices are signed 32-bit

const layout = (rows: number, entries: number) => {
  const indptr = HEADER_BYTES;
  const indices = indptr + 4 * (rows + 1);
  const values = (indices + 4 * entries + 7) & ~7;
  return { indptr, indices, values, end: values + 8 * entries };
};

const bytesOf = (array: Uint32Array | Int32Array | Float64Array): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/** CRC-32 of all bytes but the four that hold it. */
const checksum = (bytes: Uint8Array): number => crc32(bytes.subarray(24), crc32(bytes.subarray(0, 20)));

/** Versioned, checksummed bytes of a matrix. */
export function encodeCsr(x: Csr): Uint8Array {
  const entries = x.indptr[x.rows] ?? 0;
  const at = layout(x.rows, entries);
  const bytes = new Uint8Array(at.end);
  const header = new DataView(bytes.buffer);
  header.setUint32(0, MAGIC, true);
  header.setUint16(4, VERSION, true);
  header.setUint32(8, x.rows, true);
  header.setUint32(12, x.width, true);
  header.setUint32(16, entries, true);
  bytes.set(bytesOf(x.indptr.subarray(0, x.rows + 1)), at.indptr);
  bytes.set(bytesOf(x.indices.subarray(0, entries)), at.indices);
  bytes.set(bytesOf(x.values.subarray(0, entries)), at.values);
  header.setUint32(20, checksum(bytes), true);
  return bytes;
}

/** @throws {TerminalError} features.corrupt when the bytes are not a whole, undamaged matrix */
export function decodeCsr(bytes: Uint8Array): Csr {
  if (bytes.length < HEADER_BYTES) throw corrupt(`${bytes.length} bytes; a header alone has ${HEADER_BYTES}`);
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (header.getUint32(0, true) !== MAGIC) throw corrupt('it does not start with SCSR');
  const version = header.getUint16(4, true);
  if (version !== VERSION) throw corrupt(`version ${version}; this code reads version ${VERSION}`);
  const rows = header.getUint32(8, true);
  const width = header.getUint32(12, true);
  const entries = header.getUint32(16, true);
  const at = layout(rows, entries);
  if (bytes.length !== at.end) throw corrupt(`${bytes.length} bytes; its header promises ${at.end}`);
  if (checksum(bytes) !== header.getUint32(20, true)) throw corrupt('its checksum differs');
  // slice() copies into fresh, aligned memory: the input may be a view at any offset of a pooled Buffer
  const part = (from: number, to: number) => bytes.buffer.slice(bytes.byteOffset + from, bytes.byteOffset + to);
  const x: Csr = {
    rows,
    width,
    indptr: new Uint32Array(part(at.indptr, at.indices)),
    indices: new Int32Array(part(at.indices, at.indices + 4 * entries)),
    values: new Float64Array(part(at.values, at.end)),
  };
  const problem = findProblem(x);
  if (problem !== undefined) throw corrupt(problem);
  return x;
}

/** What is wrong with the structure of a matrix; undefined when nothing is. */
export function findProblem(x: Csr): string | undefined {
  if (x.width < 0 || x.width > MAX_WIDTH) return `width ${x.width} is out of range`;
  if (x.indptr[0] !== 0) return 'row 0 does not start at entry 0';
  for (let row = 0; row < x.rows; row++) {
    const from = x.indptr[row]!;
    const to = x.indptr[row + 1]!;
    if (to < from || to > x.indices.length) return `row ${row} ends before it starts or outside the entries`;
    let last = -1;
    for (let e = from; e < to; e++) {
      const column = x.indices[e]!;
      if (column <= last || column >= x.width) return `row ${row} has columns out of order or range`;
      last = column;
    }
  }
  return undefined;
}

/** The given rows of a matrix, in the given order. */
export function selectRows(x: Csr, rows: ArrayLike<number>): Csr {
  const indptr = new Uint32Array(rows.length + 1);
  for (let i = 0; i < rows.length; i++) indptr[i + 1] = indptr[i]! + x.indptr[rows[i]! + 1]! - x.indptr[rows[i]!]!;
  const indices = new Int32Array(indptr[rows.length]!);
  const values = new Float64Array(indptr[rows.length]!);
  for (let i = 0; i < rows.length; i++) {
    const from = x.indptr[rows[i]!]!;
    const to = x.indptr[rows[i]! + 1]!;
    indices.set(x.indices.subarray(from, to), indptr[i]!);
    values.set(x.values.subarray(from, to), indptr[i]!);
  }
  return { rows: rows.length, width: x.width, indptr, indices, values };
}

/**
 * The same rows over the columns that have entries in at least so many of them, which many buckets and few texts leave few of.
 * @returns also the bucket of each column, ascending
 */
export function compactColumns(x: Csr, leastRows = 1): { x: Csr; columns: Int32Array } {
  const place = new Int32Array(x.width);
  const end = x.indptr[x.rows]!;
  for (let e = 0; e < end; e++) place[x.indices[e]!]!++;
  let width = 0;
  let entries = 0;
  for (let j = 0; j < x.width; j++) {
    const rows = place[j]!;
    place[j] = rows >= Math.max(1, leastRows) ? width++ : -1;
    if (place[j]! >= 0) entries += rows;
  }
  const columns = new Int32Array(width);
  for (let j = 0; j < x.width; j++) if (place[j]! >= 0) columns[place[j]!] = j;
  const indptr = new Uint32Array(x.rows + 1);
  const indices = new Int32Array(entries);
  const values = new Float64Array(entries);
  let at = 0;
  for (let row = 0; row < x.rows; row++) {
    for (let e = x.indptr[row]!; e < x.indptr[row + 1]!; e++) {
      const column = place[x.indices[e]!]!;
      if (column < 0) continue;
      indices[at] = column;
      values[at++] = x.values[e]!;
    }
    indptr[row + 1] = at;
  }
  return { x: { rows: x.rows, width, indptr, indices, values }, columns };
}

/** The least number of rows, from `usual` up, that at most so many columns have entries in. */
export function leastDocFreq(x: Csr, usual: number, mostColumns: number): number {
  const rowsOf = new Uint32Array(x.width);
  for (let e = 0, end = x.indptr[x.rows]!; e < end; e++) rowsOf[x.indices[e]!]!++;
  const columnsIn = new Uint32Array(x.rows + 2); // columns by their number of rows
  for (const rows of rowsOf) if (rows > 0) columnsIn[rows]!++;
  let least = x.rows + 1;
  let columns = 0;
  while (least > Math.max(1, usual) && columns + columnsIn[least - 1]! <= mostColumns) columns += columnsIn[--least]!;
  return least <= Math.max(1, usual) ? usual : Math.min(least, x.rows);
}

const corrupt = (why: string): TerminalError =>
  new TerminalError('features.corrupt', `Feature matrix cannot be read: ${why}`);
