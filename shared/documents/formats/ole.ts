// Streams and storages of an OLE compound file (doc, ppt, xls), by the cfb package.
import type { CFB$Container } from 'cfb';
import { TerminalError } from '../../errors.ts';
import { checkOle, oleRootNames } from './ole-check.ts';

export interface OleFile {
  /** A stream of this storage; undefined when absent. */
  stream(name: string): Buffer | undefined;
}

export interface OleStorage extends OleFile {
  name: string;
  /** The storage as a file of its own. */
  whole(): Buffer;
}

export interface OleRoot extends OleFile {
  /** Storages below the root whose path (`ObjectPool/_1`) matches. */
  storages(path: RegExp): OleStorage[];
}

type Cfb = typeof import('cfb');

/** Asking for a module costs even where it is there. */
let library: Cfb | undefined;

/** @throws {TerminalError} extract.corrupt */
export async function openOle(bytes: Uint8Array): Promise<OleRoot> {
  checkOle(bytes);
  library ??= (await import('cfb')).default;
  const CFB = library;
  let file: CFB$Container;
  try {
    file = CFB.read(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), { type: 'buffer' });
  } catch (error) {
    throw new TerminalError('extract.corrupt', 'ole: the file structure is damaged', { cause: error });
  }
  return {
    stream(name) {
      const entry = CFB.find(file, `/${name}`) ?? CFB.find(file, name);
      return entry?.content === undefined ? undefined : Buffer.from(entry.content as Uint8Array); // read from a buffer, it holds bytes
    },
    storages: (path) => storagesOf(CFB, file, path),
  };
}

/** May there be storages with such names? A look at the directory alone. */
export function hasStorage(bytes: Uint8Array, name: RegExp): boolean {
  return oleRootNames(bytes).some((entry) => name.test(entry));
}

function storagesOf(CFB: Cfb, file: CFB$Container, path: RegExp): OleStorage[] {
  const root = file.FullPaths[0] ?? '';
  const inner = file.FullPaths.map((full) => full.slice(root.length));
  return inner
    .filter((full) => full.endsWith('/') && path.test(full.slice(0, -1)))
    .map((prefix) => ({
      name: prefix.slice(0, -1).replace(/^.*\//, ''),
      stream(name) {
        const content = file.FileIndex[inner.indexOf(prefix + name)]?.content;
        return content === undefined ? undefined : Buffer.from(content as Uint8Array); // as above
      },
      whole() {
        const own = CFB.utils.cfb_new();
        for (const [i, full] of inner.entries()) {
          const content = file.FileIndex[i]?.content;
          if (full.startsWith(prefix) && !full.endsWith('/') && content !== undefined)
            CFB.utils.cfb_add(own, `/${full.slice(prefix.length)}`, content);
        }
        CFB.utils.cfb_del(own, '/\x01Sh33tJ5'); // the library's own mark
        return Buffer.from(CFB.write(own, { type: 'buffer' }) as Uint8Array);
      },
    }));
}
