// What was read from a document, as long as the run that read it keeps its texts.
// Invariants: T1 a text that is no longer kept (retention) or was erased is null, never an error. T2 each batch's file is read once, whatever
// the number of its documents asked for.

import type { DocumentText } from '../api/insights.ts';

import { SluiceError, TerminalError } from '../errors.ts';
import { sqlText } from '../lake/duckdb.ts';
import type { Row } from '../lake/tables.ts';
import { runPaths } from '../paths.ts';
import type { DecisionLake } from '../pipeline/decision-lake.ts';
import type { PipelineServices } from '../pipeline/services.ts';

/**
 * The text behind a decision.
 * @param options.run    whose reading; default: the latest decision's
 * @param options.limit  characters at most
 * @throws {TerminalError} document.not-found for a document without a decision, in that run if one is named
 */
export async function readDocumentText(
  { services, query }: DecisionLake,
  documentId: string,
  { run, limit }: { run?: string | undefined; limit: number },
): Promise<DocumentText> {
  const conditions = [`document_id = ${sqlText(documentId)}`];
  if (run !== undefined) conditions.push(`run_id = ${sqlText(run)}`);
  const { rows } = await query(
    `SELECT document_id, run_id, batch_id, chars FROM results WHERE ${conditions.join(' AND ')} ORDER BY processed_at DESC, run_id DESC LIMIT 1`,
  );
  const [row] = rows;
  if (row === undefined) {
    const where = run === undefined ? 'is not known' : `has no decision in run ${run}`;
    throw new TerminalError('document.not-found', `document ${documentId} ${where}`, { ids: { documentId } });
  }
  const text = (await readKeptTexts(services, rows)).get(documentId) ?? null;
  return {
    documentId,
    runId: String(row.run_id),
    text: text === null ? null : beginning(text, limit),
    chars: text?.length ?? Number(row.chars ?? 0),
    isTruncated: text !== null && text.length > limit,
  };
}

/** Texts by document id, of rows with run_id, batch_id and document_id. Documents without one, or whose texts are gone, are missing. */
export async function readKeptTexts(
  { parquet }: Pick<PipelineServices, 'parquet'>,
  rows: readonly Row[],
): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  const batches = Map.groupBy(rows, (row) => runPaths.extracted(String(row.run_id), String(row.batch_id)));
  for (const [path, wanted] of batches) {
    const ids = new Set(wanted.map((row) => row.document_id));
    for (const { document_id: documentId = null, text } of await readIfKept(parquet, path))
      if (ids.has(documentId) && text !== '' && typeof text === 'string') texts.set(String(documentId), text);
  }
  return texts;
}

/** T1: asking first whether the file is there would leave a moment in which retention deletes it. */
async function readIfKept(parquet: PipelineServices['parquet'], path: string): Promise<Row[]> {
  try {
    return await parquet.read(path, ['document_id', 'text']);
  } catch (error) {
    if (error instanceof SluiceError && error.code === 'lake.not-found') return [];
    throw error;
  }
}

/** The first characters; a pair of code units is not cut apart. */
export function beginning(text: string, limit: number): string {
  const cut = text.slice(0, limit);
  return cut.length < text.length && /[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut;
}
