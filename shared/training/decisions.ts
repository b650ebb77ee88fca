import { join } from 'node:path';
import type { DeltaTable } from '../lake/delta/table.ts';
import { readParquet } from '../lake/parquet.ts';
import type { Row } from '../lake/tables.ts';
import { runPaths } from '../paths.ts';
import type { LakeStore } from '../ports.ts';
import { withTemporaryFolder } from '../temporary-folder.ts';

export interface DecidedExample {
  documentId: string;
  text: string;
  label: string;
  /** Who decided. */
  source: 'human' | 'llm';
  weight: number;
}

export interface DecisionOptions {
  /** LLM answers below this confidence are left out. Default 0.8 */
  minLlmConfidence?: number;
  /** Weight of an LLM answer; a human decision weighs 1. Default 0.5 */
  llmWeight?: number;
  /** Only labels of this taxonomy. Default: any */
  taxonomyVersion?: string;
  /** Also labels that the simulator gave: word overlap, no model. Default false */
  useSimulated?: boolean;
}

interface Decision {
  documentId: string;
  runId: string;
  batchId: string;
  label: string;
  source: 'human' | 'llm';
}

/** The simulator's name in results, whatever its deployment is called. */
const SIMULATED = 'simulator';

const RESULT_COLUMNS = [
  'document_id',
  'run_id',
  'batch_id',
  'status',
  'label',
  'confidence',
  'decided_by',
  'taxonomy_version',
  'processed_at',
  'content_sha256',
  'llm_deployment',
];

/** Labelled texts of a lake, batch by batch. Documents whose text is gone are left out. */
export async function* readDecisions(
  store: LakeStore,
  tables: { results: DeltaTable; feedback: DeltaTable },
  options: DecisionOptions = {},
): AsyncIterable<DecidedExample> {
  const decisions = await collectDecisions(tables, options);
  const batches = Map.groupBy(decisions, ({ runId, batchId }) => `${runId}\0${batchId}`);
  for (const batch of batches.values()) {
    const { runId, batchId } = batch[0]!;
    const texts = await readTexts(store, runPaths.extracted(runId, batchId));
    for (const { documentId, label, source } of batch) {
      const text = texts.get(documentId);
      if (text === undefined || text.trim() === '') continue;
      yield { documentId, text, label, source, weight: source === 'human' ? 1 : (options.llmWeight ?? 0.5) };
    }
  }
}

async function collectDecisions(
  { results, feedback }: { results: DeltaTable; feedback: DeltaTable },
  options: DecisionOptions,
): Promise<Decision[]> {
  const newest = newestBy(await scan(results, RESULT_COLUMNS), 'processed_at');
  const human = newestBy(await scan(feedback, ['document_id', 'label', 'created_at', 'content_sha256']), 'created_at');
  const decisions: Decision[] = [];
  for (const [documentId, row] of newest) {
    const said = human.get(documentId);
    // Of a file that was replaced since, people have said nothing; earlier versions did not store what was decided about.
    const isSame = typeof said?.content_sha256 !== 'string' || said.content_sha256 === row.content_sha256;
    const given = isSame ? said?.label : undefined;
    const isTheirs = options.taxonomyVersion === undefined || row.taxonomy_version === options.taxonomyVersion;
    const isLlm =
      row.status === 'labelled' &&
      row.decided_by === 'llm' &&
      (options.useSimulated === true || row.llm_deployment !== SIMULATED) && // D4
      Number(row.confidence ?? 0) >= (options.minLlmConfidence ?? 0.8);
    const base = { documentId, runId: String(row.run_id), batchId: String(row.batch_id) };
    if (typeof given === 'string' && given !== '')
      decisions.push({ ...base, label: given, source: 'human' }); // D1
    else if (isLlm && isTheirs && typeof row.label === 'string')
      decisions.push({ ...base, label: row.label, source: 'llm' }); // D2
  }
  return decisions;
}

/** Columns that the table does not have yet are left out. */
async function scan(table: DeltaTable, columns: string[]): Promise<Row[]> {
  const known = (await table.snapshot())?.columns.map(({ name }) => name);
  return known === undefined ? [] : await table.scan({ columns: columns.filter((name) => known.includes(name)) });
}

/** The newest row of each document. */
function newestBy(rows: readonly Row[], column: string): Map<string, Row> {
  const newest = new Map<string, Row>();
  for (const row of rows) {
    const id = String(row.document_id);
    const known = newest.get(id);
    // ISO timestamps of equal precision order as text
    if (known === undefined || String(row[column]) > String(known[column])) newest.set(id, row);
  }
  return newest;
}

async function readTexts(store: LakeStore, path: string): Promise<Map<string, string>> {
  if ((await store.stat(path)) === undefined) return new Map(); // the run's files were cleaned up
  return await withTemporaryFolder(async (folder) => {
    const file = join(folder, 'extracted.parquet');
    await store.download(path, file);
    const rows = await readParquet(file, ['document_id', 'text']);
    return new Map(rows.map((row) => [String(row.document_id), String(row.text ?? '')]));
  });
}
