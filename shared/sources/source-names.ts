// Where the original of a landed file lives, for whoever decides on it: from the items of the last round, or from the journal of the running one.
import { partsOfLanded } from '../paths.ts';
import type { Original, Originals } from '../pipeline/services.ts';
import type { LakeStore } from '../ports.ts';
import { readDriveItems, readDriveState } from './drive-state.ts';
import { Journal } from './journal.ts';

export class SourceNames implements Originals {
  readonly #lake: LakeStore;
  /** Of each drive the items of one round, by landed path. */
  readonly #known = new Map<string, { itemsPath: string; byPath: Promise<Map<string, Original>> }>();

  constructor(lake: LakeStore) {
    this.#lake = lake;
  }

  /** @param paths  in the landing container; those that no source has landed are left out */
  async of(paths: Iterable<string>): Promise<Map<string, Original>> {
    const found = new Map<string, Original>();
    for (const path of new Set(paths)) {
      const parts = partsOfLanded(path);
      if (parts === undefined) continue;
      const { source, drive, key } = parts;
      const state = (await readDriveState(this.#lake, source, drive))?.state;
      const mark = await new Journal(this.#lake, source, drive, (state?.round ?? 0) + 1).mark(key);
      const shown = mark === undefined || mark.kind === 'tried' ? undefined : { source, ...mark.shown };
      const original = shown ?? (state === undefined ? undefined : (await this.#items(source, drive, state)).get(path));
      if (original !== undefined) found.set(path, original);
    }
    return found;
  }

  #items(source: string, drive: string, state: Parameters<typeof readDriveItems>[1]): Promise<Map<string, Original>> {
    const key = `${source}/${drive}`;
    const known = this.#known.get(key);
    if (known !== undefined && known.itemsPath === state.itemsPath) return known.byPath;
    const byPath = readDriveItems(this.#lake, state).then((items) => {
      const map = new Map<string, Original>();
      for (const item of items.byId.values())
        if (item.landedPath !== null) map.set(item.landedPath, { source, name: items.pathOf(item), url: item.webUrl });
      return map;
    });
    this.#known.set(key, { itemsPath: state.itemsPath ?? '', byPath });
    byPath.catch(() => this.#known.delete(key)); // the caller is told; the next look-up reads again
    return byPath;
  }
}
