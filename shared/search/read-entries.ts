// What is indexed of documents: their texts as runs keep them, and the reasons of their decisions: quote, terms, what failed, warnings, notes of people.
// Invariant: R1 every wanted entry is written, one without a text as an empty one, so that it is not wanted again.
import { readKeptTexts } from '../insight/document-text.ts';
import { sqlText } from '../lake/duckdb.ts';
import type { QueryLake } from '../lake/query.ts';
import type { Row } from '../lake/tables.ts';
import type { PipelineServices } from '../pipeline/services.ts';
import { type Entry, MAX_INDEXED_CHARS, SEGMENT_WORDS } from './segment.ts';

/** An entry that the index lacks. */
export interface Wanted {
  documentId: string;
  runId: string;
  batchId: string;
  kind: Entry['kind'];
  key: bigint;
  documentKey: number;
}

/** About six characters a word. */
const SEGMENT_CHARS = SEGMENT_WORDS * 6;

/** Entries in the order wanted, as many as fill a segment; at least one batch's. */
export async function readEntries(
  services: Pick<PipelineServices, 'parquet'>,
  { query }: { query: QueryLake },
  wanted: readonly Wanted[],
): Promise<Entry[]> {
  const entries: Entry[] = [];
  let chars = 0;
  for (const batch of Map.groupBy(wanted, ({ runId, batchId }) => `${runId}/${batchId}`).values()) {
    const texts = await textsOf(services, batch);
    const reasons = await reasonsOf(query, batch);
    for (const each of batch) {
      if (chars >= SEGMENT_CHARS) return entries;
      const { documentId, kind, key, documentKey, runId } = each;
      const text = (kind === 'text' ? texts.get(documentId) : reasons.get(documentId)) ?? '';
      entries.push({ documentId, kind, key, documentKey, runId: kind === 'text' ? runId : '', text });
      chars += Math.min(text.length, MAX_INDEXED_CHARS);
    }
  }
  return entries;
}

async function textsOf(
  services: Pick<PipelineServices, 'parquet'>,
  batch: readonly Wanted[],
): Promise<Map<string, string>> {
  const rows = batch
    .filter(({ kind }) => kind === 'text')
    .map((each): Row => ({ run_id: each.runId, batch_id: each.batchId, document_id: each.documentId }));
  return rows.length === 0 ? new Map() : await readKeptTexts(services, rows);
}

async function reasonsOf(query: QueryLake, batch: readonly Wanted[]): Promise<Map<string, string>> {
  const ids = batch.filter(({ kind }) => kind === 'reason').map(({ documentId }) => sqlText(documentId));
  if (ids.length === 0) return new Map();
  const among = `document_id IN (${ids.join(', ')})`;
  const columns = 'document_id, llm_quote, evidence_json, failure_message, warnings_json';
  const { rows } = await query(`SELECT ${columns} FROM latest_results WHERE ${among}`);
  const { rows: notes } = await query(`SELECT document_id, note FROM feedback WHERE ${among} AND note IS NOT NULL`);
  const said = Map.groupBy(notes, (row) => String(row.document_id));
  return new Map(
    rows.map((row) => {
      const id = String(row.document_id);
      return [
        id,
        reasonText(
          row,
          (said.get(id) ?? []).map(({ note }) => String(note)),
        ),
      ];
    }),
  );
}

/** One reason a line; a phrase does not reach over two of them but by chance. */
function reasonText(row: Row, notes: readonly string[]): string {
  const terms = (JSON.parse(String(row.evidence_json ?? '[]')) as { term: string }[]).map(({ term }) => term); // ours
  const warnings = JSON.parse(String(row.warnings_json ?? '[]')) as string[];
  const parts = [row.llm_quote, terms.join(', '), row.failure_message, ...warnings, ...notes];
  return parts.filter((part) => typeof part === 'string' && part !== '').join('\n');
}
