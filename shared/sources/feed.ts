// What a round asks of a service: the same for libraries and mailboxes. A drive is one place that is followed with one cursor: a library, a OneDrive,
// a mailbox.
// Invariants: F1 `collect` journals what it reads before it asks for more, and goes on behind what is in the journal. F2 a cursor is opaque to all
// others. F3 `ask` says undefined only when the service itself says that there is no such item.
import type { WriteBack } from '../api/source-entry.ts';
import { RetryableError } from '../errors.ts';
import type { DriveItem } from './drive-items.ts';
import type { FolderTree } from './folder-tree.ts';
import type { DriveRow } from './graph/drive-rows.ts';
import type { RoundRows } from './round-rows.ts';
import type { Written } from './written.ts';

export interface Drive {
  id: string;
  /** As the source names it in paths. */
  key: string;
  name: string;
  webUrl: string;
}

/** What has changed since a cursor; the rows themselves are in the round's. */
export interface Collected {
  /** Everything was enumerated. */
  isFull: boolean;
  /** Whether the rows show everything that is where the item was last seen: an item they do not show has vanished. */
  covers(item: Pick<DriveItem, 'kind' | 'parentId'>): boolean;
  /** Where something is now that was removed somewhere, and that nobody knows; undefined: nowhere that is followed. */
  find?(id: string): Promise<DriveRow | undefined>;
  /** Where the next round begins. */
  cursor: string;
}

/** What was known before the round. */
export interface Known {
  tree: FolderTree;
  /** Nothing was. */
  isEmpty: boolean;
  /** All items that are no folders, read one after the other. */
  all(): AsyncIterable<DriveItem>;
  /** Whether an item of that id is known. */
  has(id: string): Promise<boolean>;
}

/** What is asked for by id. */
export type Asked = Pick<DriveItem, 'id' | 'kind' | 'name' | 'parentId' | 'contentTag' | 'eTag' | 'size'>;

/** The service answers, but for this item it fails: as with files whose rights it cannot apply. Another try may help; other items are not concerned. */
export class ItemUnavailable extends RetryableError {}

export interface Content {
  body: AsyncIterable<Uint8Array>;
  /** Bytes that the service has announced. */
  announced: number | undefined;
}

export interface Feed {
  /** @param rows  take what is read. @param cursor  null: enumerate everything */
  collect(rows: RoundRows, cursor: string | null, known: Known): Promise<Collected>;
  /** The item as it is now; undefined: it is gone (F3). */
  ask(item: Asked): Promise<DriveRow | undefined>;
  /**
   * Set columns of an item in the version that is known; without it the service has none. @returns undefined when the item is gone,
   * else its row where writing may have changed its content
   * @throws {SluiceError} sync.changed, sync.locked, sync.column-value of this item; sync.column of all
   */
  write?(item: DriveItem, columns: WriteBack, value: Written): Promise<{ row?: DriveRow } | undefined>;
  /** This app as rows name who changed them last; null where it is not known. */
  self?(): Promise<string | null>;
  /** Bytes of an item. @throws {GraphError} sync.… what the service refuses for good */
  open(item: DriveItem): Promise<Content>;
}

/** The part of a service that can tell of changes. */
export interface Watch {
  /** @returns id of the subscription, and when it ends, ms since the epoch */
  subscribe(url: string, clientState: string): Promise<{ id: string; expiresAt: number }>;
  /** @returns when it ends; undefined: the service does not know it any more */
  renew(id: string): Promise<number | undefined>;
  unsubscribe(id: string): Promise<void>;
}

/** A service with a source on it. */
export interface Service {
  drives(): Promise<Drive[]>;
  feed(drive: Drive): Feed;
  /** Ask for what a round of the drive needs, and change nothing. @throws {SluiceError} what is missing */
  probe(drive: Drive): Promise<void>;
  /** Whether columns can be written to; nothing is changed. @throws {SluiceError} what is missing */
  probeWrite?(drive: Drive): Promise<void>;
  /** Notifications of changes, where the service has them. */
  watch?(drive: Drive): Watch;
  /** Something the source has no business with, to be refused (`what` names it), where the service knows of rights. */
  outside?: { what: string | undefined; ask(): Promise<'refused' | 'given' | 'absent' | 'unnamed'> };
  close(): Promise<void>;
}
