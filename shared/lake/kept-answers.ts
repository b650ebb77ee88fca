// Answers that are kept for as long as there is room, the longest unused first to go; who asks while one is being worked out shares it.
// Invariant: K1 an answer that failed is not kept. K2 no more than MAX_CELLS values are held, and no answer larger than a tenth of that.

const MAX_CELLS = 200_000;

/** What counts of an answer's size. */
interface Table {
  columns: readonly unknown[];
  rows: readonly unknown[];
}

interface Kept<T> {
  answer: Promise<T>;
  /** 0 until it is there. */
  cells: number;
}

export class KeptAnswers<T extends Table> {
  readonly #kept = new Map<string, Kept<T>>();
  #cells = 0;

  /** The answer under a key, made by `work` unless it is kept. It is shared: do not change it. */
  get(key: string, work: () => Promise<T>): Promise<T> {
    const known = this.#kept.get(key);
    if (known !== undefined) {
      this.#kept.delete(key); // to the end: used last
      this.#kept.set(key, known);
      return known.answer;
    }
    const made: Kept<T> = { answer: work(), cells: 0 };
    this.#kept.set(key, made);
    made.answer.then(
      ({ columns, rows }) => this.#keep(key, made, Math.max(1, columns.length * rows.length)),
      () => this.#kept.delete(key), // K1; told to those who asked
    );
    return made.answer;
  }

  #keep(key: string, made: Kept<T>, cells: number): void {
    if (cells > MAX_CELLS / 10) {
      this.#kept.delete(key);
      return;
    }
    made.cells = cells;
    this.#cells += cells;
    for (const [oldest, { cells: freed }] of this.#kept) {
      if (this.#cells <= MAX_CELLS) return;
      if (freed === 0) continue; // being worked out
      this.#kept.delete(oldest);
      this.#cells -= freed;
    }
  }
}
