// What was dropped or chosen: files one by one, and folders with all that is in them.
import { cleanPath, freeName, isJunk, MAX_PATH_CHARS } from './naming.ts';

export interface FoundFile {
  /** Relative; its first part is the folder for files of a folder. */
  path: string;
  file: File;
}

/** The parts of FileSystemEntry that are used. */
export interface Entry {
  readonly name: string;
  readonly isFile: boolean;
  readonly isDirectory: boolean;
}
interface FileEntry extends Entry {
  file(done: (file: File) => void, failed: (error: unknown) => void): void;
}
interface DirectoryEntry extends Entry {
  createReader(): {
    readEntries(done: (entries: readonly Entry[]) => void, failed: (error: unknown) => void): void;
  };
}

export interface Found {
  files: FoundFile[];
  /** Paths the browser could not read. */
  unreadable: string[];
}

/** All files below entries, depth first in the order the browser gives them. */
export async function walkEntries(entries: readonly Entry[], parent = ''): Promise<Found> {
  const found: Found = { files: [], unreadable: [] };
  for (const entry of entries) {
    const path = parent + entry.name;
    try {
      if (entry.isFile) {
        const file = await new Promise<File>((done, failed) => (entry as FileEntry).file(done, failed)); // isFile says so
        found.files.push({ path, file });
      } else if (entry.isDirectory) {
        const below = await walkEntries(await childrenOf(entry as DirectoryEntry), `${path}/`); // isDirectory says so
        found.files.push(...below.files);
        found.unreadable.push(...below.unreadable);
      }
    } catch {
      found.unreadable.push(path); // taken away or forbidden while it was read
    }
  }
  return found;
}

/** readEntries gives at most 100 at a time and must be asked until it gives none. */
async function childrenOf(directory: DirectoryEntry): Promise<Entry[]> {
  const reader = directory.createReader();
  const all: Entry[] = [];
  for (;;) {
    const some = await new Promise<readonly Entry[]>((done, failed) => reader.readEntries(done, failed));
    if (some.length === 0) return all;
    all.push(...some);
  }
}

/** Files of an <input type=file>; those of a chosen folder carry their path. */
export const filesOfInput = (files: Iterable<File & { readonly webkitRelativePath?: string }>): FoundFile[] =>
  Array.from(files, (file) => ({ path: file.webkitRelativePath || file.name, file }));

export interface DropPlan {
  /** To be classified at once. */
  loose: FoundFile[];
  /** To be imported, by folder; paths are relative to it. */
  folders: { name: string; files: FoundFile[]; sizeBytes: number }[];
  /** Left out: too large or with too long a path. */
  refused: { path: string; reason: 'too-large' | 'path-too-long' | 'unreadable'; sizeBytes: number | null }[];
  /** Files nobody means, left out silently. */
  junk: number;
}

/** More loose files than this are imported together: nobody follows hundreds one by one. */
export const MAX_FOLLOWED = 20;

/** Sort what was found. @param maxBytes  of one file */
export function planDrop({ files, unreadable }: Found, maxBytes: number): DropPlan {
  const plan: DropPlan = { loose: [], folders: [], refused: [], junk: 0 };
  for (const path of unreadable) plan.refused.push({ path, reason: 'unreadable', sizeBytes: null });
  const folders = new Map<string, DropPlan['folders'][number]>();
  const put = (name: string, file: FoundFile) => {
    const folder = folders.get(name) ?? { name, files: [], sizeBytes: 0 };
    folders.set(name, folder);
    folder.files.push(file);
    folder.sizeBytes += file.file.size;
  };
  for (const { path: given, file } of files) {
    const path = cleanPath(given);
    if (isJunk(path)) plan.junk++;
    else if (file.size > maxBytes) plan.refused.push({ path, reason: 'too-large', sizeBytes: file.size });
    // A folder's name gets a time appended.
    else if (path.length > MAX_PATH_CHARS - 20)
      plan.refused.push({ path, reason: 'path-too-long', sizeBytes: file.size });
    else if (!path.includes('/'))
      plan.loose.push({ path: freeName(path, new Set(plan.loose.map((one) => one.path))), file });
    else put(path.slice(0, path.indexOf('/')), { path: path.slice(path.indexOf('/') + 1), file });
  }
  if (plan.loose.length > MAX_FOLLOWED) for (const file of plan.loose.splice(0)) put('files', file);
  plan.folders = [...folders.values()];
  return plan;
}
