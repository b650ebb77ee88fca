// The pages of a round as the journal keeps them, and what they come to. Of 40,000 items the pages are tens of megabytes, so a page is let go
// of as soon as its rows are taken over.
// Invariants: P1 the last row of an item counts, in whatever order rows come. P2 rows before a restart of their enumeration count for nothing.
// P3 a row shares its texts with what was known of the item before.
import type { DriveItems } from './drive-items.ts';
import type { DriveRow } from './graph/drive-rows.ts';

export interface JournalPage {
  /** Which of several enumerations of the drive, e.g. a mail folder; '' where there is one. */
  part: string;
  rows: DriveRow[];
  unreadable: number;
  next: string | null;
  delta: string | null;
  /** The enumeration began anew: rows before this page count for nothing. */
  isRestart?: boolean;
  /** The round looks at everything, so what it does not show is gone. */
  isFull: boolean;
}

/** One enumeration so far. */
export interface FoldedPart {
  /** By id, in the order of the last rows. */
  rows: Map<string, DriveRow>;
  /** Of its last page; undefined before the first. */
  last: Omit<JournalPage, 'rows'> | undefined;
}

export class FoldedPages {
  /** Pages so far, of all parts. */
  count = 0;
  readonly #known: DriveItems;
  readonly #parts = new Map<string, FoldedPart>();
  /** Thousands of files have the same parent. */
  readonly #parents = new Map<string, string>();

  /** @param known  items before this round */
  constructor(known: DriveItems) {
    this.#known = known;
  }

  add({ rows, ...last }: JournalPage): void {
    const part = this.part(last.part);
    if (last.isRestart === true) part.rows.clear(); // P2
    for (const row of rows) {
      part.rows.delete(row.id); // P1, and the order of the last rows
      part.rows.set(row.id, this.#shared(row));
    }
    part.last = last;
    this.count++;
  }

  /** What there is of an enumeration; goes on changing as pages are added. */
  part(name: string): FoldedPart {
    let part = this.#parts.get(name);
    if (part === undefined) {
      part = { rows: new Map(), last: undefined };
      this.#parts.set(name, part);
    }
    return part;
  }

  /** P3. */
  #shared(row: DriveRow): DriveRow {
    if (row.parentId !== null) {
      row.parentId = this.#parents.get(row.parentId) ?? row.parentId;
      this.#parents.set(row.parentId, row.parentId);
    }
    const item = this.#known.byId.get(row.id);
    if (item === undefined) return row;
    row.id = item.id;
    for (const field of ['name', 'contentTag', 'eTag', 'webUrl'] as const)
      if (item[field] === row[field]) row[field] = item[field];
    return row;
  }
}
