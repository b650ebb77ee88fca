// A folder of this machine as a mailbox of the Graph emulator.
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { mirrorMails } from '../../../local/emulators/graph/mail-folder.ts';
import { Mailbox } from '../../../local/emulators/graph/mailbox.ts';

test('mails are the .eml files: a move is a move, a change another mail, a deletion a deletion', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-mails-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const mailbox = new Mailbox('a@contoso.example', () => 0);
  await writeFile(join(folder, 'one.eml'), 'Subject: First\r\n\r\none');
  await writeFile(join(folder, 'two.eml'), 'no header');
  await writeFile(join(folder, 'note.txt'), 'no mail');
  await mirrorMails(mailbox, folder);
  const there = () =>
    [...mailbox.mails.values()]
      .filter(({ isDeleted }) => !isDeleted)
      .map(({ folderId, subject }) => `${mailbox.folders.get(folderId)?.displayName}: ${subject}`)
      .sort();
  expect(there()).toEqual(['Inbox: First', 'Inbox: two']);
  const [first] = mailbox.mails.keys();
  await mkdir(join(folder, 'Clients'));
  await rename(join(folder, 'one.eml'), join(folder, 'Clients', 'one.eml'));
  await rm(join(folder, 'two.eml'));
  await mirrorMails(mailbox, folder);
  expect(there()).toEqual(['Clients: First']);
  await writeFile(join(folder, 'Clients', 'one.eml'), 'Subject: Another\r\n\r\nother bytes');
  await mirrorMails(mailbox, folder);
  expect(there()).toEqual(['Clients: Another']);
  expect(mailbox.mails.get(first ?? '')?.isDeleted).toBe(true);
});
