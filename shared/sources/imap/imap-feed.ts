// A mailbox behind IMAP as a feed. The server has numbers and no history: what a folder holds is compared with what is known of it.
// Invariants: N1 a folder whose UIDVALIDITY, UIDNEXT and count are the known ones has not changed and is not opened. N2 a mail is known by folder,
// UIDVALIDITY and UID; one that is new there and looks like one that has gone elsewhere (Message-ID and size) is that one, moved or renumbered: it
// keeps its item, and its bytes say whether that is right. N3 nothing is opened for writing.
// https://www.rfc-editor.org/rfc/rfc9051, section 2.3.1.1
import { z } from 'zod';
import { TerminalError } from '../../errors.ts';
import { sha256Hex } from '../../ids.ts';
import type { DriveItem, DriveItems } from '../drive-items.ts';
import type { Collected, Content, Feed } from '../feed.ts';
import type { DriveRow } from '../graph/drive-rows.ts';
import type { Journal } from '../journal.ts';
import type { JournalPage } from '../journal-page.ts';
import { mailName } from '../mail-name.ts';
import type { ImapConnection, ImapEntry, ImapFolder, ImapMail, ImapStatus } from './imap-connection.ts';

const statusSchema = z.object({ uidValidity: z.string(), uidNext: z.number(), messages: z.number() });
const cursorSchema = z.record(z.string(), statusSchema);
type Cursor = Readonly<Record<string, ImapStatus>>;

/** Where a mail lies; kept as the tag of its item. */
const locatorSchema = z.tuple([z.string(), z.string(), z.number()]);

export class ImapFeed implements Feed {
  readonly #connection: ImapConnection;
  readonly #entry: ImapEntry;
  readonly #sinceMs: number;

  constructor(connection: ImapConnection, entry: ImapEntry) {
    this.#connection = connection;
    this.#entry = entry;
    this.#sinceMs = entry.since === undefined ? 0 : Date.parse(entry.since);
  }

  async collect(journal: Journal, from: string | null, known: DriveItems): Promise<Collected> {
    const before = from === null ? undefined : readCursor(from);
    const folded = await journal.folded(known);
    const all = await this.#connection.folders();
    const byFolder = mailsByFolder(known);
    const rows = new Map<string, DriveRow>();
    const cursor: Record<string, ImapStatus> = {};
    for (const folder of this.#followed(all)) {
      for (const row of folderRows(folder)) rows.set(row.id, row);
      const part = folded.part(folder.path);
      if (part.last === undefined) {
        const page = await this.#page(folder, before?.[folder.path], byFolder.get(folder.path) ?? []);
        await journal.putPage(folded.count, page);
        folded.add(page);
      }
      for (const row of part.rows.values()) rows.set(row.id, row);
      cursor[folder.path] = statusSchema.parse(JSON.parse(part.last?.delta ?? ''));
    }
    const there = new Set(all.map(({ path }) => path));
    for (const [path, items] of byFolder)
      if (!there.has(path)) for (const { id } of items) rows.set(id, { ...bare(id), kind: 'deleted' });
    rejoin(rows, known); // N2
    return { rows, isFull: before === undefined, covers: () => false, cursor: JSON.stringify(cursor) };
  }

