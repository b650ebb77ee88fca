// One connection to an IMAP server, opened when it is first needed and again after it broke. Nothing is ever changed there: folders are opened with
// EXAMINE, bodies are fetched with PEEK.
// Invariants: I1 a password leaves over TLS only, or on this machine. I2 one command at a time has the folder it is on. I3 every wait ends.
import type { FetchMessageObject, ImapFlow } from 'imapflow';
import type { SourceEntry } from '../../api/source-entry.ts';
import { RetryableError, SluiceError, TerminalError } from '../../errors.ts';

export type ImapEntry = Extract<SourceEntry, { kind: 'imap' }>;

export interface ImapFolder {
  /** As the server names it. */
  path: string;
  /** Names from the top. */
  names: string[];
}

/** What tells without opening it whether a folder has changed. */
export interface ImapStatus {
  uidValidity: string;
  uidNext: number;
  messages: number;
}

export interface ImapMail {
  uid: number;
  sizeBytes: number;
  subject: string;
  messageId: string;
  /** When the server took it, ms since the epoch. */
  receivedAt: number;
  isDraft: boolean;
}

const CONNECT_MS = 30_000;
const SILENCE_MS = 60_000;
/** One answer of the server; a body comes in chunks that are smaller. */
const MAX_LITERAL_BYTES = 8 * 1024 * 1024;
const CHUNK_BYTES = 256 * 1024;

export class ImapConnection {
  readonly #entry: ImapEntry;
  readonly #password: () => string;
  #client: Promise<ImapFlow> | undefined;

  constructor(entry: ImapEntry, password: () => string) {
    this.#entry = entry;
    this.#password = password;
  }

  /** Folders that hold mails. */
  async folders(): Promise<ImapFolder[]> {
    return this.#ask(async (client) => {
      const folders: ImapFolder[] = [];
      for (const { path, delimiter, flags } of await client.list())
        if (!flags.has('\\Noselect') && !flags.has('\\NonExistent'))
          folders.push({ path, names: delimiter ? path.split(delimiter) : [path] });
      return folders;
    });
  }

  async status(path: string): Promise<ImapStatus> {
    return this.#ask(async (client) => {
      const found = await client.status(path, { uidValidity: true, uidNext: true, messages: true });
      if (found === false) throw refused('STATUS'); // the library's word for NO and for a broken connection
      if (found.uidValidity === undefined || found.uidNext === undefined || found.messages === undefined)
        throw new TerminalError('sync.bad-answer', 'the IMAP server does not say what a folder holds');
      // A number of 32 bits, but a bigint of the library: those do not go through JSON.
      return { uidValidity: String(found.uidValidity), uidNext: found.uidNext, messages: found.messages };
    });
  }

  /** Mails of a range of UIDs. */
  mails(path: string, uidValidity: string, fromUid: number, toUid: number): Promise<ImapMail[]> {
    return this.#in(path, uidValidity, async (client) => {
      const mails: ImapMail[] = [];
      const query = { uid: true, size: true, envelope: true, internalDate: true, flags: true };
      for await (const mail of client.fetch(`${fromUid}:${toUid}`, query, { uid: true }))
        if (mail.uid >= fromUid && mail.uid <= toUid) mails.push(toMail(mail));
      return mails;
    });
  }

  /** UIDs of a folder from one on, the lowest first. */
  async uids(path: string, uidValidity: string, fromUid: number): Promise<Uint32Array> {
    const found = await this.#search(path, uidValidity, `${fromUid}:*`);
    // `n:*` always has the last mail, also when its UID is below n.
    return Uint32Array.from(found.filter((uid) => uid >= fromUid)).sort();
  }

  async hasUid(path: string, uidValidity: string, uid: number): Promise<boolean> {
    return (await this.#search(path, uidValidity, String(uid))).includes(uid);
  }

  #search(path: string, uidValidity: string, uid: string): Promise<number[]> {
    return this.#in(path, uidValidity, async (client) => {
      const found = await client.search({ uid }, { uid: true });
      if (found === false || found === undefined) throw refused('SEARCH'); // never an empty folder
      return found;
    });
  }

  /** The bytes of a mail as they are asked for. @throws {TerminalError} sync.not-found when it is gone */
  async *download(path: string, uidValidity: string, uid: number): AsyncGenerator<Uint8Array> {
    const { client, lock } = await this.#ask(async (one) => ({
      client: one,
      lock: await one.getMailboxLock(path, { readOnly: true }),
    }));
    try {
      if (client.mailbox === false || String(client.mailbox.uidValidity) !== uidValidity)
        throw new TerminalError('sync.not-found', 'the folder was numbered anew');
      const { content } = await named(() =>
        client.download(String(uid), undefined, { uid: true, chunkSize: CHUNK_BYTES }),
      );
      if (content === undefined) throw new TerminalError('sync.not-found', 'the mail is gone');
      for await (const chunk of content) yield chunk as Uint8Array; // the library streams Buffers
    } finally {
      lock.release();
    }
  }

  async close(): Promise<void> {
    const opening = this.#client;
    this.#client = undefined;
    const client = await opening?.catch(() => undefined); // it never opened
    if (client === undefined) return;
    const timer = setTimeout(() => client.close(), 5000);
    await client.logout().catch(() => client.close()); // the server has hung up first
    clearTimeout(timer);
  }

  /** A connection that breaks is opened again, once. */
  async #ask<T>(work: (client: ImapFlow) => Promise<T>): Promise<T> {
    const attempt = () => named(async () => work(await this.#open()));
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof RetryableError)) throw error;
      return attempt();
    }
  }

  /** I2. */
  #in<T>(path: string, uidValidity: string, work: (client: ImapFlow) => Promise<T>): Promise<T> {
    return this.#ask(async (client) => {
      const lock = await client.getMailboxLock(path, { readOnly: true });
      try {
        if (client.mailbox === false || String(client.mailbox.uidValidity) !== uidValidity)
          throw new RetryableError('sync.unavailable', 'the folder is being numbered anew');
        return await work(client);
      } finally {
        lock.release();
      }
    });
  }

  #open(): Promise<ImapFlow> {
    const before = this.#client?.catch(() => undefined) ?? Promise.resolve(undefined); // told to whoever opened it
    this.#client = before.then((known) => (known?.usable ? known : this.#connect()));
    return this.#client;
  }

  async #connect(): Promise<ImapFlow> {
    const { host, port, user, tls } = this.#entry;
    const { ImapFlow } = await import('imapflow');
    const client = new ImapFlow({
      ...{ host, port, secure: tls === 'implicit', doSTARTTLS: tls === 'starttls' }, // I1
      auth: { user, pass: this.#password() },
      ...{ logger: false, disableAutoIdle: true, maxLockHoldTime: false, maxLiteralSize: MAX_LITERAL_BYTES },
      ...{ connectionTimeout: CONNECT_MS, greetingTimeout: CONNECT_MS, socketTimeout: SILENCE_MS }, // I3
    });
    client.on('error', () => client.close()); // what waits on the connection is told by its own promise
    await client.connect();
    return client;
  }
}

