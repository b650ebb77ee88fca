// The journal of one round: the pages of the delta as they came, and an end per work item. A round that dies goes on from here.
// Invariants: J1 a page is stored before the next one is asked for. J2 an end is written once everything about its item is done; before a file is
// put into the landing container the intent is written, so that a repeat knows whether it arrived. J3 what was written into columns stands here
// as soon as it is. J4 a batch stands here once its buckets are written; a batch that does is not worked on again. J5 all processes of a round go by
// the pages and the plan of whoever was first; batches of another plan, or with a gap before them, count for nothing: their journal was taken away.

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

/** What a round has settled before its first batch. */
export interface RoundPlan {
  /** Its batches are named by it. */
  id: string;
  /** 2^bits buckets of items after the round. */
  bits: number;
  /** What the service said of folders that it was asked for, null: there is none; who has no answer is asked for in the next round. */
  folders: Record<string, { name: string; parentId: string | null } | null>;
}

/** A part of the round whose items all have their end. */
export interface BatchRecord extends BucketChanges {
  /** Unit behind the last of the batch before. */
  from: number;
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
    for (const path of await this.#paths(`${this.#folder}/pages`)) yield await this.#read<JournalPage>(path);
  }

  /** J1. @returns the page that counts: of two processes at once that of the first */
  async putPage(index: number, page: JournalPage): Promise<JournalPage> {
    return this.#first(`${this.#folder}/pages/${String(index).padStart(6, '0')}.json`, page);
  }

  async plan(): Promise<RoundPlan | undefined> {
    const path = `${this.#folder}/plan.json`;
    const stored = await this.#lake.readIfExists(path);
    return stored && parseRecord<RoundPlan>(stored.bytes, path);
  }

  /** J5. @returns the plan that counts */
  async putPlan(plan: RoundPlan): Promise<RoundPlan> {
    return this.#first(`${this.#folder}/plan.json`, plan);
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

  /** J4. @returns the record that counts: of two processes at once that of the first */
  async putBatch(plan: RoundPlan, record: BatchRecord): Promise<BatchRecord> {
    return this.#first(`${this.#batches(plan)}/${String(record.from).padStart(6, '0')}.json`, record);
  }

  /** Batches that have ended, the lowest units first (J5). */
  async *batches(plan: RoundPlan): AsyncGenerator<BatchRecord> {
    let upTo = 0;
    for (const path of await this.#paths(this.#batches(plan))) {
      const record = await this.#read<BatchRecord>(path);
      if (record.from !== upTo) return;
      upTo = record.upTo;
      yield record;
    }
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

  #batches({ id }: RoundPlan): string {
    return `${this.#folder}/batches/${id}`;
  }

  /** Write what nobody has written yet. @returns what stands there then */
  async #first<T>(path: string, value: T): Promise<T> {
    try {
      await this.#lake.write(path, JSON.stringify(value), { ifAbsent: true });
      return value;
    } catch (error) {
      if (codeOf(error) !== 'lake.conflict') throw error;
      return this.#read<T>(path);
    }
  }

  async #paths(folder: string): Promise<string[]> {
    const paths: string[] = [];
    for await (const { path } of this.#lake.list(folder)) paths.push(path);
    return paths.sort();
  }

  async #read<T>(path: string): Promise<T> {
    return parseRecord<T>(await this.#lake.read(path), path);
  }
}
