// An IMAP server in this process: folders and mails as data, what it does wrong as data. It speaks the part of RFC 3501 that a reader needs, as strictly
// as a real one where it matters: UIDs never come back, `n:*` always has the last mail, a read-only folder marks nothing as read.

import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';

export interface ServedMail {
  uid: number;
  source: Buffer;
  flags: string[];
}

export interface ServedFolder {
  uidValidity: number;
  uidNext: number;
  mails: ServedMail[];
}

export interface ImapFault {
  /** Commands that this matches, without their tag. */
  on: RegExp;
  /** What happens: the connection ends, before or in the middle of the answer, or the server says NO. */
  kind: 'drop' | 'cut' | 'no';
  times?: number;
}

export class ImapServer {
  readonly folders = new Map<string, ServedFolder>();
  readonly faults: ImapFault[] = [];
  /** Commands so far, without tags and passwords. */
  readonly log: string[] = [];
  password = 'secret of letters';
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #validity = 1000;

  private constructor() {
    this.#server = createServer((socket) => this.#serve(socket));
  }

  static async start(): Promise<ImapServer> {
    const server = new ImapServer();
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port; // it listens on TCP
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  folder(name: string): ServedFolder {
    const folder = this.folders.get(name) ?? { uidValidity: ++this.#validity, uidNext: 1, mails: [] };
    this.folders.set(name, folder);
    return folder;
  }

  put(folderName: string, source: string | Buffer, flags: string[] = []): ServedMail {
    const folder = this.folder(folderName);
    const mail = { uid: folder.uidNext++, source: Buffer.from(source), flags };
    folder.mails.push(mail);
    return mail;
  }

  remove(folderName: string, uid: number): ServedMail {
    const folder = this.folder(folderName);
    const [mail] = folder.mails.splice(
      folder.mails.findIndex((one) => one.uid === uid),
      1,
    );
    if (mail === undefined) throw new Error(`no mail ${uid}`);
    return mail;
  }

  move(folderName: string, uid: number, to: string): void {
    this.put(to, this.remove(folderName, uid).source);
  }

  /** As after a restored backup: other numbers for the same mails. */
  renumber(folderName: string): void {
    const folder = this.folder(folderName);
    folder.uidValidity = ++this.#validity;
    folder.uidNext = 50;
    for (const mail of folder.mails) mail.uid = folder.uidNext++;
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket)).on('error', () => socket.destroy());
    let selected: ServedFolder | undefined;
    let rest = '';
    socket.write('* OK IMAP4rev1 ready\r\n');
    socket.on('data', (chunk) => {
      rest += chunk.toString('latin1');
      for (let end = rest.indexOf('\r\n'); end >= 0; end = rest.indexOf('\r\n')) {
        const [, tag = '', command = ''] = /^(\S+) (.*)$/s.exec(rest.slice(0, end)) ?? [];
        rest = rest.slice(end + 2);
        this.log.push(command.replace(/^(LOGIN \S+) .*/, '$1'));
        const fault = this.#fault(command);
        if (fault === 'drop') return void socket.destroy();
        if (fault === 'no') {
          socket.write(`${tag} NO not now\r\n`);
          continue;
        }
        const opened = /^(?:SELECT|EXAMINE) (.+)$/i.exec(command)?.[1];
        if (opened !== undefined) selected = this.folders.get(unquote(opened));
        const answer = Buffer.concat([...this.#answer(tag, command, selected)]);
        if (fault === 'cut') return void socket.end(answer.subarray(0, answer.length / 2));
        socket.write(answer);
        if (/^LOGOUT/i.test(command)) socket.end();
      }
    });
  }

  #fault(command: string): ImapFault['kind'] | undefined {
    const index = this.faults.findIndex(({ on }) => on.test(command));
    const fault = this.faults[index];
    if (fault === undefined) return undefined;
    fault.times = (fault.times ?? 1) - 1;
    if (fault.times <= 0) this.faults.splice(index, 1);
    return fault.kind;
  }

  *#answer(tag: string, command: string, selected: ServedFolder | undefined): Generator<Buffer> {
    const line = (text: string): Buffer => Buffer.from(`${text}\r\n`);
    const ok = line(`${tag} OK done`);
    const [verb = '', ...words] = command.split(' ');
    const name = unquote(words[0] ?? '');
    switch (verb.toUpperCase()) {
      case 'CAPABILITY':
        yield line('* CAPABILITY IMAP4rev1');
        return yield ok;
      case 'LOGIN':
        if (unquote(command.slice(command.indexOf(' ', 6) + 1)) !== this.password)
          return yield line(`${tag} NO [AUTHENTICATIONFAILED] wrong`);
        return yield ok;
      case 'LIST':
      case 'LSUB':
        if (/""$/.test(command)) yield line(`* ${verb} (\\Noselect) "/" ""`);
        else for (const folder of this.folders.keys()) yield line(`* ${verb} () "/" "${folder}"`);
        return yield ok;
      case 'STATUS': {
        const folder = this.folders.get(name);
        if (folder === undefined) return yield line(`${tag} NO [NONEXISTENT] no such folder`);
        const { uidValidity, uidNext, mails } = folder;
        yield line(`* STATUS "${name}" (MESSAGES ${mails.length} UIDNEXT ${uidNext} UIDVALIDITY ${uidValidity})`);
        return yield ok;
      }
      case 'EXAMINE':
        if (selected === undefined) return yield line(`${tag} NO [NONEXISTENT] no such folder`);
        yield line(`* ${selected.mails.length} EXISTS`);
        yield line(`* OK [UIDVALIDITY ${selected.uidValidity}] valid`);
        yield line(`* OK [UIDNEXT ${selected.uidNext}] next`);
        return yield line(`${tag} OK [READ-ONLY] done`);
      case 'UID':
        if (selected === undefined) return yield line(`${tag} BAD no folder`);
        if (words[0]?.toUpperCase() === 'SEARCH') {
          yield line(`* SEARCH ${selected.mails.map(({ uid }) => uid).join(' ')}`.trimEnd());
          return yield ok;
        }
        for (const [index, mail] of selected.mails.entries())
          if (isIn(words[1] ?? '', mail, selected)) yield fetched(index + 1, mail, words.slice(2).join(' '));
        return yield ok;
      case 'NOOP':
      case 'CLOSE':
        return yield ok;
      case 'LOGOUT':
        yield line('* BYE');
        return yield ok;
      default:
        // A reader that wants to change something, or to mark mails as read, is refused.
        return yield line(`${tag} BAD ${verb} is not for readers`);
    }
  }
}