const toMail = ({ uid, size, envelope, internalDate, flags }: FetchMessageObject): ImapMail => ({
  uid,
  sizeBytes: size ?? 0,
  subject: envelope?.subject ?? '',
  messageId: envelope?.messageId ?? '',
  receivedAt: internalDate === undefined ? Number.NaN : new Date(internalDate).getTime(),
  isDraft: flags?.has('\\Draft') ?? false,
});

const refused = (command: string): RetryableError =>
  new RetryableError('sync.unavailable', `the IMAP server does not answer ${command}`);

/** What the library and the network throw, in the words of sources. Neither user, password nor text of the server is in a message. */
async function named<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw nameError(error);
  }
}

function nameError(error: unknown): SluiceError {
  if (error instanceof SluiceError) return error;
  const cause = { cause: error };
  if (!(error instanceof Error)) return new RetryableError('sync.unavailable', 'the IMAP server did not answer', cause);
  const {
    code = '',
    authenticationFailed,
    serverResponseCode,
  } = error as Error & {
    code?: string;
    authenticationFailed?: boolean;
    serverResponseCode?: string;
  };
  if (authenticationFailed === true) {
    if (serverResponseCode === 'UNAVAILABLE' || serverResponseCode === 'INUSE' || serverResponseCode === 'LIMIT')
      return new RetryableError('sync.unavailable', 'the IMAP server cannot sign in anybody now', cause);
    return new TerminalError('sync.sign-in', 'the IMAP server refuses user or password', cause);
  }
  if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ALTNAME/.test(code))
    return new TerminalError('sync.untrusted', `the certificate of the IMAP server is not trusted (${code})`, cause);
  if (code === 'ENOTFOUND') return new TerminalError('sync.not-found', 'no server has that name', cause);
  if (serverResponseCode === 'NONEXISTENT') return new TerminalError('sync.not-found', 'no such folder', cause);
  if (/STARTTLS|TLS/.test(code) || /STARTTLS/.test(error.message))
    return new TerminalError('sync.untrusted', 'the IMAP server offers no TLS on this port', cause);
  return new RetryableError(
    'sync.unavailable',
    `the IMAP server did not answer${/^\w+$/.test(code) ? ` (${code})` : ''}`,
    cause,
  );
}
