// Tar members by tar-stream; links, devices and folders are no documents.
import { TerminalError } from '../../errors.ts';
import type { Archive, ArchiveMember } from './archive.ts';

/** The whole archive is in memory already: members are views where possible. */
export function listTar(bytes: Uint8Array): Archive {
  return { entryCount: undefined, members: () => walkTar(bytes) };
}

async function* walkTar(bytes: Uint8Array): AsyncIterable<ArchiveMember> {
  const { default: tar } = await import('tar-stream');
  const extract = tar.extract();
  extract.end(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  try {
    for await (const entry of extract) {
      const { name, type, size } = entry.header;
      if (type !== 'file' && type !== 'contiguous-file') {
        entry.resume();
        continue;
      }
      if ((size ?? 0) > bytes.length)
        throw new TerminalError('extract.corrupt', 'tar: a member is declared larger than the archive');
      const chunks: Buffer[] = [];
      for await (const chunk of entry) chunks.push(chunk as Buffer); // tar-stream emits buffers
      const content = Buffer.concat(chunks);
      yield {
        name,
        packedBytes: content.length,
        read: async (cap) => {
          if (content.length > cap)
            throw new TerminalError('extract.too-large', `archive member: it has more than ${cap} bytes`);
          return content;
        },
      };
    }
  } catch (error) {
    if (error instanceof TerminalError) throw error;
    throw new TerminalError('extract.corrupt', 'tar: the archive is damaged or cut off', { cause: error });
  }
}
