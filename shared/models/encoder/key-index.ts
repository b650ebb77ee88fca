// Keys of many parts → where each stands, in few bytes: 16 for the key and 8 to 16 for its slot.
// Invariants: K1 a key is found while a part that holds it is there, and never in a part that was dropped. K2 a place stays true whatever is
// added or dropped later: it names its part, and a part never changes. K3 finding takes no memory.

export const KEY_BYTES = 16;
/** A slot holds part × 65,536 + place + 1. */
const PLACES = 65_536;
export const MAX_PART_KEYS = PLACES - 1;
const FIRST_SLOTS = 1024;

/** Keys of one file, one after the other. */
export interface KeyPart {
  readonly path: string;
  readonly keys: Uint8Array;
}

export interface KeyPlace {
  readonly part: KeyPart;
  readonly at: number;
}

export class KeyIndex {
  /** Dropped ones leave a hole until the table is built anew. */
  #parts: (KeyPart | undefined)[] = [];
  readonly #numberOf = new Map<string, number>();
  #slots = new Uint32Array(FIRST_SLOTS);
  #used = 0;

  /** Paths, the earliest added first. */
  paths(): Iterable<string> {
    return this.#numberOf.keys();
  }

  get size(): number {
    return this.#numberOf.size;
  }

  /** Beside the keys themselves. */
  get tableBytes(): number {
    return this.#slots.byteLength;
  }

  has(path: string): boolean {
    return this.#numberOf.has(path);
  }

  /** @param part  at most MAX_PART_KEYS keys; one of the same path is dropped */
  add(part: KeyPart): void {
    this.drop(part.path);
    const count = countOf(part);
    if (2 * (this.#used + count) > this.#slots.length || this.#parts.length >= PLACES - 1) this.#rebuild(count);
    this.#insert(part);
  }

  drop(path: string): void {
    const number = this.#numberOf.get(path);
    if (number === undefined) return;
    this.#parts[number] = undefined;
    this.#numberOf.delete(path);
  }

  find(key: Uint8Array): KeyPlace | undefined {
    const mask = this.#slots.length - 1;
    for (let slot = firstSlot(key, 0, mask); ; slot = (slot + 1) & mask) {
      const entry = this.#slots[slot]!;
      if (entry === 0) return undefined;
      const part = this.#parts[Math.floor((entry - 1) / PLACES)];
      const at = (entry - 1) % PLACES;
      if (part !== undefined && isKeyAt(part.keys, at, key)) return { part, at };
    }
  }

  #insert(part: KeyPart): void {
    const number = this.#parts.push(part) - 1;
    this.#numberOf.set(part.path, number);
    const mask = this.#slots.length - 1;
    const count = countOf(part);
    for (let at = 0; at < count; at++) {
      let slot = firstSlot(part.keys, at * KEY_BYTES, mask);
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = number * PLACES + at + 1;
    }
    this.#used += count;
  }

  /** A table without what was dropped, and room for more. */
  #rebuild(more: number): void {
    const kept = this.#parts.filter((part) => part !== undefined);
    const keys = kept.reduce((sum, part) => sum + countOf(part), more);
    let slots = FIRST_SLOTS;
    while (slots < 2.5 * keys) slots *= 2;
    this.#slots = new Uint32Array(slots);
    this.#used = 0;
    this.#parts = [];
    this.#numberOf.clear();
    for (const part of kept) this.#insert(part);
  }
}

const countOf = ({ keys }: KeyPart): number => Math.min(MAX_PART_KEYS, Math.floor(keys.length / KEY_BYTES));

/** Keys are hashes: any four bytes will do. */
const firstSlot = (keys: Uint8Array, from: number, mask: number): number =>
  (keys[from]! | (keys[from + 1]! << 8) | (keys[from + 2]! << 16) | (keys[from + 3]! << 24)) & mask;

/** Does the key stand at place `at` of `keys`? */
export function isKeyAt(keys: Uint8Array, at: number, key: Uint8Array): boolean {
  const from = at * KEY_BYTES;
  for (let i = 0; i < KEY_BYTES; i++) if (keys[from + i] !== key[i]) return false;
  return true;
}
