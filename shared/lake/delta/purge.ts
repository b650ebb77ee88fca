// Changing rows so that their old values are nowhere left: not in data files of older versions, not in the statistics of the log.
// Invariants: G1 the table reads the same at every moment as after a plain rewrite. G2 files that are staged and not yet committed are not touched:
// only files that the log has named and removed are deleted. G3 of the log only statistics of removed files go, which no reader needs.
// Older versions of the table cannot be read afterwards. Safe to repeat: a repetition finishes what was cut short.
import { SluiceError } from '../../errors.ts';
import type { Row } from '../tables.ts';
import { decodePath } from './actions.ts';
import { checkpoint } from './maintenance.ts';
import type { Condition } from './prune.ts';
import { rewriteRows } from './rewrite.ts';
import type { DeltaTable } from './table.ts';

const MAX_ATTEMPTS = 20;

/**
 * Give columns of the matching rows new values and delete everything that holds the old ones.
 * @returns rows changed and data files deleted
 * @throws {RetryableError} lake.commit-conflict when other writers were faster again and again
 */
export async function purgeRows(
  table: DeltaTable,
  matching: readonly Condition[],
  values: Row,
): Promise<{ rows: number; files: number }> {
  if ((await table.snapshot()) === undefined) return { rows: 0, files: 0 };
  const rows = await rewriteUntilDone(table, matching, values);
  const files = await deleteRemovedFiles(table);
  await forgetStatistics(table);
  return { rows, files };
}

async function rewriteUntilDone(table: DeltaTable, matching: readonly Condition[], values: Row): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await rewriteRows(table, matching, { kind: 'set', values });
    } catch (error) {
      const isLost = error instanceof SluiceError && error.code === 'lake.commit-conflict';
      if (!isLost || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}

/** G2: the tombstones' files, whatever their age. What has no tombstone any more is older than the retention: vacuum takes it. */
async function deleteRemovedFiles(table: DeltaTable): Promise<number> {
  const snapshot = await table.snapshot();
  const live = new Set(snapshot?.files.keys());
  const removed = [...(snapshot?.tombstones.values() ?? [])].map(({ path }) => path).filter((path) => !live.has(path));
  const paths = removed.map((path) => `${table.path}/${decodePath(path)}`);
  let deleted = 0;
  for (const path of paths) {
    if ((await table.store.stat(path)) !== undefined) deleted++;
    await table.store.delete(path);
  }
  await table.cache.drop(table.store, paths);
  return deleted;
}

/** G3: bounds of a removed file may be values of the rows. Checkpoints before the newest hold them too. */
async function forgetStatistics(table: DeltaTable): Promise<void> {
  const newest = await checkpoint(table);
  const live = new Set((await table.snapshot())?.files.keys());
  const { commits, checkpoints } = await table.log.versions();
  for (const { path, version } of checkpoints) if (version < (newest ?? 0)) await table.store.delete(path);
  for (const { path } of commits) await forgetInCommit(table, path, live);
}

async function forgetInCommit(table: DeltaTable, path: string, live: ReadonlySet<string>): Promise<void> {
  const found = await table.store.readIfExists(path);
  if (found === undefined) return; // a clean-up was faster
  let isChanged = false;
  const lines = found.bytes
    .toString('utf8')
    .split('\n')
    .map((line) => {
      if (!line.startsWith('{"add":')) return line;
      const action = JSON.parse(line) as { add: { path: string; stats?: string } }; // the log's own form
      if (live.has(action.add.path) || action.add.stats === undefined) return line;
      isChanged = true;
      const { stats: _, ...add } = action.add;
      return JSON.stringify({ ...action, add });
    });
  if (isChanged) await table.store.write(path, lines.join('\n'), { ifMatch: found.etag });
}
