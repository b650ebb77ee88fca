// A mailbox as a feed: one delta for its folders, and one for the mails of each folder that is followed.
// Invariants: M1 a mail is one item wherever it lies: ids are immutable, a move is another parent. M2 "removed" from a folder is no deletion: the
// mail may lie elsewhere, or in the same folder again; it is asked for by id. M3 folders are followed by id, so that another name changes nothing.
// https://learn.microsoft.com/graph/api/message-delta, https://learn.microsoft.com/graph/outlook-immutable-id
import { z } from 'zod';
import type { SourceEntry } from '../../api/source-entry.ts';
import { type ErrorCode, TerminalError } from '../../errors.ts';
import type { Logger } from '../../ports.ts';
import type { DriveItem } from '../drive-items.ts';
import type { Asked, Collected, Content, Feed, Known } from '../feed.ts';
import type { FolderTree } from '../folder-tree.ts';
import type { LastPage, RoundRows } from '../round-rows.ts';
import { collectPages } from './delta-pages.ts';
import type { DriveRow } from './drive-rows.ts';
import { contentOf, type GraphClient, GraphError, rowIfThere } from './graph-client.ts';
import { MAIL_FIELDS, readFolder, readFolderPage, readMail, readMailPage, receivedAt } from './mail-rows.ts';
import { rebuildMail } from './rebuilt-mail.ts';

export type MailboxEntry = Extract<SourceEntry, { kind: 'exchange' }>;

/** Without it a mail has another id in each folder. */
const HEADERS = { prefer: 'IdType="ImmutableId"' };
const PAGE_HEADERS = { prefer: 'IdType="ImmutableId", odata.maxpagesize=200' };
/** Folders that every mailbox has, by names that no language changes. */
const WELL_KNOWN = ['inbox', 'archive', 'sentitems', 'deleteditems', 'junkemail', 'msgfolderroot'];
const FOLDERS = '';

const cursorSchema = z.object({
  /** Delta link of the folders. */
  folders: z.string(),
  /** Ids of well-known folders that were asked for. */
  wellKnown: z.record(z.string(), z.string()),
  /** Delta link by folder id. */
  mails: z.record(z.string(), z.string()),
});
type Cursor = z.infer<typeof cursorSchema>;

type Tree = ReadonlyMap<string, Pick<DriveItem, 'id' | 'name' | 'parentId'>>;

export class MailFeed implements Feed {
  readonly #graph: GraphClient;
  readonly #entry: MailboxEntry;
  readonly #logger: Logger;
  readonly #path: string;
  readonly #sinceMs: number;

  constructor(graph: GraphClient, entry: MailboxEntry, logger: Logger) {
    this.#graph = graph;
    this.#entry = entry;
    this.#logger = logger;
    this.#path = `/users/${encodeURIComponent(entry.mailbox)}`;
    this.#sinceMs = entry.since === undefined ? 0 : Date.parse(entry.since);
  }

