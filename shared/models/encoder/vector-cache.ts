// Vectors by content and encoder: a text is encoded once, whatever run or training meets it.
// Layout: `encoder-vectors/<owner>/<encoder>/<part>.keys` (16 bytes a text) and `<part>.vectors`; the owner is the run whose content the texts
// are, so that what forgets a run's content forgets these too. A process keeps the keys in memory, 16 MB for a million texts.
// Invariants: V1 vectors first, keys last: a key that is seen has its vector. V2 a file of another length than its keys say is not used.
// V3 losing any of it costs time only.
import { sha256Hex } from '../../ids.ts';
import { encoderPaths } from '../../paths.ts';
import type { LakeStore } from '../../ports.ts';
import { SharedLook } from '../../shared-look.ts';

const KEY_BYTES = 16;
const READS_AT_ONCE = 16;
/** Vector files kept in memory: a batch of 250 texts has 384 kB. */
const KEPT_FILES = 8;

/** Where a batch's vectors are kept. */
export interface VectorPlace {
  /** Run id, or `training`. */
  owner: string;
  part: string;
}

export const textKey = (text: string): string => sha256Hex(text).slice(0, 2 * KEY_BYTES);

export class VectorCache {
  readonly #store: LakeStore;
  readonly #encoder: string;
  readonly #dimensions: number;
  /** Path without ending → keys in order. */
  readonly #parts = new Map<string, readonly string[]>();
  readonly #placeOf = new Map<string, { path: string; at: number }>();
  readonly #vectors = new Map<string, Float32Array>();
  readonly #look = new SharedLook(() => this.#readNewParts());

  constructor(store: LakeStore, encoder: { version: string; dimensions: number }) {
    this.#store = store;
    this.#encoder = encoder.version;
    this.#dimensions = encoder.dimensions;
  }

  /** Known vectors by key. */
  async lookup(keys: readonly string[]): Promise<Map<string, Float32Array>> {
    if (keys.some((key) => !this.#placeOf.has(key))) await this.#look.fresh();
    const found = new Map<string, Float32Array>();
    const byPath = Map.groupBy(
      keys.filter((key) => this.#placeOf.has(key)),
      (key) => this.#placeOf.get(key)!.path, // filtered above
    );
    for (const [path, wanted] of byPath) {
      const vectors = await this.#read(path);
      if (vectors === undefined) {
        this.#drop(path); // somebody has deleted it from the lake
        continue;
      }
      for (const key of wanted) {
        const at = this.#placeOf.get(key)!.at; // of this path
        found.set(key, vectors.subarray(at * this.#dimensions, (at + 1) * this.#dimensions));
      }
    }
    return found;
  }

  /** Keep vectors [keys, dimensions] under a name; the same name again replaces them. */
  async keep({ owner, part }: VectorPlace, keys: readonly string[], vectors: Float32Array): Promise<void> {
    if (keys.length === 0) return;
    const path = `${encoderPaths.vectorsOf(owner)}/${this.#encoder}/${part}`;
    await this.#store.write(`${path}.vectors`, new Uint8Array(vectors.buffer, vectors.byteOffset, vectors.byteLength));
    await this.#store.write(`${path}.keys`, Buffer.from(keys.join(''), 'hex'));
    this.#drop(path);
    this.#know(path, keys);
  }

  #know(path: string, keys: readonly string[]): void {
    this.#parts.set(path, keys);
    keys.forEach((key, at) => {
      this.#placeOf.set(key, { path, at });
    });
  }

  #drop(path: string): void {
    for (const key of this.#parts.get(path) ?? []) if (this.#placeOf.get(key)?.path === path) this.#placeOf.delete(key);
    this.#parts.delete(path);
    this.#vectors.delete(path);
  }

  async #readNewParts(): Promise<void> {
    const unknown: string[] = [];
    const middle = `/${this.#encoder}/`;
    for await (const { path } of this.#store.list(encoderPaths.vectors))
      if (path.includes(middle) && path.endsWith('.keys') && !this.#parts.has(path.slice(0, -'.keys'.length)))
        unknown.push(path);
    for (let i = 0; i < unknown.length; i += READS_AT_ONCE)
      await Promise.all(
        unknown.slice(i, i + READS_AT_ONCE).map(async (path) => {
          const file = await this.#store.readIfExists(path);
          if (file === undefined) return;
          const hex = file.bytes.toString('hex');
          const keys = Array.from({ length: Math.floor(file.bytes.length / KEY_BYTES) }, (_, at) =>
            hex.slice(at * 2 * KEY_BYTES, (at + 1) * 2 * KEY_BYTES),
          );
          this.#know(path.slice(0, -'.keys'.length), keys);
        }),
      );
  }

  /** V2. */
  async #read(path: string): Promise<Float32Array | undefined> {
    const known = this.#vectors.get(path);
    if (known !== undefined) return known;
    const file = await this.#store.readIfExists(`${path}.vectors`);
    const wanted = (this.#parts.get(path)?.length ?? 0) * this.#dimensions * Float32Array.BYTES_PER_ELEMENT;
    if (file === undefined || file.bytes.length !== wanted) return undefined;
    const vectors = new Float32Array(Uint8Array.from(file.bytes).buffer); // copied: the buffer may be unaligned
    if (this.#vectors.size >= KEPT_FILES) this.#vectors.delete(this.#vectors.keys().next().value ?? '');
    this.#vectors.set(path, vectors);
    return vectors;
  }
}

/** Delete every part that holds the text, in all runs: the others' vectors are made again when they are wanted. */
export async function forgetVectors(store: LakeStore, text: string): Promise<void> {
  const key = Buffer.from(textKey(text), 'hex');
  for await (const { path } of store.list(encoderPaths.vectors)) {
    if (!path.endsWith('.keys')) continue;
    const file = await store.readIfExists(path);
    if (file === undefined || !holds(file.bytes, key)) continue;
    await store.delete(path); // keys first (V1)
    await store.delete(`${path.slice(0, -'.keys'.length)}.vectors`);
  }
}

function holds(keys: Buffer, key: Buffer): boolean {
  for (let at = 0; at + KEY_BYTES <= keys.length; at += KEY_BYTES)
    if (keys.compare(key, 0, KEY_BYTES, at, at + KEY_BYTES) === 0) return true;
  return false;
}
