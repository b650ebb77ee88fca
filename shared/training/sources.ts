// Where labelled rows come from, by name: a data set file, a Delta table, or the decisions of this lake.
//   data/labels.jsonl      a .jsonl, .csv or .parquet file of the source container
//   delta:tables/labels    a Delta table there
//   decisions              results and feedback of the lake: people's decisions and uncorrected LLM answers
// Invariant: L1 every row says who gave its label; that decides its weight.
import { readForeignTable } from '../lake/delta/foreign/foreign-table.ts';
import { type DeltaDeps, DeltaTable } from '../lake/delta/table.ts';
import { FileCache } from '../lake/file-cache.ts';
import { feedbackTable, type Row, resultsTable } from '../lake/tables.ts';
import { tablePath } from '../paths.ts';
import type { LakeStore } from '../ports.ts';
import { type DatasetColumns, readDataset } from './dataset.ts';
import { type DecisionOptions, readDecisions } from './decisions.ts';

/** Who gave a label. */
export type LabelSource = 'data-set' | 'human' | 'llm';

export type LabelledRow =
  | { line: number; text: string; label: string | null; source: LabelSource; weight: number }
  | { line: number; problem: string };

export interface SourceStores {
  /** The lake: results, feedback, texts. */
  lake: LakeStore;
  /** The container of data sets. */
  source: LakeStore;
  delta: DeltaDeps;
}

const DELTA = 'delta:';
export const DECISIONS = 'decisions';

/**
 * Rows of one source.
 * @throws {TerminalError} request.invalid, lake.not-found
 */
export async function* readSource(
  stores: SourceStores,
  name: string,
  columns: DatasetColumns,
  decisions: DecisionOptions = {},
): AsyncIterable<LabelledRow> {
  if (name === DECISIONS) return yield* readOwnDecisions(stores, decisions);
  const rows = name.startsWith(DELTA)
    ? readDeltaRows(stores, name.slice(DELTA.length), columns)
    : readDataset({ name, bytes: await stores.source.read(name) }, columns);
  for await (const row of rows)
    yield 'problem' in row ? row : { line: row.line, text: row.text, label: row.label, source: 'data-set', weight: 1 };
}

async function* readOwnDecisions({ lake, delta }: SourceStores, options: DecisionOptions): AsyncIterable<LabelledRow> {
  const open = (schema: typeof resultsTable) => DeltaTable.open(lake, tablePath(schema.name), schema, delta);
  const tables = { results: open(resultsTable), feedback: open(feedbackTable) };
  let line = 0;
  for await (const { text, label, source, weight } of readDecisions(lake, tables, options))
    yield { line: ++line, text, label, source, weight };
}

type PlainRow = { line: number; text: string; label: string | null } | { line: number; problem: string };

async function* readDeltaRows(stores: SourceStores, path: string, columns: DatasetColumns): AsyncIterable<PlainRow> {
  const { text, label } = columns;
  const names = label === undefined || label === text ? [text] : [text, label];
  const cache = stores.delta.cache ?? new FileCache();
  let line = 0;
  for await (const row of readForeignTable(stores.source, path, names, cache))
    yield labelledRow(row, ++line, text, label);
}

function labelledRow(row: Row, line: number, text: string, label: string | undefined): PlainRow {
  const content = row[text];
  if (typeof content !== 'string') return { line, problem: `has no text in "${text}"` };
  if (content.trim() === '') return { line, problem: `"${text}" is empty` };
  const given = label === undefined ? null : (row[label] ?? null);
  return { line, text: content, label: given === null || String(given).trim() === '' ? null : String(given).trim() };
}
