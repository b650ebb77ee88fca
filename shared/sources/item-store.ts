// The items of a drive in the lake: buckets of about ten by the hash of their id, an index that says which file has which bucket, and the folders.
// A round reads and writes the buckets of what has changed, so it costs by its changes and has nothing in memory that grows with the library
// but the folders and a number a bucket.
// Invariants: S1 the state names the index, and the index every file, so items and cursor change together. S3 a file is written under a name never
// used before; a generation is what one process has written in one round. S4 what no index names any more is deleted after its state is written.
import { randomUUID } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { TerminalError } from '../errors.ts';
import { sourcePaths } from '../paths.ts';
import type { LakeStore } from '../ports.ts';
import { parseRecord } from '../record-json.ts';
import type { DriveItem } from './drive-items.ts';
import { readEarlierItems } from './earlier-items.ts';
import { type Folder, FolderTree } from './folder-tree.ts';
import { inParallel } from './in-parallel.ts';
import { type BucketFlags, flagsOf } from './item-flags.ts';
import { itemKeyOf, partOf, UNIT_BITS } from './item-key.ts';
import { type ItemPlace, itemOf, recordOf } from './item-record.ts';
import type { Spill } from './spill.ts';
import { addTally, newTally, type Tally } from './tally.ts';

/** A bucket is a few kilobytes: a thread of its own would cost more than the work. */
const zip = (text: string): Buffer => gzipSync(text, { level: 1 });
/** @throws {TerminalError} lake.corrupt-record */
function unzip(bytes: Buffer, path: string): Buffer {
  try {
    return gunzipSync(bytes);
  } catch (error) {
    throw damaged(path, error);
  }
}

const damaged = (path: string, cause: unknown): TerminalError =>
  new TerminalError('lake.corrupt-record', `${path} is damaged`, { ids: { path }, cause });

/** Calls to storage at a time. */
export const STORE_CALLS = 8;
/** More in a bucket on average, and the drive gets twice as many buckets. */
const MOST_IN_BUCKET = 16;
const MAX_BITS = 22;

interface Index {
  /** 2^bits buckets. */
  bits: number;
  generations: string[];
  /** By bucket the generation that wrote it; -1: it is empty. */
  of: number[];
  flags: Record<string, BucketFlags>;
  /** Generation that wrote the folders; null: there are none. */
  tree: string | null;
  tally: Tally;
}

const newIndex = (bits: number): Index => ({
  bits,
  ...{ generations: [], of: new Array<number>(2 ** bits).fill(-1), flags: {}, tree: null, tally: newTally() },
});

/** A bucket in hand: its items and the text they were read from. */
export interface Bucket {
  items: DriveItem[];
  text: string;
}

/** What a part of a round has done to buckets. */
export interface BucketChanges {
  bits: number;
  generation: string;
  /** By bucket; null: nothing to be said. */
  written: Record<string, BucketFlags | null>;
  emptied: number[];
  tally: Tally;
}

export class ItemStore {
  readonly tree: FolderTree;
  /** The drive was kept in one file: every bucket is to be written. */
  readonly isEarlier: boolean;
  readonly #lake: LakeStore;
  readonly #place: ItemPlace;
  readonly #index: Index;
  readonly #earlier: Spill<DriveItem> | undefined;
  /** Buckets by a generation that has them no more. */
  readonly #replaced = new Map<string, number[]>();
  #isChanged = false;

  private constructor(lake: LakeStore, place: ItemPlace, tree: FolderTree, index: Index, earlier?: Spill<DriveItem>) {
    this.#lake = lake;
    this.#place = place;
    this.tree = tree;
    this.#index = index;
    this.#earlier = earlier;
    this.isEarlier = earlier !== undefined;
  }

  /** @param state  names the index, or the one file of an earlier version; neither: nothing is known yet */
  static async open(
    lake: LakeStore,
    place: ItemPlace,
    state: { itemsPath: string | null; index?: string },
  ): Promise<ItemStore> {
    const tree = new FolderTree();
    if (state.index === undefined) {
      if (state.itemsPath === null) return new ItemStore(lake, place, tree, newIndex(0));
      const { items, folders } = await readEarlierItems(lake, state.itemsPath, place);
      for (const folder of folders) tree.enter(folder);
      const index = newIndex(UNIT_BITS);
      for (const n of items.sizes) index.tally.items += n;
      return new ItemStore(lake, place, tree, index, items);
    }
    const path = fileOf(place, state.index, 'index');
    const index = parseRecord<Index>(unzip(await lake.read(path), path), path);
    if (index.tree !== null) {
      const file = fileOf(place, index.tree, 'folders');
      for (const line of linesOf(unzip(await lake.read(file), file))) tree.enter(JSON.parse(line) as Folder); // written below
    }
    return new ItemStore(lake, place, tree, index);
  }

