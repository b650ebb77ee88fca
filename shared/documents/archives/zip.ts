// Zip members of an archive in memory, listed by yauzl and inflated within a cap.
// Invariants: Z1 no more than the cap is ever inflated, whatever the headers say. Z2 a bad name or member does not end the walk.
import { crc32, inflateRawSync } from 'node:zlib';
import { TerminalError } from '../../errors.ts';
import { zipNames } from '../zip-names.ts';
import { charsetOfNames } from './name-charset.ts';
import { unpackRare } from './rare-methods.ts';

export interface ZipMember {
  /** As stored, decoded; hostile. */
  name: string;
  isFolder: boolean;
  isEncrypted: boolean;
  packedBytes: number;
  /** As declared; a lie is possible. */
  declaredBytes: number;
  /**
   * The member's bytes.
   * @param cap bytes at most
   * @throws {TerminalError} extract.too-large over the cap, extract.corrupt, extract.encrypted, extract.unsupported
   */
  read(cap: number): Promise<Buffer>;
}

export interface ZipFile {
  entryCount: number;
  members(): AsyncIterable<ZipMember>;
}

/** @throws {TerminalError} extract.corrupt when there is no readable directory */
export async function openZip(bytes: Uint8Array): Promise<ZipFile> {
  zipLibrary ??= await loadLibrary();
  const { yauzl, reader: readerOf } = zipLibrary;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const options = { decodeStrings: false, validateEntrySizes: false, autoClose: false };
  const zip = await yauzl.fromRandomAccessReaderPromise(readerOf(buffer), buffer.length, options).catch(corrupt);
  return {
    entryCount: zip.entryCount,
    async *members() {
      let charset: string | undefined;
      try {
        for await (const entry of zip.eachEntry()) {
          const raw = entry.fileName as unknown as Buffer; // decodeStrings: false gives bytes
          const isUtf8 = (entry.generalPurposeBitFlag & 0x800) !== 0 || raw.every((byte) => byte < 0x80);
          if (!isUtf8) charset ??= charsetOfNames(zipNames(buffer).map((other) => Buffer.from(other, 'latin1')));
          const name =
            unicodeName(raw, entry.extraFields) ?? (await decodeName(raw, isUtf8 ? 'utf8' : (charset ?? 'utf8')));
          yield {
            name,
            isFolder: /[/\\]$/.test(name),
            isEncrypted: entry.isEncrypted(),
            packedBytes: entry.compressedSize,
            declaredBytes: entry.uncompressedSize,
            read: async (cap) => {
              if (entry.isEncrypted())
                throw new TerminalError('extract.encrypted', 'archive member: it needs a password');
              const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true }).catch(corrupt);
              const packed = buffer.subarray(fileDataStart, fileDataStart + entry.compressedSize);
              if (packed.length < entry.compressedSize)
                throw new TerminalError('extract.corrupt', 'archive member: its data are cut off');
              const { compressionMethod: method, uncompressedSize, crc32: crc } = entry;
              const content =
                method === 0 || method === 8
                  ? unpack(packed, method, uncompressedSize, cap)
                  : await unpackRare(packed, method, uncompressedSize, crc, cap);
              if (content.length !== entry.uncompressedSize || crc32(content) !== entry.crc32 >>> 0)
                throw new TerminalError('extract.corrupt', 'archive member: its size or checksum is wrong');
              return content;
            },
          };
        }
      } catch (error) {
        corrupt(error);
      }
    },
  };
}

let zipLibrary: Awaited<ReturnType<typeof loadLibrary>> | undefined;

/** The library's own reader of a buffer waits for the event loop once a record: most of the time of a small package. */
async function loadLibrary() {
  const { default: yauzl } = await import('yauzl');
  class BufferReader extends yauzl.RandomAccessReader {
    readonly #buffer: Buffer;

    constructor(buffer: Buffer) {
      super();
      this.#buffer = buffer;
    }

    override read(
      target: Buffer,
      offset: number,
      length: number,
      position: number,
      done: (error: Error | null, bytesRead?: number) => void,
    ): void {
      const bytesRead = position < 0 ? 0 : this.#buffer.copy(target, offset, position, position + length); // none: the end came too soon
      queueMicrotask(() => done(null, bytesRead));
    }
  }
  return { yauzl, reader: (buffer: Buffer) => new BufferReader(buffer) };
}

/** Of zlib, and what a lie may cost. */
const [MIN_CHUNK_BYTES, MAX_CHUNK_BYTES] = [64, 1024 * 1024];

/** @param declared  bytes it expands to, as the header says: believed for the size of the buffer only */
function unpack(packed: Buffer, method: 0 | 8, declared: number, cap: number): Buffer {
  if (method === 0) {
    if (packed.length > cap) throw overCap(cap);
    return packed;
  }
  try {
    // One piece where possible, for pieces are copied together.
    const chunkSize = Math.min(Math.max(declared + 1, MIN_CHUNK_BYTES), MAX_CHUNK_BYTES);
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, cap), chunkSize });
  } catch (error) {
    if (error instanceof RangeError) throw overCap(cap); // ERR_BUFFER_TOO_LARGE
    throw new TerminalError('extract.corrupt', 'archive member: its data are damaged', { cause: error });
  }
}

const overCap = (cap: number) =>
  new TerminalError('extract.too-large', `archive member: it expands to more than ${cap} bytes`);

function corrupt(error: unknown): never {
  if (error instanceof TerminalError) throw error;
  throw new TerminalError('extract.corrupt', 'zip: the archive is damaged', { cause: error });
}

const UNICODE_PATH = 0x7075;

/** The name in UTF-8 beside the one in the code page of the writer's machine (APPNOTE 4.6.9); believed while it belongs to that name. */
function unicodeName(raw: Buffer, fields: readonly { id: number; data: Buffer }[]): string | undefined {
  const data = fields.find(({ id }) => id === UNICODE_PATH)?.data;
  if (data === undefined || data.length < 6 || data[0] !== 1 || data.readUInt32LE(1) !== crc32(raw)) return undefined;
  return data.toString('utf8', 5);
}

async function decodeName(raw: Buffer, charset: string): Promise<string> {
  if (charset === 'utf8') return raw.toString('utf8');
  return (await import('iconv-lite')).default.decode(raw, charset);
}
