// One drive of the Graph emulator: its items as state, and what has changed as a sequence, so that a delta is told the way SharePoint tells it.
// Behaves as the service: no parentReference.path and no name on what is deleted, ancestors come along, the last state of an item counts, order is
// not promised, an item may come twice, changes show with a lag, Office files are rewritten after upload, hashes come late, folders have no cTag.
// https://learn.microsoft.com/graph/api/driveitem-delta
import { createHash } from 'node:crypto';

export type ItemKind = 'file' | 'folder' | 'notebook' | 'shortcut' | 'unknown';

export interface DriveItem {
  id: string;
  parentId: string | null;
  name: string;
  kind: ItemKind;
  bytes: Buffer;
  /** Rises with every change of content; part of the cTag. */
  contentVersion: number;
  /** Rises with every change; part of the eTag. */
  version: number;
  /** ms since the epoch. */
  createdAt: number;
  /** ms since the epoch, as the file says: copies keep the date of their original. */
  modifiedAt: number;
  changedAt: number;
  /** Place in the drive's sequence of changes. */
  sequence: number;
  isDeleted: boolean;
  isMalware: boolean;
  isPending: boolean;
  /** Somebody has it open for editing alone: nobody else may change it. */
  isCheckedOut?: boolean;
  /** `fields` of the list item: what write-back sets. */
  fields: Record<string, unknown>;
  lastModifiedBy: string;
  /** Hashes are there from then on. */
  hashedAt: number;
  /** The service will rewrite the file then; undefined when it has, or never will. */
  rewriteAt: number | undefined;
}

export interface DriveOptions {
  now(): number;
  /** Changes younger than this are not told yet, ms. */
  lagMs: number;
  /** Office files are rewritten so long after their upload; undefined = never. */
  rewriteAfterMs?: number | undefined;
  /** Columns are copied into Office files: other bytes, another cTag. */
  promotesFields?: boolean;
  /** Hashes are missing for so long. */
  hashAfterMs: number;
}

const OFFICE = /\.(docx|xlsx|pptx)$/i;

export class Drive {
  readonly id: string;
  readonly name: string;
  readonly webUrl: string;
  readonly items = new Map<string, DriveItem>();
  readonly rootId: string;
  readonly #options: DriveOptions;
  /** Ids by parent and name, and children by parent, of what exists. */
  readonly #places = new Map<string, string>();
  readonly #children = new Map<string, Set<string>>();
  /** Ids of the files that will be rewritten. */
  readonly #rewrites = new Set<string>();
  #sequence = 0;
  #made = 0;
  /** Internal names of the columns that people have added; of a choice column its choices. */
  readonly columns = new Map<string, readonly string[] | undefined>();
  /** Sequence numbers below this are forgotten: a token from before answers 410. */
  forgottenBefore = 0;

  constructor(id: string, name: string, webUrl: string, options: DriveOptions) {
    this.id = id;
    this.name = name;
    this.webUrl = webUrl;
    this.#options = options;
    this.rootId = this.#make(null, 'root', 'folder', Buffer.alloc(0)).id;
  }

  /** Put a file at a path, making its folders; the same path again is a new version of the same item. */
  putFile(path: string, bytes: Buffer, options: { createdAt?: number; modifiedAt?: number } = {}): DriveItem {
    const { parent, name } = this.#place(path);
    const known = this.#child(parent, name);
    if (known === undefined) {
      const made = this.#make(parent, name, 'file', bytes);
      made.createdAt = options.createdAt ?? made.createdAt;
      made.modifiedAt = options.modifiedAt ?? made.modifiedAt;
      return made;
    }
    known.bytes = bytes;
    known.lastModifiedBy = 'someone';
    known.contentVersion++;
    known.modifiedAt = options.modifiedAt ?? this.#options.now();
    this.#plan(known);
    return this.#touch(known);
  }

  putFolder(path: string): DriveItem {
    const { parent, name } = this.#place(path);
    return this.#child(parent, name) ?? this.#make(parent, name, 'folder', Buffer.alloc(0));
  }

  /** A notebook, a shortcut to another drive, or something nobody knows. */
  putOther(path: string, kind: Exclude<ItemKind, 'file' | 'folder'>): DriveItem {
    const { parent, name } = this.#place(path);
    return this.#make(parent, name, kind, Buffer.alloc(0));
  }

  /** To another name or folder; the id stays. Descendants are not told: that is how the service does it. */
  move(id: string, to: string): void {
    const { parent, name } = this.#place(to);
    const item = this.#need(id);
    this.#unlink(item);
    item.parentId = parent;
    item.name = name;
    this.#link(item);
    this.#touch(item);
  }

  delete(id: string, options: { tombstone?: boolean } = {}): void {
    for (const child of this.children(id)) this.delete(child.id, options);
    const item = this.#need(id);
    this.#unlink(item);
    item.isDeleted = true;
    if (options.tombstone !== false) this.#touch(item);
    else item.sequence = 0;
  }

  restore(id: string): void {
    const item = this.#need(id);
    item.isDeleted = false;
    this.#link(item);
    this.#touch(item);
  }

  /** Permissions, views, fields: the eTag changes, the cTag does not. */
  touchMetadata(id: string, by = 'someone'): DriveItem {
    const item = this.#need(id);
    item.lastModifiedBy = by;
    return this.#touch(item);
  }

