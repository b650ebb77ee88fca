// Streams of an OLE compound file (doc, ppt), by the cfb package.
import { TerminalError } from '../../errors.ts';
import { checkOle } from './ole-check.ts';

export interface OleFile {
  /** A stream of the root storage; undefined when absent. */
  stream(name: string): Buffer | undefined;
}

/** @throws {TerminalError} extract.corrupt */
export async function openOle(bytes: Uint8Array): Promise<OleFile> {
  checkOle(bytes);
  const { default: CFB } = await import('cfb');
  try {
    const file = CFB.read(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), { type: 'buffer' });
    return {
      stream(name) {
        const entry = CFB.find(file, `/${name}`) ?? CFB.find(file, name);
        return entry?.content === undefined ? undefined : Buffer.from(entry.content as Uint8Array); // read from a buffer, it holds bytes
      },
    };
  } catch (error) {
    throw new TerminalError('extract.corrupt', 'ole: the file structure is damaged', { cause: error });
  }
}