  /** Something is other than in the index that this one follows. */
  get isChanged(): boolean {
    return this.#isChanged || this.tree.isChanged;
  }

  get bits(): number {
    return this.#index.bits;
  }

  get tally(): Readonly<Tally> {
    return this.#index.tally;
  }

  bucketOf(itemId: string): number {
    return partOf(itemKeyOf(this.#place.driveId, itemId), this.#index.bits);
  }

  bucketOfKey(itemKey: string): number {
    return partOf(itemKey, this.#index.bits);
  }

  flags(bucket: number): BucketFlags | undefined {
    return this.#index.flags[bucket];
  }

  /** Buckets that hold items of some units: the first, and the one behind the last. */
  bucketsOf(from: number, to: number): [number, number] {
    if (this.bits >= UNIT_BITS) return [from << (this.bits - UNIT_BITS), to << (this.bits - UNIT_BITS)];
    return [from >> (UNIT_BITS - this.bits), ((to - 1) >> (UNIT_BITS - this.bits)) + 1];
  }

  /** Units that a batch must not divide. */
  get unitsAtOnce(): number {
    return 2 ** Math.max(0, UNIT_BITS - this.bits);
  }

  /** Buckets with items that are to be looked at though no row speaks of them, the lowest first. */
  due(nowMs: number): number[] {
    const due = this.flagged().filter(
      ([, { suspects, waitAt }]) => suspects !== undefined || (waitAt ?? nowMs + 1) <= nowMs,
    );
    return due.map(([bucket]) => bucket);
  }

  /** When the first item may be read that waits, ms since the epoch. */
  nextAt(): number | undefined {
    const waits = this.flagged().flatMap(([, { waitAt }]) => waitAt ?? []);
    return waits.length === 0 ? undefined : waits.reduce((a, b) => Math.min(a, b));
  }

  /** Buckets of which something is to be said, the lowest first. */
  flagged(): [number, BucketFlags][] {
    return Object.entries(this.#index.flags)
      .map(([bucket, flags]): [number, BucketFlags] => [Number(bucket), flags])
      .sort(([a], [b]) => a - b);
  }

  async read(bucket: number): Promise<Bucket> {
    if (this.#earlier !== undefined) return { items: await this.#earlier.read(bucket), text: '' };
    const generation = this.#index.generations[this.#index.of[bucket] ?? -1];
    if (generation === undefined) return { items: [], text: '' };
    const path = fileOf(this.#place, generation, String(bucket));
    const stored = await this.#lake.readIfExists(path);
    if (stored === undefined) throw new TerminalError('lake.not-found', `${path}: items of the drive are gone`);
    const text = unzip(stored.bytes, path).toString('utf8');
    try {
      return { items: linesOf(text).map((line) => itemOf(line, this.#place)), text };
    } catch (error) {
      throw damaged(path, error);
    }
  }

  /** Every item that is known, bucket after bucket. @param wants  buckets that are read */
  async *all(wants: (flags: BucketFlags | undefined) => boolean = () => true): AsyncGenerator<DriveItem> {
    for (let bucket = 0; bucket < 2 ** this.bits; bucket++)
      if (wants(this.#index.flags[bucket])) yield* (await this.read(bucket)).items;
  }

  /** @returns bits for as many items as there may be after a round */
  bitsFor(items: number): number {
    let bits = this.isEarlier ? 0 : this.#index.bits;
    while (items / 2 ** bits > MOST_IN_BUCKET && bits < MAX_BITS) bits++;
    return bits;
  }

  /** Nothing yet, in 2^bits buckets; the folders are these. */
  successor(bits: number): ItemStore {
    if (!this.isEarlier && bits === this.#index.bits) {
      const { generations, of, flags, tree, tally } = this.#index;
      const copy = { generations: [...generations], of: [...of], flags: { ...flags }, tally: newTally() };
      addTally(copy.tally, tally);
      return new ItemStore(this.#lake, this.#place, this.tree, { bits, tree, ...copy });
    }
    return new ItemStore(this.#lake, this.#place, this.tree, { ...newIndex(bits), tree: this.#index.tree });
  }

  textOf(items: readonly DriveItem[]): string {
    return items.map((item) => `${recordOf(item, this.#place)}\n`).join('');
  }

  /** Put a bucket's file; the index knows of it by `apply`. */
  async write(bucket: number, text: string, generation: string): Promise<void> {
    await this.#lake.write(fileOf(this.#place, generation, String(bucket)), zip(text));
  }

  apply({ generation, written, emptied, tally }: BucketChanges): void {
    const index = this.#index;
    if (emptied.length > 0 || Object.keys(written).length > 0) this.#isChanged = true;
    let at = index.generations.indexOf(generation);
    if (at < 0) at = index.generations.push(generation) - 1;
    const put = (bucket: number, of: number) => {
      const generation = index.generations[index.of[bucket] ?? -1];
      if (generation !== undefined && index.of[bucket] !== of)
        this.#replaced.set(generation, pushed(this.#replaced.get(generation), bucket));
      index.of[bucket] = of;
    };
    for (const bucket of emptied) {
      put(bucket, -1);
      delete index.flags[bucket];
    }
    for (const [bucket, flags] of Object.entries(written)) {
      put(Number(bucket), at);
      if (flags === null) delete index.flags[bucket];
      else index.flags[bucket] = flags;
    }
    addTally(index.tally, tally);
  }

  /** Write items of one bucket and enter them at once. @param before  as they were counted */
  async replace(bucket: number, items: readonly DriveItem[], generation: string, tally: Tally): Promise<void> {
    if (items.length > 0) await this.write(bucket, this.textOf(items), generation);
    this.apply({
      ...{ bits: this.bits, generation, tally, emptied: items.length === 0 ? [bucket] : [] },
      written: items.length === 0 ? {} : { [bucket]: flagsOf(items) ?? null },
    });
  }

  /** Write index and folders where they are other ones than `before`. @returns the index for the state */
  async commit(generation: string): Promise<string> {
    const index = this.#index;
    if (this.tree.isChanged || (index.tree === null && this.tree.byId.size > 0)) {
      const text = [...this.tree.byId.values()].map((folder) => `${JSON.stringify(folder)}\n`).join('');
      await this.#lake.write(fileOf(this.#place, generation, 'folders'), zip(text));
      index.tree = generation;
    }
    // Generations that no bucket is of any more are left out.
    const used = [...new Set(index.of)].filter((at) => at >= 0).sort((a, b) => a - b);
    const renumbered = new Map(used.map((at, i) => [at, i]));
    index.generations = used.map((at) => index.generations[at] ?? '');
    index.of = index.of.map((at) => renumbered.get(at) ?? -1);
    await this.#lake.write(fileOf(this.#place, generation, 'index'), zip(JSON.stringify(index)));
    return generation;
  }

  /** S4. @param of  the store before this one. @param before, now  generations that wrote the indexes */
  async clean(of: ItemStore, before: string | undefined, now: string): Promise<void> {
    const [old, index] = [of.#index, this.#index];
    const kept = new Set([...index.generations, index.tree, now]);
    const gone = [...old.generations, old.tree, before, ...this.#replaced.keys()];
    const folders = new Set(gone.filter((one) => one != null && !kept.has(one)) as string[]);
    const files: [string, string][] = [];
    for (const [generation, buckets] of this.#replaced)
      if (!folders.has(generation)) for (const bucket of buckets) files.push([generation, String(bucket)]);
    if (before !== undefined && before !== now && !folders.has(before)) files.push([before, 'index']);
    if (old.tree !== null && old.tree !== index.tree && !folders.has(old.tree)) files.push([old.tree, 'folders']);
    await inParallel(STORE_CALLS, folders, (generation) => this.#lake.deleteFolder(this.#folderOf(generation)));
    await inParallel(STORE_CALLS, files, ([generation, name]) =>
      this.#lake.delete(fileOf(this.#place, generation, name)),
    );
  }

  /** What rounds have left behind that were ended, or lost their race. */
  async sweep(now: string): Promise<void> {
    const { generations, tree, of } = this.#index;
    const folder = sourcePaths.items(this.#place.source, this.#place.driveKey);
    const isNamed = (generation: string, name: string): boolean => {
      if (name === 'index') return generation === now;
      if (name === 'folders') return generation === tree;
      return generations[of[Number(name)] ?? -1] === generation;
    };
    const lost: string[] = [];
    for await (const { path } of this.#lake.list(folder)) {
      const [generation = '', file = ''] = path.slice(folder.length + 1).split('/');
      // A later round may be at work already.
      if (generation.slice(0, 8) <= now.slice(0, 8) && !isNamed(generation, file.replace(/\.gz$/, ''))) lost.push(path);
    }
    await inParallel(STORE_CALLS, lost, (path) => this.#lake.delete(path));
  }

  async close(): Promise<void> {
    await this.#earlier?.remove();
  }

  #folderOf(generation: string): string {
    return sourcePaths.itemsOf(this.#place.source, this.#place.driveKey, generation);
  }
}

const pushed = (list: number[] | undefined, one: number): number[] => {
  list?.push(one);
  return list ?? [one];
};

export const newGeneration = (round: number): string => sourcePaths.generation(round, randomUUID().slice(0, 8));

const fileOf = ({ source, driveKey }: ItemPlace, generation: string, name: string): string =>
  sourcePaths.itemFile(source, driveKey, generation, name);

const linesOf = (text: Buffer | string): string[] =>
  text
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '');
