// The folder of a process for local copies of the index. They hold words of documents, so none outlives its process for long.
// Invariant: F1 the folder of a process that lives is left alone; one without its process goes when the next process searches.
import { randomUUID } from 'node:crypto';
import { lstat, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const NAME = /^sluice-search-(\d+)-[0-9a-f]{8}$/;

/** Its path; nothing is created. */
export const newLocalFolder = (): string => join(tmpdir(), `sluice-search-${process.pid}-${randomUUID().slice(0, 8)}`);

/** Delete folders of this user whose processes ended without deleting them. */
export async function clearLeftFolders(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = Number(NAME.exec(name)?.[1]);
    if (Number.isNaN(pid) || isAlive(pid)) continue;
    const folder = join(tmpdir(), name);
    // What cannot be deleted now (on Windows an open file) is tried by the next process; nobody's question waits for it.
    if (await isOurs(folder)) await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

async function isOurs(folder: string): Promise<boolean> {
  try {
    const { uid } = await lstat(folder);
    return uid === (process.getuid?.() ?? uid);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false; // another process was faster
    throw error;
  }
}