  set(id: string, change: Partial<Pick<DriveItem, 'isMalware' | 'isPending' | 'isCheckedOut' | 'fields'>>): DriveItem {
    return this.#touch(Object.assign(this.#need(id), change));
  }

  /** Columns of a file, by the app. */
  setFields(id: string, fields: Record<string, unknown>): DriveItem {
    const item = this.#need(id);
    item.lastModifiedBy = 'app';
    if (this.#options.promotesFields && OFFICE.test(item.name)) {
      item.bytes = Buffer.concat([item.bytes, Buffer.from(JSON.stringify(fields))]);
      item.contentVersion++;
    }
    return this.set(id, { fields: { ...item.fields, ...fields } });
  }

  /** The service rewrites what is due: other bytes, another cTag, one more row. */
  settle(): void {
    const now = this.#options.now();
    for (const item of [...this.#rewrites].map((id) => this.#need(id))) {
      if (item.rewriteAt === undefined || item.rewriteAt > now || item.isDeleted) continue;
      item.rewriteAt = undefined;
      this.#rewrites.delete(item.id);
      item.bytes = Buffer.concat([item.bytes, Buffer.from('\n')]);
      item.contentVersion++;
      this.#touch(item);
    }
  }

  get(id: string): DriveItem | undefined {
    const found = id === 'root' ? this.items.get(this.rootId) : this.items.get(id);
    return found?.isDeleted ? undefined : found;
  }

  children(id: string): DriveItem[] {
    return [...(this.#children.get(id) ?? [])].map((child) => this.#need(child));
  }

  pathOf(item: DriveItem): string {
    const parts: string[] = [];
    for (
      let at: DriveItem | undefined = item;
      at !== undefined && at.parentId !== null;
      at = this.items.get(at.parentId)
    )
      parts.unshift(at.name);
    return parts.join('/');
  }

  /** The newest sequence number that is told: younger changes lag. */
  newest(): number {
    const until = this.#options.now() - this.#options.lagMs;
    let newest = 0;
    for (const item of this.items.values()) if (item.changedAt <= until) newest = Math.max(newest, item.sequence);
    return newest;
  }

  /** Items that changed after `from` up to `to`, with their ancestors; from 0: all that exist. */
  changes(from: number, to: number): DriveItem[] {
    const found = new Map<string, DriveItem>();
    for (const item of this.items.values()) {
      if (item.sequence <= from || item.sequence > to || (from === 0 && item.isDeleted)) continue;
      for (let at: DriveItem | undefined = item; at !== undefined; at = this.items.get(at.parentId ?? ''))
        found.set(at.id, at);
    }
    return [...found.values()];
  }

  hashOf(item: DriveItem): string | undefined {
    if (item.kind !== 'file' || this.#options.now() < item.hashedAt) return undefined;
    return createHash('sha1').update(item.bytes).digest('base64'); // stands for quickXorHash: a reader compares it only
  }

  #make(parentId: string | null, name: string, kind: ItemKind, bytes: Buffer): DriveItem {
    const now = this.#options.now();
    const id = `01${createHash('sha1')
      .update(`${this.id}/${++this.#made}`)
      .digest('hex')
      .slice(0, 30)
      .toUpperCase()}`;
    const item: DriveItem = {
      id,
      parentId,
      name,
      kind,
      bytes,
      contentVersion: 1,
      version: 0,
      createdAt: now,
      modifiedAt: now,
      changedAt: now,
      sequence: 0,
      isDeleted: false,
      isMalware: false,
      isPending: false,
      fields: {},
      lastModifiedBy: 'someone',
      hashedAt: now,
      rewriteAt: undefined,
    };
    this.items.set(id, item);
    this.#link(item);
    if (kind === 'file') this.#plan(item);
    return this.#touch(item);
  }

  #plan(item: DriveItem): void {
    const { rewriteAfterMs, hashAfterMs, now } = this.#options;
    item.hashedAt = now() + hashAfterMs;
    item.rewriteAt = rewriteAfterMs !== undefined && OFFICE.test(item.name) ? now() + rewriteAfterMs : undefined;
    if (item.rewriteAt !== undefined) this.#rewrites.add(item.id);
  }

  #touch(item: DriveItem): DriveItem {
    item.version++;
    item.changedAt = this.#options.now();
    item.sequence = ++this.#sequence;
    return item;
  }

  #place(path: string): { parent: string; name: string } {
    const parts = path.split('/').filter((part) => part !== '');
    const name = parts.pop() ?? '';
    let parent = this.rootId;
    for (const part of parts)
      parent = (this.#child(parent, part) ?? this.#make(parent, part, 'folder', Buffer.alloc(0))).id;
    return { parent, name };
  }

  #child(parentId: string, name: string): DriveItem | undefined {
    const id = this.#places.get(`${parentId}/${name}`);
    return id === undefined ? undefined : this.items.get(id);
  }

  #link({ id, parentId, name }: DriveItem): void {
    if (parentId === null) return;
    this.#places.set(`${parentId}/${name}`, id);
    const siblings = this.#children.get(parentId) ?? new Set();
    this.#children.set(parentId, siblings.add(id));
  }

  #unlink({ id, parentId, name }: DriveItem): void {
    if (parentId === null) return;
    this.#places.delete(`${parentId}/${name}`);
    this.#children.get(parentId)?.delete(id);
  }

  #need(id: string): DriveItem {
    const item = this.items.get(id);
    if (item === undefined) throw new Error(`the drive has no item ${id}`);
    return item;
  }
}
