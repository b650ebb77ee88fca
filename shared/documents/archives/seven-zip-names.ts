// Names of the members of a 7z archive, from its header: libarchive as WebAssembly has no locale and writes each letter beyond ASCII as a star.
// Invariants: N1 every place and count is checked against the bytes there are, and no loop turns without taking one. N2 a header that cannot be
// read costs names only: libarchive lists the members. Source: 7zFormat.txt of the LZMA SDK.
import { crc32 } from 'node:zlib';
import { TerminalError } from '../../errors.ts';

const [END, HEADER, ARCHIVE_PROPERTIES, ADDITIONAL_STREAMS, MAIN_STREAMS, FILES] = [0, 1, 2, 3, 4, 5];
const [PACK_INFO, UNPACK_INFO, SUB_STREAMS, SIZE, CRC, FOLDER, UNPACK_SIZE, STREAM_COUNT] = [
  6, 7, 8, 9, 0x0a, 0x0b, 0x0c, 0x0d,
];
const [NAMES, ENCODED_HEADER] = [0x11, 0x17];
const START_BYTES = 32;
const SIGNATURE = Buffer.from('7z\xbc\xaf\x27\x1c\x00\x04', 'latin1');
/** Of a header, packed or not: far more names than members are read. */
const MAX_HEADER_BYTES = 8 * 1024 * 1024;

/** Unpacks the one member of a small 7z archive. @throws {TerminalError} where it cannot, or would have more than `cap` bytes */
export type UnpackOne = (archive: Buffer, cap: number) => Buffer;

/**
 * Names in the order of the header, folders among them; hostile.
 * @throws {TerminalError} extract.corrupt where the header is not as described, before the first name or between two
 */
export function* sevenZipNames(bytes: Uint8Array, unpackOne: UnpackOne): Generator<string, void> {
  const archive = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = new Cursor(archive, 12);
  const [offset, length] = [start.long(), start.long()];
  if (length > MAX_HEADER_BYTES) throw damaged();
  const stored = new Cursor(archive, START_BYTES + offset).take(length);
  const header = new Cursor(stored[0] === ENCODED_HEADER ? unpackHeader(archive, stored, unpackOne) : stored);
  header.expect(HEADER);
  if (header.has(ARCHIVE_PROPERTIES)) while (header.number() !== END) header.take(header.number());
  for (const streams of [ADDITIONAL_STREAMS, MAIN_STREAMS]) if (header.has(streams)) skipStreams(header);
  header.expect(FILES);
  header.number(); // how many: there are as many names as there are names
  for (let type = header.number(); type !== END; type = header.number()) {
    const property = header.take(header.number());
    if (type === NAMES) return yield* split(property);
  }
}

/** Of UTF-16, each ended by zero; the first byte says that they stand here and not in a stream of their own. */
function* split(property: Buffer): Generator<string, void> {
  const cursor = new Cursor(property);
  cursor.expect(0);
  for (let from = 1, at = 1; at + 1 < property.length; at += 2) {
    if (property[at] !== 0 || property[at + 1] !== 0) continue;
    yield property.toString('utf16le', from, at);
    from = at + 2;
  }
}

/** A header is packed as a member is: libarchive unpacks it, whatever the method, from an archive that has it as its only member. */
function unpackHeader(archive: Buffer, encoded: Buffer, unpackOne: UnpackOne): Buffer {
  const cursor = new Cursor(encoded);
  cursor.expect(ENCODED_HEADER);
  cursor.expect(PACK_INFO);
  const place = cursor.number();
  if (cursor.number() !== 1) throw damaged();
  cursor.expect(SIZE);
  const packed = new Cursor(archive, START_BYTES + place).take(cursor.number());
  if (cursor.peek() === CRC) skipSums(cursor, 1);
  cursor.expect(END);
  const coders = encoded.subarray(cursor.at, -1); // how it is unpacked, up to the end of the description
  if (packed.length > MAX_HEADER_BYTES || encoded.at(-1) !== END) throw damaged();
  const header = Buffer.concat([
    Buffer.from([HEADER, MAIN_STREAMS, PACK_INFO, 0, 1, SIZE, 0xff]),
    eightBytes(packed.length),
    Buffer.from([END]),
    coders,
    Buffer.from([SUB_STREAMS, END, END]),
    Buffer.from([FILES, 1, NAMES, 5, 0, 0x6d, 0, 0, 0, END, END]),
  ]);
  const start = Buffer.concat([eightBytes(packed.length), eightBytes(header.length), fourBytes(crc32(header))]);
  return unpackOne(Buffer.concat([SIGNATURE, fourBytes(crc32(start)), start, packed, header]), MAX_HEADER_BYTES);
}