  async collect(rows: RoundRows, from: string | null, known: Known): Promise<Collected> {
    const before = from === null ? undefined : readCursor(from);
    const folders = await this.#pages(rows, FOLDERS, before?.folders ?? null, readFolderPage, {
      fresh: `${this.#path}/mailFolders/delta`,
    });
    const tree = treeOf(known.tree, rows.folders(FOLDERS));
    const wellKnown = await this.#wellKnown(before?.wellKnown ?? {});
    const whole = new Set<string>();
    const mails: Cursor['mails'] = {};
    for (const id of this.#followed(tree, wellKnown)) {
      const last = await this.#folderPages(rows, id, before?.mails[id] ?? null);
      if (last === undefined) {
        await rows.put(FOLDERS, gone(id));
        continue;
      }
      if (last.isFull) whole.add(id);
      mails[id] = last.delta ?? '';
    }
    const cursor: Cursor = { folders: folders.delta ?? '', wellKnown, mails };
    return {
      isFull: before === undefined,
      // A folder that was enumerated shows all of its mails; the folders themselves when theirs was.
      covers: (item) => (item.kind === 'folder' ? folders.isFull : item.parentId !== null && whole.has(item.parentId)),
      find: (id) => this.#find(id, mails),
      cursor: JSON.stringify(cursor),
    };
  }

  ask(item: Asked): Promise<DriveRow | undefined> {
    return item.kind === 'folder' ? this.#askFolder(item.id) : this.#askMail(item.id);
  }

  async open({ id }: DriveItem): Promise<Content> {
    const path = `${this.#path}/messages/${encodeURIComponent(id)}`;
    try {
      return contentOf(await this.#graph.content(`${path}/$value`, HEADERS));
    } catch (error) {
      if (!(error instanceof GraphError) || !/^ErrorMime/.test(error.graphCode)) throw error;
    }
    try {
      return await rebuildMail(this.#graph, path, HEADERS);
    } catch (error) {
      if (error instanceof GraphError && error.status !== 404) throw renamed(error, 'sync.no-mime');
      throw error;
    }
  }

  /** The rights a round needs: folders and mails of the first followed folder. */
  async probe(): Promise<void> {
    const wellKnown = await this.#wellKnown({});
    const { body } = await this.#graph.json(`${this.#path}/mailFolders/delta`, { units: 1, headers: PAGE_HEADERS });
    const rows = new Map(readFolderPage(body).rows.map((row) => [row.id, row]));
    const [id] = Object.values(wellKnown).length > 0 ? Object.values(wellKnown) : [...rows.keys()];
    if (id === undefined) return;
    await this.#graph.json(`${this.#mailsOf(id)}&$top=1`, { units: 1, headers: HEADERS });
  }

  /** undefined: the folder is gone. */
  async #folderPages(rows: RoundRows, id: string, link: string | null): Promise<LastPage | undefined> {
    const read = (body: unknown) => readMailPage(body, id, this.#sinceMs);
    try {
      return await this.#pages(rows, id, link, read, { fresh: this.#mailsOf(id) });
    } catch (error) {
      if (!(error instanceof GraphError) || error.status !== 404 || (await this.#askFolder(id)) !== undefined)
        throw error;
      return undefined;
    }
  }

  #pages(
    rows: RoundRows,
    name: string,
    link: string | null,
    read: (body: unknown) => ReturnType<typeof readFolderPage>,
    { fresh }: { fresh: string },
  ): Promise<LastPage> {
    const deps = { graph: this.#graph, logger: this.#logger };
    const title = name === FOLDERS ? 'folders of the mailbox' : `mail folder ${name}`;
    return collectPages(deps, { name, title, fresh, freshUnits: 1, headers: PAGE_HEADERS, read }, rows, link);
  }

  #mailsOf(folderId: string): string {
    return `${this.#path}/mailFolders/${encodeURIComponent(folderId)}/messages/delta?$select=${MAIL_FIELDS}`;
  }

  /** M2: what is new to us and was removed before this round saw it lies elsewhere, or in its folder again. */
  async #find(id: string, followed: Cursor['mails']): Promise<DriveRow | undefined> {
    const mail = await this.#mail(id);
    const row = mail === undefined || receivedAt(mail) < this.#sinceMs ? undefined : readMail(mail);
    return row?.parentId != null && row.parentId in followed ? row : undefined;
  }

  async #askMail(id: string): Promise<DriveRow | undefined> {
    const mail = await this.#mail(id);
    return mail === undefined ? undefined : readMail(mail);
  }

  /** As the service shows it; undefined: it is gone. */
  #mail(id: string): Promise<unknown> {
    const path = `${this.#path}/messages/${encodeURIComponent(id)}?$select=${MAIL_FIELDS}`;
    return rowIfThere(async () => (await this.#graph.json(path, { units: 1, headers: HEADERS })).body);
  }

  #askFolder(id: string): Promise<DriveRow | undefined> {
    const path = `${this.#path}/mailFolders/${encodeURIComponent(id)}`;
    return rowIfThere(async () => readFolder((await this.#graph.json(path, { units: 1, headers: HEADERS })).body));
  }

  /** Ids of the well-known folders that the entry names; each is asked for once in a mailbox's life. */
  async #wellKnown(before: Readonly<Record<string, string>>): Promise<Record<string, string>> {
    const ids: Record<string, string> = {};
    for (const folder of this.#entry.folders) {
      const name = folder.split('/')[0]?.toLowerCase() ?? '';
      if (!WELL_KNOWN.includes(name) || name in ids) continue;
      ids[name] = before[name] ?? (await this.#wellKnownId(name));
    }
    return ids;
  }

  async #wellKnownId(name: string): Promise<string> {
    const path = `${this.#path}/mailFolders/${name}`;
    return readFolder((await this.#graph.json(path, { units: 1, headers: HEADERS })).body).id;
  }

  /** Ids of the folders that are followed: those named and all below them. @throws {TerminalError} config.invalid naming a folder that is not there */
  #followed(tree: Tree, wellKnown: Readonly<Record<string, string>>): string[] {
    const roots = new Set(this.#entry.folders.map((folder) => this.#named(tree, wellKnown, folder)));
    const isBelow = (id: string): boolean => {
      const seen = new Set<string>();
      for (let at: string | null = id; at !== null && !seen.has(at); at = tree.get(at)?.parentId ?? null) {
        if (roots.has(at)) return true;
        seen.add(at);
      }
      return false;
    };
    return [...new Set([...roots, ...[...tree.keys()].filter(isBelow)])].sort();
  }

  #named(tree: Tree, wellKnown: Readonly<Record<string, string>>, folder: string): string {
    const [first = '', ...rest] = folder.split('/').filter((part) => part !== '');
    const below = (parent: string | null, name: string): string | undefined => {
      for (const one of tree.values()) {
        // The root of all folders is in no list, so the folders right below it have a parent that nobody knows.
        const isHere = parent === null ? one.parentId === null || !tree.has(one.parentId) : one.parentId === parent;
        if (isHere && one.name.toLowerCase() === name.toLowerCase()) return one.id;
      }
      return undefined;
    };
    let at = wellKnown[first.toLowerCase()] ?? below(null, first);
    for (const part of rest) at = at === undefined ? undefined : below(at, part);
    if (at !== undefined) return at;
    const names = [...tree.values()].filter(({ parentId }) => parentId === null || !tree.has(parentId));
    throw new TerminalError(
      'config.invalid',
      `SOURCES ${this.#entry.name}: the mailbox has no folder "${folder}"; it has ${names.map(({ name }) => `"${name}"`).join(', ')}`,
    );
  }
}

/** A cursor that cannot be read is one that is lost: everything is enumerated. */
function readCursor(text: string): Cursor | undefined {
  try {
    return cursorSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function treeOf(known: FolderTree, rows: ReadonlyMap<string, DriveRow>): Tree {
  const tree = new Map<string, Pick<DriveItem, 'id' | 'name' | 'parentId'>>(known.byId);
  for (const row of rows.values()) {
    if (row.kind === 'folder') tree.set(row.id, row);
    else tree.delete(row.id);
  }
  return tree;
}

const gone = (id: string): DriveRow => ({
  ...{ id, kind: 'deleted', name: '', parentId: null, isRoot: false, size: 0, contentTag: '', eTag: '', webUrl: '' },
  ...{ isMalware: false, isPending: false },
});

const renamed = (error: GraphError, code: ErrorCode): TerminalError =>
  new TerminalError(code, error.message, { cause: error });
