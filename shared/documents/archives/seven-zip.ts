// 7z members by libarchive (WebAssembly). It reads forward only, so members are unpacked while they are listed.
// Trap: an archive with an encrypted header lists no entries and raises no error.
import { TerminalError } from '../../errors.ts';
import type { Archive, ArchiveMember } from './archive.ts';

export async function openSevenZip(bytes: Uint8Array): Promise<Archive> {
  const { ArchiveReader, libarchiveWasm } = await import('libarchive-wasm');
  const library = await libarchiveWasm();
  return { entryCount: undefined, members: () => walk(new ArchiveReader(library, new Int8Array(bytes))) };
}

type Reader = InstanceType<typeof import('libarchive-wasm')['ArchiveReader']>;

async function* walk(reader: Reader): AsyncIterable<ArchiveMember> {
  let count = 0;
  let isFreed = false;
  try {
    for (const entry of reader.entries()) {
      count += 1;
      if (entry.getFiletype() !== 'File') continue;
      const name = entry.getPathname() ?? 'unnamed';
      const sizeBytes = entry.getSize();
      const isEncrypted = entry.isEncrypted();
      yield {
        name,
        packedBytes: 0, // solid archives have no packed size per member; the caps on bytes remain
        read: async (cap) => {
          if (isEncrypted) throw new TerminalError('extract.encrypted', 'archive member: it needs a password');
          if (sizeBytes > cap)
            throw new TerminalError('extract.too-large', `archive member: it expands to more than ${cap} bytes`);
          const data = entry.readData();
          if (data === undefined) throw new TerminalError('extract.corrupt', 'archive member: it cannot be unpacked');
          return Uint8Array.from(data.subarray(0, sizeBytes)); // a copy: the library reuses its memory
        },
      };
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
