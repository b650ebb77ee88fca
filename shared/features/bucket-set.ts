// Some of many buckets, as bits: small enough to stay near the processor, where a number for each bucket is not.

/** Buckets that matter, each with its place among them. */
export class BucketSet {
  /** Two numbers for every 32 buckets, beside each other for the processor: a bit for each, and how many members come before them. */
  readonly #words: Int32Array;
  readonly size: number;

  /**
   * @param width  number of all buckets
   * @param members  ascending
   */
  constructor(width: number, members: Int32Array) {
    this.#words = new Int32Array(2 * ((width + 31) >>> 5));
    this.size = members.length;
    for (let i = 0; i < members.length; i++) this.#words[2 * (members[i]! >>> 5)]! |= 1 << (members[i]! & 31);
    let before = 0;
    for (let at = 0; at < this.#words.length; at += 2) {
      this.#words[at + 1] = before;
      before += countBits(this.#words[at]!);
    }
  }

  has(bucket: number): boolean {
    return (this.#words[2 * (bucket >>> 5)]! & (1 << (bucket & 31))) !== 0;
  }

  /** How many members are smaller than this one; -1 for a bucket that is none. */
  place(bucket: number): number {
    const at = 2 * (bucket >>> 5);
    const bits = this.#words[at]!;
    const own = 1 << (bucket & 31);
    return (bits & own) === 0 ? -1 : this.#words[at + 1]! + countBits(bits & (own - 1));
  }
}

function countBits(bits: number): number {
  let sum = bits - ((bits >>> 1) & 0x55555555);
  sum = (sum & 0x33333333) + ((sum >>> 2) & 0x33333333);
  return Math.imul((sum + (sum >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
