// The journal of one round: the pages of the delta as they came, and an end per work item. A round that dies goes on from here.
// Invariants: J1 a page is stored before the next one is asked for. J2 an end is written once everything about its item is done; before a file is
// put into the landing container the intent is written, so that a repeat knows whether it arrived. J3 what was written into columns stands here
// as soon as it is. J4 a batch stands here once its buckets are written; a batch that does is not worked on again.

import { codeOf } from '../errors.ts';
import { sourcePaths } from '../paths.ts';
import type { LakeStore } from '../ports.ts';
import { parseRecord } from '../record-json.ts';
import type { DriveRow } from './graph/drive-rows.ts';
import type { BucketChanges } from './item-store.ts';
import type { Written } from './written.ts';

export interface JournalPage {
  /** Which of several enumerations of the drive, e.g. a mail folder; '' where there is one. */
  part: string;
  rows: DriveRow[];
  unreadable: number;
  next: string | null;
  delta: string | null;
  /** The enumeration began anew: rows before this page count for nothing. */
  isRestart?: boolean;
  /** The round looks at everything, so what it does not show is gone. */
  isFull: boolean;
}

/** A landed file that is shown under another path now. */
export interface Renamed {
  path: string;
  name: string;
  webUrl: string;
}

/** A part of the round whose items all have their end. */
export interface BatchRecord extends BucketChanges {
  /** Unit behind the last of the batch. */
  upTo: number;
  landed: number;
  skipped: number;
  failed: number;
  renamed: Renamed[];
}

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

  /** The pages so far, one after the other. */
  async *pages(): AsyncGenerator<JournalPage> {
    for (const path of await this.#paths('pages')) yield await this.#read<JournalPage>(path);
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

  /** J4. @returns false when another process was first; its record stays */
  async putBatch(from: number, record: BatchRecord): Promise<boolean> {
    const path = `${this.#folder}/batches/${String(from).padStart(6, '0')}.json`;
    try {
      await this.#lake.write(path, JSON.stringify(record), { ifAbsent: true });
      return true;
    } catch (error) {
      if (codeOf(error) !== 'lake.conflict') throw error;
      return false;
    }
  }

  async batch(from: number): Promise<BatchRecord | undefined> {
    const path = `${this.#folder}/batches/${String(from).padStart(6, '0')}.json`;
    const stored = await this.#lake.readIfExists(path);
    return stored && parseRecord<BatchRecord>(stored.bytes, path);
  }

  /** Batches that have ended, the lowest units first. */
  async *batches(): AsyncGenerator<BatchRecord> {
    for (const path of await this.#paths('batches')) yield await this.#read<BatchRecord>(path);
  }

  async putWritten(itemKey: string, value: Written): Promise<void> {
    await this.#lake.write(`${this.#folder}/written/${itemKey}.json`, JSON.stringify(value));
  }

  /** J3. */
  async written(itemKey: string): Promise<Written | undefined> {
    const path = `${this.#folder}/written/${itemKey}.json`;
    const stored = await this.#lake.readIfExists(path);
    return stored && parseRecord<Written>(stored.bytes, path);
  }

  /** Whether a process has written columns in this round that did not end it. */
  async hasWritten(): Promise<boolean> {
    for await (const _ of this.#lake.list(`${this.#folder}/written`)) return true;
    return false;
  }

  async remove(): Promise<void> {
    await this.#lake.deleteFolder(this.#folder);
  }

  #markPath(itemKey: string): string {
    return `${this.#folder}/marks/${itemKey.slice(0, 2)}/${itemKey}.json`;
  }

  async #paths(below: string): Promise<string[]> {
    const paths: string[] = [];
    for await (const { path } of this.#lake.list(`${this.#folder}/${below}`)) paths.push(path);
    return paths.sort();
  }

  async #read<T>(path: string): Promise<T> {
    return parseRecord<T>(await this.#lake.read(path), path);
  }
}
