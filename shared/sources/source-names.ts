// Where the original of a landed file lives, for whoever decides on it: from the items of the last round, or from the journal of the running one.

import { codeOf } from '../errors.ts';
import { partsOfLanded } from '../paths.ts';
import type { Original, Originals } from '../pipeline/services.ts';
import type { LakeStore } from '../ports.ts';
import { type DriveState, readDriveState } from './drive-state.ts';
import { type Bucket, ItemStore } from './item-store.ts';
import { Journal } from './journal.ts';

interface Wanted {
  path: string;
  key: string;
}

export class SourceNames implements Originals {
  readonly #lake: LakeStore;
  /** Of each drive the index of one round: files are decided hundreds at a time, and a source's mostly between two rounds. */
  readonly #stores = new Map<string, { of: string; store: Promise<ItemStore> }>();

  constructor(lake: LakeStore) {
    this.#lake = lake;
  }

  /** @param paths  in the landing container; those that no source has landed are left out */
  async of(paths: Iterable<string>): Promise<Map<string, Original>> {
    const drives = new Map<string, { source: string; drive: string; wanted: Wanted[] }>();
    for (const path of new Set(paths)) {
      const parts = partsOfLanded(path);
      if (parts === undefined) continue;
      const { source, drive, key } = parts;
      const one = drives.get(`${source}/${drive}`) ?? { source, drive, wanted: [] };
      one.wanted.push({ path, key });
      drives.set(`${source}/${drive}`, one);
    }
    const found = new Map<string, Original>();
    for (const { source, drive, wanted } of drives.values())
      try {
        await this.#find(source, drive, wanted, found);
      } catch (error) {
        if (codeOf(error) !== 'lake.not-found') throw error;
        await this.#find(source, drive, wanted, found); // a round has ended meanwhile, and its index names other files
      }
    return found;
  }

  async #find(source: string, drive: string, wanted: readonly Wanted[], found: Map<string, Original>): Promise<void> {
    const state = (await readDriveState(this.#lake, source, drive))?.state;
    const journal = new Journal(this.#lake, source, drive, (state?.round ?? 0) + 1);
    const store = state === undefined ? undefined : await this.#store(source, drive, state);
    let last: { at: number; bucket: Bucket } | undefined;
    for (const { path, key } of [...wanted].sort((a, b) => (a.key < b.key ? -1 : 1))) {
      const mark = await journal.mark(key);
      if (mark !== undefined && mark.kind !== 'tried') {
        found.set(path, { source, ...mark.shown });
        continue;
      }
      if (store === undefined) continue;
      const at = store.bucketOfKey(key);
      if (last?.at !== at) last = { at, bucket: await store.read(at) };
      const item = last.bucket.items.find(({ landedPath }) => landedPath === path);
      if (item !== undefined) found.set(path, { source, name: store.tree.pathOf(item), url: item.webUrl });
    }
  }

  async #store(source: string, drive: string, state: DriveState): Promise<ItemStore> {
    const key = `${source}/${drive}`;
    const of = state.index ?? state.itemsPath ?? '';
    const known = this.#stores.get(key);
    if (known?.of === of) return known.store;
    const store = ItemStore.open(this.#lake, { source, driveId: state.driveId, driveKey: drive }, state);
    this.#stores.set(key, { of, store });
    store.catch(() => this.#stores.delete(key)); // the caller is told; the next look-up reads again
    await (await known?.store.catch(() => undefined))?.close();
    return store;
  }
}
