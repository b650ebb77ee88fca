// The columns of one row, each with its place among them: a small table that stays near the processor while a text is gone through.

const SPREAD = 0x9e3779b1;

/** One instance serves row after row, so that none of them costs memory. */
export class ColumnPlaces {
  /** Columns plus 1; 0 is free. */
  #columns = new Int32Array(1024);
  #places = new Int32Array(1024);
  #shift = 22;

  /** From now on of these columns, which are distinct. */
  set(columns: Int32Array): void {
    const bits = Math.max(4, 33 - Math.clz32(columns.length)); // at most half of the table is taken
    if (this.#columns.length < 1 << bits) {
      this.#columns = new Int32Array(1 << bits);
      this.#places = new Int32Array(1 << bits);
    } else this.#columns.fill(0, 0, 1 << bits);
    this.#shift = 32 - bits;
    const mask = (1 << bits) - 1;
    for (let place = 0; place < columns.length; place++) {
      const column = columns[place]!;
      let slot = Math.imul(column, SPREAD) >>> this.#shift;
      while (this.#columns[slot] !== 0) slot = (slot + 1) & mask;
      this.#columns[slot] = column + 1;
      this.#places[slot] = place;
    }
  }

  /** -1 for a column that the row does not have. */
  place(column: number): number {
    const mask = (1 << (32 - this.#shift)) - 1;
    let slot = Math.imul(column, SPREAD) >>> this.#shift;
    for (let found = this.#columns[slot]!; found !== 0; found = this.#columns[slot]!) {
      if (found === column + 1) return this.#places[slot]!;
      slot = (slot + 1) & mask;
    }
    return -1;
  }
}
