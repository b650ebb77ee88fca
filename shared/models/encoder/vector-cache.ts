// Vectors by content and encoder: a text is encoded once, whatever run or training meets it.
// Layout: `encoder-vectors/<encoder>/<owner>/<part>/<hash of its keys>.keys` (16 bytes a text) and `.vectors`; the owner is the run whose content
// the texts are, so that what forgets a run's content forgets these too. A process keeps the keys of the newest MAX_PARTS files in memory: 32
// bytes a text, 17 MB at most.
// Invariants: V1 vectors first, keys last: a key that is seen has its vector. V2 a file of another length than its keys say is not used.
// V3 losing any of it costs time only. V4 a file's name says its keys, so what lies under a name never changes, and a place in it stays true.
// V5 the whole folder is listed once in LOOK_MS and process, however many batches there are; between, a batch looks at its own folder.
import { sha256Hex } from '../../ids.ts';
import { encoderPaths } from '../../paths.ts';
import type { Clock, LakeFile, LakeStore } from '../../ports.ts';
import { isKeyAt, KEY_BYTES, KeyIndex, type KeyPart, MAX_PART_KEYS } from './key-index.ts';

const IO_AT_ONCE = 16;
/** Vector files kept in memory: 128 texts have 196 kB. */
const KEPT_FILES = 8;
/** Key files known at most, the newest: half a million texts. */
const MAX_PARTS = 4096;
/** What other processes have encoded for other runs is seen so much later at most. */
const LOOK_MS = 600_000;
/** The same for a batch's own folder, which a step that was cut short elsewhere has filled. */
const OWN_LOOK_MS = 60_000;
const MAX_LOOKS = 1000;

/** Owner of what trainings have encoded. */
export const TRAINING_OWNER = 'training';
/** Owner of what taxonomies say, of deployments; nobody's content. */
export const LABELS_OWNER = 'labels';

/** Where a batch's vectors are kept. */
export interface VectorPlace {
  /** Run id, or TRAINING_OWNER. */
  owner: string;
  part: string;
}

export const textKey = (text: string): string => sha256Hex(text).slice(0, 2 * KEY_BYTES);

export class VectorCache {
  readonly #store: LakeStore;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #root: string;
  readonly #dimensions: number;
  readonly #index = new KeyIndex();
  readonly #vectors = new Map<string, Float32Array>();
  /** Folders and when they were last listed. */
  readonly #looks = new Map<string, { at: number; done: Promise<void> }>();

  constructor(store: LakeStore, encoder: { version: string; dimensions: number }, clock: Pick<Clock, 'now'>) {
    this.#store = store;
    this.#clock = clock;
    this.#root = encoderPaths.vectorsOf(encoder.version);
    this.#dimensions = encoder.dimensions;
  }

