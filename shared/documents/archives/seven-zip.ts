// 7z members by libarchive (WebAssembly). It reads forward only, so members are unpacked while they are listed.
// Traps: an archive with an encrypted header lists no entries and raises no error. A letter beyond ASCII is a star in its names. An entry whose
// name is no Unicode, and damage, look like the end: what the library says of it tells them apart.
import { TerminalError } from '../../errors.ts';
import type { Archive, ArchiveMember } from './archive.ts';
import { sevenZipNames } from './seven-zip-names.ts';

export async function openSevenZip(bytes: Uint8Array): Promise<Archive> {
  const { ArchiveReader, libarchiveWasm } = await import('libarchive-wasm');
  const library = await libarchiveWasm();
  const open = (archive: Uint8Array) => new ArchiveReader(library, new Int8Array(archive));
  return { entryCount: undefined, members: () => walk(open(bytes), new TrueNames(bytes, open)) };
}

type Reader = InstanceType<typeof import('libarchive-wasm')['ArchiveReader']>;
type Entry = NonNullable<ReturnType<Reader['nextEntry']>>;

async function* walk(reader: Reader, names: TrueNames): AsyncIterable<ArchiveMember> {
  let count = 0;
  let isFreed = false;
  try {
    for (; ; count++) {
      const entry = reader.nextEntry();
      const reason = entry === null ? reader.libarchive.error_string(reader.archive) : '';
      if (entry !== null) {
        if (entry.getFiletype() === 'File') yield memberOf(entry, names.of(count, entry.getPathname()));
        entry.free();
      } else if (BAD_NAME.test(reason)) yield unnamed(names.of(count, ''));
      else if (reason === '' || count === 0) break;
      else throw new Error(reason);
    }
    const hasEncrypted = reader.hasEncryptedData();
    reader.free();
    isFreed = true;
    if (count === 0)
      throw new TerminalError(
        'extract.encrypted',
        `7z: its list of members cannot be read (${hasEncrypted === true ? 'it is' : 'usually'} encrypted)`,
      );
  } catch (error) {
    if (error instanceof TerminalError) throw error;
    throw new TerminalError('extract.corrupt', '7z: the archive is damaged', { cause: error });
  } finally {
    if (!isFreed) reader.free();
  }
}

const BAD_NAME = /^Pathname cannot be converted/;

function memberOf(entry: Entry, name: string): ArchiveMember {
  const sizeBytes = entry.getSize();
  const isEncrypted = entry.isEncrypted();
  return {
    name,
    packedBytes: 0, // solid archives have no packed size per member; the caps on bytes remain
    read: async (cap) => {
      if (isEncrypted) throw new TerminalError('extract.encrypted', 'archive member: it needs a password');
      if (sizeBytes > cap)
        throw new TerminalError('extract.too-large', `archive member: it expands to more than ${cap} bytes`);
      if (sizeBytes === 0) return new Uint8Array(); // the library has no data then
      const data = entry.readData();
      if (data === undefined) throw new TerminalError('extract.corrupt', 'archive member: it cannot be unpacked');
      return Uint8Array.from(data.subarray(0, sizeBytes)); // a copy: the library reuses its memory
    },
  };
}

/** The library does not hand out the content of such a one. */
function unnamed(name: string): ArchiveMember {
  return {
    name,
    packedBytes: 0,
    read() {
      throw new TerminalError('extract.corrupt', 'archive member: its name is damaged');
    },
  };
}

/** Names with the letters that libarchive has no charset for. The header is read by us when the first of them comes. */
class TrueNames {
  readonly #bytes: Uint8Array;
  readonly #open: (archive: Uint8Array) => Reader;
  #names: Iterator<string, void> | undefined;
  #taken = 0;

  constructor(bytes: Uint8Array, open: (archive: Uint8Array) => Reader) {
    this.#bytes = bytes;
    this.#open = open;
  }

  /** @param at  of all entries, folders among them; not before one that was asked for */
  of(at: number, written: string): string {
    if (written !== '' && !written.includes('*')) return written;
    this.#names ??= sevenZipNames(this.#bytes, (archive, cap) => unpackOne(this.#open, archive, cap));
    try {
      let name: string | undefined;
      for (; this.#taken <= at; this.#taken++) name = this.#names.next().value ?? undefined;
      // Is it the same entry? Letters that are put together are one star.
      if (name === undefined) return written;
      return written === '' || starred(name.normalize('NFC')) === starred(written) ? name : written;
    } catch (error) {
      if (!(error instanceof TerminalError)) throw error;
      return written; // the generator has ended: what remains keeps its stars too
    }
  }
}

const starred = (name: string) => name.replace(/[*\u0080-\u{10ffff}]+/gu, '*');

/** The content of the first entry. @throws {TerminalError} extract.corrupt */
function unpackOne(open: (archive: Uint8Array) => Reader, archive: Buffer, cap: number): Buffer {
  let reader: Reader | undefined;
  try {
    reader = open(archive);
    const size = reader.nextEntry()?.getSize() ?? 0;
    if (size === 0 || size > cap) throw new Error('no data, or too many');
    return Buffer.from(reader.readData(size));
  } catch (error) {
    throw new TerminalError('extract.corrupt', '7z: its header cannot be unpacked', { cause: error });
  } finally {
    reader?.free();
  }
}
