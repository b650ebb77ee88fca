// What was decided on the files of a source, as the table of results says it.
import type { DeltaTable } from '../lake/delta/table.ts';
import type { Decided, Decisions } from './write-back.ts';

const COLUMNS = ['source_path', 'archive_path', 'status', 'label', 'confidence', 'processed_at'];

export function lakeDecisions(results: DeltaTable): Decisions {
  /** A site has several libraries, and each asks in one round. */
  let last: { source: string; version: number; decided: Promise<ReadonlyMap<string, Decided>> } | undefined;
  return {
    version: async () => (await results.snapshot())?.version,
    async of(source) {
      const snapshot = await results.snapshot();
      // A table from before sources has no rows of one.
      if (snapshot === undefined || !snapshot.columns.some(({ name }) => name === 'source')) return new Map();
      const { version } = snapshot;
      if (last?.source === source && last.version === version) return last.decided;
      const decided = decidedOf(results, source, version);
      last = { source, version, decided };
      decided.catch(() => {
        last = undefined; // the caller is told; the next one asks again
      });
      return decided;
    },
  };
}

/** The newest decision of each file, where it is one. */
async function decidedOf(results: DeltaTable, source: string, version: number): Promise<ReadonlyMap<string, Decided>> {
  const newest = new Map<string, Decided | { at: number; label: null }>();
  const where = [{ column: 'source', op: '=' as const, value: source }];
  for (const row of await results.scan({ version, columns: COLUMNS, where })) {
    if (row.archive_path != null && row.archive_path !== '') continue; // what is inside a file has no columns of its own
    const [path, at] = [String(row.source_path), Date.parse(String(row.processed_at))];
    if ((newest.get(path)?.at ?? 0) > at) continue;
    const isDecided = row.status === 'labelled' && typeof row.label === 'string';
    newest.set(
      path,
      isDecided
        ? { label: String(row.label), confidence: rounded(Number(row.confidence ?? 1)), at }
        : { at, label: null },
    );
  }
  const decided = new Map<string, Decided>();
  for (const [path, one] of newest) if (one.label !== null) decided.set(path, one);
  return decided;
}

/** Two digits: what nobody sees is not written again. */
const rounded = (confidence: number): number => Math.round(confidence * 100) / 100;
