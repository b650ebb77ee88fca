// The cells of a sheet that show something: row and column in one number, their texts beside it.
// Invariant: S1 time and memory follow the cells that are there, not the rows and columns before them.

/** Columns of a row, at most: a package expands to 2^28 bytes, and no cell is written in fewer than four. */
const WIDTH = 2 ** 26;

export const rowOf = (place: number) => Math.floor(place / WIDTH);
export const columnOf = (place: number) => place % WIDTH;

/** A place and its text each, row by row. */
export interface CellList {
  places: number[];
  texts: string[];
}

export class SheetCells {
  readonly #cells: CellList = { places: [], texts: [] };
  readonly #comments: CellList = { places: [], texts: [] };
  #isSorted = true;
  #last = -1;

  /** @param row  0-based, as is the column */
  put(row: number, column: number, text: string): void {
    const place = row * WIDTH + column;
    if (place <= this.#last) this.#isSorted = false;
    this.#last = place;
    this.#cells.places.push(place);
    this.#cells.texts.push(text);
  }

  /** Stands behind what the cell shows. */
  comment(row: number, column: number, text: string): void {
    if (text === '') return;
    this.#comments.places.push(row * WIDTH + column);
    this.#comments.texts.push(text);
  }

  /** Of a cell that is written twice the last text. */
  inOrder(): CellList {
    const cells = this.#isSorted ? this.#cells : ordered(this.#cells, (_first, last) => last);
    const { places, texts } = this.#comments;
    if (places.length === 0) return cells;
    const all = { places: cells.places.concat(places), texts: cells.texts.concat(texts) };
    return ordered(all, (text, comment) => `${text} ${comment}`);
  }
}

/** @param merge  texts of the same place, in the order in which they came */
function ordered({ places, texts }: CellList, merge: (text: string, next: string) => string): CellList {
  const order = Uint32Array.from(places.keys()).sort((a, b) => places[a]! - places[b]! || a - b); // indexes of both
  const sorted: CellList = { places: [], texts: [] };
  for (const i of order) {
    const [place, text, last] = [places[i]!, texts[i]!, sorted.places.length - 1]; // indexes of both
    if (sorted.places[last] === place) sorted.texts[last] = merge(sorted.texts[last]!, text);
    else {
      sorted.places.push(place);
      sorted.texts.push(text);
    }
  }
  return sorted;
}
