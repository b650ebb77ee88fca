// Decisions as a file: CSV for spreadsheets, JSON for programs, Parquet for engines. The columns are those of table `results`.
// Invariant: E1 an export is whole or refused: it never ends at a limit in silence.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RequestError } from '../api/problem.ts';
import { writeParquet } from '../lake/parquet.ts';
import type { QueryLake } from '../lake/query.ts';
import { type Row, resultsTable } from '../lake/tables.ts';
import { withTemporaryFolder } from '../temporary-folder.ts';
import { csvCell } from './csv-cell.ts';
import { conditionsOf, type MatchedFilter, relationOf, where } from './results.ts';

/** Rows of one export: about 2.5 KB each with their reasons, held in memory at once. */
const EXPORT_MAX_ROWS = 200_000;

const ROWS_AT_ONCE = 2000;

export interface ExportedFile {
  fileName: string;
  contentType: string;
  /** The file, piece by piece. */
  body: AsyncIterable<Uint8Array>;
  rows: number;
}

/** @throws {RequestError} request.invalid when the filter fits more than `maxRows` */
export async function exportResults(
  query: QueryLake,
  filter: MatchedFilter,
  format: 'csv' | 'json' | 'parquet',
  maxRows: number = EXPORT_MAX_ROWS,
): Promise<ExportedFile> {
  const columns = resultsTable.columns.map((column) => column.name);
  const from = `FROM ${relationOf(filter)} ${where(conditionsOf(filter))}`;
  const order = 'ORDER BY source_path, archive_path, document_id, processed_at';
  const { rows } = await query(`SELECT ${columns.join(', ')} ${from} ${order} LIMIT ${maxRows + 1}`, maxRows + 1);
  if (rows.length > maxRows)
    throw new RequestError([
      { field: '(query)', message: `fits more than ${maxRows} decisions; narrow it by run, path or time` },
    ]);
  const files = {
    csv: { fileName: 'results.csv', contentType: 'text/csv; charset=utf-8', make: () => csv(columns, rows) },
    json: { fileName: 'results.json', contentType: 'application/json', make: () => json(rows) },
    parquet: {
      fileName: 'results.parquet',
      contentType: 'application/vnd.apache.parquet',
      make: () => parquet(rows),
    },
  };
  const { make, ...file } = files[format];
  return { ...file, body: make(), rows: rows.length };
}

/** One array with an object a row. */
async function* json(rows: readonly Row[]): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
    const lines = rows.slice(from, from + ROWS_AT_ONCE).map((row) => JSON.stringify(row));
    yield Buffer.from(`${from === 0 ? '[' : ',\n'}${lines.join(',\n')}`);
  }
  yield Buffer.from(rows.length === 0 ? '[]\n' : ']\n');
}

async function* csv(columns: readonly string[], rows: readonly Row[]): AsyncGenerator<Uint8Array> {
  yield Buffer.from(`${columns.join(',')}\r\n`);
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
    const lines = rows
      .slice(from, from + ROWS_AT_ONCE)
      .map((row) => `${columns.map((name) => csvCell(row[name])).join(',')}\r\n`);
    yield Buffer.from(lines.join(''));
  }
}

async function* parquet(rows: readonly Row[]): AsyncGenerator<Uint8Array> {
  yield await withTemporaryFolder(async (folder) => {
    const file = join(folder, 'results.parquet');
    await writeParquet(file, resultsTable.columns, rows);
    return await readFile(file);
  });
}
