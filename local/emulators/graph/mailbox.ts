// One mailbox of the Graph emulator: messages in folders, told by delta per folder. A move is "removed" in one folder and new in the other, and a
// message that comes back is never told again: traps of the service, kept. Ids are immutable ids.
// https://learn.microsoft.com/graph/api/message-delta
import { createHash } from 'node:crypto';

export interface Message {
  id: string;
  folder: string;
  mime: Buffer;
  internetMessageId: string;
  receivedAt: number;
  isDraft: boolean;
  /** Why its MIME cannot be made; undefined when it can. */
  refusal: string | undefined;
  isDeleted: boolean;
}

export interface MailChange {
  sequence: number;
  folder: string;
  id: string;
  kind: 'created' | 'removed';
  reason: 'changed' | 'deleted';
}

export class Mailbox {
  readonly address: string;
  readonly folders = new Map<string, string>();
  readonly messages = new Map<string, Message>();
  readonly changes: MailChange[] = [];
  readonly #now: () => number;
  #made = 0;

  constructor(address: string, folders: readonly string[], now: () => number) {
    this.address = address;
    this.#now = now;
    for (const name of folders) this.folders.set(name.toLowerCase(), folderId(address, name));
  }

  folderIdOf(nameOrId: string): string | undefined {
    return this.folders.get(nameOrId.toLowerCase()) ?? [...this.folders.values()].find((id) => id === nameOrId);
  }

  deliver(folder: string, mime: Buffer | string, options: { refusal?: string; isDraft?: boolean } = {}): Message {
    const bytes = Buffer.from(mime);
    const id = `AAkAL${createHash('sha1')
      .update(`${this.address}/${++this.#made}`)
      .digest('base64url')}`;
    const named = /^Message-ID:\s*(\S+)/im.exec(bytes.subarray(0, 8192).toString('latin1'))?.[1];
    const message: Message = {
      id,
      folder: this.#need(folder),
      mime: bytes,
      internetMessageId: named ?? `<${id}@emulator>`,
      receivedAt: this.#now(),
      isDraft: options.isDraft ?? false,
      refusal: options.refusal,
      isDeleted: false,
    };
    this.messages.set(id, message);
    this.#tell(message.folder, id, 'created', 'changed');
    return message;
  }

  move(id: string, folder: string): void {
    const message = this.messages.get(id);
    if (message === undefined) throw new Error(`the mailbox has no message ${id}`);
    const [from, to] = [message.folder, this.#need(folder)];
    message.folder = to;
    this.#tell(from, id, 'removed', 'changed');
    // A message that was in the folder before is not told again.
    const isBack = this.changes.some((change) => change.folder === to && change.id === id && change.kind === 'created');
    if (!isBack) this.#tell(to, id, 'created', 'changed');
  }

  delete(id: string): void {
    const message = this.messages.get(id);
    if (message === undefined) throw new Error(`the mailbox has no message ${id}`);
    message.isDeleted = true;
    this.#tell(message.folder, id, 'removed', 'deleted');
  }

  #tell(folder: string, id: string, kind: MailChange['kind'], reason: MailChange['reason']): void {
    this.changes.push({ sequence: this.changes.length + 1, folder, id, kind, reason });
  }

  #need(folder: string): string {
    const id = this.folderIdOf(folder);
    if (id === undefined) throw new Error(`the mailbox has no folder ${folder}`);
    return id;
  }
}

const folderId = (address: string, name: string): string =>
  `AQMk${createHash('sha1').update(`${address}/${name}`).digest('base64url')}`;
