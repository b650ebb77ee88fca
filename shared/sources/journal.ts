// The journal of one round: the pages of the delta as they came, and an end per work item. A round that dies goes on from here.
// Invariants: J1 a page is stored before the next one is asked for. J2 an end is written once everything about its item is done; before a file is
// put into the landing container the intent is written, so that a repeat knows whether it arrived. J3 what was written into columns stands here
// as soon as it is.

import { codeOf } from '../errors.ts';
import { sourcePaths } from '../paths.ts';
import type { LakeStore } from '../ports.ts';
import { parseRecord } from '../record-json.ts';
import type { DriveItems } from './drive-items.ts';
import { FoldedPages, type JournalPage } from './journal-page.ts';
import type { Written } from './written.ts';

/** The file is about to be put into the landing container. */
export interface Intent {
  kind: 'intent';
  sha256: string;
  /** ETag of the landing file before; null when there was none. */
  before: string | null;
  /** ms since the epoch; missing in one of an earlier version. */
  at?: number;
  /** As of `Tried`. */
  tries?: number;
  /** Where the original lives, for whoever decides on the file before the round has ended. */
  shown: { name: string; url: string };
}

/** The file could not be had, though the service answers otherwise. */
export interface Tried {
  kind: 'tried';
  /** How often, each time after all tries of a round. */
  tries: number;
}

export interface End {
  kind: 'end';
  state: 'landed' | 'skipped' | 'failed';
  code: string | null;
  sha256: string | null;
  landedPath: string | null;
  contentTag: string;
  /** When other bytes than before were put there, ms since the epoch; missing: they were not. */
  landedAt?: number;
  shown: { name: string; url: string };
}

export class Journal {
  readonly #lake: LakeStore;
  readonly #folder: string;

  constructor(lake: LakeStore, source: string, drive: string, round: number) {
    this.#lake = lake;
    this.#folder = sourcePaths.round(source, drive, round);
  }

  /** What the pages so far come to, read one after the other. @param known  items before this round */
  async folded(known: DriveItems): Promise<FoldedPages> {
    const paths: string[] = [];
    for await (const { path } of this.#lake.list(`${this.#folder}/pages`)) paths.push(path);
    const folded = new FoldedPages(known);
    for (const path of paths.sort()) folded.add(await this.#read<JournalPage>(path));
    return folded;
  }

  async putPage(index: number, page: JournalPage): Promise<void> {
    await this.#lake.write(`${this.#folder}/pages/${String(index).padStart(6, '0')}.json`, JSON.stringify(page));
  }

  async mark(itemKey: string): Promise<Intent | Tried | End | undefined> {
    const path = this.#markPath(itemKey);
    const stored = await this.#lake.readIfExists(path);
    return stored === undefined ? undefined : parseRecord<Intent | Tried | End>(stored.bytes, path);
  }

  async putMark(itemKey: string, mark: Intent | Tried | End): Promise<void> {
    await this.#lake.write(this.#markPath(itemKey), JSON.stringify(mark));
  }

  /** Put the first mark of an item. @returns the one that was there already, which stays */
  async claim(itemKey: string, mark: Intent): Promise<Intent | Tried | End | undefined> {
    try {
      await this.#lake.write(this.#markPath(itemKey), JSON.stringify(mark), { ifAbsent: true });
      return undefined;
    } catch (error) {
      if (codeOf(error) !== 'lake.conflict') throw error;
      return this.mark(itemKey);
    }
  }

  /** Keys of the items that have a mark. */
  async marked(): Promise<Set<string>> {
    const keys = new Set<string>();
    for await (const { path } of this.#lake.list(`${this.#folder}/marks`))
      keys.add(path.slice(path.lastIndexOf('/') + 1, -'.json'.length));
    return keys;
  }

  async putWritten(itemKey: string, value: Written): Promise<void> {
    await this.#lake.write(`${this.#folder}/written/${itemKey}.json`, JSON.stringify(value));
  }

  /** J3, by item key. */
  async written(): Promise<Map<string, Written>> {
    const found = new Map<string, Written>();
    for await (const { path } of this.#lake.list(`${this.#folder}/written`))
      found.set(path.slice(path.lastIndexOf('/') + 1, -'.json'.length), await this.#read<Written>(path));
    return found;
  }

  async remove(): Promise<void> {
    await this.#lake.deleteFolder(this.#folder);
  }

  #markPath(itemKey: string): string {
    return `${this.#folder}/marks/${itemKey.slice(0, 2)}/${itemKey}.json`;
  }

  async #read<T>(path: string): Promise<T> {
    return parseRecord<T>(await this.#lake.read(path), path);
  }
}
