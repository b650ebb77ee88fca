// A folder of this machine as a mailbox: each .eml file is a mail of the inbox, each folder one below it. By inode, so that a move is a move; a file that
// was changed is another mail, as mails never change.
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import type { Mailbox } from './mailbox.ts';

interface Known {
  folder: string;
  key: string;
  id: string;
}

const known = new WeakMap<Mailbox, Map<string, Known>>();

/** Bring the mailbox up to what the folder holds. */
export async function mirrorMails(mailbox: Mailbox, folder: string): Promise<void> {
  const mails = known.get(mailbox) ?? new Map<string, Known>();
  known.set(mailbox, mails);
  const seen = new Set<string>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.eml$/i.test(entry.name)) continue;
    const file = join(entry.parentPath, entry.name);
    const { ino, mtimeMs, size } = await stat(file);
    const below = dirname(relative(folder, file)).split('\\').join('/');
    const [inode, key, at] = [String(ino), `${mtimeMs}/${size}`, below === '.' ? 'Inbox' : `Inbox/${below}`];
    seen.add(inode);
    const before = mails.get(inode);
    if (before?.key === key) {
      if (before.folder !== at) mailbox.move(before.id, at);
      mails.set(inode, { ...before, folder: at });
      continue;
    }
    if (before !== undefined) mailbox.delete(before.id);
    const bytes = await readFile(file);
    const { id } = mailbox.deliver(at, subjectOf(bytes) ?? basename(entry.name, '.eml'), bytes, {
      receivedAt: mtimeMs,
    });
    mails.set(inode, { folder: at, key, id });
  }
  for (const [inode, { id }] of mails) {
    if (seen.has(inode)) continue;
    mailbox.delete(id);
    mails.delete(inode);
  }
}

/** As the header has it, encoded words left alone; undefined where there is none. */
const subjectOf = (bytes: Buffer): string | undefined =>
  /^subject:[ \t]*(.+)$/im
    .exec(
      bytes
        .subarray(0, 16_384)
        .toString('latin1')
        .split(/\r?\n\r?\n/)[0] ?? '',
    )?.[1]
    ?.trim();
