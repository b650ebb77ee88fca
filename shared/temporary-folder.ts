// Folders of this process for files that live for a moment. They hold texts of documents, and the disk of an instance is small: none outlives its process for long.
// Invariants: F1 the folder of a process that lives is left alone. F2 what a killed process left goes when another one makes its first folder.
import { randomUUID } from 'node:crypto';
import { lstat, mkdir, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const NAME = /^sluice-of-(\d+)-[0-9a-f]{8}$/;

/** A path of this process; nothing is created. Who makes a folder there deletes it, or the next process does. */
export const newTemporaryPath = (): string => join(tmpdir(), `sluice-of-${process.pid}-${randomUUID().slice(0, 8)}`);

let clearing: Promise<void> | undefined;

/** Have a folder for as long as `use` takes. */
export async function withTemporaryFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  await clearLeftFoldersOnce();
  const folder = newTemporaryPath();
  await mkdir(folder, { mode: 0o700 });
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Once in a process, before its first folder. */
export async function clearLeftFoldersOnce(): Promise<void> {
  // Upkeep: whatever forbids it, the work of this process goes on, and the next one tries again.
  clearing ??= clearLeftFolders().catch(() => undefined);
  await clearing;
}

/** Delete folders of this user whose processes ended without deleting them. */
export async function clearLeftFolders(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = Number(NAME.exec(name)?.[1]);
    if (Number.isNaN(pid) || isAlive(pid)) continue;
    const folder = join(tmpdir(), name);
    // What cannot be deleted now (on Windows an open file) is tried by the next process; nobody's work waits for it.
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
