// What the pages of a round come to: rows by unit on the disk of this machine, folders in memory. A page is let go of as soon as its rows are
// taken over.
// Invariants: J1 a page is in the journal before the next one is asked for. P1 the last row of an item counts, in whatever order rows come; of several
// parts one that shows an item wins over one that calls it removed. P2 rows before a restart of their enumeration count for nothing.
import type { FolderTree } from './folder-tree.ts';
import type { DriveRow } from './graph/drive-rows.ts';
import { itemKeyOf, partOf, UNIT_BITS } from './item-key.ts';
import type { Journal, JournalPage } from './journal.ts';
import { Spill } from './spill.ts';

/** Of an enumeration so far: its last page without the rows. */
export type LastPage = Omit<JournalPage, 'rows'>;

/** Rows of these parts are of what lies below folders; an item that has a row of another part has that one. */
const BELOW = 'below:';
export const partBelow = (folderId: string): string => `${BELOW}${folderId}`;

interface Part {
  name: string;
  /** How often it began anew. */
  restarts: number;
  last: LastPage | undefined;
}

/** [index of the part, its restarts at that time, row] */
type Kept = [number, number, DriveRow];

export class RoundRows {
  /** Pages so far, of all parts. */
  pages = 0;
  readonly #journal: Journal;
  readonly #driveId: string;
  readonly #tree: FolderTree;
  readonly #parts: Part[] = [];
  readonly #byName = new Map<string, number>();
  readonly #folders = new Map<string, Kept[]>();
  readonly #rows = new Spill<Kept>();
  readonly #dropped = new Set<string>();

  /** @param tree  folders before this round */
  constructor(journal: Journal, driveId: string, tree: FolderTree) {
    this.#journal = journal;
    this.#driveId = driveId;
    this.#tree = tree;
  }

  /** Take over what is in the journal. */
  async resume(): Promise<void> {
    for await (const page of this.#journal.pages()) await this.#fold(page);
  }

  /** J1. */
  async add(page: JournalPage): Promise<void> {
    await this.#fold(await this.#journal.putPage(this.pages, page));
  }

  /** The last page of an enumeration; undefined before its first. */
  last(part: string): LastPage | undefined {
    return this.#parts[this.#byName.get(part) ?? -1]?.last;
  }

  /** A row that follows from what is known and needs no journal. */
  async put(part: string, row: DriveRow): Promise<void> {
    const index = this.#partOf(part);
    const kept: Kept = [index, this.#parts[index]?.restarts ?? 0, row];
    const { id, kind } = row;
    if (kind === 'folder' || kind === 'notebook' || this.#tree.byId.has(id) || this.#folders.has(id)) {
      this.#folders.set(id, withLast(this.#folders.get(id), kept));
      if (kind === 'folder' || this.#tree.byId.get(id)?.kind === 'folder') return;
    }
    await this.#rows.add(partOf(itemKeyOf(this.#driveId, id), UNIT_BITS), kept);
  }

  /** The row of an item is one of another item. */
  async rename(id: string, row: DriveRow): Promise<void> {
    this.#dropped.add(id);
    await this.put('', row);
  }

  /** Rows of folders, and of what holds items as they do. @param part  of that part only */
  folders(part?: string): Map<string, DriveRow> {
    const found = new Map<string, DriveRow>();
    for (const [id, kept] of this.#folders) {
      const row = this.#chosen(part === undefined ? kept : kept.filter(([index]) => this.#parts[index]?.name === part));
      if (row !== undefined) found.set(id, row);
    }
    return found;
  }

  /** How many rows there are in a unit, at most. */
  sizeOf(unit: number): number {
    return this.#rows.sizes[unit] ?? 0;
  }

  /** The last row of each item of a unit that is no folder. */
  async of(unit: number): Promise<Map<string, DriveRow>> {
    const by = new Map<string, Kept[]>();
    for (const kept of await this.#rows.read(unit)) {
      const { id } = kept[2];
      if (!this.#dropped.has(id)) by.set(id, withLast(by.get(id), kept));
    }
    const found = new Map<string, DriveRow>();
    for (const [id, kept] of by) {
      const row = this.#chosen(kept);
      if (row !== undefined) found.set(id, row);
    }
    return found;
  }

  async remove(): Promise<void> {
    await this.#rows.remove();
  }

  async #fold({ rows, ...last }: JournalPage): Promise<void> {
    const part = this.#parts[this.#partOf(last.part)];
    if (part === undefined) return;
    if (last.isRestart === true) part.restarts++; // P2
    part.last = last;
    this.pages++;
    for (const row of rows) await this.put(last.part, row);
  }

  #partOf(name: string): number {
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    const index = this.#parts.push({ name, restarts: 0, last: undefined }) - 1;
    this.#byName.set(name, index);
    return index;
  }

  /** P1, P2. @param kept  the last of each part. @returns undefined when none counts */
  #chosen(kept: readonly Kept[]): DriveRow | undefined {
    let chosen: DriveRow | undefined;
    let isBelow = false;
    for (const [part, restarts, row] of kept) {
      const { name = '', restarts: now } = this.#parts[part] ?? {};
      if (restarts !== now) continue;
      const mayWin = chosen === undefined || isBelow || (!name.startsWith(BELOW) && row.kind !== 'deleted');
      if (!mayWin) continue;
      chosen = row;
      isBelow = name.startsWith(BELOW);
    }
    return chosen;
  }
}

const withLast = (before: Kept[] | undefined, kept: Kept): Kept[] =>
  before === undefined ? [kept] : [...before.filter(([part]) => part !== kept[0]), kept];
