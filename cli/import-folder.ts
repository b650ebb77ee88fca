// A local folder into the imports container, under a prefix derived from its content: the same folder gives the same prefix,
// so a repeated import uploads nothing, and an interrupted one is done again under the same names.
import { createHash } from 'node:crypto';
import { basename, resolve } from 'node:path';
import pLimit from 'p-limit';
import { encodePack, FILE_PACK, type PackedFile } from '../shared/api/file-pack.ts';
import { importDonePath } from '../shared/paths.ts';
import type { LakeStore } from '../shared/ports.ts';
import { collect } from './collect.ts';
import { type FolderFile, readBeginning, SMALL_BYTES } from './folder-listing.ts';

/** A store that takes packs of files, as that of a laptop does. */
export interface PackStore {
  writeMarked(path: string, content: Uint8Array, metadata: Readonly<Record<string, string>>): Promise<void>;
}

const PARALLEL = 16;
const FILES_PER_PACK = 500;
const PACK_BYTES = 4 * 1024 * 1024;
const PARALLEL_PACKS = 2;
/** Packs after which what they have left behind is collected. */
const COLLECT_PACKS = 20;

/** Name of the import: the folder's name and a hash over paths and contents. */
export function importPrefix(folder: string, files: readonly FolderFile[]): string {
  const digest = createHash('sha256');
  for (const file of [...files].sort((a, b) => (a.path < b.path ? -1 : 1)))
    digest.update(`${file.path}\0${file.sha256}\0`);
  const name =
    basename(resolve(folder))
      .replace(/[^A-Za-z0-9._-]+/g, '-')
      .replace(/^[-.]+|[-.]+$/g, '') || 'folder';
  return `${name}-${digest.digest('hex').slice(0, 12)}`;
}

/**
 * Upload what the prefix does not hold yet. Returns how many files were sent.
 * An import that was interrupted is sent again as a whole: what was in flight then cannot be trusted to be complete.
 * @param packs  where small files go many at a time
 */
export async function importFiles(
  store: LakeStore,
  lake: LakeStore,
  prefix: string,
  files: readonly FolderFile[],
  onProgress: (done: number) => void,
  packs?: PackStore,
): Promise<number> {
  const present = new Map<string, number>();
  const isComplete = (await lake.stat(importDonePath(prefix))) !== undefined;
  if (isComplete) for await (const file of store.list(prefix)) present.set(file.path, file.sizeBytes);
  const missing = files.filter((file) => present.get(`${prefix}/${file.path}`) !== file.sizeBytes);
  let done = files.length - missing.length;
  const limit = pLimit(PARALLEL);
  const sendAlone = (file: FolderFile) =>
    limit(async () => {
      await store.upload(`${prefix}/${file.path}`, file.file);
      onProgress(++done);
    });
  const { small = [], large = [] } = Object.groupBy(missing, ({ sizeBytes }) =>
    packs !== undefined && sizeBytes <= SMALL_BYTES ? 'small' : 'large',
  );
  const packing = pLimit(PARALLEL_PACKS);
  let sent = 0;
  const sendPack = async (files: readonly FolderFile[]) => {
    const packed: PackedFile[] = [];
    const grown: FolderFile[] = [];
    const read = async (file: FolderFile) => {
      const bytes = Buffer.allocUnsafe(file.sizeBytes + 1);
      const length = await readBeginning(file.file, bytes);
      if (length > file.sizeBytes) grown.push(file);
      else packed.push({ path: `${prefix}/${file.path}`, bytes: bytes.subarray(0, length) });
    };
    await Promise.all(files.map((file) => limit(() => read(file))));
    if (packed.length > 0) await packs?.writeMarked(`${prefix}/pack`, encodePack(packed), { [FILE_PACK]: 'true' });
    done += packed.length;
    onProgress(done);
    await Promise.all(grown.map(sendAlone));
    if (++sent % COLLECT_PACKS === 0) collect();
  };
  await Promise.all([...packsOf(small).map((files) => packing(() => sendPack(files))), ...large.map(sendAlone)]);
  if (!isComplete) await lake.write(importDonePath(prefix), JSON.stringify({ files: files.length }));
  return missing.length;
}

function packsOf(files: readonly FolderFile[]): FolderFile[][] {
  const packs: FolderFile[][] = [];
  let bytes = 0;
  for (const file of files) {
    const last = packs.at(-1);
    bytes += file.sizeBytes;
    if (last !== undefined && last.length < FILES_PER_PACK && bytes <= PACK_BYTES) last.push(file);
    else {
      packs.push([file]);
      bytes = file.sizeBytes;
    }
  }
  return packs;
}
