// Some of many buckets, as bits: small enough to stay near the processor, where a weight for each bucket is not.

/** Buckets with a weight other than 0. */
export class BucketSet {
  /** Bit `bucket & 31` of number `bucket >>> 5`. */
  readonly bits: Int32Array;
  /** Members before those of each number. */
  readonly #before: Int32Array;
  readonly size: number;

  constructor(weights: Float64Array) {
    this.bits = new Int32Array((weights.length + 31) >>> 5);
    this.#before = new Int32Array(this.bits.length);
    let size = 0;
    for (let bucket = 0; bucket < weights.length; bucket++) {
      if ((bucket & 31) === 0) this.#before[bucket >>> 5] = size;
      if (weights[bucket] === 0) continue;
      this.bits[bucket >>> 5]! |= 1 << (bucket & 31);
      size++;
    }
    this.size = size;
  }

  has(bucket: number): boolean {
    return ((this.bits[bucket >>> 5]! >>> (bucket & 31)) & 1) === 1;
  }

  /** How many members are smaller. */
  rank(bucket: number): number {
    let below = this.bits[bucket >>> 5]! & ((1 << (bucket & 31)) - 1);
    below -= (below >>> 1) & 0x55555555;
    below = (below & 0x33333333) + ((below >>> 2) & 0x33333333);
    return this.#before[bucket >>> 5]! + (Math.imul((below + (below >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24);
  }
}
