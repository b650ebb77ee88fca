// The tables of an RTF: rows are described before or behind their cells, and are as the last one was described where nothing is said.
import { TableGrid } from './table-grid.ts';

const MAX_CELLS = 200;

export class RtfTable {
  readonly #grid: TableGrid;
  #left = 0;
  #ends: number[] = [];

  /** @param replace  put another text in place of a mark */
  constructor(replace: (place: number, text: string) => void) {
    this.#grid = new TableGrid(replace);
  }

  describe(word: 'trowd' | 'trleft' | 'cellx', twips: number): void {
    if (word === 'trleft') this.#left = twips;
    else if (word === 'cellx' && this.#ends.length < MAX_CELLS) this.#ends.push(twips);
    else if (word === 'trowd') {
      this.#left = 0;
      this.#ends = [];
    }
  }

  /** @param place  of the mark that was written for the word */
  mark(word: string, place: number, isInTable: boolean): void {
    if (word === 'cell') this.#grid.endCell(place);
    else if (word === 'row') this.#grid.endRow(place, { left: this.#left, ends: this.#ends });
    else if (word === 'par' && !isInTable) this.#grid.endTable();
  }

  end(): void {
    this.#grid.endTable();
  }
}
