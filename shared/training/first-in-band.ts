// Which text was the first with a band of a signature: a table without an object for each band, of which a training has sixteen for every text.

/** Keys of 53 bits in two numbers, each with the number that came with it first. */
export class FirstInBand {
  readonly #high: Int32Array;
  readonly #low: Int32Array;
  /** Plus 1; 0 is free. */
  readonly #first: Uint32Array;
  readonly #mask: number;

  /** @param most  keys at most */
  constructor(most: number) {
    const size = 2 ** Math.ceil(Math.log2(1.25 * most + 1)); // at most four fifths are taken
    this.#high = new Int32Array(size);
    this.#low = new Int32Array(size);
    this.#first = new Uint32Array(size);
    this.#mask = size - 1;
  }

  /** The number that came with this key first; undefined: it is this one. */
  firstOf(high: number, low: number, own: number): number | undefined {
    let slot = high & this.#mask;
    for (let found = this.#first[slot]!; found !== 0; found = this.#first[slot]!) {
      if (this.#high[slot] === high && this.#low[slot] === low) return found - 1;
      slot = (slot + 1) & this.#mask;
    }
    this.#high[slot] = high;
    this.#low[slot] = low;
    this.#first[slot] = own + 1;
    return undefined;
  }
}
