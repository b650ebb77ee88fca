// Columns of tables whose rows tell where each of their cells ends on the page (doc, rtf): Word writes cells merged across columns as one wide cell, so
// that only the edges of the other rows tell how many columns it covers.
// Invariants: G1 a row is never given fewer cells than it has. G2 what is kept is linear in the cells, however long the table.

/** Where the cells of a row lie, in twips. */
export interface RowEdges {
  left: number;
  /** Right edge of each cell, ascending. */
  ends: readonly number[];
}

/** Edges this near are one: rows are seldom drawn to the twip. About 1 mm. */
const NEAR_TWIPS = 60;
const MAX_COLUMNS = 1000;
/** Empty cells told one by one. */
const MAX_GAP = 32;

interface Row {
  /** Places of the marks behind its cells. */
  cells: readonly number[];
  /** Place of its end. */
  end: number;
  edges: RowEdges | undefined;
}

/** The table that is being read; its marks are widened once all of its rows are known. */
export class TableGrid {
  readonly #replace: (place: number, text: string) => void;
  #rows: Row[] = [];
  #cells: number[] = [];

  /** @param replace  put another text in place of a mark (a tab, or the line break of a row) */
  constructor(replace: (place: number, text: string) => void) {
    this.#replace = replace;
  }

  endCell(place: number): void {
    this.#cells.push(place);
  }

  endRow(place: number, edges: RowEdges | undefined): void {
    this.#rows.push({ cells: this.#cells, end: place, edges });
    this.#cells = [];
  }

  /** The row whose cells were just read is the first of another table. */
  startTable(): void {
    if (this.#rows.length > 1) this.#widen(this.#rows);
    this.#rows = [];
  }

  endTable(): void {
    this.startTable();
    this.#cells = [];
  }

  #widen(rows: readonly Row[]): void {
    const columns = columnEdges(rows);
    if (columns === undefined) return;
    for (const [i, { cells, edges }] of rows.entries()) {
      if (edges === undefined) continue;
      const before = columnAt(columns, edges.left);
      // Leading columns follow the end of the row above.
      if (before > 0 && i > 0) this.#replace(rows[i - 1]!.end, `\n${'\t'.repeat(Math.min(before, MAX_GAP))}`); // i > 0
      let column = before;
      for (const [at, place] of cells.entries()) {
        const end = edges.ends[at];
        if (end === undefined) break;
        const next = columnAt(columns, end);
        if (next - column > 1) this.#replace(place, '\t'.repeat(Math.min(next - column, MAX_GAP)));
        column = Math.max(column + 1, next);
      }
    }
  }
}

/** Right edges of all columns, ascending; undefined for what is no grid. */
function columnEdges(rows: readonly Row[]): number[] | undefined {
  const all = new Set<number>();
  let last: readonly number[] | undefined;
  for (const { edges } of rows) {
    if (edges === undefined || edges.ends === last) continue;
    last = edges.ends;
    for (const end of edges.ends) all.add(end);
    if (all.size > MAX_COLUMNS) return undefined;
  }
  const columns: number[] = [];
  for (const end of [...all].sort((a, b) => a - b))
    if (columns.length === 0 || end - columns.at(-1)! > NEAR_TWIPS) columns.push(end); // length > 0
  return columns;
}

/** Columns that end at `position` or left of it. */
function columnAt(columns: readonly number[], position: number): number {
  let [low, high] = [0, columns.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (columns[middle]! <= position + NEAR_TWIPS)
      low = middle + 1; // middle < high
    else high = middle;
  }
  return low;
}