  /** Known vectors by key. @param place  of the batch that asks: what an earlier try of it has kept is seen */
  async lookup(keys: readonly string[], place: VectorPlace): Promise<Map<string, Float32Array>> {
    const wanted = keys.map((key) => Buffer.from(key, 'hex'));
    if (wanted.some((key) => this.#index.find(key) === undefined)) {
      await this.#look(this.#root, LOOK_MS);
      await this.#look(this.#folderOf(place), OWN_LOOK_MS);
    }
    // Places are taken before the reads begin: others add and drop files meanwhile.
    const byPart = new Map<KeyPart, { key: string; at: number }[]>();
    keys.forEach((key, i) => {
      const found = this.#index.find(wanted[i]!);
      if (found === undefined) return;
      const list = byPart.get(found.part) ?? [];
      list.push({ key, at: found.at });
      byPart.set(found.part, list);
    });
    const found = new Map<string, Float32Array>();
    await eachOf([...byPart], async ([part, places]) => {
      const vectors = await this.#read(part);
      for (const { key, at } of vectors === undefined ? [] : places)
        found.set(key, vectors!.subarray(at * this.#dimensions, (at + 1) * this.#dimensions));
    });
    return found;
  }

  /** Keep vectors [keys, dimensions]. @param keys  at most MAX_PART_KEYS */
  async keep(place: VectorPlace, keys: readonly string[], vectors: Float32Array): Promise<void> {
    if (keys.length === 0) return;
    if (keys.length > MAX_PART_KEYS || vectors.length !== keys.length * this.#dimensions)
      throw new RangeError(`${keys.length} keys and ${vectors.length} numbers do not make a part`);
    const bytes = Uint8Array.from(Buffer.from(keys.join(''), 'hex'));
    const path = `${this.#folderOf(place)}/${sha256Hex(bytes).slice(0, 24)}`; // V4
    await this.#store.write(`${path}.vectors`, new Uint8Array(vectors.buffer, vectors.byteOffset, vectors.byteLength));
    await this.#store.write(`${path}.keys`, bytes);
    this.#know({ path, keys: bytes });
  }

  #folderOf({ owner, part }: VectorPlace): string {
    return `${this.#root}/${owner}/${part}`;
  }

  #know(part: KeyPart): void {
    this.#index.add(part);
    for (const oldest of this.#index.paths()) {
      if (this.#index.size <= MAX_PARTS) break;
      this.#drop(oldest);
    }
  }

  #drop(path: string): void {
    this.#index.drop(path);
    this.#vectors.delete(path);
  }

  /** List a folder unless that was done lately; callers at the same time share the look. */
  #look(folder: string, everyMs: number): Promise<void> {
    const now = this.#clock.now();
    const last = this.#looks.get(folder);
    const whole = this.#looks.get(this.#root);
    const isLate = (look: { at: number } | undefined) => look === undefined || Math.abs(now - look.at) >= everyMs;
    if (!isLate(last)) return last!.done;
    if (!isLate(whole)) return whole!.done; // it has seen this folder too
    if (this.#looks.size >= MAX_LOOKS)
      for (const [path, { at }] of this.#looks)
        if (path !== this.#root && Math.abs(now - at) >= OWN_LOOK_MS) this.#looks.delete(path);
    const done = this.#readNewParts(folder);
    const look = { at: now, done };
    this.#looks.set(folder, look);
    done.catch(() => {
      if (this.#looks.get(folder) === look) this.#looks.delete(folder); // the callers see the error; the next one tries again
    });
    return done;
  }

  async #readNewParts(folder: string): Promise<void> {
    const unknown: LakeFile[] = [];
    for await (const file of this.#store.list(folder))
      if (file.path.endsWith(KEYS) && !this.#index.has(file.path.slice(0, -KEYS.length))) unknown.push(file);
    unknown.sort((a, b) => a.lastModified - b.lastModified); // the newest are known last, and dropped last
    await eachOf(unknown.slice(-MAX_PARTS), async ({ path }) => {
      const file = await this.#store.readIfExists(path);
      if (file === undefined || file.bytes.length > MAX_PART_KEYS * KEY_BYTES) return;
      this.#know({ path: path.slice(0, -KEYS.length), keys: Uint8Array.from(file.bytes) });
    });
  }

  /** V2; undefined when it is gone or damaged, and then it is not known any more. */
  async #read(part: KeyPart): Promise<Float32Array | undefined> {
    const known = this.#vectors.get(part.path);
    if (known !== undefined) return known;
    const file = await this.#store.readIfExists(`${part.path}.vectors`);
    const wanted = Math.floor(part.keys.length / KEY_BYTES) * this.#dimensions * Float32Array.BYTES_PER_ELEMENT;
    if (file === undefined || file.bytes.length !== wanted) {
      this.#drop(part.path);
      return undefined;
    }
    const vectors = new Float32Array(Uint8Array.from(file.bytes).buffer); // copied: the buffer may be unaligned
    if (this.#vectors.size >= KEPT_FILES) this.#vectors.delete(this.#vectors.keys().next().value ?? '');
    this.#vectors.set(part.path, vectors);
    return vectors;
  }
}

const KEYS = '.keys';

async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  for (let i = 0; i < items.length; i += IO_AT_ONCE) await Promise.all(items.slice(i, i + IO_AT_ONCE).map(work));
}

/** Delete every part that holds the text, in all runs: the others' vectors are made again when they are wanted. */
export async function forgetVectors(store: LakeStore, text: string): Promise<void> {
  const key = Buffer.from(textKey(text), 'hex');
  const paths: string[] = [];
  for await (const { path } of store.list(encoderPaths.vectors)) if (path.endsWith(KEYS)) paths.push(path);
  await eachOf(paths, async (path) => {
    const file = await store.readIfExists(path);
    if (file === undefined || !holds(file.bytes, key)) return;
    // Keys last: who is cut short between the two finds the part again (V2 keeps it from being used).
    await store.delete(`${path.slice(0, -KEYS.length)}.vectors`);
    await store.delete(path);
  });
}

function holds(keys: Uint8Array, key: Uint8Array): boolean {
  for (let at = 0; (at + 1) * KEY_BYTES <= keys.length; at++) if (isKeyAt(keys, at, key)) return true;
  return false;
}

/** Folders of vectors by owner, of all encoders, from one listing. */
export async function vectorFolders(store: LakeStore): Promise<Map<string, string[]>> {
  const folders = new Map<string, Set<string>>();
  for await (const { path } of store.list(encoderPaths.vectors)) {
    const [root, encoder, owner] = path.split('/');
    if (encoder === undefined || owner === undefined) continue;
    const known = folders.get(owner) ?? new Set();
    folders.set(owner, known.add(`${root}/${encoder}/${owner}`));
  }
  return new Map([...folders].map(([owner, paths]) => [owner, [...paths]]));
}
