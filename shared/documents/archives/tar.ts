// Tar members; links, devices and folders are no documents.
import { TerminalError } from '../../errors.ts';
import type { Archive, ArchiveMember } from './archive.ts';
import { charsetOfNames, isUtf8 } from './name-charset.ts';
import { type TarEntry, tarEntries } from './tar-directory.ts';
import { wholeFile } from './tar-sparse.ts';

/** The whole archive is in memory already: members are views where possible. */
export function listTar(bytes: Uint8Array): Archive {
  const tar = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { entryCount: undefined, members: () => walkTar(tar) };
}

async function* walkTar(tar: Buffer): AsyncIterable<ArchiveMember> {
  let charset: string | undefined;
  try {
    for (const entry of tarEntries(tar)) {
      if (!entry.isFile) continue;
      if (isUtf8(entry.name)) yield memberOf(entry, entry.name.toString('utf8'));
      else {
        charset ??= charsetOfNames(otherNames(tar));
        yield memberOf(entry, (await import('iconv-lite')).default.decode(entry.name, charset));
      }
    }
  } catch (error) {
    if (error instanceof TerminalError) throw error;
    throw new TerminalError('extract.corrupt', 'tar: the archive is damaged or cut off', { cause: error });
  }
}

const memberOf = (entry: TarEntry, name: string): ArchiveMember => ({
  name,
  packedBytes: Math.max(1, entry.content.length), // what expands to holes alone is held to a ratio too
  read: async (cap) => wholeFile(entry, cap),
});

/** Names in the charset of the machine that wrote the archive, up to where it is damaged. */
function otherNames(tar: Buffer): Buffer[] {
  const names: Buffer[] = [];
  try {
    for (const { name } of tarEntries(tar)) if (!isUtf8(name)) names.push(name);
  } catch {
    // told where the walk comes to it
  }
  return names;
}
