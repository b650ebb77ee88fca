// Which ids have come before, in a megabyte whatever their number: a Bloom filter that is emptied when it is full. It may take a new id for a known
// one, about once in four hundred, and forgets what lies half a million ids back: enough to tell pages that repeat themselves from pages that do not.
import { createHash } from 'node:crypto';

const BITS = 2 ** 23;
const HASHES = 4;
/** Then one in four hundred new ids looks known. */
const MOST_IDS = 2 ** 19;

export class SeenIds {
  #bits = new Uint8Array(0);
  #ids = 0;

  /** @returns whether the id is new */
  add(id: string): boolean {
    if (this.#bits.length === 0) this.#bits = new Uint8Array(BITS / 8);
    const digest = createHash('sha256').update(id).digest();
    let isNew = false;
    for (let n = 0; n < HASHES; n++) {
      const at = digest.readUInt32LE(n * 4) % BITS;
      const [byte, bit] = [at >>> 3, 1 << (at & 7)];
      if (((this.#bits[byte] ?? 0) & bit) !== 0) continue;
      this.#bits[byte] = (this.#bits[byte] ?? 0) | bit;
      isNew = true;
    }
    if (isNew && ++this.#ids >= MOST_IDS) this.clear();
    return isNew;
  }

  clear(): void {
    this.#bits.fill(0);
    this.#ids = 0;
  }
}