function fourBytes(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function eightBytes(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

/** Packed streams, how they are unpacked, and how what comes out is cut into files. */
function skipStreams(cursor: Cursor): void {
  if (cursor.has(PACK_INFO)) {
    cursor.number();
    const count = cursor.number();
    if (cursor.has(SIZE)) cursor.numbers(count);
    if (cursor.peek() === CRC) skipSums(cursor, count);
    cursor.expect(END);
  }
  const hasSum = cursor.has(UNPACK_INFO) ? skipFolders(cursor) : [];
  if (cursor.has(SUB_STREAMS)) skipSubStreams(cursor, hasSum);
  cursor.expect(END);
}

/** Has the content of each folder a checksum? A folder is what is unpacked together. */
function skipFolders(cursor: Cursor): boolean[] {
  cursor.expect(FOLDER);
  const count = cursor.number();
  cursor.expect(0); // they stand here
  let outputs = 0;
  for (let folder = 0; folder < count; folder++) outputs += skipFolder(cursor);
  cursor.expect(UNPACK_SIZE);
  cursor.numbers(outputs);
  const has = cursor.peek() === CRC ? skipSums(cursor, count) : () => false;
  cursor.expect(END);
  return Array.from({ length: count }, (_, folder) => has(folder)); // each has taken bytes
}

/** How many streams come out of its coders. */
function skipFolder(cursor: Cursor): number {
  const coders = cursor.number();
  let [inputs, outputs] = [0, 0];
  for (let coder = 0; coder < coders; coder++) {
    const flags = cursor.byte();
    if ((flags & 0x80) !== 0) throw damaged();
    cursor.take(flags & 0xf);
    inputs += (flags & 0x10) === 0 ? 1 : cursor.number();
    outputs += (flags & 0x10) === 0 ? 1 : cursor.number();
    if ((flags & 0x20) !== 0) cursor.take(cursor.number());
  }
  const bound = outputs - 1;
  if (bound < 0 || inputs < bound) throw damaged();
  cursor.numbers(2 * bound);
  if (inputs - bound > 1) cursor.numbers(inputs - bound);
  return outputs;
}

function skipSubStreams(cursor: Cursor, hasSum: readonly boolean[]): void {
  const counts = cursor.has(STREAM_COUNT) ? hasSum.map(() => cursor.number()) : hasSum.map(() => 1);
  if (cursor.has(SIZE)) cursor.numbers(sum(counts.map((count) => Math.max(0, count - 1)))); // the last is the rest
  if (cursor.peek() === CRC)
    skipSums(cursor, sum(counts.map((count, folder) => (count === 1 && hasSum[folder] === true ? 0 : count))));
  cursor.expect(END);
}

const sum = (counts: readonly number[]) => counts.reduce((all, count) => all + count, 0);

/** Which of so many have one? */
function skipSums(cursor: Cursor, count: number): (at: number) => boolean {
  cursor.expect(CRC);
  const isAll = cursor.byte() !== 0;
  const bits = isAll ? undefined : cursor.take(Math.ceil(count / 8));
  const has = (at: number) => bits === undefined || ((bits[at >> 3] ?? 0) & (0x80 >> (at & 7))) !== 0;
  let held = isAll ? count : 0;
  if (!isAll) for (let at = 0; at < count; at++) held += has(at) ? 1 : 0;
  cursor.take(4 * held);
  return has;
}

const damaged = () => new TerminalError('extract.corrupt', '7z: its header is damaged');

/** Reads forward, never beyond the end. */
class Cursor {
  readonly #bytes: Buffer;
  at: number;

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes;
    this.at = at;
  }

  peek(): number | undefined {
    return this.#bytes[this.at];
  }

  byte(): number {
    return this.take(1)[0] ?? 0;
  }

  /** Takes it where it comes next. */
  has(byte: number): boolean {
    if (this.peek() !== byte) return false;
    this.at += 1;
    return true;
  }

  expect(byte: number): void {
    if (this.byte() !== byte) throw damaged();
  }

  take(length: number): Buffer {
    if (this.at + length > this.#bytes.length) throw damaged();
    this.at += length;
    return this.#bytes.subarray(this.at - length, this.at);
  }

  long(): number {
    const bytes = this.take(8);
    return bytes.readUInt32LE(4) * 0x1_0000_0000 + bytes.readUInt32LE(0);
  }

  /** As many leading bits of the first byte as are set say how many bytes follow, the lowest first; what is left of it is the highest. */
  number(): number {
    const first = this.byte();
    const following = Math.clz32(~(first << 24));
    const bytes = this.take(following);
    const top = following >= 7 ? 0 : first & (0x7f >> following);
    return bytes.reduceRight((value, byte) => value * 256 + byte, top);
  }

  numbers(count: number): void {
    for (let read = 0; read < count; read++) this.number();
  }
}
