// May a commit go on after another one won its version? The conflict matrix of optimistic commits, as a pure function.
// Invariants: F1 blind appends never conflict with each other. F2 nothing that somebody else removed is removed again, and nothing that was
// added to a scope is overwritten unseen (Serializable, the only level open-source engines allow).
import { type Action, type AddFile, decodeSchema } from './actions.ts';
import type { Snapshot } from './snapshot.ts';

/** What a commit has read and is about to change. */
export type CommitKind =
  | { kind: 'append' }
  /** Replaces every file that `covers` accepts. */
  | { kind: 'overwrite'; covers: (file: AddFile) => boolean }
  /** Rewrites files without changing rows. */
  | { kind: 'compact' }
  | { kind: 'metadata' };

/**
 * Why a commit cannot be rebased over a winner's actions; undefined when it can.
 * @param removes  paths the commit removes
 * @param base     the snapshot the commit was planned on
 */
export function conflictWith(
  winner: readonly Action[],
  commit: CommitKind,
  removes: ReadonlySet<string>,
  base: Snapshot,
): string | undefined {
  for (const action of winner) {
    if ('metaData' in action) {
      if (commit.kind !== 'append') return 'the table was altered';
      if (!isExtension(base, action.metaData.schemaString, action.metaData.partitionColumns))
        return 'its schema was changed';
    }
    if ('protocol' in action && commit.kind !== 'append') return 'its protocol was changed';
    if ('remove' in action) {
      if (removes.has(action.remove.path)) return 'a file was removed by both';
      if (commit.kind === 'overwrite' && action.remove.dataChange) {
        const removed = base.files.get(action.remove.path);
        if (removed !== undefined && commit.covers(removed)) return 'rows of the scope were removed';
      }
    }
    if ('add' in action && action.add.dataChange && commit.kind === 'overwrite' && commit.covers(action.add)) {
      return 'rows were added to the scope';
    }
  }
  return undefined;
}

/** Same columns first, in order, with more at the end: what an append planned on the old schema may follow. */
function isExtension(base: Snapshot, schemaString: string, partitionColumns: readonly string[]): boolean {
  const columns = decodeSchema(schemaString);
  const isSame = (index: number) =>
    columns[index]?.name === base.columns[index]?.name && columns[index]?.type === base.columns[index]?.type;
  return (
    base.columns.every((_, index) => isSame(index)) &&
    JSON.stringify(partitionColumns) === JSON.stringify(base.metadata.partitionColumns)
  );
}
