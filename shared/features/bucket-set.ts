// Some of many buckets, as bits: small enough to stay near the processor, where a number for each bucket is not.

/** Buckets that matter, each with its place among them. */
export class BucketSet {
  /** Bit `bucket & 31` of number `bucket >>> 5`. */
  readonly #bits: Int32Array;
  /** Members before those of each number. */
  readonly #before: Int32Array;
  readonly size: number;

  /**
   * @param width  number of all buckets
   * @param members  ascending
   */
  constructor(width: number, members: Int32Array) {
    this.#bits = new Int32Array((width + 31) >>> 5);
    this.#before = new Int32Array(this.#bits.length);
    this.size = members.length;
    for (let i = 0; i < members.length; i++) this.#bits[members[i]! >>> 5]! |= 1 << (members[i]! & 31);
    let before = 0;
    for (let at = 0; at < this.#bits.length; at++) {
      this.#before[at] = before;
      before += countBits(this.#bits[at]!);
    }
  }

  has(bucket: number): boolean {
    return (this.#bits[bucket >>> 5]! & (1 << (bucket & 31))) !== 0;
  }

  /** How many members are smaller than this one; -1 for a bucket that is none. */
  place(bucket: number): number {
    const bits = this.#bits[bucket >>> 5]!;
    const own = 1 << (bucket & 31);
    return (bits & own) === 0 ? -1 : this.#before[bucket >>> 5]! + countBits(bits & (own - 1));
  }
}

function countBits(bits: number): number {
  let sum = bits - ((bits >>> 1) & 0x55555555);
  sum = (sum & 0x33333333) + ((sum >>> 2) & 0x33333333);
  return Math.imul((sum + (sum >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
