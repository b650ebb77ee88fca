// The state of a table at one version: what replaying its log gives.
// Invariants: N1 a snapshot is immutable; applying a commit gives the next one. N2 a file is live if its newest action is an add.
import { TerminalError } from '../../errors.ts';
import type { Column } from '../tables.ts';
import {
  type Action,
  type AddFile,
  type CommitInfo,
  checkReadable,
  decodeSchema,
  type Metadata,
  type Protocol,
  type RemoveFile,
  type Txn,
} from './actions.ts';

export interface Snapshot {
  readonly version: number;
  readonly protocol: Protocol;
  readonly metadata: Metadata;
  /** In schema order, partition columns included. */
  readonly columns: readonly Column[];
  /** Live files by path. */
  readonly files: ReadonlyMap<string, AddFile>;
  /** Removed files by path, as long as the log remembers them. */
  readonly tombstones: ReadonlyMap<string, RemoveFile>;
  readonly txns: ReadonlyMap<string, Txn>;
  /** Of the newest commit replayed; absent right after a checkpoint. */
  readonly commitInfo: CommitInfo | undefined;
}

/** Collects actions in log order. */
export class Replay {
  #protocol: Protocol | undefined;
  #metadata: Metadata | undefined;
  #commitInfo: CommitInfo | undefined;
  readonly #files: Map<string, AddFile>;
  readonly #tombstones: Map<string, RemoveFile>;
  readonly #txns: Map<string, Txn>;

  constructor(from?: Snapshot) {
    this.#protocol = from?.protocol;
    this.#metadata = from?.metadata;
    this.#files = new Map(from?.files);
    this.#tombstones = new Map(from?.tombstones);
    this.#txns = new Map(from?.txns);
  }

  apply(actions: Iterable<Action>): void {
    this.#commitInfo = undefined;
    for (const action of actions) {
      if ('add' in action) {
        this.#files.set(action.add.path, action.add);
        this.#tombstones.delete(action.add.path);
      } else if ('remove' in action) {
        this.#files.delete(action.remove.path);
        this.#tombstones.set(action.remove.path, action.remove);
      } else if ('txn' in action) this.#txns.set(action.txn.appId, action.txn);
      else if ('metaData' in action) this.#metadata = action.metaData;
      else if ('protocol' in action) this.#protocol = action.protocol;
      else if ('commitInfo' in action) this.#commitInfo = action.commitInfo;
    }
  }

  /** @throws {TerminalError} lake.corrupt-table without protocol or metadata, lake.unsupported-table for features we do not have */
  snapshot(version: number, table: string): Snapshot {
    if (this.#protocol === undefined || this.#metadata === undefined) {
      throw new TerminalError(
        'lake.corrupt-table',
        `The log of ${table} has no protocol or metadata up to version ${version}`,
      );
    }
    checkReadable(this.#protocol, this.#metadata.configuration ?? {}, table);
    return {
      version,
      protocol: this.#protocol,
      metadata: this.#metadata,
      columns: decodeSchema(this.#metadata.schemaString),
      files: this.#files,
      tombstones: this.#tombstones,
      txns: this.#txns,
      commitInfo: this.#commitInfo,
    };
  }
}

/** The snapshot after one more commit. */
export function advance(snapshot: Snapshot, actions: readonly Action[], table: string): Snapshot {
  const replay = new Replay(snapshot);
  replay.apply(actions);
  return replay.snapshot(snapshot.version + 1, table);
}
