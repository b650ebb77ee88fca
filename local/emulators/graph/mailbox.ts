// One mailbox of the Graph emulator: folders and mails as state, and what has changed as a sequence, told a folder at a time as Exchange tells it.
// Behaves as the service: a move is "removed" in one folder and a row in the other; a mail that left and came back between two rounds is told as removed
// only; deleting a mail moves nothing here: it is gone, as from Deleted Items; ids are those of `IdType="ImmutableId"`.
// https://learn.microsoft.com/graph/api/message-delta
import { createHash } from 'node:crypto';

export interface MailFolder {
  id: string;
  displayName: string;
  parentId: string | null;
  sequence: number;
  isDeleted: boolean;
}

export interface MailAttachment {
  kind: 'file' | 'item' | 'reference';
  name: string;
  bytes: Buffer;
  /** 403 for ever. */
  isRefused?: boolean;
}

export interface Mail {
  id: string;
  folderId: string;
  subject: string;
  bytes: Buffer;
  receivedAt: number;
  isDraft: boolean;
  isRead: boolean;
  /** The service fails to turn it into MIME, for ever. */
  isUnconvertible: boolean;
  /** What Exchange gives out one by one. */
  text?: string;
  attachments?: readonly MailAttachment[];
  isDeleted: boolean;
  /** Place in the mailbox's sequence of changes. */
  sequence: number;
  /** By folder, when the mail left it. */
  left: Map<string, number>;
}

const WELL_KNOWN: Record<string, string> = {
  inbox: 'Inbox',
  archive: 'Archive',
  sentitems: 'Sent Items',
  deleteditems: 'Deleted Items',
};

export class Mailbox {
  readonly address: string;
  readonly rootId: string;
  readonly folders = new Map<string, MailFolder>();
  readonly mails = new Map<string, Mail>();
  readonly #now: () => number;
  #sequence = 0;
  #made = 0;
  /** Sequence numbers below this are forgotten: a token from before answers 410. */
  forgottenBefore = 0;

  constructor(address: string, now: () => number) {
    this.address = address;
    this.#now = now;
    this.rootId = this.#id('root');
    for (const name of Object.values(WELL_KNOWN)) this.folder(name);
  }

  /** The folder of a path below the mailbox's root, made where it is missing. */
  folder(path: string): MailFolder {
    let parentId = this.rootId;
    let found: MailFolder | undefined;
    for (const name of path.split('/')) {
      found = [...this.folders.values()].find(
        (one) => one.parentId === parentId && one.displayName === name && !one.isDeleted,
      );
      if (found === undefined) {
        found = { id: this.#id('folder'), displayName: name, parentId, sequence: ++this.#sequence, isDeleted: false };
        this.folders.set(found.id, found);
      }
      parentId = found.id;
    }
    if (found === undefined) throw new Error('a folder without a name');
    return found;
  }

  folderOf(idOrName: string): MailFolder | undefined {
    const name = WELL_KNOWN[idOrName.toLowerCase()];
    const found = name === undefined ? this.folders.get(idOrName) : this.folder(name);
    return found?.isDeleted ? undefined : found;
  }

  renameFolder(id: string, displayName: string): void {
    const folder = this.#need(this.folders, id);
    Object.assign(folder, { displayName, sequence: ++this.#sequence });
  }

  deleteFolder(id: string): void {
    for (const folder of this.folders.values())
      if (folder.parentId === id && !folder.isDeleted) this.deleteFolder(folder.id);
    for (const mail of this.mails.values()) if (mail.folderId === id && !mail.isDeleted) this.delete(mail.id);
    Object.assign(this.#need(this.folders, id), { isDeleted: true, sequence: ++this.#sequence });
  }

  deliver(
    folder: string,
    subject: string,
    bytes: Buffer,
    more: Partial<Pick<Mail, 'receivedAt' | 'isDraft' | 'isUnconvertible' | 'text' | 'attachments'>> = {},
  ): Mail {
    const mail: Mail = {
      ...{ id: this.#id('mail'), folderId: this.folder(folder).id, subject, bytes, receivedAt: this.#now() },
      ...{ isDraft: false, isRead: false, isUnconvertible: false, isDeleted: false, left: new Map() },
      ...more,
      sequence: ++this.#sequence,
    };
    this.mails.set(mail.id, mail);
    return mail;
  }

  move(id: string, folder: string): void {
    const mail = this.#need(this.mails, id);
    mail.left.set(mail.folderId, ++this.#sequence);
    mail.folderId = this.folder(folder).id;
    mail.sequence = ++this.#sequence;
  }

  /** Read, flagged, categorised: a row, and nothing for a reader. A draft becomes a mail. */
  mark(id: string, change: Partial<Pick<Mail, 'isRead' | 'isDraft'>>): void {
    Object.assign(this.#need(this.mails, id), change, { sequence: ++this.#sequence });
  }

  delete(id: string, options: { tombstone?: boolean } = {}): void {
    const mail = this.#need(this.mails, id);
    mail.isDeleted = true;
    if (options.tombstone !== false) mail.left.set(mail.folderId, ++this.#sequence);
  }

  newest(): number {
    return this.#sequence;
  }

  /** What changed in a folder after `from`; from 0: what is there. */
  changes(folderId: string, from: number): { mail: Mail; isRemoved: boolean }[] {
    const found: { mail: Mail; isRemoved: boolean }[] = [];
    for (const mail of this.mails.values()) {
      const isHere = mail.folderId === folderId && !mail.isDeleted;
      if (from > 0 && (mail.left.get(folderId) ?? 0) > from) found.push({ mail, isRemoved: true });
      else if (isHere && mail.sequence > from) found.push({ mail, isRemoved: false });
    }
    return found;
  }

  folderChanges(from: number): MailFolder[] {
    return [...this.folders.values()].filter((folder) => folder.sequence > from && !(from === 0 && folder.isDeleted));
  }

  #id(kind: string): string {
    return `AAkALg${createHash('sha1')
      .update(`${this.address}/${kind}/${++this.#made}`)
      .digest('base64url')}=`;
  }

  #need<T>(items: ReadonlyMap<string, T>, id: string): T {
    const item = items.get(id);
    if (item === undefined) throw new Error(`the mailbox has no ${id}`);
    return item;
  }
}
