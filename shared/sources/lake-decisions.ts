// What was decided on the files of a source, as the table of results says it.
import { pruneFiles } from '../lake/delta/prune.ts';
import { readFiles } from '../lake/delta/read.ts';
import type { DeltaTable } from '../lake/delta/table.ts';
import type { Decision, Decisions } from './write-back.ts';

const COLUMNS = ['source_path', 'archive_path', 'status', 'label', 'confidence', 'processed_at'];
/** Files of the table that are read at once: some thousand rows. */
const FILES_AT_ONCE = 16;

export const lakeDecisions = (results: DeltaTable): Decisions => ({
  version: async () => (await results.snapshot())?.version,
  async *of(source) {
    const snapshot = await results.snapshot();
    // A table from before sources has no rows of one.
    if (snapshot === undefined || !snapshot.columns.some(({ name }) => name === 'source')) return;
    const where = [{ column: 'source', op: '=' as const, value: source }];
    const files = pruneFiles(snapshot, where);
    for (let from = 0; from < files.length; from += FILES_AT_ONCE) {
      const some = files.slice(from, from + FILES_AT_ONCE);
      for (const row of await readFiles(results, snapshot, some, { columns: COLUMNS, where })) {
        if (row.archive_path != null && row.archive_path !== '') continue; // what is inside a file has no columns of its own
        const isDecided = row.status === 'labelled' && typeof row.label === 'string';
        const value = isDecided ? { label: String(row.label), confidence: rounded(Number(row.confidence ?? 1)) } : null;
        yield { path: String(row.source_path), at: Date.parse(String(row.processed_at)), value } satisfies Decision;
      }
    }
  },
});

/** Two digits: what nobody sees is not written again. */
const rounded = (confidence: number): number => Math.round(confidence * 100) / 100;
