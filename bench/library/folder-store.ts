// A folder of this machine as a store: what a round of a source needs of one. A write is there whole or not at all, also when its process is killed;
// conditions are not looked at, and ETags are times of files.
import { copyFile, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { TerminalError } from '../../shared/errors.ts';
import type { LakeStore, StateTable } from '../../shared/ports.ts';

export function folderStore(folder: string): LakeStore {
  const at = (path: string): string => join(folder, path);
  const etags = new Map<string, string>();
  let writes = 0;
  const put = async (path: string, work: (file: string) => Promise<void>): Promise<string> => {
    await mkdir(dirname(at(path)), { recursive: true });
    const whole = `${at(path)}~${process.pid}-${writes}`;
    await work(whole);
    await rename(whole, at(path));
    const etag = String(++writes);
    if (path.endsWith('state.json')) etags.set(path, etag); // of others nobody asks for more than that it changed
    return etag;
  };
  const readIfExists = async (path: string): Promise<{ bytes: Buffer; etag: string } | undefined> => {
    try {
      return { bytes: await readFile(at(path)), etag: etags.get(path) ?? '0' };
    } catch {
      return undefined; // it is not there
    }
  };
  const statOf = async (path: string) => {
    try {
      const { size, mtimeMs } = await stat(at(path));
      return { path, etag: etags.get(path) ?? String(mtimeMs), sizeBytes: size, size, modifiedAt: new Date(mtimeMs) };
    } catch {
      return undefined; // it is not there
    }
  };
  return {
    container: 'bench',
    readIfExists,
    read: async (path) => {
      const found = await readIfExists(path);
      if (found === undefined) throw new TerminalError('lake.not-found', path);
      return found.bytes;
    },
    readPart: async (path, offset, length) => {
      const file = await open(at(path), 'r');
      try {
        const bytes = Buffer.alloc(length);
        await file.read(bytes, 0, length, offset);
        return bytes;
      } finally {
        await file.close();
      }
    },
    write: (path, content) =>
      put(path, (file) =>
        writeFile(file, typeof content !== 'string' && 'pieces' in content ? content.pieces() : content),
      ),
    upload: (path, localFile) => put(path, (file) => copyFile(localFile, file)),
    download: async (path, localFile) => copyFile(at(path), localFile),
    stat: statOf as unknown as LakeStore['stat'], // of its fields a round reads the ETag
    async *list(prefix) {
      const below = await readdir(at(prefix), { recursive: true, withFileTypes: true }).catch(() => []); // no such folder
      for (const one of below)
        if (one.isFile() && !one.name.includes('~'))
          yield { path: relative(folder, join(one.parentPath, one.name)) } as Awaited<
            ReturnType<LakeStore['stat']>
          > & {}; // a round reads the path
    },
    delete: (path) => rm(at(path), { force: true }),
    deleteFolder: (path) => removeFolder(at(path)),
  };
}

/** One folder after the other: `rm` of Node has a promise for each of 80,000 files, 150 MB, and the process is measured. */
async function removeFolder(folder: string): Promise<void> {
  const below = await readdir(folder, { withFileTypes: true }).catch(() => []); // no such folder
  for (const one of below) if (one.isDirectory()) await removeFolder(join(folder, one.name));
  for (const one of below) if (!one.isDirectory()) await rm(join(folder, one.name), { force: true });
  await rm(folder, { recursive: true, force: true });
}

/** Records of this process, by compare-and-swap. */
export function memoryState(): StateTable {
  const records = new Map<string, { value: unknown; etag: string }>();
  let writes = 0;
  return {
    get: async (key) => records.get(key),
    compareAndSwap: async (key, expected, value) => {
      if ((records.get(key)?.etag ?? null) !== expected) return undefined;
      const etag = String(++writes);
      records.set(key, { value, etag });
      return etag;
    },
    delete: async (key) => void records.delete(key),
  };
}
