// What the embeddings of a run have cost: the same rows as those of questions, kept in a folder of their own.
// Invariants: L1 as of ledger.ts. L2 a written ledger counts only as long as it has a row for every announced call; else the calls are read.
import { runPaths } from '../../paths.ts';
import type { LakeStore } from '../../ports.ts';
import { parseRecord } from '../../record-json.ts';
import { CallLog } from '../calls.ts';
import { type LedgerRow, ledgerRows } from '../money/ledger.ts';

const LEDGER = 'ledger.json';

export interface EmbeddingPlace {
  runId: string;
  batchId: string;
}

export const embeddingLog = (store: LakeStore, { runId, batchId }: EmbeddingPlace): CallLog =>
  new CallLog(store, runId, batchId, runPaths.embeddings(runId, batchId));

/** Rows of a batch so far, written down. */
export async function keepEmbeddingLedger(store: LakeStore, place: EmbeddingPlace): Promise<LedgerRow[]> {
  const log = embeddingLog(store, place);
  await log.load();
  const rows = rowsOf(log, place);
  const path = `${runPaths.embeddings(place.runId, place.batchId)}/${LEDGER}`;
  if (rows.length > 0) await store.write(path, JSON.stringify(rows));
  return rows;
}

/** Rows of all batches of a run; one listing, and one file for each batch that ended. */
export async function readEmbeddingLedger(store: LakeStore, runId: string): Promise<LedgerRow[]> {
  const calls = new Map<string, number>();
  const ledgers = new Set<string>();
  const root = runPaths.embeddingsFolder(runId);
  for await (const { path } of store.list(root)) {
    const [batchId = '', ...rest] = path.slice(root.length + 1).split('/');
    calls.set(batchId, (calls.get(batchId) ?? 0) + (path.endsWith('.intent.json') ? 1 : 0));
    if (rest.join('/') === LEDGER) ledgers.add(batchId);
  }
  const rows: LedgerRow[] = [];
  for (const [batchId, count] of [...calls].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const written = ledgers.has(batchId) ? await readRows(store, `${root}/${batchId}/${LEDGER}`) : [];
    if (written.length === count) rows.push(...written);
    else {
      const log = embeddingLog(store, { runId, batchId });
      await log.load();
      rows.push(...rowsOf(log, { runId, batchId }));
    }
  }
  return rows;
}

async function readRows(store: LakeStore, path: string): Promise<LedgerRow[]> {
  const rows = parseRecord<LedgerRow[]>(await store.read(path), path, () => true);
  return Array.isArray(rows) ? rows : [];
}

/** An answer brings the vectors of all its texts, or it is none. */
const rowsOf = (log: CallLog, { runId, batchId }: EmbeddingPlace): LedgerRow[] =>
  ledgerRows(log, runId, batchId, () => Number.POSITIVE_INFINITY);