  async ask(item: DriveItem): Promise<DriveRow | undefined> {
    const { id, name, parentId, contentTag, eTag } = item;
    const row = { ...bare(id), kind: item.kind, name, parentId, contentTag, eTag, size: item.size };
    const folders = await this.#connection.folders();
    if (item.kind === 'folder') return folders.some((one) => folderId(one.names) === id) ? row : undefined;
    const [path, uidValidity, uid] = locatorOf(item);
    if (!folders.some((one) => one.path === path)) return undefined;
    const status = await this.#connection.status(path);
    if (status.uidValidity !== uidValidity) return undefined;
    return (await this.#connection.uids(path, uidValidity)).has(uid) ? row : undefined;
  }

  async open(item: DriveItem): Promise<Content> {
    // Some servers count lines in another way than they send them, so what is announced is no proof.
    return { body: this.#connection.download(...locatorOf(item)), announced: undefined };
  }

  /** What a round needs of the server. @throws {SluiceError} */
  async probe(): Promise<void> {
    const [folder] = this.#followed(await this.#connection.folders());
    if (folder === undefined) return;
    const { uidValidity } = await this.#connection.status(folder.path);
    await this.#connection.uids(folder.path, uidValidity);
  }

  /** What has changed in a folder, as one page. */
  async #page(folder: ImapFolder, before: ImapStatus | undefined, known: readonly DriveItem[]): Promise<JournalPage> {
    const status = await this.#connection.status(folder.path);
    const page = (rows: DriveRow[], isFull: boolean): JournalPage => ({
      ...{ part: folder.path, rows, unreadable: 0, next: null, delta: JSON.stringify(status), isFull },
    });
    if (isSame(before, status)) return page([], false); // N1
    const isRenumbered = before?.uidValidity !== status.uidValidity;
    const from = isRenumbered ? 1 : (before?.uidNext ?? 1);
    // What comes while this round reads is the next one's, as the cursor says.
    const mails = (await this.#connection.mails(folder.path, status.uidValidity, from)).filter(
      ({ uid }) => uid < status.uidNext,
    );
    const rows = mails
      .filter(({ receivedAt }) => !(receivedAt < this.#sinceMs))
      .map((mail) => this.#row(folder, status.uidValidity, mail));
    const byTag = new Map(known.map((item) => [item.eTag, item]));
    for (const row of rows) row.id = byTag.get(row.eTag)?.id ?? row.id; // what was moved or renumbered keeps its item
    const gone = (items: readonly DriveItem[]) => items.map(({ id }): DriveRow => ({ ...bare(id), kind: 'deleted' }));
    if (isRenumbered) {
      const shown = new Set(rows.map(({ eTag }) => eTag));
      return page([...rows, ...gone(known.filter(({ eTag }) => !shown.has(eTag)))], true);
    }
    if ((before?.messages ?? 0) + mails.length === status.messages) return page(rows, false);
    const there = await this.#connection.uids(folder.path, status.uidValidity);
    return page([...rows, ...gone(known.filter((item) => !there.has(locatorOf(item)[2])))], false);
  }

  /** Folders that are named, and all below them; upper and lower case count alike. @throws {TerminalError} config.invalid naming one that is not there */
  #followed(all: readonly ImapFolder[]): ImapFolder[] {
    const paths = all.map((folder) => ({ folder, path: folder.names.join('/').toLowerCase() }));
    const found = new Set<ImapFolder>();
    for (const wanted of this.#entry.folders) {
      const root = wanted.toLowerCase().replace(/^\/+|\/+$/g, '');
      const below = paths.filter(({ path }) => path === root || path.startsWith(`${root}/`));
      if (below.length === 0)
        throw new TerminalError(
          'config.invalid',
          `SOURCES ${this.#entry.name}: the mailbox has no folder "${wanted}"; it has ${all.map(({ names }) => `"${names.join('/')}"`).join(', ')}`,
        );
      for (const { folder } of below) found.add(folder);
    }
    return [...found];
  }

  #row({ path, names }: ImapFolder, uidValidity: string, mail: ImapMail): DriveRow {
    const locator = JSON.stringify([path, uidValidity, mail.uid]);
    return {
      ...bare(sha256Hex(locator).slice(0, 32)),
      ...{ name: mailName(mail.subject), parentId: folderId(names), size: mail.sizeBytes, eTag: locator },
      contentTag: `${lookOf(mail)}.${sha256Hex(locator).slice(0, 8)}`,
      isPending: mail.isDraft,
    };
  }
}

/** N2: new mails that look like vanished ones take their place. */
function rejoin(rows: Map<string, DriveRow>, known: DriveItems): void {
  const vanished = new Map<string, string[]>();
  for (const { id, kind } of rows.values()) {
    const item = known.byId.get(id);
    if (kind !== 'deleted' || item === undefined || item.state === 'removed') continue;
    const look = lookIn(item);
    if (look !== undefined) vanished.set(look, [...(vanished.get(look) ?? []), id]);
  }
  for (const [id, row] of [...rows]) {
    if (row.kind !== 'file' || known.byId.has(id)) continue;
    const look = lookIn(row);
    const other = look === undefined ? undefined : vanished.get(look)?.shift();
    if (other === undefined) continue;
    rows.delete(id);
    rows.set(other, { ...row, id: other });
  }
}

/** What a mail looks like from outside; '' where it has nothing of its own to be known by. */
const lookOf = ({ messageId, sizeBytes }: ImapMail): string =>
  messageId === '' ? '' : sha256Hex(`${messageId}\0${sizeBytes}`).slice(0, 24);

const lookIn = ({ contentTag }: Pick<DriveRow, 'contentTag'>): string | undefined =>
  contentTag.split('.')[0] || undefined;

function folderRows({ names }: ImapFolder): DriveRow[] {
  return names.map((name, i) => ({
    ...bare(folderId(names.slice(0, i + 1))),
    ...{ kind: 'folder', name, parentId: i === 0 ? 'top' : folderId(names.slice(0, i)) },
  }));
}

const folderId = (names: readonly string[]): string => `folder:${sha256Hex(names.join('\0')).slice(0, 32)}`;

function mailsByFolder(known: DriveItems): Map<string, DriveItem[]> {
  const found = new Map<string, DriveItem[]>();
  for (const item of known.byId.values()) {
    if (item.kind === 'folder' || item.state === 'removed') continue;
    const [path] = locatorOf(item);
    const items = found.get(path) ?? [];
    items.push(item);
    found.set(path, items);
  }
  return found;
}

const locatorOf = ({ eTag }: Pick<DriveItem, 'eTag'>): [string, string, number] =>
  locatorSchema.parse(JSON.parse(eTag));

const isSame = (a: ImapStatus | undefined, b: ImapStatus): boolean =>
  a !== undefined && a.uidValidity === b.uidValidity && a.uidNext === b.uidNext && a.messages === b.messages;

/** A cursor that cannot be read is one that is lost: everything is enumerated. */
function readCursor(text: string): Cursor | undefined {
  try {
    return cursorSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

const bare = (id: string): DriveRow => ({
  ...{ id, kind: 'file', name: '', parentId: null, isRoot: false, size: 0, contentTag: '', eTag: '', webUrl: '' },
  ...{ isMalware: false, isPending: false },
});
