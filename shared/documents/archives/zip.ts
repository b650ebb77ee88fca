// Zip members of an archive in memory, inflated within a cap.
// Invariants: Z1 no more than the cap is ever inflated, whatever the headers say. Z2 a bad name or member does not end the walk.
import { crc32, inflateRawSync } from 'node:zlib';
import { TerminalError } from '../../errors.ts';
import { zipNames } from '../zip-names.ts';
import { charsetOfNames } from './name-charset.ts';
import { unpackRare } from './rare-methods.ts';
import { extraField, openDirectory, packedBytesOf, type ZipEntry } from './zip-directory.ts';

export interface ZipMember {
  /** As stored, decoded; hostile. */
  readonly name: string;
  readonly isFolder: boolean;
  readonly packedBytes: number;
  /**
   * The member's bytes; a promise of them where they are packed by a rare method.
   * @param cap bytes at most
   * @throws {TerminalError} extract.too-large over the cap, extract.corrupt, extract.encrypted, extract.unsupported
   */
  read(cap: number): Buffer | Promise<Buffer>;
}

export interface ZipFile {
  entryCount: number;
  /** Their names are told one by one, for some must be decoded by a library that is loaded then. */
  members(): Iterable<ZipMember | Promise<ZipMember>>;
}

/** @throws {TerminalError} extract.corrupt when there is no readable directory */
export function openZip(bytes: Uint8Array): ZipFile {
  const zip = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { entryCount, entries } = orCorrupt(() => openDirectory(zip));
  return { entryCount, members: () => membersOf(zip, entries()) };
}

function* membersOf(zip: Buffer, entries: Generator<ZipEntry, void>): Generator<ZipMember | Promise<ZipMember>, void> {
  let charset: string | undefined;
  for (;;) {
    const next = orCorrupt(() => entries.next());
    if (next.done === true) return;
    const entry = next.value;
    const unicode = orCorrupt(() => unicodeName(entry));
    if (unicode !== undefined || entry.isUtf8 || isAscii(entry.name))
      yield new Member(zip, entry, unicode ?? entry.name.toString('utf8'));
    else {
      charset ??= charsetOfNames(zipNames(zip).map((other) => Buffer.from(other, 'latin1')));
      yield decodeName(entry.name, charset).then((name) => new Member(zip, entry, name));
    }
  }
}

class Member implements ZipMember {
  readonly name: string;
  readonly #zip: Buffer;
  readonly #entry: ZipEntry;

  constructor(zip: Buffer, entry: ZipEntry, name: string) {
    this.name = name;
    this.#zip = zip;
    this.#entry = entry;
  }

  get isFolder(): boolean {
    return this.name.endsWith('/') || this.name.endsWith('\\');
  }

  get packedBytes(): number {
    return this.#entry.packedBytes;
  }

  read(cap: number): Buffer | Promise<Buffer> {
    const { isEncrypted, method, crc32: crc, expandedBytes } = this.#entry;
    if (isEncrypted) throw new TerminalError('extract.encrypted', 'archive member: it needs a password');
    const packed = orCorrupt(() => packedBytesOf(this.#zip, this.#entry));
    if (method === 0 || method === 8) return this.#checked(unpack(packed, method, expandedBytes, cap));
    return unpackRare(packed, method, expandedBytes, crc, cap).then((content) => this.#checked(content));
  }

  #checked(content: Buffer): Buffer {
    if (content.length !== this.#entry.expandedBytes || crc32(content) !== this.#entry.crc32)
      throw new TerminalError('extract.corrupt', 'archive member: its size or checksum is wrong');
    return content;
  }
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

/** @throws {TerminalError} extract.corrupt where the archive is damaged */
function orCorrupt<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new TerminalError('extract.corrupt', 'zip: the archive is damaged', { cause: error });
  }
}

const isAscii = (bytes: Buffer) => bytes.every((byte) => byte < 0x80);

const UNICODE_PATH = 0x7075;

/** The name in UTF-8 beside the one in the code page of the writer's machine (APPNOTE 4.6.9); believed while it belongs to that name. */
function unicodeName({ name, extra }: ZipEntry): string | undefined {
  const data = extra.length > 3 ? extraField(extra, UNICODE_PATH) : undefined;
  if (data === undefined || data.length < 6 || data[0] !== 1 || data.readUInt32LE(1) !== crc32(name)) return undefined;
  return data.toString('utf8', 5);
}

async function decodeName(raw: Buffer, charset: string): Promise<string> {
  if (charset === 'utf8') return raw.toString('utf8');
  return (await import('iconv-lite')).default.decode(raw, charset);
}
