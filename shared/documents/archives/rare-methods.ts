// Zip members packed by other methods than deflate: bzip2, LZMA, xz, Zstandard, deflate64. libarchive unpacks them from a zip of the one member, Node Zstandard.
import zlib from 'node:zlib';
import { TerminalError } from '../../errors.ts';

const METHODS: ReadonlySet<number> = new Set([9, 12, 14, 95]);
const ZSTANDARD = 93;
const NAME = Buffer.from('m');

/**
 * @param declaredBytes  as the headers state; more is never unpacked, less is corrupt (the caller compares)
 * @throws {TerminalError} extract.unsupported, extract.too-large, extract.corrupt
 */
export async function unpackRare(
  packed: Buffer,
  method: number,
  declaredBytes: number,
  crc: number,
  cap: number,
): Promise<Buffer> {
  if (method === ZSTANDARD) return unpackZstandard(packed, cap);
  if (!METHODS.has(method))
    throw new TerminalError('extract.unsupported', `archive member: compression method ${method} is not known`);
  if (declaredBytes > cap)
    throw new TerminalError('extract.too-large', `archive member: it expands to more than ${cap} bytes`);
  const { ArchiveReader, libarchiveWasm } = await import('libarchive-wasm');
  const reader = new ArchiveReader(
    await libarchiveWasm(),
    new Int8Array(oneMember(packed, method, declaredBytes, crc)),
  );
  try {
    const entry = reader.nextEntry();
    const data = entry === null ? undefined : reader.readData(declaredBytes);
    if (data === undefined) throw new Error('no data');
    return Buffer.from(Uint8Array.from(data)).subarray(0, declaredBytes); // a copy: the library reuses its memory
  } catch (error) {
    throw new TerminalError('extract.corrupt', 'archive member: its data are damaged', { cause: error });
  } finally {
    reader.free();
  }
}

/** libarchive knows no Zstandard within zip; Node does from 22.15 on. */
function unpackZstandard(packed: Buffer, cap: number): Buffer {
  const unpack = zlib.zstdDecompressSync as typeof zlib.zstdDecompressSync | undefined; // absent before 22.15
  if (unpack === undefined)
    throw new TerminalError('extract.unsupported', 'archive member: Zstandard is read from Node 22.15 on');
  try {
    return unpack(packed, { maxOutputLength: Math.max(1, cap) });
  } catch (error) {
    if (error instanceof RangeError)
      throw new TerminalError('extract.too-large', `archive member: it expands to more than ${cap} bytes`);
    throw new TerminalError('extract.corrupt', 'archive member: its data are damaged', { cause: error });
  }
}

/** A zip of one member whose sizes stand in its local header. */
function oneMember(packed: Buffer, method: number, declaredBytes: number, crc: number): Buffer {
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(63, 0); // version needed
  // Bit 1 of an LZMA member: its end is marked. Sizes are given, which serves both.
  fields.writeUInt16LE(0, 2);
  fields.writeUInt16LE(method, 4);
  fields.writeUInt32LE(crc >>> 0, 10);
  fields.writeUInt32LE(packed.length, 14);
  fields.writeUInt32LE(declaredBytes, 18);
  fields.writeUInt16LE(NAME.length, 22);
  const local = Buffer.concat([Buffer.from('PK\x03\x04'), fields, NAME, packed]);
  const directory = Buffer.concat([Buffer.from('PK\x01\x02'), Buffer.from([63, 3]), fields, Buffer.alloc(14), NAME]);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(1, 4);
  end.writeUInt16LE(1, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(local.length, 12);
  return Buffer.concat([local, directory, Buffer.from('PK\x05\x06'), end]);
}
