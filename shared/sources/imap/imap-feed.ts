// A mailbox behind IMAP as a feed. The server has numbers and no history: what a folder holds is compared with what is known of it.
// Invariants: N1 a folder whose UIDVALIDITY, UIDNEXT and count are the known ones has not changed and is not opened. N2 a mail is known by folder,
// UIDVALIDITY and UID; one that is new there and looks like one that has gone elsewhere (Message-ID and size) is that one, moved or renumbered: it
// keeps its item, and its bytes say whether that is right; where
// mails are gone or numbers are new all that is known is read, one after the other. N3 nothing is opened for writing.
// https://www.rfc-editor.org/rfc/rfc9051, section 2.3.1.1
import { z } from 'zod';
import { TerminalError } from '../../errors.ts';
import { sha256Hex } from '../../ids.ts';
import type { DriveItem } from '../drive-items.ts';
import type { Asked, Collected, Content, Feed, Known } from '../feed.ts';
import type { DriveRow } from '../graph/drive-rows.ts';
import { UNITS } from '../item-key.ts';
import type { JournalPage } from '../journal.ts';
import { mailName } from '../mail-name.ts';
import type { RoundRows } from '../round-rows.ts';
import type { ImapConnection, ImapEntry, ImapFolder, ImapMail, ImapStatus } from './imap-connection.ts';

const statusSchema = z.object({ uidValidity: z.string(), uidNext: z.number(), messages: z.number() });
const cursorSchema = z.record(z.string(), statusSchema);
type Cursor = Readonly<Record<string, ImapStatus>>;

/** Where a folder ends: how it was when it was read, and whether what is gone must be looked for. */
const endSchema = statusSchema.extend({ isCompared: z.boolean().optional() });
type FolderEnd = ImapStatus & { isCompared?: boolean | undefined };
/** What is left of a folder: from which UID on. */
const stepSchema = z.object({ status: statusSchema, from: z.number() });
type Step = z.infer<typeof stepSchema>;