const unquote = (word: string): string => word.replace(/^"(.*)"$/, '$1').replace(/\\(.)/g, '$1');

function isIn(range: string, { uid }: ServedMail, { mails }: ServedFolder): boolean {
  const last = mails.at(-1)?.uid ?? 0;
  const [from = 0, to = from] = range.split(':').map((part) => (part === '*' ? last : Number(part)));
  return uid >= Math.min(from, to) && uid <= Math.max(from, to);
}

function fetched(sequence: number, { uid, source, flags }: ServedMail, query: string): Buffer {
  if (/BODY\[/.test(query)) throw new Error('a reader must use BODY.PEEK');
  const header = source.toString('latin1').split('\r\n\r\n')[0] ?? '';
  const field = (name: string) => new RegExp(`^${name}: *(.*)$`, 'im').exec(header)?.[1];
  const text = (value: string | undefined) => (value === undefined ? 'NIL' : `"${value.replace(/["\\]/g, '\\$&')}"`);
  const parts = [`UID ${uid}`];
  if (/FLAGS/.test(query)) parts.push(`FLAGS (${flags.join(' ')})`);
  if (/RFC822\.SIZE/.test(query)) parts.push(`RFC822.SIZE ${source.length}`);
  if (/INTERNALDATE/.test(query)) parts.push(`INTERNALDATE "${field('x-taken') ?? '01-Jun-2026 08:00:00 +0000'}"`);
  if (/ENVELOPE/.test(query))
    parts.push(`ENVELOPE (NIL ${text(field('subject'))} NIL NIL NIL NIL NIL NIL NIL ${text(field('message-id'))})`);
  const start = `* ${sequence} FETCH (${parts.join(' ')}`;
  const part = /BODY\.PEEK\[\](?:<(\d+)\.(\d+)>)?/.exec(query);
  if (part === null) return Buffer.from(`${start})\r\n`);
  const from = Number(part[1] ?? 0);
  const bytes = source.subarray(from, from + Number(part[2] ?? source.length));
  const label = part[1] === undefined ? 'BODY[]' : `BODY[]<${from}>`;
  return Buffer.concat([Buffer.from(`${start} ${label} {${bytes.length}}\r\n`), bytes, Buffer.from(')\r\n')]);
}
