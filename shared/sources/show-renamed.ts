// Files that are called otherwise now, or lie elsewhere: their decisions stay as they are and show the new path.
import { rewriteRows } from '../lake/delta/rewrite.ts';
import type { DeltaTable } from '../lake/delta/table.ts';

export interface Renamed {
  /** In the landing container. */
  path: string;
  name: string;
  webUrl: string;
}

const FILES_PER_VERSION = 2000;

/** @returns rows of `results` that were changed */
export async function showRenamed(results: DeltaTable, renamed: readonly Renamed[]): Promise<number> {
  const snapshot = await results.snapshot();
  // A table from before sources has no rows of one.
  if (snapshot === undefined || !snapshot.columns.some(({ name }) => name === 'source_name')) return 0;
  let rows = 0;
  for (let from = 0; from < renamed.length; from += FILES_PER_VERSION) {
    const some = renamed.slice(from, from + FILES_PER_VERSION);
    const values = new Map(some.map(({ path, name, webUrl }) => [path, { source_name: name, source_url: webUrl }]));
    const where = [{ column: 'source_path', op: 'in' as const, values: [...values.keys()] }];
    rows += await rewriteRows(results, where, { kind: 'set-by', by: 'source_path', values });
  }
  return rows;
}