/** Mails of one page of the journal. */
const PAGE = 500;

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

  async collect(rows: RoundRows, from: string | null, known: Known): Promise<Collected> {
    const before = from === null ? undefined : readCursor(from);
    const all = await this.#connection.folders();
    const ends = new Map<string, FolderEnd>();
    const mails = new KnownMails(known);
    for (const folder of this.#followed(all)) {
      for (const row of folderRows(folder)) await rows.put('', row);
      if (rows.last(folder.path)?.delta == null) await this.#read(rows, folder, before?.[folder.path], mails);
      ends.set(folder.path, endSchema.parse(JSON.parse(rows.last(folder.path)?.delta ?? '')));
    }
    const there = new Set(all.map(({ path }) => path));
    const isLost =
      Object.keys(before ?? {}).some((path) => !there.has(path)) || (before === undefined && !known.isEmpty);
    const isCompared = isLost || [...ends.values()].some((end) => end.isCompared === true);
    if (isCompared && rows.last('')?.delta == null) await this.#findGone(rows, ends, known, there);
    const cursor = Object.fromEntries([...ends].map(([path, end]) => [path, statusSchema.parse(end)]));
    if (isCompared) await rejoin(rows, known); // N2
    return { isFull: before === undefined, covers: () => false, cursor: JSON.stringify(cursor) };
  }

  async ask(item: Asked): Promise<DriveRow | undefined> {
    const { id, name, parentId, contentTag, eTag } = item;
    const row = { ...bare(id), kind: item.kind, name, parentId, contentTag, eTag, size: item.size };
    const folders = await this.#connection.folders();
    if (item.kind === 'folder') return folders.some((one) => folderId(one.names) === id) ? row : undefined;
    const [path, uidValidity, uid] = locatorOf(item);
    if (!folders.some((one) => one.path === path)) return undefined;
    const status = await this.#connection.status(path);
    if (status.uidValidity !== uidValidity) return undefined;
    return (await this.#connection.hasUid(path, uidValidity, uid)) ? row : undefined;
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
    await this.#connection.uids(folder.path, uidValidity, 1);
  }

  /** What is new in a folder, page by page; goes on behind the pages that there are. */
  async #read(rows: RoundRows, { path, names }: ImapFolder, before: ImapStatus | undefined, known: KnownMails) {
    const now = await this.#connection.status(path);
    const page = (some: DriveRow[], next: Step | null, end: FolderEnd | null): JournalPage => ({
      ...{ part: path, rows: some, unreadable: 0, isFull: before === undefined },
      ...{ next: next && JSON.stringify(next), delta: end && JSON.stringify(end) },
    });
    const last = rows.last(path);
    if (last === undefined && isSame(before, now)) return rows.add(page([], null, now)); // N1
    const left = last?.next == null ? undefined : stepSchema.parse(JSON.parse(last.next));
    // Numbered anew in the middle of it: what was read so far counts for nothing.
    const isStale = left !== undefined && left.status.uidValidity !== now.uidValidity;
    if (isStale) await rows.add({ ...page([], null, null), isRestart: true });
    const status = left === undefined || isStale ? now : left.status;
    const { uidValidity, uidNext, messages } = status;
    const isRenumbered = before?.uidValidity !== uidValidity;
    const first = isRenumbered ? 1 : (before?.uidNext ?? 1);
    // What comes while this round reads is the next one's, as the cursor says.
    const uids = (await this.#connection.uids(path, uidValidity, first)).filter((uid) => uid < uidNext);
    const isCompared = isRenumbered ? !known.isEmpty : (before?.messages ?? 0) + uids.length !== messages;
    const end: FolderEnd = { ...status, ...(isCompared ? { isCompared } : {}) };
    const adopted = isRenumbered ? await known.adopted() : undefined;
    const open = uids.filter((uid) => uid >= (isStale ? 1 : (left?.from ?? 1)));
    for (let at = 0; at < open.length || at === 0; at += PAGE) {
      const some = open.subarray(at, at + PAGE);
      const [from, to] = [some[0] ?? 0, some.at(-1) ?? 0];
      const mails = some.length === 0 ? [] : await this.#connection.mails(path, uidValidity, from, to);
      const found = mails
        .filter(({ receivedAt }) => !(receivedAt < this.#sinceMs))
        .map((mail) => this.#row({ path, names }, uidValidity, mail));
      // What was moved or renumbered keeps its item.
      for (const row of found) row.id = adopted?.get(row.eTag) ?? row.id;
      const isLast = at + PAGE >= open.length;
      await rows.add(page(found, isLast ? null : { status, from: to + 1 }, isLast ? end : null));
    }
  }

  /** Mails that are where they were no more, of the folders that are compared. */
  async #findGone(rows: RoundRows, ends: ReadonlyMap<string, FolderEnd>, known: Known, there: ReadonlySet<string>) {
    const uids = new Map<string, Uint32Array>();
    for (const [path, { isCompared, uidValidity }] of ends) {
      if (isCompared !== true) continue;
      const status = await this.#connection.status(path);
      // Numbered anew since it was read: the next round compares it.
      if (status.uidValidity === uidValidity) uids.set(path, await this.#connection.uids(path, uidValidity, 1));
    }
    const isGone = (item: DriveItem): boolean => {
      const [path, uidValidity, uid] = locatorOf(item);
      const found = uids.get(path);
      if (found === undefined) return !there.has(path);
      return ends.get(path)?.uidValidity !== uidValidity || !has(found, uid);
    };
    let gone: DriveRow[] = [];
    const put = async (delta: string | null) => {
      await rows.add({ ...{ part: '', rows: gone, unreadable: 0, next: null, isFull: false }, delta });
      gone = [];
    };
    for await (const item of known.all()) {
      if (item.state === 'removed' || !isGone(item)) continue;
      gone.push({ ...bare(item.id), kind: 'deleted', contentTag: item.contentTag });
      if (gone.length === PAGE) await put(null);
    }
    await put('');
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
      ...bare(idOf(locator)),
      ...{ name: mailName(mail.subject), parentId: folderId(names), size: mail.sizeBytes, eTag: locator },
      contentTag: `${lookOf(mail)}.${sha256Hex(locator).slice(0, 8)}`,
      isPending: mail.isDraft,
    };
  }
}

/** N2: new mails that look like vanished ones take their place. */
async function rejoin(rows: RoundRows, known: Known): Promise<void> {
  const vanished = new Map<string, string[]>();
  for (let unit = 0; unit < UNITS; unit++) {
    if (rows.sizeOf(unit) === 0) continue;
    for (const row of (await rows.of(unit)).values()) {
      const look = row.kind === 'deleted' ? lookIn(row) : undefined;
      if (look !== undefined) vanished.set(look, [...(vanished.get(look) ?? []), row.id]);
    }
  }
  for (let unit = 0; unit < UNITS && vanished.size > 0; unit++) {
    if (rows.sizeOf(unit) === 0) continue;
    for (const [id, row] of await rows.of(unit)) {
      const look = row.kind === 'file' ? lookIn(row) : undefined;
      const other = look === undefined ? undefined : vanished.get(look)?.[0];
      if (other === undefined || other === id || (await known.has(id))) continue;
      vanished.get(look ?? '')?.shift();
      await rows.rename(id, { ...row, id: other });
    }
  }
}

/** What was known of mails, read at most once in a round. */
class KnownMails {
  readonly #known: Known;
  #adopted: Promise<Map<string, string>> | undefined;

  constructor(known: Known) {
    this.#known = known;
  }

  get isEmpty(): boolean {
    return this.#known.isEmpty;
  }

  /** Items by locator whose id is not the one of their locator. */
  adopted(): Promise<ReadonlyMap<string, string>> {
    this.#adopted ??= this.#read();
    return this.#adopted;
  }

  async #read(): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    for await (const { id, eTag, state } of this.#known.all())
      if (state !== 'removed' && id !== idOf(eTag)) found.set(eTag, id);
    return found;
  }
}

/** @param sorted  the lowest first */
function has(sorted: Uint32Array, uid: number): boolean {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) < uid) low = middle + 1;
    else high = middle;
  }
  return sorted[low] === uid;
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

/** Of a mail that was never moved. */
const idOf = (locator: string): string => sha256Hex(locator).slice(0, 32);

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
